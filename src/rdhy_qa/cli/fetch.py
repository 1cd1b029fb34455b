"""``rdhy-qa fetch``."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rdhy_qa.cli.output import clean, counted, examples
from rdhy_qa.errors import UsageError
from rdhy_qa.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from rdhy_qa.sources.bringing import Bringer
    from rdhy_qa.sources.catalogue import Catalogue, Source
    from rdhy_qa.sources.report import Outcome

EXAMPLES = examples(
    "rdhy-qa fetch",
    "rdhy-qa fetch --source post-4 --source sina-2024",
    "rdhy-qa fetch --force post-4",
)

_RESULT_WIDTH = len("kept aside")
_LONGEST_ID = 30


def fetch(
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="ID", help="Only this source of sources.toml; repeatable."),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            "--corpus", metavar="DIR", help="Folder that has sources.toml.  [default: corpus]", show_default=False
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="DIR", help="Folder to keep them in.  [default: originals]", show_default=False),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="HOST", help="Fetch from this host although it is a private one; repeatable."
        ),
    ] = None,
    force: Annotated[
        list[str] | None,
        typer.Option(
            "--force", metavar="ID", help="Fetch nothing, but accept the page that was kept aside; repeatable."
        ),
    ] = None,
) -> None:
    """Fetch the originals that sources.toml lists, and keep those that are good.

    A page that shrank a lot, changed its language or became an error, login or consent
    page is kept aside and does not replace a good copy. The exit code is 0, or 1 when
    an original could not be had or has to be looked at, or 2 for bad input.
    """
    settings = load_settings(corpus=corpus, originals=into)
    from rdhy_qa.cli.output import console
    from rdhy_qa.sources.catalogue import load_catalogue

    catalogue = load_catalogue(settings.corpus)
    chosen = _choose(catalogue, source or [], force or [])
    out = console()
    seen: list[Outcome] = []
    for outcome in _outcomes(catalogue, chosen, settings, allow_host or [], accept=bool(force)):
        _show(out, outcome, _id_width(chosen))
        seen.append(outcome)
    _summarise(seen, len(chosen) - len(seen))
    if not all(outcome.fine for outcome in seen):
        raise typer.Exit(1)


def _choose(catalogue: "Catalogue", source: list[str], force: list[str]) -> tuple["Source", ...]:
    if source and force:
        raise UsageError("Give either --source or --force.", "The next fetch asks for the accepted page again.")
    if force:
        return catalogue.choose(force)
    chosen = catalogue.choose(source) if source else catalogue.sources
    idle = next((one for one in chosen if source and not one.to_be_fetched), None)
    if idle is not None:
        what = "has fetch = false" if idle.address else "has no address"
        raise UsageError(f"{idle.id} {what} in sources.toml.", "Correct that first.")
    return chosen


def _outcomes(
    catalogue: "Catalogue", chosen: Iterable["Source"], settings: Settings, allowed: Iterable[str], *, accept: bool
) -> Iterator["Outcome"]:
    from rdhy_qa.sources.addresses import host_name
    from rdhy_qa.sources.asking import Limits
    from rdhy_qa.sources.bringing import Bringer
    from rdhy_qa.sources.fetching import Fetcher
    from rdhy_qa.sources.keeping import writing

    limits = Limits(file=settings.max_file_mb * 2**20)
    hosts = frozenset(map(host_name, (*allowed, *catalogue.allow_hosts)))
    fetcher = Fetcher(limits, allowed=hosts, contact=catalogue.contact)
    with closing(fetcher), writing(settings.originals):
        bringer = Bringer(settings.corpus, settings.originals, fetcher)
        if accept:
            yield from map(bringer.accept, chosen)
        else:
            yield from _bring(bringer, (source for source in chosen if source.to_be_fetched))


def _bring(bringer: "Bringer", chosen: Iterable["Source"]) -> Iterator["Outcome"]:
    """Bring one source after the other; a terminal is told what it waits for."""
    from rdhy_qa.cli.output import console

    for source in chosen:
        with console(stderr=True).status(f"Fetching {source.id} …"):
            outcome = bringer.bring(source)
        yield outcome


def _id_width(chosen: Iterable["Source"]) -> int:
    return min(max((len(source.id) for source in chosen), default=0), _LONGEST_ID)


def _show(out: "Console", outcome: "Outcome", width: int) -> None:
    from rich.text import Text

    from rdhy_qa.cli.rendering import paragraph

    said = Text(clean(f"{outcome.detail} {outcome.next_step}"))
    paragraph(out, said, mark=f"{outcome.result:<{_RESULT_WIDTH}}  {outcome.source_id:<{width}} ")


def _summarise(seen: list["Outcome"], left_out: int) -> None:
    counts = Counter[str](outcome.result for outcome in seen)
    parts = [f"{count} {result}" for result, count in counts.items()]
    without = f" {left_out} without an address, or not to be fetched." if left_out else ""
    typer.echo(f"{counted(len(seen), 'source')}{': ' if parts else ''}{', '.join(parts)}.{without}")
