"""Measure speed and memory, and print them against their budgets: ``make bench``.

Nothing is asserted: how fast a machine is today is no test of the code. See README.md for what is measured, and how.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import yaml
from generated import FORMATS, SECTIONS, Imitator, Prose, Recorder, write_markdown
from rich.console import Console
from rich.table import Table

from rdhy_qa.contracts import AskRequest, Filters
from rdhy_qa.engine import Engine
from rdhy_qa.index.activation import open_active
from rdhy_qa.index.builder import ingest
from rdhy_qa.models.embedder import SentenceTransformerEmbedder, load_embedder
from rdhy_qa.retrieval.hybrid import DEPTH, HybridRetriever
from rdhy_qa.settings import Settings

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"
QUESTIONS = ROOT / "evals" / "post-4" / "authors.yaml"

PASSAGES = 10_000
ROUNDS = 3
SECTIONS_PER_FORMAT = 32  # about 128 passages a round, much as corpus/ has
BATCH_SIZE = 8  # faster for `encode` too than its default of 32
ASKED = 100
FOUND = 20
ASKED_OVER_HTTP = 30
WARM_UP = ("What is RenDanHeYi?", "Who founded Haier?", "How many books are named?", "When was the award given?")
SEED = 20240920

console = Console()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    measured: float
    shown: str
    budget: float | None = None
    """Where there is none, the line only informs."""
    at_least: bool = False
    unit: str = ""

    def cells(self) -> tuple[str, str, str, str]:
        """Return what was measured, its value, its budget and how they compare."""
        if self.budget is None:
            return self.what, self.shown, "", ""
        ok = self.measured >= self.budget if self.at_least else self.measured < self.budget
        limit = f"{'at least' if self.at_least else 'under'} {self.budget:g}{self.unit}"
        return self.what, self.shown, limit, "[green]ok[/]" if ok else "[red]over[/]"


def main() -> None:
    """Run all measurements."""
    began = time.monotonic()
    console.print(conditions(), highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="rdhy-qa-bench-"))
    try:
        rows = measure(folder)
    finally:
        shutil.rmtree(folder)
    table = Table("what", "measured", "budget", "", show_lines=True)
    for row in rows:
        table.add_row(*row.cells())
    console.print(table)
    console.print(f"{conditions()}; it took {time.monotonic() - began:.0f} s.", highlight=False)


def conditions() -> str:
    """Say on how many cores, and how busy they were."""
    return f"{len(os.sched_getaffinity(0))} cores, load average {os.getloadavg()[0]:.1f}"


def measure(folder: Path) -> list[Row]:
    """Take all measurements, each after the other."""
    settings = Settings(corpus=CORPUS, index=folder / "corpus-index")
    large = Settings(corpus=CORPUS, index=folder / "large-index")
    with step("Loading the embedder"):
        embedder = load_embedder(settings.embedder, settings.threads)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    recorder = Recorder(embedder)
    with step("Ingesting corpus/"):
        held = ingest([CORPUS], settings=settings, embedder=recorder).counts.passages
    with step(f"Making an index of {PASSAGES:,} passages"):
        write_large(folder / "large", PASSAGES - held)
        imitator = Imitator(embedder, recorder.known)
        passages = ingest([CORPUS, folder / "large"], settings=large, embedder=imitator).counts.passages
    at = f"at {passages:,} passages"
    questions = some_questions()
    with step("Retrieving"):
        rows = retrieval(large, questions, at)
    with step("Answering"):
        rows += answering(large, questions, at)
    with step("Ingesting files of four formats, and encoding their passages"):
        rows += throughput(folder, embedder)
    with step("Ingesting again with nothing changed"):
        rows += [reingest(settings, [CORPUS], f"at {held} passages, corpus/")]
        rows += [reingest(large, [CORPUS, folder / "large"], at)]
    with step("Serving corpus/"):
        rows += serving(settings, questions)
    return rows


def some_questions() -> list[str]:
    """Take questions of all kinds from the evaluation's set, evenly."""
    questions = [entry["question"] for entry in yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))]
    return questions[:: max(1, len(questions) // ASKED)][:ASKED]


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is going on, and how long it took."""
    began = time.monotonic()
    console.print(f"{what} …", end=" ", highlight=False)
    yield
    console.print(f"{time.monotonic() - began:.0f} s", highlight=False)


def write_large(folder: Path, passages: int) -> None:
    """Write Markdown files that make about so many passages."""
    folder.mkdir()
    prose = Prose(CORPUS, SEED)
    for number, first in enumerate(range(0, passages, SECTIONS)):
        write_markdown(folder / f"document-{number:03}", prose.document(min(SECTIONS, passages - first)))


def retrieval(settings: Settings, questions: Sequence[str], at: str) -> list[Row]:
    """Compare retrieval with its two unavoidable parts, question by question, each of them first by turns."""
    generation = open_active(settings.index).load()
    retriever = HybridRetriever(generation)

    def parts(question: str) -> None:
        generation.dense.search(generation.encoder.encode_query(question), DEPTH)

    def whole(question: str) -> None:
        retriever.search(question, retriever.embed(question), Filters(), FOUND)

    for question in WARM_UP:
        parts(question)
        whole(question)
    seconds: dict[Any, list[float]] = {parts: [], whole: []}
    for number, question in enumerate(questions):
        for work in (parts, whole) if number % 2 else (whole, parts):
            began = time.perf_counter()
            work(question)
            seconds[work].append(time.perf_counter() - began)
    generation.close()
    unavoidable, all_of_it = float(np.median(seconds[parts])), float(np.median(seconds[whole]))
    ratio = all_of_it / unavoidable
    shown = f"{ratio:.2f} times ({all_of_it * 1000:.1f} ms / {unavoidable * 1000:.1f} ms)"
    return [Row(f"retrieval / (one query embedding + one FAISS search), {at}", ratio, shown, 1.5, unit=" times")]


def answering(settings: Settings, questions: Sequence[str], at: str) -> list[Row]:
    """Ask the questions one after the other."""
    engine = Engine.open(settings)
    for question in WARM_UP:
        engine.ask(AskRequest(question=question))
    seconds = []
    for question in questions:
        began = time.perf_counter()
        engine.ask(AskRequest(question=question))
        seconds.append(time.perf_counter() - began)
    engine.generation.close()
    p50, p95 = (float(value) * 1000 for value in np.percentile(seconds, (50, 95)))
    return [
        Row(f"an answer {at}, no LLM, p50 of {len(questions)}", p50, f"{p50:.1f} ms", 150, unit=" ms"),
        Row("  p95", p95, f"{p95:.1f} ms", 300, unit=" ms"),
    ]


def throughput(folder: Path, embedder: SentenceTransformerEmbedder) -> list[Row]:
    """Ingest new files, and have the model encode the same passages, each of them first by turns."""
    prose = Prose(CORPUS, SEED + 1)
    ingesting = encoding = 0.0
    total = 0
    for number in range(ROUNDS):
        files = folder / f"round-{number}"
        files.mkdir()
        for write in FORMATS:
            write(files / f"{number}-{write.__name__}", prose.document(SECTIONS_PER_FORMAT))
        texts = passages_of(files, folder / f"dry-{number}", embedder)
        settings = Settings(index=folder / f"round-index-{number}")
        (files.parent / "first.txt").write_text("The first document of an index.", encoding="utf-8")
        ingest([files.parent / "first.txt"], settings=settings, embedder=embedder)  # exports the embedder, once
        for first in (True, False):
            began = time.perf_counter()
            if first == (number % 2 == 0):
                ingest([files], settings=settings, embedder=embedder)
                ingesting += time.perf_counter() - began
            else:
                embedder._model.encode(texts, batch_size=BATCH_SIZE, show_progress_bar=False)
                encoding += time.perf_counter() - began
        total += len(texts)
    ratio = encoding / ingesting
    shown = f"{ratio:.2f} times ({total / ingesting:.1f} / {total / encoding:.1f} passages a second)"
    what = f"ingest of .md, .html, .txt and .pdf / the model's `encode`, {total} passages"
    return [Row(what, ratio, shown, 0.9, at_least=True, unit=" times")]


def passages_of(files: Path, index: Path, embedder: SentenceTransformerEmbedder) -> list[str]:
    """List what an ingest of these files has to embed; it also loads what the readers need."""
    nothing = np.ones((1, embedder.dimension), dtype=np.float32)
    recorder = Recorder(Imitator(embedder, {"": (nothing[0], nothing)}))
    ingest([files], settings=Settings(index=index), embedder=recorder)
    return list(recorder.known)


def reingest(settings: Settings, paths: Sequence[Path], at: str) -> Row:
    """Run the whole command with nothing changed; the second best of three tells what it takes."""
    command = [program(), "ingest", *map(str, paths), "--index", str(settings.index)]
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - began)
    unchanged = "Nothing had changed" in done.stdout
    shown = f"{sorted(seconds)[1]:.2f} s, {'no passage embedded' if unchanged else 'but it did embed'}"
    what = f"`rdhy-qa ingest` with nothing changed, {at}"
    return Row(what, sorted(seconds)[1] if unchanged else float("inf"), shown, 2, unit=" s")


def serving(settings: Settings, questions: Sequence[str]) -> list[Row]:
    """Start the service, ask, and read what memory it holds."""
    command = [program(), "serve", "--index", str(settings.index), "--port", "0"]
    environment = os.environ | {"RDHY_QA_RATE_LIMIT": "1000000/minute"}  # one address asks more than readers may
    began = time.perf_counter()
    with (settings.index / "serve.log").open("wb") as log:
        service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
    try:
        assert service.stdout is not None
        welcome = service.stdout.readline()
        address = re.search(r"http://[\w.:]+\d", welcome)
        assert address, f"the service said: {welcome}"
        with httpx.Client(base_url=address[0], timeout=60, trust_env=False) as client:
            first_answer = ask_until_answered(client, questions[0]) - began
            for question in questions[:ASKED_OVER_HTTP]:
                client.post("/v1/ask", json={"question": question}).raise_for_status()
        memory, peak = (memory_of(service.pid, name) for name in ("VmRSS", "VmHWM"))
    finally:
        service.terminate()
        service.wait(timeout=30)
    asked = f"corpus/, after {ASKED_OVER_HTTP} questions"
    return [
        Row(f"resident memory of the service, {asked}", memory, f"{memory:.0f} MB (peak {peak:.0f})", 400, unit=" MB"),
        Row("from starting the service to its first answer", first_answer, f"{first_answer:.1f} s", 2, unit=" s"),
    ]


def ask_until_answered(client: httpx.Client, question: str) -> float:
    """Ask until the service has its index; returns when that was."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if client.post("/v1/ask", json={"question": question}).status_code == httpx.codes.OK:
                return time.perf_counter()
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise SystemExit("The service did not answer within a minute.")


def memory_of(process: int, name: str) -> float:
    """Read a figure of a process's status, in MB of 2^20 bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(rf"{name}:\s*(\d+) kB", status)
    return int(found[1]) / 1024 if found else float("nan")


def program() -> str:
    """Return the command that is installed beside this Python."""
    return str(Path(sys.executable).with_name("rdhy-qa"))


if __name__ == "__main__":
    main()
