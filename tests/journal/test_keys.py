"""API keys in a real database: made once, kept as digests, refused when wrong, expired or revoked."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from rdhy_qa.errors import NotFoundError, UsageError
from rdhy_qa.journal import keys
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.scopes import Scope

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def accepted(database: Database, key: str, at: datetime | None = None) -> bool:
    presented = keys.read(key)
    return presented is not None and keys.accepts(keys.find(database, presented.id), presented, at or datetime.now(UTC))


def test_a_key_is_accepted_as_it_was_told(database: Database):
    made = keys.create(database, "Dashboard", [Scope.ADMIN, Scope.READ, Scope.READ])
    assert re.fullmatch(r"rdhy_[0-9a-f]{12}_[0-9a-f]{64}", made.text)
    assert accepted(database, made.text)
    kept = keys.find(database, made.key.id)
    assert kept == made.key
    assert (kept.name, kept.scopes) == ("Dashboard", {Scope.ADMIN, Scope.READ})
    assert (kept.expires, kept.revoked, kept.last_used) == (None, None, None)
    assert abs(kept.created - datetime.now(UTC)) < timedelta(minutes=1)


def test_no_two_keys_share_anything(database: Database):
    texts = {keys.create(database, "same", [Scope.READ]).text for _ in range(20)}
    assert len({part for text in texts for part in text.split("_")[1:]}) == 40


def test_the_secret_is_nowhere_in_the_database(database: Database, tmp_path: Path):
    made = keys.create(database, "n", [Scope.READ])
    secret = made.text.rsplit("_", 1)[1]
    with database.reading() as session:
        written = [str(row).encode() for row in session.execute(text("SELECT * FROM api_keys"))]
    database.close()
    written += [path.read_bytes() for path in tmp_path.iterdir()]
    assert made.key.id.encode() in written[0]
    for part in written:
        assert secret.encode() not in part
        assert bytes.fromhex(secret) not in part


def test_a_secret_does_not_show_where_keys_are_shown(database: Database):
    made = keys.create(database, "n", [Scope.READ])
    presented = keys.read(made.text)
    for shown in (repr(made), str(made), repr(made.key), repr(presented), repr(keys.list_keys(database))):
        assert made.text not in shown
        assert made.text.rsplit("_", 1)[1] not in shown
        assert presented.digest not in shown


def test_a_key_of_another_id_or_another_secret_is_refused(database: Database):
    first, second = (keys.create(database, "n", [Scope.READ]).text for _ in range(2))
    (_, id_one, secret_one), (_, id_two, secret_two) = first.split("_"), second.split("_")
    assert not accepted(database, f"rdhy_{id_one}_{secret_two}")
    assert not accepted(database, f"rdhy_{id_two}_{secret_one}")
    assert not accepted(database, f"rdhy_{'0' * 12}_{secret_one}")


def test_what_an_unknown_id_is_compared_with_accepts_nothing(monkeypatch: pytest.MonkeyPatch):
    compared = []
    monkeypatch.setattr(keys.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or True)
    presented = keys.read(f"rdhy_{'0' * 12}_{'a' * 64}")
    assert not keys.accepts(None, presented, NOW)
    ((known, given_digest),) = compared
    assert given_digest == presented.digest
    assert len(known) == len(given_digest)


@given(st.text() | st.from_regex(r"rdhy_[0-9a-fA-F]{11,13}_[0-9a-f]{63,65}\n?"))
def test_only_what_can_be_a_key_is_looked_up(given_text: str):
    presented = keys.read(given_text)
    assert (presented is not None) == bool(re.match(r"rdhy_[0-9a-f]{12}_[0-9a-f]{64}\Z", given_text))


def test_a_key_expires_to_the_moment(database: Database):
    made = keys.create(database, "n", [Scope.READ], days=30)
    expires = made.key.created + timedelta(days=30)
    assert keys.find(database, made.key.id).expires == expires
    assert accepted(database, made.text, expires - timedelta(seconds=1))
    assert not accepted(database, made.text, expires)


def test_a_revoked_key_stays_revoked(database: Database):
    made, other = (keys.create(database, "n", [Scope.READ]) for _ in range(2))
    first = keys.revoke(database, made.key.id)
    assert first.revoked is not None
    assert not accepted(database, made.text)
    assert keys.revoke(database, made.key.id).revoked == first.revoked
    assert accepted(database, other.text)


def test_an_unknown_key_cannot_be_revoked(database: Database):
    with pytest.raises(NotFoundError, match="rdhy-qa keys list"):
        keys.revoke(database, "000000000000")


def test_the_last_use_is_a_day_and_never_goes_back(database: Database):
    key_id = keys.create(database, "n", [Scope.READ]).key.id
    other = keys.create(database, "n", [Scope.READ]).key.id
    keys.note_use(database, key_id, date(2026, 5, 2))
    keys.note_use(database, key_id, date(2026, 5, 1))
    assert keys.find(database, key_id).last_used == date(2026, 5, 2)
    assert keys.find(database, other).last_used is None


def test_keys_are_listed_in_the_order_in_which_they_were_made(database: Database):
    assert keys.list_keys(database) == []
    made = [keys.create(database, name, [Scope.READ]).key for name in ("b", "c", "a")]
    assert keys.list_keys(database) == made


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[31mred", "x" * 101, "half a pair \udcff"])
def test_a_name_that_is_none_is_refused(database: Database, name: str):
    with pytest.raises(UsageError):
        keys.create(database, name, [Scope.READ])
    assert keys.list_keys(database) == []
