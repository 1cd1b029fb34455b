"""Questions on passages, with the places that answer them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands in a passage.

    A sentence says less than a span: the answer is somewhere inside it.
    """

    start: int
    end: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that questions are asked on."""

    document: str
    heading: str
    text: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on a passage."""

    question: str
    passage: int
    """Its place in ``Source.passages``."""
    places: tuple[Place, ...]
    """Where the answer stands; empty where the passage has none."""
    answers: tuple[str, ...] = ()
    """Accepted wordings."""
    plausible: Place | None = None
    """For a question without an answer: what could be taken for one."""
    yes: bool | None = None
    """Whether the passage says yes; None where nothing is asked that has yes or no for an answer."""


@dataclass(slots=True)
class Source:
    """One set of questions with its passages."""

    name: str
    passages: list[Passage] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    open: bool = True
    """Whether its questions mean something without their passage."""
