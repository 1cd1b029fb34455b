"""``rdhy-qa ingest``."""

import shlex
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from rdhy_qa.cli.evaluate import gate_of
from rdhy_qa.cli.options import IndexOption
from rdhy_qa.cli.output import counted, examples
from rdhy_qa.errors import UsageError
from rdhy_qa.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from rdhy_qa.index.builder import IngestResult, Progress
    from rdhy_qa.index.manifest import SkippedFile

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
    "rdhy-qa ingest --share 2/5",
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
    share: Annotated[
        str | None,
        typer.Option(
            "--share", metavar="N/OF", help="Only embed this share, for an ingest that takes over all shares."
        ),
    ] = None,
) -> None:
    """Build the index from files and folders, and let it serve.

    The new index holds just these documents, and originals in the place of digests where
    sources.toml prefers them. Until it is whole, the one before serves. An ingest that was
    killed goes on where it was.
    To embed with several processes or machines, run each share with the same paths, at the
    same time if you like; then ingest without --share.
    The exit code is 0, or 1 when a file was skipped or the index could not be built, or
    2 for bad input. Each skipped file is named with the reason.
    """
    settings = load_settings(index=index)
    started = time.monotonic()
    from rdhy_qa.index import places
    from rdhy_qa.sources.preferring import preferred

    sources = paths or [settings.corpus]
    if share is not None:
        if gate or wait:
            raise UsageError(
                "A share builds no index: it takes neither --gate nor --wait.", "Leave them to the ingest."
            )
        skipped = _embed_share(share, sources, settings)
    else:
        accept = gate_of(sources, settings) if gate else None
        with _progress() as progress:
            result = places.ingest(sources, settings=settings, progress=progress, wait=wait, accept=accept)
        _summarise(result, places.shown(settings.index), time.monotonic() - started)
        skipped = result.skipped
    for one in skipped:
        typer.echo(f"skipped {one.path}: {one.reason}", err=True)
    if skipped:
        typer.echo(f"{counted(len(skipped), 'file')} skipped.", err=True)
    for source in preferred(sources, settings.originals).missing:
        step = f"Fetch it: rdhy-qa fetch --source {source}"
        typer.echo(f"{source}: its original is preferred, but not held in {settings.originals}. {step}", err=True)
    if skipped:
        raise typer.Exit(1)


def _embed_share(text: str, sources: list[Path], settings: Settings) -> Sequence["SkippedFile"]:
    from rdhy_qa.index import places
    from rdhy_qa.index.share import Share

    started = time.monotonic()

    share = Share.parse(text)
    with _progress() as progress:
        result = places.ingest_share(sources, share, settings=settings, progress=progress)
    work = f"{counted(result.embedded, 'passage')} embedded, {result.reused} had vectors already"
    typer.echo(f"Share {share} is done: {work}; {time.monotonic() - started:.1f} s.")
    command = shlex.join(["rdhy-qa", "ingest", *map(str, sources), "--index", places.shown(settings.index)])
    typer.echo(f"Its vectors are in {result.path}. When all shares are there: {command}")
    return result.skipped


@contextmanager
def _progress() -> Iterator[Callable[["Progress"], None]]:
    from rdhy_qa.cli.output import console

    err = console(stderr=True)
    with _bars(err) if err.is_terminal else _lines() as show, _interruptible(show) as progress:
        yield progress


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
