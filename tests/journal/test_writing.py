"""What the journal keeps of a question, and what it does not."""

import random
import string
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from rdhy_qa.contracts import Answer, AskRequest, Turn
from rdhy_qa.errors import DatabaseError
from rdhy_qa.journal.database import Database, Property
from rdhy_qa.journal.entries import Asking, GivenAnswer
from rdhy_qa.journal.writing import Entry, Journal

WORDS = "Zanzibar Quokka Marzipan"
HISTORY = (Turn(role="user", content="Earlier Xylophone"), Turn(role="assistant", content="Indeed Saxifrage"))
PRIVATE = (*WORDS.split(), "Xylophone", "Saxifrage", "Understood")


def answers(database: Database) -> dict[str, GivenAnswer]:
    with database.reading() as session:
        return {one.id: one for one in session.scalars(select(GivenAnswer))}


def askings(database: Database) -> list[Asking]:
    with database.reading() as session:
        return list(session.scalars(select(Asking).order_by(Asking.at)))


def on_disk(files: Iterable[Path]) -> bytes:
    return b"".join(path.read_bytes() for path in files)


def test_all_that_replay_and_gaps_need_is_kept(database: Database, entry):
    made = entry("and from Italy?", history=HISTORY, interpreted_as="Who won from Italy?", reason="no_evidence")
    Journal(database, "full").write([made])
    (kept,) = answers(database).values()
    assert kept.question == "Who won from Italy?"
    assert AskRequest.model_validate_json(kept.request) == made.request
    assert Answer.model_validate_json(kept.answer) == made.answer.model_copy(update={"timings_ms": {}})
    assert (kept.answered, kept.reason, kept.mode, kept.fallback) == (False, "no_evidence", "extractive", None)
    assert (kept.confidence, kept.generation, kept.question_hash) == (0.25, "0123456789ab", None)
    (asking,) = askings(database)
    assert (asking.answer_id, asking.surface, asking.milliseconds) == (made.answer.answer_id, "http", 12.5)
    assert abs(asking.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_answer_that_is_given_often_is_kept_once(database: Database, entry):
    journal = Journal(database, "full")
    journal.write([entry(), entry()])
    journal.write([entry()])
    assert len(answers(database)) == 1
    assert len(askings(database)) == 3


def test_writing_again_after_a_failure_counts_nothing_twice(database: Database, entry):
    made = [entry(), entry("Who else?")]
    for _ in range(3):
        Journal(database, "full").write(made)
    assert len(askings(database)) == 2


def test_of_a_batch_all_is_written_or_nothing(database: Database, entry):
    broken = entry("Who else?", at="yesterday")
    with pytest.raises(Exception, match="astimezone"):
        Journal(database, "full").write([entry(), broken])
    assert answers(database) == {}


@pytest.mark.parametrize("kept", ["hashed", "none"])
def test_without_the_setting_no_word_is_anywhere_in_the_files(tmp_path: Path, entry, kept: str):
    asked = entry(WORDS, history=HISTORY, interpreted_as=f"Understood {WORDS}", answer=f"No: {WORDS}")
    for setting in ("full", kept):
        folder = tmp_path / setting
        folder.mkdir()
        database = Database.open(f"sqlite:///{folder}/journal.sqlite")
        Journal(database, setting).write([asked])
        written = on_disk(folder.iterdir())
        database.close()
        written += on_disk(folder.iterdir())
        for word in PRIVATE:
            assert (word.casefold().encode() in written.lower()) == (setting == "full"), word


@pytest.mark.parametrize("kept", ["hashed", "none"])
def test_without_the_setting_no_word_is_in_any_column(database: Database, entry, kept: str):
    Journal(database, kept).write([entry(WORDS, history=HISTORY)])
    (found,) = answers(database).values()
    assert (found.question, found.request, found.answer) == (None, None, None)
    assert (found.question_hash is None) == (kept == "none")


def test_hashes_count_repeats_whatever_their_case_and_punctuation(database: Database, entry):
    Journal(database, "hashed").write([entry("Who  won?"), entry("who won "), entry("Who lost?")])
    hashes = [one.question_hash for one in answers(database).values()]
    assert sorted(map(hashes.count, hashes)) == [1, 2, 2]


def test_the_same_question_has_another_hash_in_another_database(tmp_path: Path, entry):
    hashes = []
    for name in ("one", "two"):
        database = Database.open(f"sqlite:///{tmp_path}/{name}.sqlite")
        for _ in range(2):  # opened again, it is the same
            Journal(database, "hashed").write([entry()])
            hashes += [one.question_hash for one in answers(database).values()]
        database.close()
    assert hashes[0] == hashes[1] != hashes[2] == hashes[3]


def test_a_stricter_setting_reaches_what_was_kept_before_when_it_is_asked_again(database: Database, entry):
    for setting, text in (("full", True), ("none", False), ("full", True), ("hashed", False)):
        Journal(database, setting).write([entry()])
        (kept,) = answers(database).values()
        assert (kept.question is not None) == text
    assert len(askings(database)) == 4


def test_nothing_says_who_asked():
    columns = {column.name for table in (GivenAnswer, Asking) for column in table.__table__.columns}
    assert columns == {
        "id", "question", "request", "answer", "question_hash", "answered", "reason", "mode", "fallback", "confidence",
        "generation", "answer_id", "at", "milliseconds", "surface",
    }  # fmt: skip


def test_the_database_away_is_said_as_such(postgresql, entry):
    database = Database.open(postgresql.create())
    postgresql.stop()
    try:
        with pytest.raises(DatabaseError):
            Journal(database, "full").write([entry()])
    finally:
        postgresql.start()
    Journal(database, "full").write([entry()])
    assert len(askings(database)) == 1
    database.close()


def test_processes_that_write_the_same_answers_do_not_block_each_other(postgresql, entry):
    database = Database.open(postgresql.create())

    def write(seed: int) -> None:
        journal = Journal(database, "full")
        for round_ in range(5):
            numbers = random.Random(10 * seed + round_).sample(range(40), 40)
            journal.write([entry(f"Question {number}?") for number in numbers])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert len(askings(database)) == 4 * 5 * 40
    database.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for many examples."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('any')}/journal.sqlite"
    else:
        url = request.getfixturevalue("postgresql").create()
    with closing(Database.open(url)) as database:
        yield database


@settings(max_examples=60)
@given(
    question=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(str.strip),
    content=st.text(st.characters(codec="utf-8")),
)
def test_whatever_can_be_asked_can_be_kept_and_read_again(shared: Database, question: str, content: str):
    request = AskRequest(question=question, history=(Turn(role="user", content=content),))
    answer = Answer(
        answer_id="".join(string.hexdigits[ord(one) % 16] for one in (question + content)[:16]),
        question=question, answered=True, short_answer=content, answer=content, confidence=0, generation="1",
    )  # fmt: skip
    Journal(shared, "full").write([Entry(request, answer, "chat", 1.0)])
    kept = answers(shared)[answer.answer_id]
    assert kept.question == question
    assert AskRequest.model_validate_json(kept.request) == request
    assert Answer.model_validate_json(kept.answer) == answer


def test_the_salt_is_drawn_once(database: Database, entry):
    for _ in range(2):
        Journal(database, "hashed").write([entry()])
    with database.reading() as session:
        (salt,) = session.scalars(select(Property.value).where(Property.name == "journal_salt"))
    assert len(bytes.fromhex(salt)) == 16
