"""Measure a reader on the windows of documents that it was not trained on.

``python training/evaluate.py --data FOLDER`` measures the packaged one; ``--reader FOLDER`` another export, to compare
int8 with 32-bit weights. How good the answers get with it in open retrieval, ``rdhy_qa_evals.fit`` says.
"""

import random
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score
from sources import load
from windows import Row, Sampler

from rdhy_qa.models.reader import PACKAGED, PackagedReader, Window
from rdhy_qa_evals.scoring import token_f1

_SOURCES = ("wiki", "squad2", "omos", "selqa", "written")
_SIZES = (220, 420)
_WRONG = 2.0
_QUESTIONS = 250
_TOGETHER = 4


def rows_of(source: str, data: Path) -> list[list[Row]]:
    """Held-out questions of a source, each with its windows."""
    sampler = Sampler(load(source, data, "held-out"), _SIZES)
    asked = random.Random(11).sample(range(len(sampler)), min(len(sampler), _QUESTIONS))
    return [sampler.rows(number, number + 1, random.Random(number), _WRONG, 0.0) for number in asked]


def main(
    data: Annotated[Path, typer.Option(help="Folder of the public sets.")],
    reader: Annotated[Path, typer.Option(help="Folder with reader.onnx and tokenizer.json.")] = PACKAGED,
    threads: int = 2,
) -> None:
    """Print how well the reader tells windows apart and finds the span, source by source."""
    model = PackagedReader(reader, threads)
    table = Table("source", "questions", "AUROC of windows", "right window first", "span F1", "exact", "ms a window")
    for source in _SOURCES:
        try:
            groups = rows_of(source, data)
        except FileNotFoundError as error:
            typer.echo(f"{source} is left out: {error}")
            continue
        chances: list[float] = []
        labels: list[bool] = []
        first, overlap, exact = [], [], []
        began, count = time.perf_counter(), 0
        for rows in groups:
            windows = [Window(row.heading, row.text) for row in rows]
            batches = [windows[at : at + _TOGETHER] for at in range(0, len(windows), _TOGETHER)]
            readings = [reading for batch in batches for reading in model.read(rows[0].question, batch)]
            count += len(rows)
            answerable = [reading.answerable for reading in readings]
            chances += answerable
            labels += [bool(row.places) for row in rows]
            right = next((i for i, row in enumerate(rows) if row.places), None)
            if right is None:
                continue
            first.append(int(np.argmax(answerable)) == right)
            row = rows[right]
            best = readings[right].best(0, len(row.text))
            if best is not None and row.places[0].exact:
                said = row.text[best[1] : best[2]]
                overlap.append(max(token_f1(said, row.text[p.start : p.end]) for p in row.places))
                exact.append(overlap[-1] == 1.0)
        took = (time.perf_counter() - began) / count * 1000
        table.add_row(
            source,
            str(len(groups)),
            f"{roc_auc_score(labels, chances):.3f}",
            f"{np.mean(first):.3f}",
            f"{np.mean(overlap):.3f}" if overlap else "",
            f"{np.mean(exact):.3f}" if exact else "",
            f"{took:.1f}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(main)
