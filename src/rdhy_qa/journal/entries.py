"""The journal's tables: each answer once, and each time that it was given."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from rdhy_qa.journal.database import Base, UtcTime


class GivenAnswer(Base):
    """An answer that was given, once or often: the same answer to the same request has the same id."""

    __tablename__ = "answers"

    id: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str | None] = mapped_column(Text)
    """As it was understood. Kept only with ``full``, like the two below."""
    request: Mapped[str | None] = mapped_column(Text)
    """The request as JSON, with history and filters."""
    answer: Mapped[str | None] = mapped_column(Text)
    """The answer as JSON."""
    question_hash: Mapped[str | None]
    """Kept only with ``hashed``."""
    answered: Mapped[bool]
    reason: Mapped[str | None]
    mode: Mapped[str]
    fallback: Mapped[str | None]
    confidence: Mapped[float]
    generation: Mapped[str]


class Asking(Base):
    """One time that an answer was given. Nothing in it says to whom."""

    __tablename__ = "askings"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Drawn before it is written, so that writing it once more after a failure does not count it twice."""
    answer_id: Mapped[str] = mapped_column(ForeignKey(GivenAnswer.id, ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    milliseconds: Mapped[float]
    surface: Mapped[str]
