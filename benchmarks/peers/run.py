"""Ours beside Haystack, LlamaIndex and txtai in one run.

``python benchmarks/peers/run.py`` prints one table; see ../README.md for what it holds.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np
from material import ROOT, Material, own_material, public_material
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from worker import ANSWERED

from rdhy_qa.models.embedder import PACKAGED_MODULE

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "peers.json"
OURS, LIMIT = "rdhy-qa", "limit"
PEERS = {"Haystack": "haystack", "LlamaIndex": "llamaindex", "txtai": "txtai"}
ROUNDS = 2
THREADS = "2"
# Threads that sleep while they wait, for all: where the machine has other work, those that spin are many times slower,
# which would say nothing about a system.
ENVIRONMENT = {
    "OMP_NUM_THREADS": THREADS,
    "MKL_NUM_THREADS": THREADS,
    "OMP_WAIT_POLICY": "passive",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "DO_NOT_TRACK": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "TOKENIZERS_PARALLELISM": "false",
}

console = Console(width=80)


@dataclass(slots=True)
class Measured:
    """What was seen of one system, with one entry a round."""

    ingest_s: list[float] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    """One entry a question and round."""
    found: list[list[str]] = field(default_factory=list)
    """Ids for each question, best first, as the last round gave them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    system: str
    recall_at_1: float
    recall_at_5: float
    mrr: float
    p50_ms: float
    p95_ms: float
    ingest_per_second: float | None
    memory_mb: float
    start_s: float


@dataclass(frozen=True, slots=True)
class System:
    """How a system is run."""

    name: str
    python: Path
    module: str
    environment: dict[str, str]
    folder: Path

    def command(self, step: str, index: Path, *files: Path) -> list[str]:
        """What runs one of its steps."""
        return [str(self.python), str(HERE / "worker.py"), self.module, step, str(index), *map(str, files)]

    def ingest(self, index: Path, passages: Path) -> float:
        """Build an index in a process of its own; returns seconds, its start included."""
        index.mkdir()
        began = time.perf_counter()
        with self._log().open("w", encoding="utf-8") as log:
            command = self.command("ingest", index, passages)
            code = subprocess.run(command, stdout=log, stderr=log, env=self.environment).returncode
        self._check(code)
        return time.perf_counter() - began

    def serve(self, index: Path, questions: Path, measured: Measured) -> None:
        """Ask all questions in a process of its own."""
        replies = self.folder / "replies.json"
        began = time.perf_counter()
        with self._log().open("w", encoding="utf-8") as log:
            command = self.command("serve", index, questions, replies)
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=self.environment, text=True)
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == ANSWERED:
                    measured.start_s.append(time.perf_counter() - began)
            code = process.wait()
        self._check(code)
        reply = json.loads(replies.read_text(encoding="utf-8"))
        measured.memory_mb.append(reply["memory_mb"])
        measured.milliseconds += reply["milliseconds"]
        measured.found = reply["found"]

    def _log(self) -> Path:
        return self.folder / "worker.log"

    def _check(self, code: int) -> None:
        if code:
            raise SystemExit(f"{self.name} failed with exit code {code}:\n{self._log().read_text()[-2000:]}")


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="a public set; without it corpus/ and evals/questions are taken")
    parser.add_argument("--passages", type=int, default=1000, help="at most so many of a public set")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--venvs", type=Path, default=ROOT / ".venv" / "peers", help="where the peers are installed")
    parser.add_argument("--json", type=Path, default=RESULTS, help="file for the figures")
    arguments = parser.parse_args()
    install(arguments.venvs)
    before = conditions()
    with tempfile.TemporaryDirectory(prefix="rdhy-qa-peers-") as folder:
        if arguments.data:
            material = public_material(arguments.data, arguments.passages, arguments.questions)
        else:
            material = own_material(Path(folder), arguments.questions)
        measured = measure(material, systems(arguments.venvs, Path(folder)), Path(folder))
    rows = [row(name, of, material) for name, of in measured.items()]
    size = f"{len(material.passages)} passages, {len(material.questions)} questions of {material.what}"
    show(rows, f"{size}; before: {before}; after: {conditions()}")
    written = {"material": size, "before": before, "after": conditions(), "rows": [asdict(one) for one in rows]}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def install(venvs: Path) -> None:
    """Install each peer into an environment of its own; where all of it is there, pip has nothing to do."""
    for name, folder in PEERS.items():
        console.print(f"Looking after the environment of {name} …")
        python = venvs / folder / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(venvs / folder)], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        subprocess.run([*pip, "-r", str(HERE / "requirements" / f"{folder}.txt")], check=True)


