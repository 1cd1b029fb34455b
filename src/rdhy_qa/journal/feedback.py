"""What readers say of an answer."""

from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import ForeignKey, Text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from rdhy_qa.errors import NotFoundError
from rdhy_qa.journal.database import Base, Database, UtcTime
from rdhy_qa.journal.entries import GivenAnswer

Verdict = Literal["up", "down"]


class Feedback(Base):
    """A verdict on an answer, which may have many; a comment that follows a vote is a row of its own."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey(GivenAnswer.id, ondelete="CASCADE"), index=True)
    verdict: Mapped[str]
    comment: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)


def keep_feedback(database: Database, answer_id: str, verdict: Verdict, comment: str | None = None) -> None:
    """Write down what a reader says of an answer.

    Raises:
        NotFoundError: when the journal holds no such answer.
        DatabaseError: when the database fails.
    """
    try:
        with database.session() as session:
            session.add(Feedback(answer_id=answer_id, verdict=verdict, comment=comment, at=datetime.now(UTC)))
    except IntegrityError as error:
        step = "Send the id of an answer that the service gave, while the journal keeps it."
        raise NotFoundError(f"The journal holds no answer {answer_id!r}.", step) from error
