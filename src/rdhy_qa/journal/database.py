"""The database of journal, feedback and API keys: SQLite or PostgreSQL, by its URL.

A module that owns tables declares them on ``Base`` and is named in ``_declare_tables``. Tables that are missing are
created on opening. To change a table that exists already, raise ``SCHEMA_VERSION`` and add the statements to
``_UPGRADES``; a database of a newer version than the program's is refused.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, TypeDecorator, create_engine, event, insert, select, text, update
from sqlalchemy import exc as sa
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from rdhy_qa.errors import DatabaseError
from rdhy_qa.journal.failures import explained

SCHEMA_VERSION = 1
_UPGRADES: dict[int, tuple[str, ...]] = {}
"""What brings a database from the version before to this one."""

_VERSION = "schema_version"
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_WAIT_SECONDS = 2
"""For a lock or for a connection; whoever waits has better things to do."""
_PAUSE_SECONDS = 0.01
_OPENING_LOCK = 0x7264_6879
"""Number of the advisory lock under which PostgreSQL lets one process at a time create the tables."""
_URLS = "Set RDHY_QA_DATABASE to one like sqlite:///rdhy-qa.sqlite or postgresql://user:password@host/name."


class Base(DeclarativeBase):
    """What all tables are declared on."""


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the time zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the base class names it
        """Turn any zone into UTC on the way in."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the base class names it
        """Say on the way out that it is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Property(Base):
    """A fact about the database itself."""

    __tablename__ = "properties"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Database:
    """An open database. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine whose tables are there; use ``open``."""
        self._engine = engine
        self._reading = engine.execution_options(read_only=True)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Connect, and create the tables that are missing.

        Raises:
            DatabaseError: when the URL is none, its driver is not installed, the database can't be reached or
                written, or it was written by a newer version.
        """
        engine = _engine(_parsed(url))
        try:
            with explained(), engine.begin() as connection:
                _prepare(connection)
        except Exception:
            engine.dispose()
            raise
        return cls(engine)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Work that may write: committed when it succeeds, undone when it fails.

        SQLite lets one such session in at a time, so keep it short, and use ``reading`` where nothing is written.

        Raises:
            DatabaseError: when the database fails.
        """
        with explained(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Work that only reads; it waits for no writer.

        Raises:
            DatabaseError: when the database fails.
        """
        with explained(), Session(self._reading) as session:
            yield session

    def overwrite_removed(self) -> None:
        """Empty SQLite's log, which holds on to pages as they were; PostgreSQL does the like by itself."""
        if self._engine.dialect.name == "sqlite":
            with explained(), closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (sa.ArgumentError, ValueError):
        # The cause stays out of it: it repeats the URL, which may hold a password.
        raise DatabaseError("RDHY_QA_DATABASE is no URL of a database.", _URLS) from None
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise DatabaseError(f"Databases of the kind {parsed.get_backend_name()!r} are not supported.", _URLS)
    if driver == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise DatabaseError("A database in memory would keep nothing.", _URLS)
    return parsed.set(drivername=driver)


def _engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = {"timeout": _WAIT_SECONDS} if sqlite else {"connect_timeout": _WAIT_SECONDS}
    try:
        engine = create_engine(
            url,
            connect_args=arguments,
            pool_pre_ping=not sqlite,  # so that a restart of the server costs nobody an error
            pool_timeout=_WAIT_SECONDS,
            hide_parameters=True,  # questions have no place in logs
        )
    except (ImportError, sa.NoSuchModuleError) as error:
        step = "Install it: pip install 'rdhy-qa[postgresql]'"
        raise DatabaseError("The driver of PostgreSQL is not installed.", step) from error
    if sqlite:
        assert url.database
        _keep_private(url.database)
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _keep_private(path: str) -> None:
    """Create the file so that only its owner can read it: readers' questions are in it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        return  # it is there, or connecting says what is wrong


def _configure_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401  # sqlite3's, behind the pool's wrapper
    # The driver's own transactions begin too late to be safe; ``_begin_sqlite`` begins them.
    connection.isolation_level = None
    # What is removed is overwritten, not just unlinked.
    connection.executescript("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;")
    _log_ahead(connection)


def _log_ahead(connection: Any) -> None:  # noqa: ANN401  # sqlite3's, behind the pool's wrapper
    """Let readers and a writer work side by side.

    SQLite doesn't wait by itself where several processes switch a new database over, where one recovers it after a
    crash, or where the last one is just closing it (https://sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode).
    """
    until = monotonic() + _WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or monotonic() > until:
                raise
            sleep(_PAUSE_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another one wrote meanwhile, however long it
    # would be willing to wait. So what may write takes the lock at its beginning.
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _prepare(connection: Connection) -> None:
    """Create and upgrade the tables; one process at a time, since several may start at once."""
    _declare_tables()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _OPENING_LOCK})
    Base.metadata.create_all(connection, tables=[Base.metadata.tables[Property.__tablename__]])
    _upgrade(connection)
    Base.metadata.create_all(connection)


def _upgrade(connection: Connection) -> None:
    written = connection.scalar(select(Property.value).where(Property.name == _VERSION))
    if written is None:
        connection.execute(insert(Property).values(name=_VERSION, value=str(SCHEMA_VERSION)))
        return
    if int(written) > SCHEMA_VERSION:
        raise DatabaseError("The database was written by a newer version of rdhy-qa.", "Upgrade rdhy-qa.")
    for version in range(int(written) + 1, SCHEMA_VERSION + 1):
        for statement in _UPGRADES[version]:
            connection.execute(text(statement))
    connection.execute(update(Property).where(Property.name == _VERSION).values(value=str(SCHEMA_VERSION)))


def _declare_tables() -> None:
    """Import the modules that own tables: only then does ``Base`` know of them."""
    from rdhy_qa.journal import entries, feedback, keys  # noqa: F401
