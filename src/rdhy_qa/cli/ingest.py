"""``rdhy-qa ingest``."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from rdhy_qa.cli.evaluate import gate_of
from rdhy_qa.cli.options import IndexOption
from rdhy_qa.cli.output import counted, examples
from rdhy_qa.settings import load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from rdhy_qa.index.builder import IngestResult, Progress

_LABELS = {
    "read": "Reading files",
    "embed": "Embedding passages",
    "write": "Writing the index",
    "publish": "Publishing",
}
_SECONDS_BETWEEN_LINES = 5.0

EXAMPLES = examples(
    "rdhy-qa ingest",
    "rdhy-qa ingest corpus notes/visit.pdf --index index",
    "rdhy-qa ingest --gate",
)


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Files and folders.  [default: corpus]", show_default=False),
    ] = None,
    index: IndexOption = None,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", min=0, help="Wait so long for another ingest to end.")
    ] = 0.0,
    gate: Annotated[
        bool, typer.Option("--gate", help="Evaluate the new index first; where it is worse, the one before serves on.")
    ] = False,
) -> None:
    """Build the index from files and folders, and let it serve.

    The new index holds just these documents, and originals in the place of digests where
    sources.toml prefers them. Until it is whole, the one before serves.
    The exit code is 0, or 1 when a file was skipped or the index could not be built, or
    2 for bad input. Each skipped file is named with the reason.
    """
    settings = load_settings(index=index)
    started = time.monotonic()
    from rdhy_qa.cli.output import console
    from rdhy_qa.index.places import ingest as build
    from rdhy_qa.index.places import shown
    from rdhy_qa.sources.preferring import preferred

    err = console(stderr=True)
    with _bars(err) if err.is_terminal else _lines() as show, _interruptible(show) as progress:
        sources = paths or [settings.corpus]
        accept = gate_of(sources, settings) if gate else None
        result = build(sources, settings=settings, progress=progress, wait=wait, accept=accept)
    _summarise(result, shown(settings.index), time.monotonic() - started)
    for source in preferred(sources, settings.originals).missing:
        step = f"Fetch it: rdhy-qa fetch --source {source}"
        typer.echo(f"{source}: its original is preferred, but not held in {settings.originals}. {step}", err=True)
    if result.skipped:
        raise typer.Exit(1)


@contextmanager
def _interruptible(show: Callable[["Progress"], None]) -> Iterator[Callable[["Progress"], None]]:
    """Ctrl-C ends the ingest even where a library swallows its exception: at the next step it is raised again."""
    interrupted = False

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    def show_or_stop(state: "Progress") -> None:
        if interrupted:
            raise KeyboardInterrupt
        show(state)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield show_or_stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bars(err: "Console") -> Iterator[Callable[["Progress"], None]]:
    from rich import progress

    columns = (
        progress.TextColumn("{task.description:<18}"),
        progress.BarColumn(bar_width=30),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=err) as bars:
        tasks: dict[str, progress.TaskID] = {}

        def show(state: "Progress") -> None:
            if state.stage not in tasks:
                tasks[state.stage] = bars.add_task(_LABELS[state.stage], total=state.total)
            bars.update(tasks[state.stage], completed=state.done, total=state.total)

        yield show


@contextmanager
def _lines() -> Iterator[Callable[["Progress"], None]]:
    said: dict[str, float] = {}

    def show(state: "Progress") -> None:
        now = time.monotonic()
        if not state.total or (state.stage in said and now - said[state.stage] < _SECONDS_BETWEEN_LINES):
            return
        done = f": {state.done} of {state.total}" if state.total > 1 else ""
        said[state.stage] = now
        typer.echo(f"{_LABELS[state.stage]}{done}", err=True)

    yield show


def _summarise(result: "IngestResult", index: str, seconds: float) -> None:
    counts = result.counts
    held = ", ".join(
        (
            counted(counts.documents, "document"),
            counted(counts.passages, "passage"),
            counted(counts.sentences, "sentence"),
            counted(counts.records, "list item"),
        )
    )
    typer.echo(f"Generation {result.generation_id} serves from {index}: {held}.")
    if result.unchanged:
        typer.echo(f"Nothing had changed; {seconds:.1f} s.")
    else:
        work = f"{counted(result.embedded, 'passage')} embedded, {result.reused} taken over from before"
        typer.echo(f"{work}; {seconds:.1f} s.")
    for skipped in result.skipped:
        typer.echo(f"skipped {skipped.path}: {skipped.reason}", err=True)
    if result.skipped:
        typer.echo(f"{counted(len(result.skipped), 'file')} skipped.", err=True)
