"""What goes wrong with a database is said in one line that ends in what to do, and that tells no secrets."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from rdhy_qa.errors import DatabaseError
from rdhy_qa.journal.database import Database, Property


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no URL"),
        ("not a url", "no URL"),
        ("postgresql://user:secret@host:port/name", "no URL"),
        ("mysql://user:secret@host/name", "'mysql' are not supported"),
        ("sqlite://", "would keep nothing"),
        ("sqlite:///:memory:", "would keep nothing"),
        ("sqlite:////nowhere/at/all.sqlite", "can't be opened.*folder"),
        ("postgresql://user:secret@127.0.0.1:1/name", "can't be reached"),
    ],
)
def test_an_address_that_leads_nowhere_says_what_to_set(url: str, says: str):
    with pytest.raises(DatabaseError, match=says) as caught:
        Database.open(url)
    assert "RDHY_QA_DATABASE" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_driver_that_is_missing_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseError, match=r"pip install 'rdhy-qa\[postgresql\]'"):
        Database.open("postgresql://127.0.0.1/name")


def test_a_file_that_is_something_else_is_left_as_it_is(tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("No database, but long enough to be taken for one. " * 100)
    before = file.read_bytes()
    with pytest.raises(DatabaseError, match="no SQLite database"):
        Database.open(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_database_that_may_only_be_read_says_so(tmp_path: Path):
    file = tmp_path / "journal.sqlite"
    Database.open(f"sqlite:///{file}").close()
    with pytest.raises(DatabaseError, match="may not be written"):
        Database.open(f"sqlite:///file:{file}?mode=ro&uri=true")


def test_a_lock_of_somebody_else_is_waited_for_and_then_named(tmp_path: Path):
    file = tmp_path / "journal.sqlite"
    database = Database.open(f"sqlite:///{file}")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseError, match="locked by another process"), database.session() as session:
            session.add(Property(name="late", value="1"))
        other.execute("COMMIT")
    with database.session() as session:
        session.add(Property(name="late", value="1"))
    database.close()


def test_a_full_disk_is_named_and_costs_nothing_that_was_written(disk):
    small = disk(1)
    with closing(Database.open(f"sqlite:///{small.folder}/journal.sqlite")) as database:
        with database.session() as session:
            session.add(Property(name="first", value="kept"))

        def write_on() -> None:
            for number in range(200):  # what is there already has room for some of them
                with database.session() as session:
                    session.add(Property(name=f"more {number}", value="x" * 1000))

        with small.filled(), pytest.raises(DatabaseError, match=r"no space left.*Make room on its disk"):
            write_on()
        with database.session() as session:
            session.add(Property(name="last", value="kept"))
        with database.reading() as session:
            kept = set(session.scalars(select(Property.name)))
            whole = session.scalar(text("PRAGMA integrity_check"))
    assert whole == "ok"
    assert kept >= {"first", "last"}


def test_faults_of_our_own_are_not_taken_for_the_databases(database: Database):
    with pytest.raises(IntegrityError), database.session() as session:
        session.add(Property(name="schema_version", value="twice"))
    with pytest.raises((OperationalError, ProgrammingError)), database.reading() as session:
        session.execute(text("SELECT nothing FROM answers"))


def test_tables_that_were_removed_are_made_anew_on_opening(url: str):
    with closing(Database.open(url)) as database:
        with database.session() as session:
            session.execute(text("DROP TABLE feedback"))
        with pytest.raises(DatabaseError, match=r"lost its tables.*Restart"), database.reading() as session:
            session.execute(text("SELECT * FROM feedback"))
    with closing(Database.open(url)) as database, database.reading() as session:
        assert session.execute(text("SELECT * FROM feedback")).all() == []


@pytest.mark.parametrize(
    ("database", "login", "says"),
    [
        ("postgres", "tester:wrong", "refuses the login"),
        ("postgres", "nobody:secret", "refuses the login"),
        ("postgres", "tester", "wants a password"),
        ("nowhere", "tester:secret", "no such database"),
    ],
)
def test_postgresql_that_lets_nobody_in_says_why(postgresql, database: str, login: str, says: str):
    with pytest.raises(DatabaseError, match=says) as caught:
        Database.open(postgresql.url(database, login=login))
    assert str(postgresql.port) not in str(caught.value)


def test_postgresql_that_does_not_let_the_user_create_tables_says_so(postgresql):
    url = postgresql.create()
    name = url.rsplit("/", 1)[1]
    postgresql.execute("CREATE ROLE guest LOGIN PASSWORD 'secret'")
    with pytest.raises(DatabaseError, match=r"does not let this user create.*Grant"):
        Database.open(postgresql.url(name, login="guest:secret"))


def test_a_restart_of_postgresql_costs_no_session(postgresql):
    database = Database.open(postgresql.create())
    postgresql.stop()
    try:
        with pytest.raises(DatabaseError, match="can't be reached"), database.session() as session:
            session.scalars(select(Property))
    finally:
        postgresql.start()
    for _ in range(3):
        with database.session() as session:
            assert session.scalars(select(Property.name)).all() == ["schema_version"]
    postgresql.stop()
    postgresql.start()
    with database.reading() as session:
        assert session.scalars(select(Property.name)).all() == ["schema_version"]
    database.close()
