"""``rdhy-qa keys``: the API keys of staff and of other programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from rdhy_qa.cli.output import clean, examples
from rdhy_qa.journal.scopes import Scope
from rdhy_qa.settings import load_settings

if TYPE_CHECKING:
    from rdhy_qa.journal.database import Database
    from rdhy_qa.journal.keys import Key

app = typer.Typer(rich_markup_mode=None)

_DAY = "%Y-%m-%d"


@contextmanager
def _database() -> Iterator["Database"]:
    from rdhy_qa.journal.database import Database

    database = Database.open(load_settings().database)
    try:
        yield database
    finally:
        database.close()


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "rdhy-qa keys create dashboard --scope read --scope admin",
        "rdhy-qa keys list",
    ),
)
def _keys(context: typer.Context) -> None:
    """Look after the API keys."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(
    epilog=examples(
        "rdhy-qa keys create intranet",
        "rdhy-qa keys create dashboard --scope admin --days 365",
    )
)
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who uses the key, or for what.", show_default=False)],
    scope: Annotated[
        list[Scope] | None,
        typer.Option(
            "--scope",
            help="What it may do; repeatable.  [default: read, feedback]",
            show_default=False,
        ),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", min=1, max=3650, help="Days that it is valid; by default without end."),
    ] = None,
) -> None:
    """Make a key and print it, this once.

    The database keeps only a digest of it.
    """
    from rdhy_qa.journal import keys

    with _database() as database:
        made = keys.create(database, name, scope or (Scope.READ, Scope.FEEDBACK), days)
    typer.echo(f"Key {_line(made.key)}", err=True)
    typer.echo("It is shown only now. Send it as the header Authorization: Bearer KEY.", err=True)
    typer.echo(made.text)


@app.command(
    "list",
    epilog=examples(
        "rdhy-qa keys list",
    ),
)
def list_all() -> None:
    """List the keys, the oldest first, without their secrets."""
    from rdhy_qa.journal import keys

    with _database() as database:
        found = keys.list_keys(database)
    if not found:
        typer.echo("There are no keys. Make one: rdhy-qa keys create NAME")
    for key in found:
        typer.echo(_line(key))


@app.command(
    epilog=examples(
        "rdhy-qa keys revoke 3f9c0a1b2c3d",
    )
)
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a key.", show_default=False)],
) -> None:
    """Make a key worthless for good.

    A running service refuses it within seconds.
    """
    from rdhy_qa.journal import keys

    with _database() as database:
        key = keys.revoke(database, key_id)
    typer.echo(f"Key {key.id} of {clean(key.name)} is revoked.")


def _line(key: "Key") -> str:
    facts = [
        ", ".join(sorted(key.scopes)),
        f"created {key.created:{_DAY}}",
        f"last used {key.last_used:{_DAY}}" if key.last_used else "never used",
        f"expires {key.expires:{_DAY}}" if key.expires else "",
        f"revoked {key.revoked:{_DAY}}" if key.revoked else "",
    ]
    return f"{key.id}  {clean(key.name)}: {'; '.join(filter(None, facts))}"
