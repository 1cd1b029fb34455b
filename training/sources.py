"""What the reader learns from: questions on passages, with the places that answer them.

Public sets are read where they lie, in the folder that ``--data`` names; those that are missing are left out with a
line. ``data/written/`` holds articles and questions of our own.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from asked import Asked, Passage, Place, Source
from restated import restated

from rdhy_qa.documents.sentences import sentence_spans
from rdhy_qa_evals.datasets import json_lines
from rdhy_qa_evals.splits import part_of

WRITTEN = Path(__file__).parent / "data" / "written"
_ITEM = 12
"""Characters from which a line of a page can be told from its other lines."""


def load(name: str, data: Path, part: str = "train") -> Source:
    """Load a source by the name that the configuration gives it.

    ``part`` is ``train``, ``held-out`` or ``all``.

    Raises:
        FileNotFoundError: where the data isn't there.

    """
    source = _LOADERS[name](data)
    if part == "all":
        return source
    wanted = part == "train"
    kept = [i for i, passage in enumerate(source.passages) if (part_of(passage.document) == "train") is wanted]
    places = {old: new for new, old in enumerate(kept)}
    asked = [replace(a, passage=places[a.passage]) for a in source.asked if a.passage in places]
    return Source(name, [source.passages[i] for i in kept], asked, source.open)


def sentences_of(text: str) -> tuple[tuple[int, int], ...]:
    """Sentences of a text whose lines are paragraphs, headings or items."""
    found, start = [], 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            found += [(start + a, start + b) for a, b in sentence_spans(line)]
        start += len(line)
    return tuple(found)


def _squad(name: str, *, open_questions: bool = True) -> Callable[[Path], Source]:
    def read(data: Path) -> Source:
        source = Source(name, open=open_questions)
        for number, article in enumerate(json.loads((data / f"{name}.json").read_text(encoding="utf-8"))["data"]):
            title = article.get("title") or ""
            heading = title.replace("_", " ") if open_questions and "." not in title else ""
            for paragraph in article["paragraphs"]:
                text = paragraph["context"]
                document = title or f"{name}-{number}"
                if name == "squadshifts-reddit":  # one "article" of unrelated posts
                    document = f"{name}-{len(source.passages)}"
                source.passages.append(Passage(document, heading, text, sentences_of(text)))
                for qa in paragraph["qas"]:
                    source.asked.append(_squad_question(qa, len(source.passages) - 1))
        return source

    return read


def _squad_question(qa: dict[str, Any], passage: int) -> Asked:
    places = [Place(a["answer_start"], a["answer_start"] + len(a["text"])) for a in qa["answers"] if a["text"]]
    answers = tuple(dict.fromkeys(a["text"] for a in qa["answers"]))
    if qa.get("is_impossible"):
        plausible = next(
            (Place(a["answer_start"], a["answer_start"] + len(a["text"])) for a in qa.get("plausible_answers") or []),
            None,
        )
        return Asked(qa["question"].strip(), passage, (), (), plausible)
    # What most annotators marked, the shortest of equals; the others stay accepted wordings.
    best = sorted(set(places), key=lambda p: (-places.count(p), p.end - p.start))[:1]
    return Asked(qa["question"].strip(), passage, tuple(best), answers)


def _selqa(data: Path) -> Source:
    source = Source("selqa")
    seen: dict[str, int] = {}
    for part in ("dev", "test"):
        for entry in json.loads((data / f"selqa-{part}.json").read_text(encoding="utf-8")):
            spans, text = [], ""
            for sentence in entry["candidates"]:
                text += " " if text else ""
                spans.append((len(text), len(text) + len(sentence)))
                text += sentence
            if text not in seen:
                seen[text] = len(source.passages)
                heading = f"{entry['article']}, {entry['section']}"
                source.passages.append(Passage(entry["article"], heading, text, tuple(spans)))
            places = tuple(Place(*spans[i], exact=False) for i in entry["answers"])
            answers = tuple(entry["candidates"][i] for i in entry["answers"])
            source.asked.append(Asked(entry["question"], seen[text], places, answers))
    return source


def _omos(data: Path) -> Source:
    folder = data / "omos-qa-en"
    source = Source("omos-qa-en")
    places: dict[str, int] = {}
    for entry in json_lines(folder / "passages.jsonl"):
        places[entry["id"]] = len(source.passages)
        text = entry["text"]
        source.passages.append(Passage(entry["id"], entry["title"], text, sentences_of(text)))
    for entry in json_lines(folder / "questions.jsonl"):
        if not entry["answerable"]:
            page = str(entry["why"]).rpartition(" ")[2]
            if page in places:
                source.asked.append(Asked(entry["question"], places[page], ()))
            continue
        page = places[entry["gold"][0]]
        text = source.passages[page].text
        wanted = [line.strip() for part in entry["long_answer"] for line in part.splitlines()]
        found = tuple(
            Place(at, at + len(line), exact=False)
            for line in wanted
            if len(line) >= _ITEM and (at := text.find(line)) >= 0
        )
        if found:
            source.asked.append(Asked(entry["question"], page, found, tuple(wanted)))
    return source


def _written(_: Path) -> Source:
    source = Source("written")
    for file in sorted(WRITTEN.glob("*.json")):
        entry = json.loads(file.read_text(encoding="utf-8"))
        text = entry["text"]
        source.passages.append(Passage(file.stem, entry["title"], text, sentences_of(text)))
        for asked in entry["questions"]:
            if asked["answer"] is None:
                source.asked.append(Asked(asked["question"], len(source.passages) - 1, ()))
                continue
            start = text.index(asked["quote"]) + asked["quote"].index(asked["answer"])
            # The line that opens a list is the answer as a whole, wherever in it.
            place = Place(start, start + len(asked["answer"]), exact=not asked["answer"].endswith(":"))
            yes = {"yes": True, "no": False}.get(asked.get("verdict"))
            source.asked.append(
                Asked(asked["question"], len(source.passages) - 1, (place,), (asked["answer"],), yes=yes)
            )
    return source


def _yes_no(data: Path) -> Source:
    """The questions of our own that are answered with yes or no, to be drawn more often than the others."""
    source = _written(data)
    return Source("yes-no", source.passages, [asked for asked in source.asked if asked.yes is not None])


_LOADERS: dict[str, Callable[[Path], Source]] = {
    "wiki": _squad("squadshifts-new_wiki"),
    "amazon": _squad("squadshifts-amazon_reviews", open_questions=False),
    "reddit": _squad("squadshifts-reddit", open_questions=False),
    "squad2": _squad("squad2-a"),
    "covid": _squad("covid-qa"),
    "policy": _squad("policyqa-dev", open_questions=False),
    "selqa": _selqa,
    "omos": _omos,
    "written": _written,
    "yes-no": _yes_no,
    "restated": lambda data: restated(_written(data)),
}
