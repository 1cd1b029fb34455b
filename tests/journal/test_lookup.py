"""An answer is found by its id, or it is said why not."""

import pytest
from sqlalchemy import update

from rdhy_qa.contracts import Filters, Turn
from rdhy_qa.errors import DatabaseError, NotFoundError
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.entries import GivenAnswer
from rdhy_qa.journal.lookup import find_answer
from rdhy_qa.journal.writing import Entry, Journal


def test_request_and_answer_come_back_whole(database: Database, entry):
    made = entry(
        "and from Italy?", history=(Turn(role="user", content="Who won?"),), interpreted_as="Who won in Italy?"
    )
    request = made.request.model_copy(update={"filters": Filters(kind=("post",), series=(4,))})
    times = [Entry(request, made.answer, "mcp", 1.0) for _ in range(3)]
    Journal(database, "full").write(times)
    found = find_answer(database, made.answer.answer_id)
    assert found.request == request
    assert found.answer == made.answer.model_copy(update={"timings_ms": {}})
    assert found.askings == 3
    assert found.last_asked == times[-1].at


def test_an_unknown_answer_says_how_long_answers_are_kept(database: Database):
    with pytest.raises(NotFoundError, match=r"no answer 'ff'.*RDHY_QA_JOURNAL_DAYS"):
        find_answer(database, "ff")


@pytest.mark.parametrize("kept", ["hashed", "none"])
def test_an_answer_without_text_says_which_setting_keeps_it(database: Database, entry, kept: str):
    made = entry()
    Journal(database, kept).write([made])
    with pytest.raises(NotFoundError, match=r"did not keep the text.*RDHY_QA_JOURNAL_TEXT=full"):
        find_answer(database, made.answer.answer_id)


def test_what_another_version_wrote_is_not_guessed_at(database: Database, entry):
    made = entry()
    Journal(database, "full").write([made])
    with database.session() as session:
        session.execute(update(GivenAnswer).values(request='{"question": "Who won?", "mood": "curious"}'))
    with pytest.raises(DatabaseError, match=r"Another version"):
        find_answer(database, made.answer.answer_id)
