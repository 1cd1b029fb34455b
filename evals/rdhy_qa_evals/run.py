"""One evaluation: a question set or a public set asked of an index, measured, and held against the baseline."""

import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from rdhy_qa.answering import confidence
from rdhy_qa.documents.document import Span
from rdhy_qa.engine import Engine
from rdhy_qa.errors import UsageError
from rdhy_qa.index.generation import Generation
from rdhy_qa.index.serving import Serving
from rdhy_qa.models.fitted import fitted_fingerprint
from rdhy_qa.settings import Settings
from rdhy_qa_evals.asking import Place, ask_all, documents_of, with_planted
from rdhy_qa_evals.datasets import load_dataset
from rdhy_qa_evals.examples import case_of, file_of, index_of
from rdhy_qa_evals.gate import Fingerprints, check, digest_of, load_baseline
from rdhy_qa_evals.measures import measure_all
from rdhy_qa_evals.questions import Case, load_cases, resolve_gold
from rdhy_qa_evals.report import Run

PLANTED = Path("evals/planted")

Progress = Callable[[int, int], None]


def evaluate(
    questions: Sequence[Path],
    *,
    settings: Settings,
    corpus: Sequence[Path],
    baseline: Path | None,
    progress: Progress,
    candidate: Generation | None = None,
) -> Run:
    """Ask our questions, measure, and compare with the baseline.

    Args:
        questions: Question files, or folders of them.
        settings: Where the index lies.
        corpus: What the index was built from; the hostile documents are added to it for the questions that want them.
        baseline: File to compare with; None compares with nothing.
        progress: Called with questions done and in all.
        candidate: A generation to evaluate in place of the active one.

    Raises:
        UsageError: for a faulty question file, a lost gold quotation, or a file that is no baseline.
        GenerationError: when there is no usable index.

    """
    cases = load_cases(questions)
    engine = Engine(settings, candidate) if candidate else Engine.open(settings)
    if len(engine.documents()) > 1:  # another document may answer what the set's own text does not
        cases = [case for case in cases if not case.elsewhere]
    gold = resolve_gold(cases, documents_of(engine))
    hostile = any(case.planted for case in cases)
    with ExitStack() as stack:
        planted = stack.enter_context(with_planted(corpus, PLANTED, settings)) if hostile else None
        outcomes = ask_all(cases, gold, engine, planted, progress)
    measures = measure_all(outcomes)
    prints = fingerprints_of(engine.generation, cases)
    return Run(
        f"Evaluation of {len(outcomes)} questions",
        engine.generation.id,
        prints,
        confidence.operating_point(),
        outcomes,
        measures,
        check(measures, prints, load_baseline(baseline)) if baseline else None,
    )


def evaluate_dataset(path: Path, limit: int, *, settings: Settings, progress: Progress) -> Run:
    """Ask a public set's questions of an index of all its passages, which is thrown away afterwards.

    Raises:
        UsageError: when the path is no data set, or has no questions.

    """
    data = load_dataset(path)
    if not data.questions:
        raise UsageError(f"{path} has no questions that stand alone.", "Name another data set.")
    asked = random.Random(7).sample(data.questions, min(limit or len(data.questions), len(data.questions)))
    with tempfile.TemporaryDirectory() as folder:
        engine = index_of(data.passages, Path(folder), settings)
        cases = [case_of(question).model_copy(update={"id": str(n)}) for n, question in enumerate(asked)]
        gold = {case.id: _whole(engine, question.gold) for case, question in zip(cases, asked, strict=True)}
        outcomes = ask_all(cases, gold, engine, None, progress)
        prints = fingerprints_of(engine.generation, cases)
    return Run(
        f"{data.name}: {len(outcomes)} questions over {len(data.passages)} passages",
        engine.generation.id,
        prints,
        confidence.operating_point(),
        outcomes,
        measure_all(outcomes),
        None,
    )


def _whole(engine: Engine, passages: Sequence[str]) -> list[Place]:
    """Whole passages as evidence: that is as closely as a public set says where it stands."""
    return [(file_of(p), Span(0, len(engine.document(file_of(p)).text))) for p in passages]


def fingerprints_of(generation: Serving, cases: Sequence[Case]) -> Fingerprints:
    """What a run is measured on."""
    built = generation.manifest.built
    return Fingerprints(
        questions=digest_of(cases),
        corpus=generation.manifest.corpus_fingerprint,
        embedder=generation.manifest.model.fingerprint,
        reader=built.reader,
        answering=fitted_fingerprint(),
    )
