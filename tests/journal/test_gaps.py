"""What was declined or voted down, grouped by what was asked; what cost readers most comes first."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from rdhy_qa.errors import UsageError
from rdhy_qa.journal import gaps as module
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.feedback import keep_feedback
from rdhy_qa.journal.gaps import GapReport, find_gaps, parse_period
from rdhy_qa.journal.writing import Journal

WEEK = timedelta(days=7)
TOPICS = ("revenue", "weather", "google")


def embed(text: str) -> np.ndarray:
    """A vector for each topic; what has none stands alone."""
    vector = np.zeros(64, dtype=np.float32)
    topic = next((place for place, topic in enumerate(TOPICS) if topic in text.casefold()), None)
    vector[topic if topic is not None else 8 + sum(text.encode()) % 56] = 1
    return vector


def find(database: Database, limit: int = 20, period: timedelta = WEEK) -> GapReport:
    return find_gaps(database, period, embed, limit=limit)


def test_nothing_asked_leaves_no_gap(database: Database):
    report = find(database)
    assert (report.askings, report.gaps, report.more, report.unshown) == (0, (), 0, 0)
    assert abs(report.since - (datetime.now(UTC) - WEEK)) < timedelta(minutes=1)


def test_what_was_answered_and_not_voted_down_is_no_gap(database: Database, entry):
    good = entry()
    Journal(database, "full").write([good, good])
    keep_feedback(database, good.answer.answer_id, "up", "Nice")
    report = find(database)
    assert report.gaps == ()
    assert report.askings == 1


def test_a_gap_has_all_that_was_asked_and_said_about_it(database: Database, entry):
    none, insufficient = {"reason": "no_evidence"}, {"reason": "insufficient_evidence"}
    now = datetime.now(UTC)
    common = [entry("What is the revenue?", at=now - timedelta(hours=n), **none) for n in (5, 3, 3)]
    other = [entry("Revenue in 2023", at=now - timedelta(hours=2), **insufficient)]
    answered = entry("Tell me the revenue", at=now - timedelta(hours=1))
    Journal(database, "full").write([*common, *other, answered, entry("How is the weather?", **none)])
    keep_feedback(database, answered.answer.answer_id, "down", "Not asked for")
    keep_feedback(database, answered.answer.answer_id, "up", "Fine")
    for _ in range(2):
        keep_feedback(database, other[0].answer.answer_id, "down")
    keep_feedback(database, other[0].answer.answer_id, "down", "Please add 2023")
    first, second = find(database).gaps
    assert first.question == "What is the revenue?"
    assert (first.askings, first.distinct, first.votes_down) == (5, 3, 3)
    assert first.reasons == {"no_evidence": 3, "insufficient_evidence": 1}
    assert list(first.reasons) == ["no_evidence", "insufficient_evidence"]
    assert first.last_asked == answered.at
    assert first.comments == ("Please add 2023", "Not asked for")
    assert first.others == ("Revenue in 2023", "Tell me the revenue")
    assert first.answer_id == common[0].answer.answer_id
    assert (second.question, second.askings, second.comments, second.others) == ("How is the weather?", 1, (), ())


@pytest.mark.parametrize(
    ("thumbs", "comments", "readers"), [(0, 1, 1), (1, 0, 1), (1, 1, 1), (3, 1, 3), (3, 3, 3), (0, 2, 2)]
)
def test_a_vote_and_the_comment_that_goes_with_it_are_one_readers(
    database: Database, entry, thumbs: int, comments: int, readers: int
):
    asked, other = entry("Revenue?"), entry("Google?")
    Journal(database, "full").write([asked, other])
    for _ in range(thumbs):
        keep_feedback(database, asked.answer.answer_id, "down")
    for _ in range(comments):
        keep_feedback(database, asked.answer.answer_id, "down", "Wrong")
    keep_feedback(database, other.answer.answer_id, "down")
    assert {gap.question: gap.votes_down for gap in find(database).gaps} == {"Revenue?": readers, "Google?": 1}


def test_a_comment_on_one_answer_takes_no_vote_from_another(database: Database, entry):
    first, second = entry("Revenue?"), entry("Revenue?", generation="ba9876543210")
    Journal(database, "full").write([first, second])
    keep_feedback(database, first.answer.answer_id, "down")
    keep_feedback(database, second.answer.answer_id, "down", "Wrong")
    (gap,) = find(database).gaps
    assert gap.votes_down == 2


def test_what_failed_most_comes_first_however_often_the_good_was_asked(database: Database, entry):
    liked = entry("Who won?")
    disliked_once = [entry("Who won?") for _ in range(9)]
    declined = [entry("Google?", reason="no_evidence") for _ in range(3)]
    Journal(database, "full").write([liked, *disliked_once, *declined])
    keep_feedback(database, liked.answer.answer_id, "down")
    assert [(gap.question, gap.askings) for gap in find(database).gaps] == [("Google?", 3), ("Who won?", 10)]


def test_only_the_time_asked_for_counts(database: Database, entry):
    now = datetime.now(UTC)
    old = entry("What is the revenue?", at=now - timedelta(days=8), reason="no_evidence")
    new = entry("What is the revenue?", at=now - timedelta(days=6), reason="no_evidence")
    Journal(database, "full").write([old, old, new, entry("Google?", at=now - timedelta(days=8), reason="ambiguous")])
    assert [(gap.question, gap.askings) for gap in find(database).gaps] == [("What is the revenue?", 1)]
    assert find(database).askings == 1
    assert [gap.askings for gap in find(database, period=timedelta(days=9)).gaps] == [2, 1]


def test_an_answer_voted_down_counts_though_it_was_asked_earlier(database: Database, entry):
    old = entry("Who won?", at=datetime.now(UTC) - timedelta(days=9))
    Journal(database, "full").write([old])
    keep_feedback(database, old.answer.answer_id, "down")
    (gap,) = find(database).gaps
    assert (gap.askings, gap.votes_down, gap.reasons, gap.last_asked) == (0, 1, {}, old.at)


def test_the_limit_shows_the_first_and_counts_the_rest(database: Database, entry):
    topics = [entry(f"{topic}?", reason="no_evidence") for topic in TOPICS]
    Journal(database, "full").write(topics)
    report = find(database, limit=2)
    assert len(report.gaps) == 2
    assert report.more == 1


def test_a_follow_up_counts_as_what_was_meant(database: Database, entry):
    asked = entry("and in 2023?", interpreted_as="What was the revenue in 2023?", reason="no_evidence")
    Journal(database, "full").write([asked, entry("What was the revenue in 2023?", reason="no_evidence")])
    (gap,) = find(database).gaps
    assert (gap.question, gap.askings, gap.distinct) == ("What was the revenue in 2023?", 2, 1)


def test_hashes_are_counted_without_their_text(database: Database, entry):
    asked = [entry(text, reason="no_evidence") for text in ("Revenue?", "revenue?", "What is the revenue?")]
    Journal(database, "hashed").write(asked)
    gaps = find(database).gaps
    assert [(gap.question, gap.askings, gap.distinct, gap.others) for gap in gaps] == [
        (None, 2, 1, ()),
        (None, 1, 1, ()),
    ]


def test_where_nothing_is_kept_it_is_said_how_much_can_not_be_shown(database: Database, entry):
    declined, answered = entry("Revenue?", reason="no_evidence"), entry("Who won?")
    Journal(database, "none").write([declined, answered])
    keep_feedback(database, answered.answer.answer_id, "down", "Wrong")
    report = find(database)
    assert (report.gaps, report.unshown, report.askings) == ((), 2, 2)


def test_no_more_than_can_be_compared_are_compared(database: Database, entry, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_MOST_GROUPED", 2)
    asked = [entry(f"revenue {number}", reason="no_evidence") for number in range(4) for _ in range(4 - number)]
    Journal(database, "full").write(asked)
    assert [(gap.question, gap.askings) for gap in find(database).gaps] == [
        ("revenue 0", 7),
        ("revenue 2", 2),
        ("revenue 3", 1),
    ]


def test_of_many_comments_the_newest_are_shown(database: Database, entry):
    asked = entry("Revenue?", reason="no_evidence")
    Journal(database, "full").write([asked])
    for number in range(25):
        keep_feedback(database, asked.answer.answer_id, "down", f"comment {number}")
    (gap,) = find(database).gaps
    assert gap.comments == tuple(f"comment {number}" for number in range(24, 4, -1))
    assert gap.votes_down == 25


@pytest.mark.parametrize(("text", "hours"), [("1h", 1), ("24h", 24), ("7d", 168), ("4w", 672), ("9999d", 239976)])
def test_a_period_is_read(text: str, hours: int):
    assert parse_period(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "1.5d", "7 d", "7D", "7d\n", "10000d", "٧d", "7m"])
def test_what_is_no_period_is_refused_with_an_example(text: str):
    with pytest.raises(UsageError, match="24h, 7d, 4w"):
        parse_period(text)