def systems(venvs: Path, folder: Path) -> list[System]:
    """Ours and the peers, with the packaged model's folder for all of them."""
    spec = importlib.util.find_spec(PACKAGED_MODULE)
    if spec is None or spec.origin is None:
        raise SystemExit("The packaged model is not installed. Run: make setup")
    ours = os.environ | ENVIRONMENT
    theirs = {name: value for name, value in ours.items() if name != "PYTHONPATH"}
    theirs["PEERS_MODEL"] = str(Path(spec.origin).parent / "model")
    found = [System(OURS, Path(sys.executable), "ours", ours, folder)]
    for name, module in PEERS.items():
        found.append(System(name, venvs / module / "bin" / "python", f"{module}_system", theirs, folder))
    return found


def measure(material: Material, systems: list[System], folder: Path) -> dict[str, Measured]:
    """Run the systems one after the other, the second time the other way round, so that none is always first."""
    passages, questions = material.write(folder)
    measured = {name: Measured() for name in (*(system.name for system in systems), LIMIT)}
    for number in range(ROUNDS):
        for system in systems if number % 2 == 0 else reversed(systems):
            began = time.monotonic()
            console.print(f"Round {number + 1}: {system.name} …", end=" ", highlight=False)
            index = folder / f"{system.module}-{number}"
            measured[system.name].ingest_s.append(system.ingest(index, passages))
            system.serve(index, questions, measured[system.name])
            if system.name == OURS:
                limit = System(LIMIT, system.python, "limit", system.environment, folder)
                limit.serve(index, questions, measured[LIMIT])
            console.print(f"{time.monotonic() - began:.0f} s", highlight=False)
    return measured


def row(name: str, measured: Measured, material: Material) -> Row:
    """Put the rounds of one system together."""
    ranks = []
    for question, found in zip(material.questions, measured.found, strict=True):
        ranks.append(next((rank for rank, one in enumerate(found, 1) if one in question.gold), None))
    p50, p95 = (float(value) for value in np.percentile(measured.milliseconds, (50, 95)))
    rate = len(material.passages) / fmean(measured.ingest_s) if measured.ingest_s else None
    return Row(
        name,
        fmean(rank == 1 for rank in ranks),
        fmean(rank is not None and rank <= 5 for rank in ranks),
        fmean(1 / rank if rank else 0.0 for rank in ranks),
        p50,
        p95,
        rate,
        fmean(measured.memory_mb),
        fmean(measured.start_s),
    )


def show(rows: list[Row], conditions: str) -> None:
    """Print the table."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("system", no_wrap=True)
    for name in ("R@1", "R@5", "MRR", "p50 ms", "p95 ms", "ingest/s", "MB", "start s"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in rows:
        quality = (f"{value:.3f}" for value in (one.recall_at_1, one.recall_at_5, one.mrr))
        rate = "" if one.ingest_per_second is None else f"{one.ingest_per_second:.1f}"
        speed = (f"{one.p50_ms:.1f}", f"{one.p95_ms:.1f}", rate, f"{one.memory_mb:.0f}", f"{one.start_s:.1f}")
        table.add_row(one.system, *quality, *speed)
    console.print(table)
    console.print(conditions, highlight=False)


def conditions() -> str:
    """Say on how many cores, and how busy they were."""
    return f"{len(os.sched_getaffinity(0))} cores, load average {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
