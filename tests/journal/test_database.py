"""A database is opened, upgraded and shared, whichever kind it is."""

import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from rdhy_qa.errors import DatabaseError
from rdhy_qa.journal import database as module
from rdhy_qa.journal.database import Base, Database, Property
from rdhy_qa.journal.entries import Asking, GivenAnswer
from rdhy_qa.journal.writing import Journal


def names(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Property.name)))


def test_all_tables_are_there_whoever_opens_it(database: Database):
    assert {"answers", "askings", "feedback", "api_keys", "properties"} <= set(Base.metadata.tables)
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            assert session.scalar(select(func.count()).select_from(table)) == (1 if table.name == "properties" else 0)


def test_work_that_succeeds_is_kept_and_work_that_fails_is_undone(database: Database):
    with database.session() as session:
        session.add(Property(name="kept", value="1"))

    def fail() -> None:
        with database.session() as session:
            session.add(Property(name="undone", value="1"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(database) == {"schema_version", "kept"}


def test_what_is_there_stays_when_it_is_opened_again(url: str):
    for name in ("first", "second"):
        with closing(Database.open(url)) as database, database.session() as session:
            session.add(Property(name=name, value="1"))
    with closing(Database.open(url)) as database:
        assert {"first", "second"} <= names(database)


def test_several_processes_may_open_a_new_one_at_once(url: str):
    at_once = threading.Barrier(6)

    def open_it(_: int) -> set[str]:
        at_once.wait()
        with closing(Database.open(url)) as database:
            return names(database)

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(open_it, range(6))) == [{"schema_version"}] * 6


def test_one_that_others_switch_over_just_now_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    refusals = ["SQLITE_BUSY", "SQLITE_BUSY_RECOVERY"]

    class Refusing(sqlite3.Connection):
        """SQLite as it is while another process recovers the log: it refuses at once, and doesn't wait."""

        def execute(self, statement: str, *parameters: object) -> sqlite3.Cursor:
            if "journal_mode" in statement and refusals:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorname = refusals.pop()
                raise error
            return super().execute(statement, *parameters)

    connect = sqlite3.dbapi2.connect
    monkeypatch.setattr(sqlite3.dbapi2, "connect", lambda *a, **named: connect(*a, factory=Refusing, **named))
    with closing(Database.open(f"sqlite:///{tmp_path}/journal.sqlite")) as database, database.reading() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
    assert refusals == []


def test_those_who_read_before_they_write_do_not_lose_what_others_wrote(database: Database):
    with database.session() as session:
        session.add(Property(name="number", value="0"))

    def add(_: int) -> None:
        with database.session() as session:
            row = session.get(Property, "number", with_for_update=True)
            row.value = str(int(row.value) + 1)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(40)))
    with database.reading() as session:
        assert session.get(Property, "number").value == "40"


def test_a_database_of_a_newer_version_is_refused_and_left_alone(url: str, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr(module, "SCHEMA_VERSION", 7)
        Database.open(url).close()
    with pytest.raises(DatabaseError, match=r"newer version.*Upgrade"):
        Database.open(url)
    monkeypatch.setattr(module, "SCHEMA_VERSION", 7)
    with closing(Database.open(url)) as database:
        assert names(database) == {"schema_version"}


def test_an_older_one_is_upgraded_once_and_a_new_one_never(url: str, monkeypatch: pytest.MonkeyPatch):
    Database.open(url).close()
    monkeypatch.setattr(module, "SCHEMA_VERSION", 3)
    steps = {2: ("ALTER TABLE answers ADD COLUMN extra INTEGER",), 3: ("UPDATE properties SET value = value",)}
    monkeypatch.setattr(module, "_UPGRADES", steps)
    for _ in range(2):
        with closing(Database.open(url)) as database, database.reading() as session:
            assert session.execute(text("SELECT extra FROM answers")).all() == []
            assert session.get(Property, "schema_version").value == "3"


def test_an_upgrade_that_fails_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch):
    Database.open(url).close()
    with monkeypatch.context() as patch:
        patch.setattr(module, "SCHEMA_VERSION", 2)
        patch.setattr(module, "_UPGRADES", {2: ("ALTER TABLE answers ADD COLUMN extra INTEGER", "nonsense")})
        with pytest.raises(Exception, match="nonsense"):
            Database.open(url)
    with closing(Database.open(url)) as database:
        with database.reading() as session:
            assert session.get(Property, "schema_version").value == "1"
        with pytest.raises(Exception, match="extra"), database.reading() as session:
            session.execute(text("SELECT extra FROM answers"))


def test_moments_come_back_as_the_same_moments_in_utc(database: Database, entry):
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    Journal(database, "none").write([entry(at=moment)])
    with database.reading() as session:
        (found,) = session.scalars(select(Asking.at))
    assert found == moment
    assert found.tzinfo == UTC
    assert found.hour == 23


def test_an_asking_without_its_answer_can_not_be_written(database: Database, entry):
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.session() as session:
        session.add(Asking(id="1", answer_id="nowhere", at=datetime.now(UTC), milliseconds=1, surface="http"))
    with database.reading() as session:
        assert session.scalars(select(GivenAnswer.id)).all() == []


def test_a_file_of_sqlite_is_for_its_owner_only_and_lets_readers_in_while_it_is_written(tmp_path: Path):
    file = tmp_path / "journal.sqlite"
    database = Database.open(f"sqlite:///{file}")
    with database.session() as session:
        session.add(Property(name="unfinished", value="1"))
        session.flush()
        for path in tmp_path.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert names(database) == {"schema_version"}
        with sqlite3.connect(file) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        other.close()
    database.close()
