"""Made-up outcomes of questions, for measures, gate and report."""

from collections.abc import Callable

import pytest

from rdhy_qa.contracts import Answer, Citation, Item
from rdhy_qa.documents.document import Span
from rdhy_qa_evals.asking import Outcome, Place
from rdhy_qa_evals.gate import Fingerprints
from rdhy_qa_evals.questions import Case
from rdhy_qa_evals.scoring import judge

MakeOutcome = Callable[..., Outcome]


def answer(text: str | None, confidence: float, *, short: str | None = None, items: tuple[str, ...] = ()) -> Answer:
    """A reply; None declines."""
    quote = Citation(
        n=1, document_id="lamp", title="Lamp", section=(), url=None, view_url="/", page=None, published=None, start=0,
        end=20, quote=text or "",
    )  # fmt: skip
    return Answer(
        question="Who lit the lamp?",
        answered=text is not None,
        short_answer=short,
        answer="Nothing is said." if text is None else f"{text} [1]",
        items=tuple(Item(text=item, citations=(1,)) for item in items),
        confidence=confidence,
        reason="no_evidence" if text is None else None,
        citations=() if text is None else (quote,),
        generation="g",
        timings_ms={"total": 40.0 + 10 * confidence},
    )


@pytest.fixture
def outcome_of() -> MakeOutcome:
    """Makes an outcome: what is expected, what is said, and what would be said below the operating point."""

    def make(
        name: str,
        said: str | None,
        *,
        confidence: float = 0.9,
        accepted: tuple[str, ...] = ("Ada",),
        answerable: bool = True,
        kind: str = "who",
        would_say: str | None = None,
        gold: tuple[Place, ...] = (),
        passages: tuple[tuple[Place, float], ...] = (),
        items: tuple[str, ...] = (),
        wanted: tuple[tuple[str, ...], ...] = (),
        attack: tuple[str, ...] = (),
        short: str | None = None,
    ) -> Outcome:
        case = Case.model_validate(
            {
                "id": name,
                "question": f"Who lit the lamp? ({name})",
                "kind": kind if answerable else "unanswerable",
                "answerable": answerable,
                "accepted": accepted if answerable and not wanted else (),
                "items": wanted,
                "attack": attack,
            }
        )
        reply = answer(said, confidence, short=short, items=items)
        proposal = reply if said is not None else answer(would_say, confidence)
        return Outcome(case, gold, reply, proposal, judge(case, reply), passages, valid=True, same_again=True)

    return make


@pytest.fixture
def place() -> Callable[..., Place]:
    return lambda start, end, document="lamp": (document, Span(start, end))


@pytest.fixture
def fingerprints() -> Fingerprints:
    return Fingerprints(questions="q", corpus="c", embedder="e", reader="r", answering="a")
