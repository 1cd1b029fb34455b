"""How build time, memory, speed and recall grow from a thousand to a million passages.

python benchmarks/growth.py 1000 10000 100000
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from growth_corpus import Recombined, StandIn, Wikipedia
from rich.console import Console
from rich.table import Table

from rdhy_qa.contracts import Filters
from rdhy_qa.index.activation import open_active
from rdhy_qa.index.builder import ingest
from rdhy_qa.models.embedder import FloatArray, load_embedder
from rdhy_qa.retrieval.hybrid import DEPTH, HybridRetriever
from rdhy_qa.settings import Settings

DATA = Path(__file__).parents[2] / "shared" / "data"
PASSAGES = "wikipedia-distractors.jsonl.gz"
QUESTIONS = "squadshifts-new_wiki.json"
SEED = 2026
ASKED = 500
FOUND = 20
NEAREST = 10
CHANGED = 0.01
BLOCK = 100_000
EMBEDDED_A_SECOND = 75
"""What the packaged model does on two cores; the share of a second ingest in the cost of the first one needs it."""

Result = TypeVar("Result")

console = Console()


def main() -> None:
    """Measure each size, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000], metavar="PASSAGES")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with the real passages and questions")
    parser.add_argument(
        "--work",
        type=Path,
        help="keep the vectors of the real passages and what was measured here, and go on from there",
    )
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not all((arguments.data / name).exists() for name in (PASSAGES, QUESTIONS)):
        console.print(f"Skipped: {arguments.data} has no {PASSAGES} and {QUESTIONS}.")
        return
    if arguments.step:
        sys.stdout.write(json.dumps(STEPS[arguments.step](arguments.data, arguments.work)))
        return
    with tempfile.TemporaryDirectory(prefix="growth-", dir=arguments.work) as name:
        work = arguments.work or Path(name)
        console.print("Embedding the real passages", highlight=False)
        settings = Settings()
        embedder = load_embedder(settings.embedder, settings.threads)
        Wikipedia(arguments.data / PASSAGES).vectors(embedder, work / "real.npy")
        del embedder
        measured = [measure(arguments.data, work, size) for size in arguments.sizes]
    show(measured)


def measure(data: Path, work: Path, size: int) -> dict[str, float]:
    """Take all measurements at one size; every step is a process of its own, for its memory.

    What a step measured is written down, so that a run that broke off goes on with the next one.
    """
    here = work / str(size)
    notes = work / f"{size}.json"
    found: dict[str, float] = json.loads(notes.read_text()) if notes.exists() else {}
    for step in STEPS:
        if f"{step} done" not in found:
            console.print(f"{size:,} passages: {step}", highlight=False)
            found |= run(step, data, here) | {f"{step} done": 1}
            notes.write_text(json.dumps(found))
    shutil.rmtree(here, ignore_errors=True)
    whole = found["embedded"] / EMBEDDED_A_SECOND + found["build_seconds"]
    again = found["embedded_again"] / EMBEDDED_A_SECOND + found["rebuild_seconds"]
    return found | {"share": again / whole}


