"""Train the reader: from data to a checkpoint, resumable.

``python training/train.py --data FOLDER --out FOLDER`` goes on where it stopped if the folder has a checkpoint.
"""

import json
import random
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from exported import weights_of
from model import Batch, Network, collate, loss_of, pair_tokenizer
from sklearn.metrics import roc_auc_score
from sources import load
from windows import Row, Sampler

_DEV = ("wiki", "squad2", "omos", "written", "yes-no", "restated")
_DEV_QUESTIONS = 120
_MEASURED = 16
"""Pools after which the held-out questions are measured."""


def _draws(stage: dict[str, Any], sizes: dict[str, int], rng: random.Random) -> list[tuple[str, int]]:
    """The stage's questions in the order in which they come: each source as often as the configuration says."""
    drawn: list[tuple[str, int]] = []
    for name, count in stage["groups"].items():
        if name not in sizes:
            continue
        numbers: list[int] = []
        while len(numbers) < count:
            numbers += rng.sample(range(sizes[name]), sizes[name])
        drawn += [(name, number) for number in numbers[:count]]
    rng.shuffle(drawn)
    return drawn


def _batches(rows: list[list[Row]], size: int, rng: random.Random) -> Iterator[list[Row]]:
    """Groups of much the same length together, so that little is padding."""
    rows.sort(key=lambda group: max(len(row.heading) + len(row.text) for row in group))
    batches: list[list[Row]] = [[]]
    for group in rows:
        if len(batches[-1]) + len(group) > size:
            batches.append([])
        batches[-1] += group
    rng.shuffle(batches)
    yield from (batch for batch in batches if batch)


def _measure(network: Network, held: list[list[Row]]) -> dict[str, float]:
    """On held-out questions: the right window told from wrong ones, the right span found in it, and yes from no."""
    tokenizer = pair_tokenizer()
    network.eval()
    chances, labels, hits, spans, decided = [], [], 0, 0, []
    with torch.inference_mode():
        for first in range(0, len(held), 12):
            rows = [row for group in held[first : first + 12] for row in group]
            batch = collate(tokenizer, rows)
            start, end, answerable, yes = network(*batch.inputs)
            chances += answerable.tolist()
            labels += batch.answers.tolist()
            best = start.masked_fill(~batch.text, -1e4).argmax(1), end.masked_fill(~batch.text, -1e4).argmax(1)
            rows_with = batch.answers.nonzero().flatten()
            spans += len(rows_with)
            hits += int((batch.starts[rows_with, best[0][rows_with]] & batch.ends[rows_with, best[1][rows_with]]).sum())
            said = ~batch.yes.isnan()
            decided += ((yes[said] > 0) == (batch.yes[said] > 0)).tolist()
    network.train()
    found = {"auroc": round(float(roc_auc_score(labels, chances)), 4), "exact": round(hits / max(1, spans), 4)}
    return found | ({"yes": round(float(np.mean(decided)), 4)} if decided else {})


