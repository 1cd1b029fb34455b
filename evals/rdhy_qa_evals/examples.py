"""Questions with all that the answering stage knows of their candidates, and which of them are right.

Fitting and measuring both start here. What is expensive (indexing, reading) is done once for each question; any weights
can then be tried on the arrays.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import typer

from rdhy_qa.answering import ranking, reading
from rdhy_qa.answering.evidence import Evidence
from rdhy_qa.engine import Engine
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings
from rdhy_qa_evals.datasets import DataPassage, DataQuestion, Dataset, load_dataset
from rdhy_qa_evals.questions import Case, Kind, load_cases
from rdhy_qa_evals.scoring import best_f1, holds, normalise
from rdhy_qa_evals.splits import Part, part_of

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_QUOTED = 25
"""Characters from which a sentence inside a long answer counts as the answer."""
_OFF_TOPIC = 60


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A public set, and how much of it is asked."""

    file: str
    questions: int
    """At most so many of each part."""
    trained: bool
    """Whether the reader was trained on a part of it."""
    every_passage: bool
    """Whether passages of documents that the reader was trained on are in the index too."""


WRITTEN = Path(__file__).resolve().parents[2] / "training" / "data" / "written"
"""Articles of our own, with paraphrased questions: the nearest to what the product is asked."""

