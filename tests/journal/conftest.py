"""Each kind of database for real, and answers to write into it."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.writing import Entry


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database, of one kind after the other."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.sqlite"
    return request.getfixturevalue("postgresql").create()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The database, opened."""
    opened = Database.open(url)
    yield opened
    opened.close()


@pytest.fixture
def entry() -> Callable[..., Entry]:
    """Makes an entry. The same question and changes make the same answer; a reason makes one that declines."""

    def make(question: str = "Who won?", *, history=(), at=None, interpreted_as=None, **changes: object) -> Entry:
        request = AskRequest(question=question, history=history)
        answer = Answer(
            answer_id=hashlib.sha256(f"{question}{changes}".encode()).hexdigest()[:16],
            question=question,
            interpreted_as=interpreted_as,
            answered="reason" not in changes,
            short_answer=None,
            answer="They won.",
            confidence=0.25,
            generation="0123456789ab",
            timings_ms={"total": 1.0},
        ).model_copy(update=changes)
        return Entry(request, answer, "http", 12.5, **({} if at is None else {"at": at}))

    return make
