"""What readers say of an answer is kept with it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from rdhy_qa.errors import NotFoundError
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.feedback import Feedback, keep_feedback
from rdhy_qa.journal.writing import Journal


def test_an_answer_may_get_many_verdicts(database: Database, entry):
    made = entry()
    Journal(database, "none").write([made])
    for verdict, comment in (("up", None), ("down", "Wrong.\nReally ✗"), ("down", None)):
        keep_feedback(database, made.answer.answer_id, verdict, comment)
    with database.reading() as session:
        found = session.scalars(select(Feedback).order_by(Feedback.id)).all()
    assert [(one.verdict, one.comment) for one in found] == [("up", None), ("down", "Wrong.\nReally ✗"), ("down", None)]
    assert all(one.answer_id == made.answer.answer_id for one in found)
    assert all(abs(one.at - datetime.now(UTC)) < timedelta(minutes=1) for one in found)


def test_an_answer_that_nobody_got_gets_none(database: Database, entry):
    Journal(database, "none").write([entry()])
    with pytest.raises(NotFoundError, match=r"'0123456789abcdef'.*Send the id"):
        keep_feedback(database, "0123456789abcdef", "up")
    with database.reading() as session:
        assert session.scalars(select(Feedback)).all() == []
