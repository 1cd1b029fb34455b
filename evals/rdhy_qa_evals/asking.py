"""Asking every question of a set, and keeping all that the measures need."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rdhy_qa.contracts import Answer, AskRequest, SearchRequest
from rdhy_qa.documents.document import Document, Span
from rdhy_qa.engine import Engine
from rdhy_qa.errors import NotFoundError
from rdhy_qa.index.builder import ingest
from rdhy_qa.index.embedded import FOLDER as EMBEDDED
from rdhy_qa.settings import Settings
from rdhy_qa_evals.questions import Case, Verdict
from rdhy_qa_evals.scoring import judge

RETRIEVED = 20
"""Passages of each question that the measures of retrieval see."""

Place = tuple[str, Span]
"""A document's id, and a range of its text."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question with what came back."""

    case: Case
    gold: tuple[Place, ...]
    reply: Answer
    proposal: Answer
    """The same with the operating point at 0: what would be said if nothing were held back for being unsure."""
    verdict: Verdict
    passages: tuple[tuple[Place, float], ...]
    """What retrieval finds, best first, with its score."""
    valid: bool
    """Each citation's quote stands at its offsets, and marks and citations match one to one."""
    same_again: bool
    """Asked a second time, an answer in the documents' words has the same bytes, timings aside."""


def ask_all(
    cases: Sequence[Case],
    gold: Mapping[str, Sequence[Place]],
    engine: Engine,
    planted: Engine | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Ask each question; those that want the hostile documents are asked of ``planted``, or left out without it."""
    asked = [case for case in cases if planted is not None or not case.planted]
    outcomes = []
    for done, case in enumerate(asked):
        if progress:
            progress(done, len(asked))
        chosen = planted if case.planted and planted is not None else engine
        outcomes.append(_ask(case, tuple(gold.get(case.id, ())), chosen))
    if progress:
        progress(len(asked), len(asked))
    return outcomes


def _ask(case: Case, gold: tuple[Place, ...], engine: Engine) -> Outcome:
    request = AskRequest(question=case.question, history=case.history)
    reply = engine.ask(request)
    proposal = engine.ask(request, operating_point=0.0)
    found = engine.search(SearchRequest(question=case.question, limit=RETRIEVED)).results
    return Outcome(
        case,
        gold,
        reply,
        proposal,
        judge(case, reply),
        tuple(((passage.document_id, Span(passage.start, passage.end)), passage.score) for passage in found),
        is_valid(reply, engine.document) and is_valid(proposal, engine.document),
        not reply.answered or reply.mode == "llm" or _bytes(reply) == _bytes(proposal),
    )


def _bytes(reply: Answer) -> str:
    """All but the timings, and but for why no language model worded it: the proposal was not to be."""
    return reply.model_dump_json(exclude={"timings_ms", "fallback", "answer_id"})


def is_valid(answer: Answer, document: Callable[[str], Document]) -> bool:
    """Whether an answer's citations prove themselves: quotes re-slice, marks and citations match one to one."""
    for citation in answer.citations:
        text = document(citation.document_id).text
        if text[citation.start : citation.end] != citation.quote:
            return False
        span = citation.answer_span
        if span is not None and not citation.start <= span[0] < span[1] <= citation.end:
            return False
    numbers = [citation.n for citation in answer.citations]
    marks = {n for n in numbers if f"[{n}]" in answer.answer}
    listed = {n for item in answer.items for n in item.citations}
    return numbers == list(range(1, len(numbers) + 1)) and marks == set(numbers) and listed <= marks


def documents_of(engine: Engine) -> Callable[[str], Document]:
    """How a document is looked up; one that does not exist is a LookupError."""

    def look_up(document_id: str) -> Document:
        try:
            return engine.document(document_id)
        except NotFoundError as error:
            raise LookupError(error.message) from error

    return look_up


@contextmanager
def with_planted(paths: Sequence[Path], planted: Path, settings: Settings) -> Iterator[Engine]:
    """An engine on a throw-away index of the corpus and the hostile documents; vectors are taken over."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "index"
        shutil.copytree(settings.index, copy, ignore=shutil.ignore_patterns(EMBEDDED))
        changed = settings.model_copy(update={"index": copy})
        ingest([*paths, planted], settings=changed)
        yield Engine.open(changed)
