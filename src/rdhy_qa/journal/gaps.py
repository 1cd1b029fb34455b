"""What readers wanted to know and the service could not tell them: where the corpus has gaps."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from rdhy_qa.errors import UsageError
from rdhy_qa.journal.clustering import groups_of
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.entries import Asking, GivenAnswer
from rdhy_qa.journal.feedback import Feedback
from rdhy_qa.journal.wording import wording

PERIOD = "[1-9][0-9]{0,3}[hdw]"
"""How a time until now is written: ``24h``, ``7d``, ``4w``."""

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_MOST_GROUPED = 1_000
"""Distinct questions that are compared with each other, those asked most; the rest stay apart."""
_OTHERS, _COMMENTS = 3, 20


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Gap(_Reply):
    """Questions that ask the same thing, and were declined or voted down."""

    question: str | None
    """In the words that were used most; null where the journal keeps hashes."""
    askings: int
    """How often it was asked, answered or not."""
    distinct: int
    """In how many different wordings."""
    reasons: dict[str, int]
    """Why it was declined, each reason with the number of times."""
    votes_down: int
    """Readers who voted it down; one who sends a comment after the vote counts once."""
    last_asked: datetime
    comments: tuple[str, ...]
    """What readers wrote with their votes down; the 20 newest, newest first."""
    others: tuple[str, ...]
    """Up to three other wordings."""
    answer_id: str
    """An answer that was given to it, to look at with `rdhy-qa replay`."""


class GapReport(_Reply):
    """The gaps of a time, those that cost readers most first."""

    since: datetime
    askings: int
    """Questions in that time, whatever became of them."""
    gaps: tuple[Gap, ...]
    more: int
    """Gaps beyond those shown."""
    unshown: int
    """Times that a question was declined or voted down of which the journal kept nothing that could be shown."""


@dataclass(slots=True)
class _Question:
    """One wording, with all that became of it."""

    text: str | None
    answer_id: str
    last_asked: datetime
    askings: int = 0
    votes_down: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    answers: list[str] = field(default_factory=list)

    @property
    def failures(self) -> int:
        """How often a reader was left without an answer, or with one that they did not like."""
        return self.reasons.total() + self.votes_down

    def add(self, row: Row[*tuple[Any, ...]]) -> None:
        """Take in another answer that was given to it."""
        self.askings += row.askings or 0
        # A chat sends the vote at once and the comment later, as a row of its own; nothing says who sent which.
        # So as many comments as there are votes without one are taken to go with those.
        commented = row.commented or 0
        self.votes_down += max(commented, (row.said or 0) - commented)
        self.answers.append(row.id)
        if not row.answered and row.askings:
            self.reasons[row.reason] += row.askings
        if row.last_asked > self.last_asked:
            self.last_asked, self.answer_id = row.last_asked, row.id


def parse_period(text: str) -> timedelta:
    """Read a time like ``24h``, ``7d`` or ``4w``.

    Raises:
        UsageError: when it is written otherwise.
    """
    if not re.fullmatch(PERIOD, text):
        raise UsageError(f"{text!r} is no period.", "Write hours, days or weeks: 24h, 7d, 4w.")
    return int(text[:-1]) * _UNITS[text[-1]]


def find_gaps(
    database: Database, period: timedelta, embed: Callable[[str], NDArray[np.float32]], *, limit: int
) -> GapReport:
    """Look for what was declined or voted down in the time up to now, grouped by what was asked.

    ``embed`` gives the unit vector of a question; it is called only for texts that the journal kept.

    Raises:
        DatabaseError: when the database fails.
    """
    since = datetime.now(UTC) - period
    with database.reading() as session:
        askings = session.scalar(select(func.count()).select_from(Asking).where(Asking.at >= since))
        questions, unshown = _questions(session.execute(_failed(since)))
        groups = sorted(_grouped(questions, embed), key=_weight, reverse=True)
        gaps = tuple(_gap(session, group, since) for group in groups[:limit])
    return GapReport(since=since, askings=askings or 0, gaps=gaps, more=max(0, len(groups) - limit), unshown=unshown)


def _failed(since: datetime) -> Select[*tuple[Any, ...]]:
    """Answers that declined, or were voted down, in that time."""
    asked = (
        select(Asking.answer_id, func.count().label("askings"))
        .where(Asking.at >= since)
        .group_by(Asking.answer_id)
        .subquery()
    )
    voted = (
        select(
            Feedback.answer_id,
            func.count().label("said"),
            func.count(Feedback.comment).label("commented"),
        )
        .where(Feedback.at >= since, Feedback.verdict == "down")
        .group_by(Feedback.answer_id)
        .subquery()
    )
    last = select(func.max(Asking.at)).where(Asking.answer_id == GivenAnswer.id).scalar_subquery()
    return (
        select(
            GivenAnswer.id,
            GivenAnswer.question,
            GivenAnswer.question_hash,
            GivenAnswer.answered,
            GivenAnswer.reason,
            asked.c.askings,
            voted.c.said,
            voted.c.commented,
            last.label("last_asked"),
        )
        .outerjoin(asked, asked.c.answer_id == GivenAnswer.id)
        .outerjoin(voted, voted.c.answer_id == GivenAnswer.id)
        .where(or_(and_(~GivenAnswer.answered, asked.c.askings > 0), voted.c.said > 0))
        .order_by(GivenAnswer.id)
    )


def _questions(rows: Iterable[Row[*tuple[Any, ...]]]) -> tuple[list[_Question], int]:
    """One for each wording or hash, those that failed most first; and how many failures have neither."""
    found: dict[str, _Question] = {}
    unshown = 0
    for row in rows:
        question = _Question(row.question, row.id, row.last_asked)
        key = row.question_hash or (row.question and wording(row.question))
        if key:
            question = found.setdefault(key, question)
        question.add(row)
        unshown += 0 if key else question.failures
    return sorted(found.values(), key=lambda one: (-one.failures, one.answers)), unshown


def _grouped(questions: Sequence[_Question], embed: Callable[[str], NDArray[np.float32]]) -> Iterator[list[_Question]]:
    """Groups of wordings, in each the one that stands for it first; hashes can't be compared and stay apart."""
    texts = [(one.text, one) for one in questions if one.text is not None]
    compared = texts[:_MOST_GROUPED]
    vectors = np.array([embed(text) for text, _ in compared], dtype=np.float32)
    for group in groups_of([text for text, _ in compared], vectors):
        centre = vectors[group].sum(axis=0)
        ordered = sorted(group, key=lambda at: (-compared[at][1].askings, -float(vectors[at] @ centre), at))
        yield [compared[at][1] for at in ordered]
    yield from ([one] for _, one in texts[_MOST_GROUPED:])
    yield from ([one] for one in questions if one.text is None)


def _weight(group: Sequence[_Question]) -> tuple[int, int, datetime]:
    return (
        sum(one.failures for one in group),
        sum(one.askings for one in group),
        max(one.last_asked for one in group),
    )


def _gap(session: Session, group: Sequence[_Question], since: datetime) -> Gap:
    first, *others = group
    answers = [answer for one in group for answer in one.answers]
    comments = (
        select(Feedback.comment)
        .where(Feedback.answer_id.in_(answers), Feedback.verdict == "down", Feedback.at >= since)
        .where(Feedback.comment.is_not(None))
        .order_by(Feedback.at.desc())
        .limit(_COMMENTS)
    )
    return Gap(
        question=first.text,
        askings=sum(one.askings for one in group),
        distinct=len(group),
        reasons=dict(sum((one.reasons for one in group), Counter[str]()).most_common()),
        votes_down=sum(one.votes_down for one in group),
        last_asked=max(one.last_asked for one in group),
        comments=tuple(text for text in session.scalars(comments) if text is not None),
        others=tuple(one.text for one in others[:_OTHERS] if one.text is not None),
        answer_id=first.answer_id,
    )
