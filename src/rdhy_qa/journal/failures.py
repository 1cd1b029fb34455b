"""What goes wrong with a database, as errors that say what to do.

The messages name neither file nor host: readers see them over HTTP. The cause, which does, is chained to them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc as sa

from rdhy_qa.errors import DatabaseError

_SQLITE = {
    "SQLITE_BUSY": ("The database is locked by another process.", "Try again when that is done."),
    "SQLITE_LOCKED": ("The database is locked by another process.", "Try again when that is done."),
    "SQLITE_CANTOPEN": (
        "The database can't be opened.",
        "Check that the folder in RDHY_QA_DATABASE exists and may be written.",
    ),
    "SQLITE_READONLY": ("The database may not be written.", "Check who owns the file in RDHY_QA_DATABASE."),
    "SQLITE_FULL": ("There is no space left for the database.", "Make room on its disk."),
    "SQLITE_NOTADB": ("RDHY_QA_DATABASE names a file that is no SQLite database.", "Name another file."),
    "SQLITE_CORRUPT": ("The database is damaged.", "Restore its file from a copy, or move it away."),
}
_POSTGRESQL = {
    "authentication failed": ("PostgreSQL refuses the login.", "Check user and password in RDHY_QA_DATABASE."),
    "no password supplied": ("PostgreSQL wants a password.", "Put one into RDHY_QA_DATABASE."),
    "role": ("PostgreSQL knows no such user.", "Check the user in RDHY_QA_DATABASE."),
    "permission denied": (
        "PostgreSQL does not let this user create or use the tables.",
        "Grant it USAGE and CREATE on the schema.",
    ),
    "does not exist": ("PostgreSQL has no such database.", "Create it, or correct its name in RDHY_QA_DATABASE."),
}
_NO_TABLE = ("no such table", 'relation "')
_TABLES_LOST = ("The database has lost its tables.", "Restart the service, or run the command again: it creates them.")
_GONE = ("The database can't be reached.", "Check that its server runs, and the address in RDHY_QA_DATABASE.")
_BROKEN = ("The database failed.", "Run the command with --debug, or look into the log of the service.")


@contextmanager
def explained() -> Iterator[None]:
    """Turn the database's failures into ``DatabaseError``; faulty data and faulty statements pass through."""
    try:
        yield
    except (sa.IntegrityError, sa.DataError):
        raise
    except (sa.DBAPIError, sa.TimeoutError) as error:
        found = _meaning(error)
        if found is None:
            raise
        raise DatabaseError(*found) from error


def _meaning(error: sa.SQLAlchemyError) -> tuple[str, str] | None:
    """What to say about it; None for a fault of our own."""
    cause = getattr(error, "orig", None)
    if any(fragment in str(cause) for fragment in _NO_TABLE):
        return _TABLES_LOST
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        found = next((said for start, said in _SQLITE.items() if name.startswith(start)), None)
        return found or (None if name == "SQLITE_ERROR" else _BROKEN)
    text = str(cause)
    found = next((said for fragment, said in _POSTGRESQL.items() if fragment in text), None)
    if isinstance(error, sa.ProgrammingError):
        return found if "permission denied" in text else None
    return found or _GONE
