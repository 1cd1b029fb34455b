"""Kill an ingest at random moments, and look each time whether a whole generation serves.

    python tests/index/kill_ingest.py --runs 20 --kills 10          # rdhy-qa ingest itself: takes a quarter of an hour
    python tests/index/kill_ingest.py --runs 1 --kills 10 --toy     # a toy embedder: takes seconds, run by the tests

Each run starts from a copy of an index with one whole generation. Before each kill two documents change, so that there
is something to do; after each kill the pointer must open a generation that verifies, holds the old or the new document
and finds it; after the last one an ingest that is let finish must leave the newest document and no rubbish.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from conftest import ToyEmbedder, write_post

from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings

SECONDS_PER_PASSAGE = 0.003
DOCUMENTS = 12
PARAGRAPHS = 30
FIRST = 2
"""Version of the corpus in the index that each run starts from."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def write_corpus(corpus: Path, version: int) -> None:
    """Twelve documents; in each version two of them are new."""
    corpus.mkdir(exist_ok=True)
    for number in range(DOCUMENTS):
        of = version if number in (0, version % DOCUMENTS) else 0
        paragraphs = [f"Document {number} tells of matter {number}{line} in version{of}." for line in range(PARAGRAPHS)]
        write_post(corpus / f"{number}.md", f"document-{number}", "\n\n".join(paragraphs))


def start(corpus: Path, index: Path, toy: bool) -> subprocess.Popen[bytes]:
    """Start an ingest; with the toy embedder, return when it has imported everything and begins."""
    if not toy:
        command = [str(Path(sys.executable).with_name("rdhy-qa")), "ingest", str(corpus), "--index", str(index)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    command = [sys.executable, __file__, "--child", str(corpus), str(index)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()
    return process


def child(corpus: Path, index: Path) -> None:
    import rdhy_qa.documents.reading  # noqa: F401  # so that the moments to kill lie in the ingest, not in its imports

    say("ready")
    ingest([corpus], settings=Settings(index=index), embedder=ToyEmbedder(seconds=SECONDS_PER_PASSAGE))


def version_served(index: Path) -> int:
    """Open and verify what serves, and tell which version of the corpus it holds."""
    generation = activation.open_active(index)
    generation.verify()
    store = generation.store
    assert len(store) == len(generation.dense) == len(generation.lexical)
    assert len(store.documents()) == DOCUMENTS
    word = store.document("document-0").text.rstrip(".").split()[-1]
    found = store.passages(generation.lexical.search(f"document 0 {word}", 1)[1])
    assert word in found[0].text
    generation.close()
    return int(word.removeprefix("version"))


def prepare(folder: Path, toy: bool) -> float:
    """Make the index that each run starts from; returns the seconds that an ingest of two changed documents takes."""
    for version in range(1, FIRST + 1):
        write_corpus(folder / "corpus", version)
        seconds = finish(folder / "corpus", folder / "index", toy)
    return seconds


def run(folder: Path, kills: int, toy: bool, seconds: float) -> Counter[str]:
    """One index, some kills; returns how often the old and the new generation served."""
    corpus, index = folder / "corpus", folder / "index"
    served = FIRST
    outcomes: Counter[str] = Counter()
    for version in range(FIRST + 1, FIRST + kills + 1):
        write_corpus(corpus, version)
        process = start(corpus, index, toy)
        time.sleep(random.uniform(0, 1.1 * seconds))
        finished = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = version_served(index)
        assert now in (served, version), f"version {now} serves, not {served} or {version}"
        outcomes["finished before" if finished else "new served" if now == version else "old served"] += 1
        outcomes["left something to clean up"] += any((index / "generations").glob(".tmp-*"))
        served = now
    write_corpus(corpus, FIRST + kills + 1)
    finish(corpus, index, toy)
    assert version_served(index) == FIRST + kills + 1
    assert not [*index.glob(".tmp-*"), *index.glob("embedded"), *(index / "generations").glob(".tmp-*")]
    return outcomes


def finish(corpus: Path, index: Path, toy: bool) -> float:
    """Let an ingest finish; returns the seconds that it could have been killed in."""
    process = start(corpus, index, toy)
    began = time.monotonic()
    assert process.wait(timeout=300) == 0
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill ingests at random moments.")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--toy", action="store_true", help="with a toy embedder, in seconds")
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(*arguments.child)
        return
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="kill-ingest-") as name:
        prepared = Path(name, "prepared")
        prepared.mkdir()
        seconds = prepare(prepared, arguments.toy)
        for number in range(arguments.runs):
            folder = shutil.copytree(prepared, Path(name, f"run-{number}"))
            total += run(folder, arguments.kills, arguments.toy, seconds)
            shutil.rmtree(folder)
            after = f"a whole generation served after each of {arguments.kills} kills"
            say(f"run {number + 1} of {arguments.runs}: {after}")
    say(", ".join(f"{what}: {count}" for what, count in sorted(total.items())))


if __name__ == "__main__":
    main()
