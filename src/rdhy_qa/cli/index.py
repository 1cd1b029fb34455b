"""``rdhy-qa index``: the generations of an index."""

from typing import TYPE_CHECKING, Annotated

import typer

from rdhy_qa.cli.options import IndexOption
from rdhy_qa.cli.output import counted, examples
from rdhy_qa.settings import load_settings

if TYPE_CHECKING:
    from rdhy_qa.index.activation import Listed

app = typer.Typer(rich_markup_mode=None)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a generation.", show_default=False)]


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "rdhy-qa index list",
        "rdhy-qa index verify",
    ),
)
def _index(context: typer.Context) -> None:
    """Look after the generations of an index."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(
    "list",
    epilog=examples(
        "rdhy-qa index list",
    ),
)
def list_all(index: IndexOption = None) -> None:
    """List the generations, newest first; * marks the one that serves."""
    from rdhy_qa.index.places import list_generations, shown

    folder = load_settings(index=index).index
    generations = list_generations(folder)
    if not generations:
        typer.echo(f"There is no generation in {shown(folder)}. Build one: rdhy-qa ingest --index {shown(folder)}")
    for listed in generations:
        typer.echo(_line(listed))


def _line(listed: "Listed") -> str:
    mark = "*" if listed.active else " "
    if listed.manifest is None:
        return f"{mark} {listed.id}  can't be used: {listed.problem}"
    manifest = listed.manifest
    created = manifest.created.strftime("%Y-%m-%d %H:%M")
    counts = f"{counted(manifest.counts.documents, 'document')}, {counted(manifest.counts.passages, 'passage')}"
    return f"{mark} {listed.id}  {created}  {counts}, {manifest.size / 2**20:.1f} MiB, {manifest.model.name}"


@app.command(
    epilog=examples(
        "rdhy-qa index verify",
        "rdhy-qa index verify 3f9c0a1b2c3d",
    )
)
def verify(
    generation: Annotated[
        str | None, typer.Argument(metavar="ID", help="Id of a generation.  [default: the one that serves]")
    ] = None,
    index: IndexOption = None,
) -> None:
    """Compare every file of a generation with its checksum."""
    from rdhy_qa.index import places

    folder = load_settings(index=index).index
    manifest = places.verify(folder, generation or places.active_id(folder))
    typer.echo(
        f"Generation {manifest.id} is whole: {counted(len(manifest.files), 'file')}, {manifest.size / 2**20:.1f} MiB."
    )


@app.command(
    epilog=examples(
        "rdhy-qa index activate 3f9c0a1b2c3d",
    )
)
def activate(generation: IdArgument, index: IndexOption = None) -> None:
    """Let another generation serve.

    A running service takes it up by itself.
    """
    from rdhy_qa.index import places

    folder = load_settings(index=index).index
    places.activate(folder, generation)
    typer.echo(f"Generation {generation} serves from {places.shown(folder)}.")


@app.command(
    epilog=examples(
        "rdhy-qa index prune --keep 2",
    )
)
def prune(
    keep: Annotated[int, typer.Option("--keep", metavar="N", min=1, help="How many to keep, the active one included.")],
    index: IndexOption = None,
) -> None:
    """Remove old generations; the one that serves always stays."""
    from rdhy_qa.index import places

    removed = places.prune(load_settings(index=index).index, keep)
    typer.echo(f"Removed {', '.join(removed)}." if removed else "There was nothing to remove.")
