"""What goes in and out of the engine: the same shapes on the command line, over HTTP and in batches."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_QUESTION_CHARACTERS = 1_000
MAX_HISTORY_TURNS = 50
MAX_TURN_CHARACTERS = 20_000
MAX_FILTER_VALUES = 100
MAX_SERIES = 1_000_000

Mode = Literal["extractive", "llm"]
"""`extractive`: in the words of the documents. `llm`: worded by a language model, each sentence checked."""
Fallback = Literal["unsupported", "unavailable"]
"""`unsupported`: too little of what the model wrote could be proven. `unavailable`: it failed, or took too long."""
Reason = Literal["no_evidence", "insufficient_evidence", "out_of_scope", "ambiguous"]


def _check_question(question: str) -> str:
    if any((ord(character) < 32 and character not in "\t\n\r") or ord(character) == 127 for character in question):
        raise ValueError("must not contain control characters")
    if not question.strip():
        raise ValueError("must not be empty")
    return question


Question = Annotated[
    str,
    Field(min_length=1, max_length=MAX_QUESTION_CHARACTERS, examples=["Who won Benchmark Innovators?"]),
    AfterValidator(_check_question),
]

FilterText = Annotated[str, Field(max_length=200)]
SeriesNumber = Annotated[int, Field(strict=True, ge=0, le=MAX_SERIES)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class Filters(_Request):
    """Restrict retrieval. An empty list restricts nothing; values of one field are alternatives."""

    kind: tuple[FilterText, ...] = Field((), max_length=MAX_FILTER_VALUES, examples=[["post"]])
    document_id: tuple[FilterText, ...] = Field((), max_length=MAX_FILTER_VALUES, examples=[["post-4"]])
    series: tuple[SeriesNumber, ...] = Field((), max_length=MAX_FILTER_VALUES, examples=[[4]])


class Turn(_Request):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=MAX_TURN_CHARACTERS)


class AskRequest(_Request):
    """A question, with what was said before it."""

    question: Question
    history: tuple[Turn, ...] = Field((), max_length=MAX_HISTORY_TURNS)
    filters: Filters = Filters()


class SearchRequest(_Request):
    """A query for passages."""

    question: Question
    filters: Filters = Filters()
    limit: int = Field(10, strict=True, ge=1, le=100)


class Citation(_Reply):
    """A proof: ``document.text[start:end] == quote``."""

    n: int
    document_id: str
    title: str
    section: tuple[str, ...]
    url: str | None
    """Address of the original; ends in a text fragment only where the document is the original itself."""
    view_url: str
    """Our page of the document, with the quote lit."""
    page: int | None
    published: str | None
    start: int
    end: int
    quote: str
    note: bool = False
    """True where the quote is an editor's note."""
    answer_span: tuple[int, int] | None = None
    """Where the short answer stands inside the quote, as offsets in the document; null where no part of it is one."""


class Item(_Reply):
    """One entry of a list answer."""

    text: str
    citations: tuple[int, ...]


class Complete(_Reply):
    """How much of a list was found, against the number of its items in the document."""

    found: int
    expected: int


class Passage(_Reply):
    """A passage that search found."""

    rank: int
    score: float
    """Fused score in [0, 1]."""
    dense: float | None
    """Cosine similarity of question and passage; null where the passage came from lexical search alone."""
    lexical: float | None
    """BM25 score; null where the passage came from dense search alone."""
    document_id: str
    title: str
    section: tuple[str, ...]
    kind: str
    text: str
    start: int
    end: int
    page: int | None
    url: str | None
    view_url: str


class Related(_Reply):
    """A passage near the question that does not answer it."""

    document_id: str
    title: str
    section: tuple[str, ...]
    text: str
    start: int
    end: int
    view_url: str


class Answer(_Reply):
    """The reply to a question."""

    answer_id: str = ""
    """Digest of the request and of all that is answered, timings aside: the same answer has the same id."""
    question: str
    interpreted_as: str | None = None
    """The question as it was understood, where that differs: slips of the pen mended, a follow-up made to stand
    alone."""
    answered: bool
    short_answer: str | None
    """The name, number, date, yes or no, or the count of a list; null where the answer is a statement."""
    answer: str
    items: tuple[Item, ...] = ()
    complete: Complete | None = None
    confidence: float
    """Orders answers by how likely they are right, in [0, 1]."""
    reason: Reason | None = None
    citations: tuple[Citation, ...] = ()
    related: tuple[Related, ...] = ()
    mode: Mode = "extractive"
    fallback: Fallback | None = None
    """Why the answer is extractive though a language model was to word it; null where none was, or where it did."""
    generation: str
    timings_ms: dict[str, float] = Field(default_factory=dict)


class SearchReply(_Reply):
    """The passages found for a query, best first."""

    question: str
    results: tuple[Passage, ...]
    generation: str
    timings_ms: dict[str, float] = Field(default_factory=dict)


_MESSAGES = {"missing": "is required", "extra_forbidden": "is not a known field"}
_SHOWN = 3


def explain(violations: Sequence[Mapping[str, Any]], *, skip: int = 0) -> str:
    """Say in one line which fields of a request are wrong, from the errors that pydantic reports.

    The first ``skip`` parts of each field's path are left out.
    """
    shown = "; ".join(_explain(violation, skip) for violation in violations[:_SHOWN])
    more = len(violations) - _SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown


def _explain(violation: Mapping[str, Any], skip: int) -> str:
    path = ".".join(str(part) for part in violation["loc"][skip:] or violation["loc"])
    # The path may hold names that the caller made up.
    field = "".join(character if character.isprintable() else "?" for character in path[:100]) or "request"
    message = _MESSAGES.get(violation["type"]) or violation["msg"].removeprefix("Value error, ")
    return f"{field}: {message}"
