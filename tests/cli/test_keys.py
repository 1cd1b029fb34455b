"""Keys made, listed and revoked by command, in a real database."""

import re
from datetime import date
from pathlib import Path

import pytest

from rdhy_qa.journal import keys
from rdhy_qa.journal.database import Database

KEY = re.compile(r"rdhy_([0-9a-f]{12})_[0-9a-f]{64}\n")


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database that the commands use."""
    url = f"sqlite:///{tmp_path}/keys.sqlite"
    monkeypatch.setenv("RDHY_QA_DATABASE", url)
    return url


def test_the_key_alone_goes_to_standard_output(command):
    made = command("keys", "create", "intranet")
    assert made.code == 0, made.err
    assert KEY.fullmatch(made.out)
    assert "only now" in made.err
    assert made.out.strip() not in made.err


def test_a_key_reads_and_votes_unless_told_otherwise(command):
    command("keys", "create", "plain")
    command("keys", "create", "staff", "--scope", "admin", "--scope", "read")
    plain, staff = command("keys", "list").out.splitlines()
    assert "plain: feedback, read; created" in plain
    assert "staff: admin, read; created" in staff


def test_listing_shows_all_but_the_secret(command, url: str):
    out = command("keys", "create", "dashboard", "--days", 10).out
    key_id = KEY.fullmatch(out)[1]
    database = Database.open(url)
    keys.note_use(database, key_id, date(2026, 5, 1))
    expires = keys.find(database, key_id).expires
    database.close()
    listed = command("keys", "list")
    assert listed.out.startswith(f"{key_id}  dashboard: ")
    assert "last used 2026-05-01" in listed.out
    assert f"expires {expires:%Y-%m-%d}" in listed.out
    assert "revoked" not in listed.out
    assert out.strip().rsplit("_", 1)[1] not in listed.out


def test_a_revoked_key_is_listed_as_such(command):
    key_id = KEY.fullmatch(command("keys", "create", "lost").out)[1]
    assert command("keys", "revoke", key_id).out == f"Key {key_id} of lost is revoked.\n"
    assert re.search(r"; revoked \d{4}-\d\d-\d\d\n", command("keys", "list").out)


def test_no_keys_says_how_to_make_one(command):
    assert "rdhy-qa keys create NAME" in command("keys", "list").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create"], "NAME"),
        (["create", " "], "name"),
        (["create", "a", "--scope", "root"], "--scope"),
        (["create", "a", "--days", "0"], "--days"),
        (["revoke", "nonsense"], "rdhy-qa keys list"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(command, arguments: list[str], said: str):
    result = command("keys", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert said in result.err


def test_a_database_that_is_away_is_one_line(command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("RDHY_QA_DATABASE", f"sqlite:///{tmp_path}/no/such/folder/keys.sqlite")
    result = command("keys", "create", "a")
    assert (result.code, result.out) == (1, "")
    assert "RDHY_QA_DATABASE" in result.err
