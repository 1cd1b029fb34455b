"""Questions with all that the answering stage knows of their candidates, and which of them are right.

Fitting and measuring both start here. What is expensive (indexing, reading) is done once for each question; any weights
can then be tried on the arrays.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import typer

from rdhy_qa.answering import answerer, confidence, reading
from rdhy_qa.answering.evidence import Evidence
from rdhy_qa.engine import Engine
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings
from rdhy_qa.terms import fold
from rdhy_qa_evals.datasets import DataPassage, DataQuestion, Dataset, load_dataset
from rdhy_qa_evals.questions import load_cases
from rdhy_qa_evals.scoring import holds, normalise
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


PUBLIC_SETS = (
    PublicSet("squadshifts-new_wiki.json", 420, trained=True, every_passage=False),
    PublicSet("squad2-a.json", 320, trained=True, every_passage=True),
    PublicSet("omos-qa-en", 200, trained=True, every_passage=True),
    PublicSet("nomiracl-en", 100, trained=False, every_passage=False),
)


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its candidates: sentences, as rows."""

    source: str
    part: Part
    question: str
    answerable: bool
    labelled: bool
    """Whether it is known which candidates are right."""
    cheap: Vector
    """Features that were known before reading; of shape (candidates, features)."""
    features: Vector
    """The same, and those of the reader."""
    handicap: Vector
    right: Flags
    usable: Flags
    """Which candidates can be an answer to this kind of question."""
    unmet: Flags
    """Which candidates lack something that no answer can do without."""
    untyped: Flags
    """Which candidates hold nothing of the type that is asked for."""
    overlap: Vector
    """Token F1 of the reader's span with the nearest accepted answer."""
    of_question: dict[str, float]


def public(data: Path, work: Path) -> Iterator[Example]:
    """Ask the held-out questions of the public sets that are there, on indexes that stay in ``work``."""
    for public_set in PUBLIC_SETS:
        if not (data / public_set.file).exists():
            typer.echo(f"{data / public_set.file} is missing; it is skipped.")
            continue
        whole = load_dataset(data / public_set.file)
        asked = _asked(whole, public_set)
        engine = _index(_passages(whole, public_set, asked), work / public_set.file)
        for part, question in asked:
            if example := example_of(engine, question, whole.name, part, [_file_of(p) for p in question.gold]):
                yield example
        lines = data / "off-topic-questions.txt"
        if public_set.trained and lines.exists():
            yield from _off_topic(engine, lines, whole.name)
        typer.echo(f"asked {len(asked)} of {whole.name}")


def own(questions: Path, index: Path, part: Part) -> Iterator[Example]:
    """Ask our own questions; evidence is what holds their ``gold`` words, or else an accepted answer."""
    engine = Engine.open(Settings(index=index))
    for case in load_cases(questions):
        items = tuple(variant for variants in case.items for variant in variants[:1])
        question = DataQuestion(case.id, case.question, case.gold, (), case.answerable)
        example = example_of(engine, question, "own", part, (), fallback=case.accepted or items)
        if example is not None and (example.right.any() or not case.answerable):
            yield example


def example_of(
    engine: Engine,
    question: DataQuestion,
    source: str,
    part: Part,
    gold: Sequence[str],
    fallback: tuple[str, ...] = (),
) -> Example | None:
    """Ask one question; None where nothing at all is found."""
    material = engine.material(question.question)
    cheap = answerer.rank_all(material)
    if not cheap:
        return None
    known = {(e.document.id, e.index): e.features for e in cheap}
    evidence = reading.read(cheap, material.read)
    usable = {id(entry) for entry in answerer.usable(material.question, evidence)}
    answers = [normalise(answer) for answer in question.answers]
    right = [question.answerable and _is_right(entry, answers, gold) for entry in evidence]
    if fallback and not any(right):
        right = [question.answerable and holds(entry.quote, fallback) for entry in evidence]
    return Example(
        source,
        part,
        question.question,
        question.answerable,
        bool(question.answers or fallback) or not question.answerable,
        np.array([known[e.document.id, e.index] for e in evidence]),
        np.array([e.features for e in evidence]),
        np.array([e.handicap for e in evidence]),
        np.array(right),
        np.array([id(e) in usable for e in evidence]),
        np.array([bool(e.unmet) for e in evidence]),
        np.array([material.question.wanted is not None and not e.typed for e in evidence]),
        np.array([_overlap(e, question.answers) for e in evidence]),
        confidence.question_features(material.wanted, evidence),
    )


def token_f1(said: str, answer: str) -> float:
    """Token F1 of two short texts, articles and punctuation aside (SQuAD's measure: Rajpurkar et al., 2016)."""
    first, second = (_tokens(text) for text in (said, answer))
    same = sum((Counter(first) & Counter(second)).values())
    return 2 * same / (len(first) + len(second)) if same else 0.0


def _tokens(text: str) -> list[str]:
    words = "".join(c if c.isalnum() or c.isspace() else " " if c == "-" else "" for c in fold(text)).split()
    return [word for word in words if word not in {"a", "an", "the"}]


def _overlap(evidence: Evidence, answers: Sequence[str]) -> float:
    if evidence.span is None or not answers:
        return 0.0
    said = evidence.span.of(evidence.document.text)
    return max(token_f1(said, answer) for answer in answers)


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
    first = question.about[0]
    return titles[first] if name.startswith("squad") else first


def _passages(data: Dataset, chosen: PublicSet, asked: Sequence[tuple[Part, DataQuestion]]) -> list[DataPassage]:
    if chosen.every_passage:
        return data.passages
    titles = {passage.id: passage.title for passage in data.passages}
    if chosen.trained:
        return [p for p in data.passages if part_of(titles[p.id], trained=True) != "train"]
    needed = {passage for _, question in asked for passage in question.about}
    return [passage for passage in data.passages if passage.id in needed]


def _file_of(passage_id: str) -> str:
    return "p-" + "".join(c if c.isalnum() else "-" for c in passage_id.lower())


def _index(passages: Sequence[DataPassage], folder: Path) -> Engine:
    """An index of passages, one text file each."""
    source = folder / "passages"
    source.mkdir(parents=True, exist_ok=True)
    for passage in passages:
        (source / f"{_file_of(passage.id)}.txt").write_text(passage.text, encoding="utf-8")
    settings = Settings(index=folder / "index")
    ingest([source], settings=settings)
    return Engine.open(settings)


def _off_topic(engine: Engine, lines: Path, name: str) -> Iterator[Example]:
    questions = lines.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(random.Random(name).sample(questions, _OFF_TOPIC)):
        asked = DataQuestion(f"{name}-off-{number}", line, (), (), False)
        if example := example_of(engine, asked, name, "fit" if number % 2 else "measure", ()):
            yield replace(example, source="off-topic")
