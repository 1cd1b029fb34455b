"""Fits the weights that rank evidence: which sentence answers.

``python -m rdhy_qa_evals.fit --data FOLDER --own INDEX`` asks public questions and our own, fits on one part of the
documents, measures on another, and writes ``src/rdhy_qa/models/ranking.json``. The reader was trained on neither.
"""

import json
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from rdhy_qa.answering.evidence import FEATURES
from rdhy_qa.answering.reading import READ_FEATURES
from rdhy_qa_evals.examples import Example, Vector, example_of, own, public

_OUTPUT = Path(__file__).resolve().parents[2] / "src" / "rdhy_qa" / "models" / "ranking.json"
_L2 = 0.0003
_RESAMPLES = 2000
ALL_FEATURES = (*FEATURES, *READ_FEATURES)

Scorer = Callable[[Example], Vector]
"""Scores of an example's candidates."""


def fit_ranking(examples: Sequence[Example], features: Callable[[Example], Vector]) -> Vector:
    """Weights that give the right sentences the most of a softmax over all candidates (ListNet's top-one loss)."""
    fit = [e for e in examples if e.right.any() and not e.right.all()]

    def loss(weights: Vector) -> tuple[float, Vector]:
        total, gradient = 0.0, np.zeros_like(weights)
        for example in fit:
            candidates = features(example)
            scores = candidates @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            right = chances * example.right
            mass = right.sum() + 1e-12
            total -= float(np.log(mass))
            gradient -= candidates.T @ (right / mass - chances)
        return total / len(fit) + _L2 * float(weights @ weights), gradient / len(fit) + 2 * _L2 * weights

    start = np.zeros(features(fit[0]).shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def scorers(ranking: Vector, reading: Vector) -> dict[str, Scorer]:
    """The ways to rank that are compared."""
    span, answerable = (ALL_FEATURES.index(name) for name in ("share", "answerable"))
    similarity = FEATURES.index("similarity")
    return {
        "similarity": lambda e: e.cheap[:, similarity],
        "no reader": lambda e: e.cheap @ ranking - e.handicap,
        "reader alone": lambda e: e.features[:, span] * 10 + e.features[:, answerable] * 5,
        "both": lambda e: e.features @ reading - e.handicap,
    }


def first(example: Example, scores: Vector) -> int | None:
    """The candidate that would be cited; None where none is fit to be."""
    if not example.usable.any():
        return None
    return int(np.where(example.usable, scores, -np.inf).argmax())


def interval(values: Sequence[float]) -> str:
    """A mean with its 95 % bootstrap interval."""
    if not values:
        return ""
    drawn = np.random.default_rng(0).choice(np.array(values, dtype=float), (_RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{np.mean(values):.3f} [{low:.3f}, {high:.3f}]"


def report(examples: Sequence[Example], ways: dict[str, Scorer], console: Console) -> None:
    """Print how good each way to rank is on each source, part by part."""
    table = Table("source", "part", "n", *ways, "span F1")
    for source in sorted({e.source for e in examples}):
        for part in ("fit", "measure"):
            asked = [e for e in examples if e.source == source and e.part == part and e.answerable]
            if not asked:
                continue
            shares = [interval([_hit(e, score) for e in asked]) for score in ways.values()]
            both = ways["both"]
            overlap = [float(e.overlap[i]) if (i := first(e, both(e))) is not None else 0.0 for e in asked]
            table.add_row(source, part, str(len(asked)), *shares, interval(overlap))
    console.print(table)
    table = Table("answerable or not", "part", "n", "reader", title="AUROC")
    off_topic = [e for e in examples if e.source == "off-topic"]
    for source in sorted({e.source for e in examples} - {"off-topic"}):
        for part in ("fit", "measure"):
            asked = [e for e in examples if e.source == source and e.part == part]
            _auroc_row(table, source, part, asked)
            away = [e for e in asked if e.answerable] + [e for e in off_topic if e.part == part]
            _auroc_row(table, f"{source} or off-topic", part, away)
    console.print(table)


def _auroc_row(table: Table, name: str, part: str, asked: Sequence[Example]) -> None:
    truth = np.array([e.answerable for e in asked], dtype=bool)
    if truth.all() or not truth.any():
        return
    reader = np.array([e.most_answerable for e in asked])
    table.add_row(name, part, f"{truth.sum()}+{(~truth).sum()}", _auroc(truth, reader))


def _auroc(truth: "np.ndarray[tuple[int], np.dtype[np.bool_]]", values: Vector) -> str:
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(_RESAMPLES // 4):
        rows = rng.integers(0, len(truth), len(truth))
        if truth[rows].any() and not truth[rows].all():
            drawn.append(roc_auc_score(truth[rows], values[rows]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{roc_auc_score(truth, values):.3f} [{low:.3f}, {high:.3f}]"


def _hit(example: Example, score: Scorer) -> float:
    best = first(example, score(example))
    return float(best is not None and example.right[best])


def main(
    data: Annotated[Path, typer.Option(help="Folder of the public sets.")],
    own_index: Annotated[list[Path], typer.Option("--own", help="Indexes to ask our own questions on.")],
    work: Annotated[Path, typer.Option(help="Folder for indexes and examples; reused.")],
    fresh: Annotated[bool, typer.Option(help="Ask again, instead of reusing the examples in WORK.")] = True,
    write: Annotated[bool, typer.Option(help="Write the weights into the library.")] = True,
) -> None:
    """Fit the weights, print how good they are on documents that they were not fitted on, and write them."""
    console = Console(width=150)
    stored = work / "examples.pickle"
    if fresh or not stored.exists():
        asked = list(public(data, work))
        for index in own_index:
            asked += own(Path("evals/post-4/authors.yaml"), index, "fit")
            asked += own(Path("evals/post-4/readers.yaml"), index, "measure")
        found = [example for one in asked if (example := example_of(one)) is not None]
        examples = [e for e in found if e.source != "own" or e.right.any() or not e.answerable]
        stored.write_bytes(pickle.dumps(examples))
    examples = pickle.loads(stored.read_bytes())
    fit = [e for e in examples if e.part == "fit"]
    ranking, reading = fit_ranking(fit, lambda e: e.cheap), fit_ranking(fit, lambda e: e.features)
    ways = scorers(ranking, reading)
    report(examples, ways, console)
    content = json.loads(_OUTPUT.read_text(encoding="utf-8"))
    content["ranking"] = dict(zip(FEATURES, np.round(ranking, 4).tolist(), strict=True))
    content["reading"] = dict(zip(ALL_FEATURES, np.round(reading, 4).tolist(), strict=True))
    if write:
        _OUTPUT.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
