"""Kill what works on an index before each step that it takes in the file system, and look what is there then.

    python tests/index/kill_at_each_step.py            # some seconds, run by the tests

A step is what may change something and Python tells its audit hooks of: a file opened for writing, renamed or removed,
a folder made or removed, a database opened. ``kill_ingest.py`` kills at random moments, so within steps as well.
"""

import itertools
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import ToyEmbedder, write_post

import rdhy_qa.documents.reading  # noqa: F401  # its import's steps are not the ingest's
from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings

STEPS = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "sqlite3.connect"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Place:
    """An index with two generations, of which the older one serves, and a corpus that none of them was built of."""

    def __init__(self, folder: Path) -> None:
        self.corpus = folder / "corpus"
        self.index = folder / "index"

    def prepare(self) -> None:
        self.corpus.mkdir(parents=True)
        for text in ("First.", "Second.", "Third."):
            write_post(self.corpus / "one.md", "one", text)
            if text != "Third.":
                self.ingest()
        activation.activate(self.index, self.by_text()["First."])

    def ingest(self) -> None:
        ingest([self.corpus], settings=Settings(index=self.index), embedder=ToyEmbedder())

    def activate(self) -> None:
        activation.activate(self.index, self.by_text()["Second."])

    def prune(self) -> None:
        activation.prune(self.index, 1)

    def load(self) -> None:
        """What a service does that takes up another generation."""
        activation.open_active(self.index).load().close()

    def by_text(self) -> dict[str, str]:
        """Id of each generation by what it holds; all are whole."""
        found = {}
        for one in activation.list_generations(self.index):
            generation = activation.open_generation(self.index, one.id)
            generation.verify()
            found[generation.store.document("one").text.split()[-1]] = one.id
            generation.close()
        return found

    def served(self) -> str:
        active = activation.active_id(self.index)
        return next(text for text, generation in self.by_text().items() if generation == active)

    def files(self) -> dict[str, tuple[int, int]]:
        """Size and time of change of each file."""
        stats = ((path, path.stat()) for path in self.index.rglob("*"))
        return {path.relative_to(self.index).as_posix(): (stat.st_size, stat.st_mtime_ns) for path, stat in stats}

    def left_over(self) -> list[Path]:
        return [*self.index.rglob(".tmp-*"), *self.index.glob("embedded")]


def killed(work: Callable[[], None], step: int) -> bool:
    """Do it in a process that is killed before a step; False when it ended before."""
    child = os.fork()
    if not child:
        taken = 0

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal taken
            if event in STEPS or (event == "open" and arguments[2] & WRITING):
                taken += 1
                if taken == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            work()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), status
    return status == signal.SIGKILL


def kill_at_each_step(prepared: Path, work: str, after: str) -> None:
    """Kill one kind of work, after which ``after`` is to serve."""
    leftovers = 0
    for step in itertools.count(1):
        place = Place(shutil.copytree(prepared, prepared.with_name(f"{work}-{step}")))
        before = place.files()
        was_killed = killed(getattr(place, work), step)
        assert place.served() in ({"First.", after} if was_killed else {after})
        assert work != "load" or place.files() == before
        leftovers += bool(place.left_over())
        getattr(place, work)()
        assert place.served() == after
        assert not place.left_over()
        assert work != "prune" or list(place.by_text()) == [after]
        shutil.rmtree(place.corpus.parent)
        if not was_killed:
            break
    say = f"{work}: a whole generation served after a kill before each of {step - 1} steps"
    sys.stdout.write(f"{say}; {leftovers} of them left something to clean up\n")


def main() -> None:
    memory = Path("/dev/shm")  # a killed process takes nothing along that it wrote, so no disk needs to be waited for
    folder = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="kill-steps-", dir=folder) as name:
        prepared = Path(name, "prepared")
        Place(prepared).prepare()
        for work, after in (("activate", "Second."), ("prune", "First."), ("load", "First."), ("ingest", "Third.")):
            kill_at_each_step(prepared, work, after)


if __name__ == "__main__":
    main()
