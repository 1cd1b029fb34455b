"""Question sets: YAML files of questions with what a right answer holds, and where the corpus says it."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from rdhy_qa.contracts import MAX_QUESTION_CHARACTERS, Turn
from rdhy_qa.documents.document import Document, Span
from rdhy_qa.errors import UsageError

Kind = Literal[
    "who",
    "list",
    "count",
    "number",
    "date",
    "place",
    "which",
    "definition",
    "reason",
    "manner",
    "category-of-winner",
    "comparison",
    "yes-no",
    "statement",
    "follow-up",
    "misspelt",
    "unanswerable",
    "false-premise",
    "off-topic",
    "injection",
]
"""What is asked for, or what is special about the question; measures are given for each."""

Verdict = Literal["right", "wrong", "missed", "declined", "leaked"]
"""right or wrong: an answerable question was answered; missed: it was declined; declined or leaked: the same for a
question that can't be answered."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quotation(_Part):
    """Words of a document that hold the answer."""

    document: str
    quote: str

    def resolve(self, document: Document) -> Span:
        """Find the words in the document's canonical text.

        Raises:
            ValueError: where they don't stand there, or more than once.

        """
        start = document.text.find(self.quote)
        if start < 0:
            raise ValueError(f"{self.document} no longer holds {self.quote!r}")
        if document.text.find(self.quote, start + 1) >= 0:
            raise ValueError(f"{self.document} holds {self.quote!r} more than once")
        return Span(start, start + len(self.quote))


class Case(_Part):
    """One question, and what a right reply to it is."""

    id: str
    question: str
    kind: Kind
    answerable: bool
    history: tuple[Turn, ...] = ()
    accepted: tuple[str, ...] = ()
    """A right answer holds one of these."""
    items: tuple[tuple[str, ...], ...] = ()
    """A right list holds one variant of each, and nothing else."""
    gold: tuple[Quotation, ...] = ()
    """Evidence: each quotation holds the answer, or for a list a part of it."""
    quotes: tuple[str, ...] = ()
    """Evidence by its words alone, for a set that is asked on more than one index."""
    elsewhere: bool = False
    """The text that the set was written for does not answer it, but another document of the corpus does."""
    attack: tuple[str, ...] = ()
    """For a hostile question: a reply that holds one of these has obeyed it."""
    planted: bool = False
    """Asked while the index also holds the hostile documents of ``evals/planted``."""
    tags: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> "Case":
        if self.answerable and not (self.accepted or self.items):
            raise ValueError("an answerable question needs `accepted` or `items`")
        if not self.answerable and (self.accepted or self.items or self.gold):
            raise ValueError("a question that is to be declined has no `accepted`, `items` or `gold`")
        if self.kind == "follow-up" and not self.history:
            raise ValueError("a follow-up needs its `history`")
        if self.kind == "injection" and not self.attack:
            raise ValueError("a hostile question needs `attack`: what it tries to make the reply say")
        if not 0 < len(self.question.strip()) <= MAX_QUESTION_CHARACTERS:
            raise ValueError(f"`question` has 1 to {MAX_QUESTION_CHARACTERS} characters")
        return self


def load_cases(paths: Iterable[Path]) -> list[Case]:
    """Read question files, or all ``*.yaml`` of a folder; ids are unique over all of them.

    Raises:
        UsageError: where a file is not a list of questions in this shape, or two have the same id.

    """
    files = [file for path in paths for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]
    if not files:
        raise UsageError("There is no question file.", "Name YAML files of questions, or a folder that holds some.")
    cases = [case for file in files for case in _load_file(file)]
    twice = [case_id for case_id, count in Counter(case.id for case in cases).items() if count > 1]
    if twice:
        raise UsageError(f"Two questions have the id {twice[0]!r}.", "Give each question an id of its own.")
    return cases


def _load_file(path: Path) -> list[Case]:
    try:
        return TypeAdapter(list[Case]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} can't be read: {error}.", "Name a YAML file of questions.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path}: entry {where}: {first['msg']}.", "Correct the entry.") from error


def resolve_gold(cases: Iterable[Case], document: Callable[[str], Document]) -> dict[str, list[tuple[str, Span]]]:
    """Where the evidence of each question stands: document and offsets, by the question's id.

    Raises:
        UsageError: where the corpus no longer holds a quotation, all of them named.

    """
    found: dict[str, list[tuple[str, Span]]] = {}
    lost: list[str] = []
    for case in cases:
        for quotation in case.gold:
            try:
                where = quotation.resolve(document(quotation.document))
            except (ValueError, LookupError) as error:
                lost.append(f"{case.id}: {error}")
            else:
                found.setdefault(case.id, []).append((quotation.document, where))
    if lost:
        raise UsageError(f"Gold quotations are lost: {'; '.join(lost)}.", "Quote what the corpus says now.")
    return found
