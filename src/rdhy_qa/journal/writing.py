"""Writing the journal: which questions were asked, and what became of them."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.journal.database import Base, Database, Property
from rdhy_qa.journal.entries import Asking, GivenAnswer
from rdhy_qa.journal.wording import wording

Surface = Literal["http", "stream", "chat", "mcp"]
"""The way that a question came."""
TextKept = Literal["full", "hashed", "none"]

_SALT = "journal_salt"
_TEXTS = ("question", "request", "answer", "question_hash")


@dataclass(frozen=True, slots=True)
class Entry:
    """A question that was answered, or declined."""

    request: AskRequest
    answer: Answer
    surface: Surface
    milliseconds: float
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class Journal:
    """Writes entries with as much of their text as is to be kept."""

    def __init__(self, database: Database, text: TextKept) -> None:
        self._database = database
        self._text = text
        self._salt: bytes | None = None

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries; one that is written already is not written twice.

        Raises:
            DatabaseError: when the database fails; then all of them are written, or none is.
        """
        # One order for all processes, or two that write the same answers could wait for each other for ever.
        by_answer = sorted({entry.answer.answer_id: entry for entry in entries}.items())
        with self._database.session() as session:
            answers = [_outcome(entry.answer) | self._texts(session, entry) for _, entry in by_answer]
            insert = _insert(session, GivenAnswer)
            # What was kept under another setting is brought to this one.
            texts = {name: insert.excluded[name] for name in _TEXTS}
            session.execute(insert.on_conflict_do_update(index_elements=[GivenAnswer.id], set_=texts), answers)
            session.execute(_insert(session, Asking).on_conflict_do_nothing(), [_asking(entry) for entry in entries])

    def _texts(self, session: Session, entry: Entry) -> dict[str, str | None]:
        asked = entry.answer.interpreted_as or entry.request.question
        full = self._text == "full"
        kept = (
            asked if full else None,
            entry.request.model_dump_json() if full else None,
            entry.answer.model_dump_json(exclude={"timings_ms"}) if full else None,
            self._hash(session, asked) if self._text == "hashed" else None,
        )
        return dict(zip(_TEXTS, kept, strict=True))

    def _hash(self, session: Session, question: str) -> str:
        """The same for the same words."""
        self._salt = self._salt or _salt(session)
        return hashlib.sha256(self._salt + wording(question).encode()).hexdigest()


def _salt(session: Session) -> bytes:
    """What makes the hashes of this database differ from those of any other."""
    drawn = {"name": _SALT, "value": secrets.token_hex(16)}
    session.execute(_insert(session, Property).values(**drawn).on_conflict_do_nothing())
    return bytes.fromhex(session.scalars(select(Property.value).where(Property.name == _SALT)).one())


def _insert(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An insertion that may say what is to happen where there is such a row already: the two have it in common."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _outcome(answer: Answer) -> dict[str, Any]:
    names = ("answered", "reason", "mode", "fallback", "confidence", "generation")
    return {"id": answer.answer_id} | {name: getattr(answer, name) for name in names}


def _asking(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "answer_id": entry.answer.answer_id,
        "at": entry.at,
        "milliseconds": entry.milliseconds,
        "surface": entry.surface,
    }
