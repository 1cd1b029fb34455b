"""Removing what has been kept long enough."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from rdhy_qa.journal.database import Database
from rdhy_qa.journal.entries import Asking, GivenAnswer
from rdhy_qa.journal.feedback import Feedback


def remove_old(database: Database, days: int) -> None:
    """Remove entries and feedback that are older; an answer goes with its last entry, and takes its feedback along.

    Raises:
        DatabaseError: when the database fails.
    """
    oldest = datetime.now(UTC) - timedelta(days=days)
    unasked = ~select(Asking.id).where(Asking.answer_id == GivenAnswer.id).exists()
    with database.session() as session:
        session.execute(delete(Asking).where(Asking.at < oldest))
        session.execute(delete(Feedback).where(Feedback.at < oldest))
        # This waits for whoever writes an entry of such an answer just now, so that the next statement sees it.
        session.execute(select(GivenAnswer.id).where(unasked).order_by(GivenAnswer.id).with_for_update()).all()
        session.execute(delete(GivenAnswer).where(unasked))
    database.overwrite_removed()
