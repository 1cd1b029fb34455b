"""What is old goes, with all that was said about it, and leaves nothing behind."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update

from rdhy_qa.journal.database import Database
from rdhy_qa.journal.entries import Asking, GivenAnswer
from rdhy_qa.journal.feedback import Feedback, keep_feedback
from rdhy_qa.journal.retention import remove_old
from rdhy_qa.journal.writing import Journal


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def kept(database: Database, column) -> list:
    with database.reading() as session:
        return sorted(session.scalars(select(column)))


def test_entries_go_after_their_days_and_answers_with_the_last_of_them(database: Database, entry):
    old, again, new = entry("Old?", at=ago(31)), entry("Again?", at=ago(31)), entry("New?", at=ago(29))
    Journal(database, "full").write([old, again, entry("Again?", at=ago(1)), new])
    remove_old(database, 30)
    assert kept(database, GivenAnswer.question) == ["Again?", "New?"]
    assert min(kept(database, Asking.at)) > ago(30)
    assert len(kept(database, Asking.id)) == 2


def test_feedback_goes_with_its_answer_and_by_its_own_age(database: Database, entry):
    old, new = entry("Old?", at=ago(31)), entry("New?", at=ago(1))
    Journal(database, "none").write([old, new])
    keep_feedback(database, old.answer.answer_id, "down", "on what goes")
    keep_feedback(database, new.answer.answer_id, "down", "written long ago")
    with database.session() as session:
        session.execute(update(Feedback).where(Feedback.comment == "written long ago").values(at=ago(31)))
    keep_feedback(database, new.answer.answer_id, "up", "fresh")
    remove_old(database, 30)
    assert kept(database, Feedback.comment) == ["fresh"]


def test_what_was_removed_is_nowhere_in_the_files(tmp_path: Path, entry):
    database = Database.open(f"sqlite:///{tmp_path}/journal.sqlite")
    old = [entry(f"Quokka{number}?", at=ago(31)) for number in range(200)]
    Journal(database, "full").write([*old, entry("Kept?")])
    keep_feedback(database, old[0].answer.answer_id, "down", "Marzipan")
    remove_old(database, 30)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    database.close()
    assert b"Kept?" in written
    assert b"Quokka" not in written
    assert b"Marzipan" not in written


def test_an_answer_that_is_given_while_old_ones_go_is_not_lost(database: Database, entry):
    journal = Journal(database, "full")
    for _ in range(10):
        journal.write([entry(f"Question {number}?", at=ago(31)) for number in range(20)])
        with ThreadPoolExecutor(2) as threads:
            removing = threads.submit(remove_old, database, 30)
            writing = threads.submit(journal.write, [entry(f"Question {number}?") for number in range(20)])
            removing.result()
            writing.result()
        assert len(kept(database, Asking.id)) >= 20
        assert len(kept(database, GivenAnswer.id)) == 20
