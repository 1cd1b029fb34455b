"""Question sets of others and of our own training, as passages and questions.

Four shapes are read: SQuAD's JSON, a JSON Lines file of questions with their passages, a folder with passages and
questions in JSON Lines, and a folder of articles with questions as in ``training/data/written``.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rdhy_qa.errors import UsageError

_LINE = 25
"""Characters from which a line of a long answer tells which sentence it came from."""


@dataclass(frozen=True, slots=True)
class DataPassage:
    """A passage of a data set."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class DataQuestion:
    """A question on a data set."""

    id: str
    question: str
    answers: tuple[str, ...]
    gold: tuple[str, ...]
    """Ids of passages that hold the answer."""
    answerable: bool
    about: tuple[str, ...] = ()
    """Ids of passages that speak about it, whether or not they hold the answer."""
    verdict: str | None = None
    """``yes`` or ``no`` where that is the answer; the others are then what decides it."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Passages, and questions on them."""

    name: str
    passages: list[DataPassage] = field(default_factory=list)
    questions: list[DataQuestion] = field(default_factory=list)


def load_dataset(path: Path) -> Dataset:
    """Read a set in any of the shapes.

    Raises:
        UsageError: when the path has none of them.
    """
    try:
        if path.is_dir() and not (path / "passages.jsonl").exists() and any(path.glob("*.json")):
            return _from_articles(path)
        if path.is_dir():
            return _from_lines(path)
        return _from_questions(path) if path.suffix == ".jsonl" else _from_squad(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is no data set: {error!r}.",
            "Name a SQuAD JSON file, a JSON Lines file of {question, passages, answers}, or a folder with "
            "passages.jsonl and questions.jsonl.",
        ) from error


def _from_squad(path: Path) -> Dataset:
    found = Dataset(path.stem)
    for article_number, article in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
        for number, paragraph in enumerate(article["paragraphs"]):
            passage_id = f"p{article_number:04d}-{number:04d}"
            found.passages.append(DataPassage(passage_id, article.get("title") or "", paragraph["context"]))
            for qa in paragraph["qas"]:
                answers = tuple(dict.fromkeys(answer["text"] for answer in qa["answers"]))
                answerable = bool(answers) and not qa.get("is_impossible", False)
                where = (passage_id,)
                found.questions.append(
                    DataQuestion(str(qa["id"]), qa["question"], answers, where, answerable, about=where)
                )
    return found


def _from_lines(folder: Path) -> Dataset:
    found = Dataset(folder.name)
    for entry in json_lines(folder / "passages.jsonl"):
        found.passages.append(DataPassage(str(entry["id"]), entry.get("title") or "", entry["text"]))
    passages = {passage.id for passage in found.passages}
    for entry in json_lines(folder / "questions.jsonl"):
        if entry.get("answerable") is None or entry.get("history"):
            continue
        answers = tuple(spelling for spellings in entry.get("answers") or [] for spelling in spellings)
        long_answers = entry.get("long_answer") or []
        answers = answers or tuple(line for text in long_answers for line in text.splitlines() if len(line) > _LINE)
        gold = tuple(str(passage) for passage in entry.get("gold") or [])
        judged = tuple(str(passage) for passage in (entry.get("meta") or {}).get("judged") or [])
        about = gold or judged or tuple(passages & set(str(entry.get("why")).split()))
        found.questions.append(
            DataQuestion(str(entry["id"]), entry["question"], answers, gold, bool(entry["answerable"]), about)
        )
    return found


def _from_articles(folder: Path) -> Dataset:
    found = Dataset(folder.name)
    for file in sorted(folder.glob("*.json")):
        article = json.loads(file.read_text(encoding="utf-8"))
        found.passages.append(DataPassage(file.stem, article["title"], article["text"]))
        for number, asked in enumerate(article["questions"]):
            answers = (asked["answer"],) if asked["answer"] is not None else ()
            where = (file.stem,)
            name = f"{file.stem}-{number:03d}"
            found.questions.append(
                DataQuestion(
                    name, asked["question"], answers, where, bool(answers), about=where, verdict=asked.get("verdict")
                )
            )
    return found


def _from_questions(path: Path) -> Dataset:
    """Each line a question with its own passages, all of which are searched; equal passages are one."""
    found = Dataset(path.stem)
    known: dict[str, str] = {}
    for number, entry in enumerate(json_lines(path)):
        gold = []
        answers = tuple(str(answer) for answer in entry["answers"])
        for passage in entry["passages"]:
            text = passage["text"] if isinstance(passage, dict) else str(passage)
            title = passage.get("title") or "" if isinstance(passage, dict) else ""
            if text not in known:
                known[text] = f"p{len(known):05d}"
                found.passages.append(DataPassage(known[text], title, text))
            if any(answer.casefold() in text.casefold() for answer in answers):
                gold.append(known[text])
        name = str(entry.get("id", number))
        found.questions.append(DataQuestion(name, entry["question"], answers, tuple(gold), bool(answers), tuple(gold)))
    return found


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON Lines; empty lines are left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
