"""Fits the weights of the answering stage: which sentence is the evidence, and how likely it answers the question.

``python -m rdhy_qa_evals.fit --data FOLDER`` reads the public sets of that folder that it knows, asks their questions
on throw-away indexes, and writes ``src/rdhy_qa/answering/weights.json``. Sets that are missing are skipped with a line.
Passages are held out by document, so the figures that it prints are for documents that it was not fitted on.
"""

import hashlib
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from rdhy_qa.answering import answerer, confidence
from rdhy_qa.answering.confidence import CONFIDENCE_FEATURES
from rdhy_qa.answering.evidence import FEATURES, Evidence
from rdhy_qa.engine import Engine
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings
from rdhy_qa_evals.datasets import DataQuestion, Dataset, load_dataset
from rdhy_qa_evals.questions import load_cases
from rdhy_qa_evals.scoring import holds, normalise

Vector = npt.NDArray[np.float64]

_SETS = {
    # name: (passages, questions a set may give, what it is good for)
    "squadshifts-new_wiki.json": (240, 700),
    "squad2-a.json": (282, 800),
    "omos-qa-en": (400, 500),
    "nomiracl-en": (500, 250),
}
_OUTPUT = Path(__file__).resolve().parents[2] / "src" / "rdhy_qa" / "answering" / "weights.json"
_L2 = 0.005
_WEIGHT = {"own": 6.0}


@dataclass(frozen=True, slots=True)
class Example:
    """One question with the candidates that were read for it."""

    source: str
    group: str
    """The gold document: examples of one group are never split."""
    material: answerer.Material
    evidence: tuple[Evidence, ...]
    candidates: Vector
    """Features, of shape (candidates, features)."""
    labels: npt.NDArray[np.bool_]
    answerable: bool


def _held_out(group: str) -> bool:
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % 4 == 0


def _subset(data: Dataset, passages: int, questions: int) -> Dataset:
    asked = list(data.questions)
    random.Random(7).shuffle(asked)
    keep = set(list(dict.fromkeys(p for q in asked for p in q.gold))[:passages])
    keep |= {p.id for p in data.passages[: max(0, passages - len(keep))]}
    asked = [q for q in asked if not q.gold or set(q.gold) <= keep][:questions]
    return Dataset(data.name, [p for p in data.passages if p.id in keep], asked)


def _file_of(passage_id: str) -> str:
    return hashlib.sha256(passage_id.encode()).hexdigest()[:20]


def _index(data: Dataset, folder: Path) -> Engine:
    """A throw-away index of a data set, one text file a passage."""
    source = folder / "passages"
    source.mkdir()
    for passage in data.passages:
        (source / f"{_file_of(passage.id)}.txt").write_text(passage.text, encoding="utf-8")
    settings = Settings(index=folder / "index", threads=1)
    ingest([source], settings=settings)
    return Engine.open(settings)


def _example(source: str, engine: Engine, question: DataQuestion, gold: Sequence[str]) -> Example | None:
    material = engine.material(question.question)
    evidence = answerer.rank(material.question, material.wanted, material.passages, material.similarities)
    if not evidence:
        return None
    answers = [normalise(answer) for answer in question.answers]
    labels = [
        question.answerable
        and (not gold or found.document.id in gold)
        and any(a in (quote := normalise(found.quote)) or (len(quote) > 25 and quote in a) for a in answers)
        for found in evidence
    ]
    return Example(
        source,
        question.gold[0] if question.gold else question.id,
        material,
        tuple(evidence),
        np.array([found.features for found in evidence]),
        np.array(labels),
        question.answerable,
    )


def _public(data: Path, console: Console) -> Iterator[Example]:
    off_topic = data / "off-topic-questions.txt"
    for name, (passages, questions) in _SETS.items():
        if not (data / name).exists():
            console.print(f"{data / name} is missing; it is skipped.")
            continue
        chosen = _subset(load_dataset(data / name), passages, questions)
        with tempfile.TemporaryDirectory() as folder:
            engine = _index(chosen, Path(folder))
            for question in chosen.questions:
                if question.answerable and not question.answers:
                    continue
                if example := _example(name, engine, question, [_file_of(p) for p in question.gold]):
                    yield example
            if off_topic.exists():
                lines = off_topic.read_text(encoding="utf-8").splitlines()
                for number, line in enumerate(random.Random(name).sample(lines, 80)):
                    asked = DataQuestion(f"{name}-off-{number}", line, (), (), False)
                    if example := _example("off-topic", engine, asked, ()):
                        yield example
        console.print(f"read {name}")


def _own(questions: Path, index: Path) -> Iterator[Example]:
    """Our own questions on an index; evidence is what holds their `gold` words, or else an accepted answer."""
    engine = Engine.open(Settings(index=index, threads=1))
    for case in load_cases(questions):
        asked = DataQuestion(case.id, case.question, case.gold, (), case.answerable)
        example = _example("own", engine, asked, ())
        if example is None:
            continue
        if case.answerable and not example.labels.any():
            labels = [
                holds(found.quote, case.accepted)
                or (bool(case.items) and all(holds(found.quote, i) for i in case.items))
                for found in example.evidence
            ]
            example = replace(example, labels=np.array(labels))
        if not case.answerable or example.labels.any():
            yield example


