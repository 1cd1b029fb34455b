"""The passages and questions that all systems get: of a public set, or where there is none, of this project."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rdhy_qa.documents.document import Span
from rdhy_qa.index.activation import open_active
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings
from rdhy_qa_evals.datasets import load_dataset
from rdhy_qa_evals.questions import load_cases, resolve_gold

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Passage:
    """What is searched."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    question: str
    gold: tuple[str, ...]
    """Ids of the passages that hold the answer."""


@dataclass(frozen=True, slots=True)
class Material:
    """Passages, and questions on them."""

    what: str
    passages: list[Passage]
    questions: list[Question]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write both as JSON Lines; returns the two files."""
        return _lines(folder / "passages.jsonl", self.passages), _lines(folder / "questions.jsonl", self.questions)


def public_material(data: Path, passages: int, questions: int) -> Material:
    """The first passages of a public set, and questions on them, evenly taken."""
    whole = load_dataset(data)
    names = {passage.id: _name(number) for number, passage in enumerate(whole.passages[:passages])}
    asked = [
        Question(one.question, tuple(names[gold] for gold in one.gold))
        for one in whole.questions
        if one.answerable and one.gold and all(gold in names for gold in one.gold)
    ]
    texts = [Passage(names[one.id], one.text) for one in whole.passages[:passages]]
    return Material(data.name, texts, evenly(asked, questions))


def own_material(folder: Path, questions: int) -> Material:
    """The passages of ``corpus/``, and questions of ``evals/questions`` that stand alone."""
    settings = Settings(index=folder / "index")
    ingest([ROOT / "corpus"], settings=settings)
    generation = open_active(settings.index).load()
    stored = generation.store.passages(list(range(len(generation.store))))
    cases = [case for case in load_cases([ROOT / "evals" / "questions"]) if case.gold and not case.history]
    gold = resolve_gold(cases, generation.store.document)
    generation.close()

    def holding(document_id: str, where: Span) -> list[str]:
        return [
            _name(passage.row)
            for passage in stored
            if passage.document.id == document_id and passage.start < where.end and where.start < passage.end
        ]

    asked = [
        Question(case.question, tuple(name for place in gold[case.id] for name in holding(*place))) for case in cases
    ]
    texts = [Passage(_name(passage.row), passage.text) for passage in stored]
    return Material("corpus/ and evals/questions", texts, evenly([one for one in asked if one.gold], questions))


def evenly(questions: list[Question], count: int) -> list[Question]:
    """Take so many from all over the set."""
    count = min(count, len(questions))
    return [questions[number * len(questions) // count] for number in range(count)]


def _lines(file: Path, entries: list[Passage] | list[Question]) -> Path:
    file.write_text("".join(f"{json.dumps(asdict(entry))}\n" for entry in entries), encoding="utf-8")
    return file


def _name(number: int) -> str:
    """An id that every system can have, as a file's name too."""
    return f"p-{number:05}"