class Run:
    """One training: its data, its network, and how far it has come."""

    def __init__(self, settings: dict[str, Any], data: Path, out: Path, start: Path | None, *, bfloat16: bool) -> None:
        self._settings, self._out, self._bfloat16 = settings, out, bfloat16
        self._checkpoint = out / "checkpoint.pt"
        self._samplers: dict[str, Sampler] = {}
        self._held: dict[str, list[list[Row]]] = {}
        for name in dict.fromkeys(name for stage in settings["stage"] for name in stage["groups"]):
            self._load(name, data)
        self._order = self._questions()
        self._network = Network()
        if start is not None:
            self._network.load_state_dict(weights_of(start), strict=False)
        self._network.train()
        self._trained = [p for p in self._network.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(self._trained, lr=0.0, weight_decay=settings["weight_decay"], fused=True)
        self._tokenizer = pair_tokenizer()
        self._at = self._step = self._pool = 0
        if self._checkpoint.exists():
            self._go_on()

    def _load(self, name: str, data: Path) -> None:
        window = tuple(self._settings["window"])
        try:
            self._samplers[name] = Sampler(load(name, data), window)
        except FileNotFoundError as error:
            typer.echo(f"{name} is left out: {error}")
            return
        if name in _DEV:
            dev = Sampler(load(name, data, "held-out"), window)
            picked = random.Random(5).sample(range(len(dev)), min(len(dev), _DEV_QUESTIONS))
            self._held[name] = [dev.rows(n, i + 1, random.Random(n), 1.5, 0.0) for i, n in enumerate(picked)]
        typer.echo(f"{name}: {len(self._samplers[name])} questions")

    def _questions(self) -> list[tuple[dict[str, Any], tuple[str, int]]]:
        """All that is asked, in order, each with the stage that it belongs to."""
        rng = random.Random(self._settings["seed"])
        sizes = {name: len(sampler) for name, sampler in self._samplers.items()}
        return [(stage, drawn) for stage in self._settings["stage"] for drawn in _draws(stage, sizes, rng)]

    def _go_on(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True)
        self._network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._at, self._step, self._pool = state["at"], state["step"], state["pool"]
        typer.echo(f"going on at question {self._at} of {len(self._order)}")

    def run(self, stop: int) -> None:
        """Train to the end, or for ``stop`` pools; each is logged and saved."""
        while self._at < len(self._order) and (not stop or self._pool < stop):
            entry = self._train_pool()
            self._pool += 1
            if self._pool % _MEASURED == 0 or self._at >= len(self._order):
                entry["held_out"] = {name: _measure(self._network, rows) for name, rows in self._held.items()}
            typer.echo(json.dumps(entry))
            with (self._out / "log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")
            self._save()

    def _train_pool(self) -> dict[str, Any]:
        began, losses, seen = time.perf_counter(), [], 0
        rng = random.Random(f"{self._settings['seed']}-{self._pool}")
        first = self._at
        batches = list(_batches(self._draw(rng), self._settings["batch"], rng))
        for number, rows in enumerate(batches):
            self._set_rate((first + (self._at - first) * number / len(batches)) / len(self._order))
            losses.append(self._train_batch(rows))
            seen += len(rows)
        return {
            "step": self._step,
            "questions": self._at,
            "of": len(self._order),
            "loss": np.mean(losses, axis=0).round(4).tolist(),
            "rows_per_second": round(seen / (time.perf_counter() - began), 1),
        }

    def _draw(self, rng: random.Random) -> list[list[Row]]:
        """Rows of the next questions, enough for a pool of batches."""
        groups: list[list[Row]] = []
        while self._at < len(self._order) and sum(map(len, groups)) < self._settings["batch"] * self._settings["pool"]:
            stage, (name, question) = self._order[self._at]
            self._at += 1
            sampler = self._samplers[name]
            groups.append(sampler.rows(question, self._at, rng, stage["wrong"], stage["trap"], stage.get("alone", 0.0)))
        return groups

    def _set_rate(self, part: float) -> None:
        """Warm up, then fall to nothing in a straight line."""
        warmup = self._settings["warmup"]
        rate = self._settings["learning_rate"] * min(part / warmup, (1 - part) / (1 - warmup))
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def _train_batch(self, rows: list[Row]) -> tuple[float, ...]:
        batch: Batch = collate(self._tokenizer, rows)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            outputs = self._network(*batch.inputs)
        losses = loss_of(batch, *(logits.float() for logits in outputs))
        sum(losses).backward()
        torch.nn.utils.clip_grad_norm_(self._trained, self._settings["clip"])
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._step += 1
        return tuple(loss.item() for loss in losses)

    def _save(self) -> None:
        state = {
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "at": self._at,
            "step": self._step,
            "pool": self._pool,
        }
        torch.save(state, self._out / "checkpoint.tmp")
        (self._out / "checkpoint.tmp").replace(self._checkpoint)


def main(
    data: Annotated[Path, typer.Option(help="Folder of the public sets.")],
    out: Annotated[Path, typer.Option(help="Folder of checkpoint and log.")],
    config: Annotated[Path, typer.Option(help="How to train.")] = Path(__file__).parent / "config.toml",
    start: Annotated[Path | None, typer.Option(help="An exported reader to train on from.")] = None,
    threads: Annotated[int, typer.Option(help="Threads to train with.")] = 2,
    stop: Annotated[int, typer.Option(help="Stop after so many pools; 0: at the end.")] = 0,
    bfloat16: Annotated[
        bool, typer.Option(help="Twice as fast on processors with the instructions for it, far slower on others.")
    ] = False,
) -> None:
    """Train, or go on training."""
    torch.set_num_threads(threads)
    settings = tomllib.loads(config.read_text(encoding="utf-8"))
    torch.manual_seed(settings["seed"])
    out.mkdir(parents=True, exist_ok=True)
    Run(settings, data, out, start, bfloat16=bfloat16).run(stop)


if __name__ == "__main__":
    typer.run(main)