def fit_ranking(examples: Sequence[Example]) -> Vector:
    """Weights that give the right sentences the most of a softmax over all candidates (ListNet's top-one loss)."""
    fit = [e for e in examples if e.labels.any() and not e.labels.all()]
    shares = np.array([_WEIGHT.get(e.source, 1.0) for e in fit])

    def loss(weights: Vector) -> tuple[float, Vector]:
        total, gradient = 0.0, np.zeros_like(weights)
        for example, share in zip(fit, shares, strict=True):
            scores = example.candidates @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            right = chances * example.labels
            mass = right.sum() + 1e-12
            total -= share * float(np.log(mass))
            gradient -= share * (example.candidates.T @ (right / mass - chances))
        weight = shares.sum()
        return total / weight + _L2 * float(weights @ weights), gradient / weight + 2 * _L2 * weights

    return np.asarray(minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x)


def _best(example: Example, weights: Vector) -> tuple[list[Evidence], bool]:
    """Evidence in the order of new weights, and whether the first is right."""
    scores = example.candidates @ weights
    order = np.argsort(-scores, kind="stable")
    ranked = [replace(example.evidence[i], score=float(scores[i])) for i in order]
    right = {id(found) for found, i in zip(ranked, order, strict=True) if example.labels[i]}
    fit = answerer.usable(example.material.question, ranked)
    return fit, bool(fit) and id(fit[0]) in right


def fit_confidence(
    examples: Sequence[Example], weights: Vector, console: Console
) -> tuple[dict[str, float], Vector, npt.NDArray[np.bool_]]:
    """A logistic model of whether the first evidence is right."""
    rows, labels, sources = [], [], []
    for example in examples:
        ranked, right = _best(example, weights)
        if ranked:
            material = example.material
            values = confidence.features(material.question, material.wanted, ranked, material.passages)
            rows.append([values[name] for name in CONFIDENCE_FEATURES])
            labels.append(right)
            sources.append(example)
    x, y = np.array(rows), np.array(labels)
    scale = x.std(axis=0) + 1e-9
    train = np.array([not _held_out(e.group) for e in sources])
    share = np.array([_WEIGHT.get(e.source, 1.0) for e in sources])
    model = LogisticRegression(C=0.5, max_iter=2000)
    model.fit(x[train] / scale, y[train], sample_weight=share[train])
    chances = model.predict_proba(x / scale)[:, 1]
    for source in sorted({e.source for e in sources}):
        held = np.array([e.source == source for e in sources]) & ~train
        if held.any() and y[held].any() and not y[held].all():
            console.print(f"{source:28} held out {held.sum():5}  AUROC {roc_auc_score(y[held], chances[held]):.3f}")
    fitted = dict(zip(CONFIDENCE_FEATURES, (model.coef_[0] / scale).tolist(), strict=True))
    fitted["intercept"] = float(model.intercept_[0])
    return fitted, chances[~train], y[~train]


def _report(examples: Sequence[Example], weights: Vector, console: Console) -> None:
    for source in sorted({e.source for e in examples}):
        for name, part in (("fitted on", False), ("held out", True)):
            asked = [e for e in examples if e.source == source and e.answerable and _held_out(e.group) is part]
            if asked:
                share = np.mean([_best(e, weights)[1] for e in asked])
                console.print(f"{source:28} {name:10} {len(asked):5}  right sentence first {share:.3f}")


def main(
    data: Annotated[Path, typer.Option(help="Folder of the public sets.")],
    own: Annotated[list[Path], typer.Option(help="Indexes to ask our own questions on.")],
    write: Annotated[bool, typer.Option(help="Write the weights into the library.")] = True,
) -> None:
    """Fit the weights, print how good they are on documents that they were not fitted on, and write them."""
    console = Console()
    examples = list(_public(data, console))
    for index in own:
        examples += _own(Path("evals/questions/post-4.yaml"), index)
    weights = fit_ranking([e for e in examples if not _held_out(e.group)])
    _report(examples, weights, console)
    fitted, chances, right = fit_confidence(examples, weights, console)
    for threshold in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        given = chances >= threshold
        console.print(
            f"threshold {threshold}: answered {given.mean():.3f}, right of answered {right[given].mean():.3f}, "
            f"right of all that could be {right[given].sum() / right.sum():.3f}"
        )
    content = {
        "ranking": dict(zip(FEATURES, np.round(weights, 4).tolist(), strict=True)),
        "confidence": {name: round(value, 4) for name, value in fitted.items()},
        "threshold": 0.4,
    }
    if write:
        _OUTPUT.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