PUBLIC_SETS = (
    PublicSet(WRITTEN.name, 700, trained=True, every_passage=False),
    PublicSet("squadshifts-new_wiki.json", 420, trained=True, every_passage=False),
    PublicSet("squad2-a.json", 320, trained=True, every_passage=True),
    PublicSet("omos-qa-en", 200, trained=True, every_passage=True),
    PublicSet("nomiracl-en", 100, trained=False, every_passage=False),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the engine that it is asked of."""

    engine: Engine
    case: Case
    documents: tuple[str, ...]
    """Ids of the documents that hold the answer; none where any may."""
    source: str
    part: Part


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its candidates: sentences, as rows."""

    source: str
    part: Part
    question: str
    answerable: bool
    cheap: Vector
    """Features that were known before reading; of shape (candidates, features)."""
    features: Vector
    """The same, and those of the reader."""
    handicap: Vector
    right: Flags
    usable: Flags
    """Which candidates can be an answer to this kind of question."""
    overlap: Vector
    """Token F1 of the reader's span with the nearest accepted answer."""
    most_answerable: float
    """The reader's highest logit of a window holding an answer."""


def public(data: Path, work: Path) -> Iterator[Asked]:
    """The held-out questions of the public sets that are there, and of the articles that the reader was trained on.

    Their indexes stay in ``work``.
    """
    for public_set in PUBLIC_SETS:
        path = WRITTEN if public_set.file == WRITTEN.name else data / public_set.file
        if not path.exists():
            typer.echo(f"{path} is missing; it is skipped.")
            continue
        whole = load_dataset(path)
        asked = _asked(whole, public_set)
        engine = index_of(_passages(whole, public_set, asked), work / public_set.file)
        for part, question in asked:
            yield Asked(engine, case_of(question), tuple(map(file_of, question.gold)), whole.name, part)
        lines = data / "off-topic-questions.txt"
        if public_set.trained and lines.exists():
            yield from _off_topic(engine, lines, whole.name)


def own(questions: Path, index: Path, part: Part) -> Iterator[Asked]:
    """Our own questions that stand alone, on an index."""
    engine = Engine.open(Settings(index=index))
    for case in load_cases([questions]):
        if not case.planted and not case.history:
            yield Asked(engine, case, (), "own", part)


def case_of(question: DataQuestion) -> Case:
    """A public question in the shape of ours."""
    if question.verdict is not None:
        return Case(
            id=question.id,
            question=question.question,
            kind="yes-no",
            answerable=True,
            accepted=(question.verdict,),
            quotes=question.answers,
        )
    kind: Kind = "statement" if question.answerable else "unanswerable"
    accepted = question.answers if question.answerable else ()
    known = question.answerable and bool(accepted)
    return Case(id=question.id, question=question.question, kind=kind, answerable=known, accepted=accepted)


def example_of(asked: Asked) -> Example | None:
    """Ask one question; None where nothing at all is found."""
    case = asked.case
    material = asked.engine.material(case.question)
    cheap = ranking.rank_all(material)
    if not cheap:
        return None
    known = {(e.document.id, e.index): e.features for e in cheap}
    evidence = reading.read(cheap, material.read)
    usable = {id(entry) for entry in ranking.usable(material.question, evidence)}
    said = case.accepted if asked.source == "own" else case.quotes or case.accepted
    answers = [normalise(answer) for answer in (case.quotes or (said if asked.source != "own" else ()))]
    right = [case.answerable and _is_right(entry, answers, asked.documents) for entry in evidence]
    if asked.source == "own" and not any(right):
        wordings = case.accepted or tuple(variant for variants in case.items for variant in variants[:1])
        right = [case.answerable and holds(entry.quote, wordings) for entry in evidence]
    return Example(
        asked.source,
        asked.part,
        case.question,
        case.answerable,
        np.array([known[e.document.id, e.index] for e in evidence]),
        np.array([e.features for e in evidence]),
        np.array([e.handicap for e in evidence]),
        np.array(right),
        np.array([id(e) in usable for e in evidence]),
        np.array([_overlap(e, said) for e in evidence]),
        max((found.answerable for found in evidence if found.span is not None), default=-5.0),
    )


def _overlap(evidence: Evidence, answers: Sequence[str]) -> float:
    if evidence.span is None or not answers:
        return 0.0
    return best_f1(evidence.span.of(evidence.document.text), answers)


def _is_right(evidence: Evidence, answers: Sequence[str], gold: Sequence[str]) -> bool:
    if gold and evidence.document.id not in gold:
        return False
    quote = normalise(evidence.quote)
    return any(answer in quote or (len(quote) > _QUOTED and quote in answer) for answer in answers)


def _asked(data: Dataset, chosen: PublicSet) -> list[tuple[Part, DataQuestion]]:
    titles = {passage.id: passage.title for passage in data.passages}
    by_part: dict[Part, list[DataQuestion]] = {"fit": [], "measure": []}
    for question in random.Random(7).sample(data.questions, len(data.questions)):
        part = part_of(_document(question, titles, data.name), trained=chosen.trained)
        if part != "train":
            by_part[part].append(question)
    return [(part, question) for part, found in by_part.items() for question in found[: chosen.questions]]


def _document(question: DataQuestion, titles: dict[str, str], name: str) -> str:
    """The document that decides a question's part: an article of Wikipedia, or a page."""
    if not question.about:
        return question.id
    return _name_of(question.about[0], titles, name)


def _name_of(passage_id: str, titles: dict[str, str], set_name: str) -> str:
    return titles[passage_id] if set_name.startswith("squad") else passage_id


def _passages(data: Dataset, chosen: PublicSet, asked: Sequence[tuple[Part, DataQuestion]]) -> list[DataPassage]:
    if chosen.every_passage:
        return data.passages
    titles = {passage.id: passage.title for passage in data.passages}
    if chosen.trained:
        return [p for p in data.passages if part_of(_name_of(p.id, titles, data.name), trained=True) != "train"]
    needed = {passage for _, question in asked for passage in question.about}
    return [passage for passage in data.passages if passage.id in needed]


def file_of(passage_id: str) -> str:
    """The id of a passage's document in its index."""
    return "p-" + "".join(c if c.isalnum() else "-" for c in passage_id.lower())


def index_of(passages: Sequence[DataPassage], folder: Path, settings: Settings | None = None) -> Engine:
    """An index of passages in a folder, a document each."""
    source = folder / "passages"
    source.mkdir(parents=True, exist_ok=True)
    for passage in passages:
        (source / f"{file_of(passage.id)}.txt").write_text(passage.text, encoding="utf-8")
    settings = (settings or Settings()).model_copy(update={"index": folder / "index"})
    ingest([source], settings=settings)
    return Engine.open(settings)


def _off_topic(engine: Engine, lines: Path, name: str) -> Iterator[Asked]:
    questions = lines.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(random.Random(name).sample(questions, _OFF_TOPIC)):
        case = Case(id=f"{name}-off-{number}", question=line, kind="off-topic", answerable=False)
        yield Asked(engine, case, (), "off-topic", "fit" if number % 2 else "measure")