def run(step: str, data: Path, here: Path) -> dict[str, float]:
    """Run one step in a process of its own."""
    command = [sys.executable, __file__, "--step", step, "--data", str(data), "--work", str(here)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def corpus(data: Path, here: Path) -> dict[str, float]:
    """Write the files."""
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    size = int(here.name)
    return {"real": Recombined(Wikipedia(data / PASSAGES), SEED).write(here / "corpus", size)}


def change(data: Path, here: Path) -> dict[str, float]:
    """Write some files anew."""
    return {"changed": Recombined(Wikipedia(data / PASSAGES), SEED + 1).change(here / "corpus", CHANGED)}


def build(data: Path, here: Path) -> dict[str, float]:
    """Ingest for the first time."""
    shutil.rmtree(here / "index", ignore_errors=True)
    return ingested(data, here)


def ingested(data: Path, here: Path) -> dict[str, float]:
    """Ingest; what the stand-in for the embedder takes is left out, so this is the time of all but the embedder."""
    settings = Settings(index=here / "index")
    embedder = load_embedder(settings.embedder, settings.threads)
    real = Wikipedia(data / PASSAGES)
    stand_in = StandIn(embedder, real, real.vectors(embedder, here.parent / "real.npy"))
    began = time.perf_counter()
    with PeakOfMemory() as peak:
        result = ingest([here / "corpus"], settings=settings, embedder=stand_in)
    seconds = time.perf_counter() - began - stand_in.seconds
    size = sum(file.stat().st_size for file in (here / "index").rglob("*") if file.is_file())
    return {
        "passages": result.counts.passages,
        "embedded": result.embedded,
        "build_seconds": seconds,
        "build_peak": peak.megabytes,
        "disk": size / 2**20,
    }


def rebuild(data: Path, here: Path) -> dict[str, float]:
    """Ingest again after some files have changed."""
    measured = ingested(data, here)
    return {
        "embedded_again": measured["embedded"],
        "rebuild_seconds": measured["build_seconds"],
        "rebuild_peak": measured["build_peak"],
    }


def serve(data: Path, here: Path) -> dict[str, float]:
    """Ask real questions, one after the other, and read what memory the process holds."""
    before = memory()
    began = time.perf_counter()
    generation = open_active(here / "index").load()
    opening = time.perf_counter() - began
    retriever = HybridRetriever(generation)
    questions = some_questions(data)
    for question in questions[-20:]:
        retriever.search(question, retriever.embed(question), Filters(), FOUND)
    parts: dict[str, list[float]] = {"embed": [], "dense": [], "lexical": [], "retrieval": []}
    for question in questions:
        vector = timed(parts["embed"], lambda question=question: retriever.embed(question))
        timed(parts["dense"], lambda vector=vector: generation.dense.search(vector, DEPTH))
        timed(parts["lexical"], lambda question=question: generation.lexical.search(question, DEPTH))
    for question in questions:
        timed(
            parts["retrieval"],
            lambda question=question: retriever.search(question, retriever.embed(question), Filters(), FOUND),
        )
    after = memory()
    found = {"opening": opening, "anonymous": after["RssAnon"] - before["RssAnon"]}
    found["mapped"] = after["RssFile"] - before["RssFile"]
    for name, seconds in parts.items():
        found[f"{name}_p50"], found[f"{name}_p95"] = (float(one) * 1000 for one in np.percentile(seconds, (50, 95)))
    return found


def recall(data: Path, here: Path) -> dict[str, float]:
    """Compare dense search with a full comparison."""
    generation = open_active(here / "index")
    questions = np.stack([generation.encoder.encode_query(question) for question in some_questions(data)])
    nearest = exact(generation.dense.vectors(), questions)
    found = [generation.dense.search(vector, NEAREST)[1] for vector in questions]
    shared = [len(set(one.tolist()) & set(all_of.tolist())) for one, all_of in zip(found, nearest, strict=True)]
    return {"recall": float(np.mean(shared)) / NEAREST}


def exact(vectors: FloatArray, questions: FloatArray) -> np.ndarray:
    """Rows of the nearest vectors of each question, compared with all of them block by block."""
    rows = np.empty((len(questions), 0), dtype=np.int64)
    scores = np.empty((len(questions), 0), dtype=np.float32)
    for first in range(0, len(vectors), BLOCK):
        block = questions @ np.asarray(vectors[first : first + BLOCK]).T
        scores = np.concatenate([scores, block], axis=1)
        rows = np.concatenate([rows, np.tile(np.arange(first, first + block.shape[1]), (len(questions), 1))], axis=1)
        best = np.argsort(-scores, axis=1)[:, :NEAREST]
        scores, rows = np.take_along_axis(scores, best, axis=1), np.take_along_axis(rows, best, axis=1)
    return rows


def some_questions(data: Path) -> list[str]:
    """Take real questions evenly."""
    articles = json.loads((data / QUESTIONS).read_text(encoding="utf-8"))["data"]
    questions = [qa["question"] for article in articles for part in article["paragraphs"] for qa in part["qas"]]
    return questions[:: len(questions) // ASKED][:ASKED]


def timed(seconds: list[float], work: Callable[[], Result]) -> Result:
    """Do some work and note how long it took."""
    began = time.perf_counter()
    result = work()
    seconds.append(time.perf_counter() - began)
    return result


def memory() -> dict[str, float]:
    """Resident memory of this process in MB of 2^20 bytes, by kind."""
    status = Path("/proc/self/status").read_text()
    return {name: int(kilobytes) / 1024 for name, kilobytes in re.findall(r"(Rss\w+):\s*(\d+) kB", status)}


class PeakOfMemory:
    """The most memory of its own that this process holds meanwhile, in MB of 2^20 bytes, looked at ten times a second.

    Pages of mapped files are left out: the system takes them back when it needs them.
    """

    def __enter__(self) -> "PeakOfMemory":
        """Begin to look."""
        self.megabytes = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look a last time."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.megabytes = max(self.megabytes, memory()["RssAnon"])
            if self._ended.wait(0.1):
                return


LINES = (
    ("passages, of which real", "{passages:,.0f}, {real:,.0f}"),
    ("build without embedding, and its peak of own memory", "{build_seconds:.0f} s, {build_peak:,.0f} MB"),
    ("again after 1 % of the files has changed", "{rebuild_seconds:.0f} s, {rebuild_peak:,.0f} MB"),
    (f"its share, with {EMBEDDED_A_SECOND} passages a second embedded", "{share:.2%}"),
    ("on disk", "{disk:,.0f} MB"),
    ("opening", "{opening:.2f} s"),
    ("memory of the open index, after the questions", "{anonymous:.0f} MB, and {mapped:.0f} MB mapped from files"),
    ("embedding a question, p50 / p95", "{embed_p50:.1f} / {embed_p95:.1f} ms"),
    ("dense search", "{dense_p50:.1f} / {dense_p95:.1f} ms"),
    ("lexical search", "{lexical_p50:.1f} / {lexical_p95:.1f} ms"),
    ("retrieval, embedding included", "{retrieval_p50:.1f} / {retrieval_p95:.1f} ms"),
    ("recall@10 of dense search", "{recall:.4f}"),
)


def show(measured: Sequence[dict[str, float]]) -> None:
    """Print a table with a column for each size."""
    table = Table("", *(f"{one['passages']:,.0f} passages" for one in measured))
    for label, figures in LINES:
        table.add_row(label, *(figures.format(**one) for one in measured))
    console.print(table)
    console.print(
        f"{ASKED} real questions. Beyond the real passages, texts are put together from real sentences with some words "
        "replaced, and vectors are drawn near those of real passages. Vectors of sentences are noise around those of "
        "their passages. Embedding is left out of both builds."
    )


STEPS: dict[str, Callable[[Path, Path], dict[str, float]]] = {
    "corpus": corpus,
    "build": build,
    "change": change,
    "rebuild": rebuild,
    "serve": serve,
    "recall": recall,
}

if __name__ == "__main__":
    main()
