"""Finding an answer that was given."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import func, select

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.errors import DatabaseError, NotFoundError
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.entries import Asking, GivenAnswer


@dataclass(frozen=True, slots=True)
class Found:
    """An answer of the journal, with the request that it was given to."""

    request: AskRequest
    answer: Answer
    askings: int
    last_asked: datetime


def find_answer(database: Database, answer_id: str) -> Found:
    """Find an answer by its id.

    Raises:
        NotFoundError: when the journal has no such answer, or did not keep its text.
        DatabaseError: when the database fails.
    """
    with database.reading() as session:
        given = session.get(GivenAnswer, answer_id)
        asked = select(func.count(), func.max(Asking.at)).where(Asking.answer_id == answer_id)
        askings, last_asked = session.execute(asked).one()
    if given is None:
        step = "Check the id; entries are removed after RDHY_QA_JOURNAL_DAYS days."
        raise NotFoundError(f"The journal holds no answer {answer_id!r}.", step)
    if given.request is None or given.answer is None:
        step = "From RDHY_QA_JOURNAL_TEXT=full on it keeps what is asked."
        raise NotFoundError(f"The journal did not keep the text of the question that got answer {answer_id}.", step)
    try:
        request = AskRequest.model_validate_json(given.request)
        answer = Answer.model_validate_json(given.answer)
    except ValidationError as error:
        step = "Replay it with the version that wrote it."
        raise DatabaseError(f"Another version of rdhy-qa wrote answer {answer_id}.", step) from error
    return Found(request, answer, askings, last_asked)
