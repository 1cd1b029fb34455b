"""API keys: ``rdhy_<id>_<secret>``. The secret is told once and not kept; the database has its digest."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from rdhy_qa.errors import NotFoundError, UsageError
from rdhy_qa.journal.database import Base, Database, UtcTime
from rdhy_qa.journal.scopes import Scope

_PRINTED = re.compile(r"rdhy_([0-9a-f]{12})_([0-9a-f]{64})")
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,100}")
_NO_DIGEST = "0" * 64
_LIST = "List them with: rdhy-qa keys list"


class ApiKey(Base):
    """A key as it is kept; once given it is never removed, so that its id never gets another meaning."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    scopes: Mapped[str]
    """Separated by blanks."""
    digest: Mapped[str]
    created: Mapped[datetime] = mapped_column(UtcTime)
    expires: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked: Mapped[datetime | None] = mapped_column(UtcTime)
    last_used: Mapped[date | None]
    """The day is enough to find the keys that nobody uses; more would say when somebody works."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    last_used: date | None
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made, with the text that its owner presents."""

    key: Key
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Presented:
    """A key as a caller presents it: its id, and the digest of its secret."""

    id: str
    digest: str = field(repr=False)


def create(database: Database, name: str, scopes: Iterable[Scope], days: int | None = None) -> NewKey:
    """Make a key that has these scopes, for so many days or without end.

    Raises:
        UsageError: when the name is empty, too long or holds control characters.
    """
    if not name.strip() or not _NAME.fullmatch(name):
        raise UsageError("A key's name has 1 to 100 characters on one line.", "Say who uses it or for what.")
    now = datetime.now(UTC)
    secret = secrets.token_hex(32)
    row = ApiKey(
        id=secrets.token_hex(6),
        name=name.strip(),
        scopes=" ".join(sorted(set(scopes))),
        digest=_digest(secret),
        created=now,
        expires=None if days is None else now + timedelta(days=days),
    )
    with database.session() as session:
        session.add(row)
        session.flush()
        return NewKey(_key(row), f"rdhy_{row.id}_{secret}")


def list_keys(database: Database) -> list[Key]:
    """All keys, the oldest first."""
    with database.reading() as session:
        return [_key(row) for row in session.scalars(select(ApiKey).order_by(ApiKey.created, ApiKey.id))]


def find(database: Database, key_id: str) -> Key | None:
    """Look for the key that has this id."""
    with database.reading() as session:
        row = session.get(ApiKey, key_id)
        return None if row is None else _key(row)


def revoke(database: Database, key_id: str) -> Key:
    """Make a key worthless for good. To do so again changes nothing.

    Raises:
        NotFoundError: when there is no such key.
    """
    with database.session() as session:
        row = session.get(ApiKey, key_id)
        if row is None:
            raise NotFoundError(f"There is no key {key_id!r}.", _LIST)
        row.revoked = row.revoked or datetime.now(UTC)
        return _key(row)


def note_use(database: Database, key_id: str, day: date) -> None:
    """Remember the day on which a key was used last."""
    earlier = or_(ApiKey.last_used.is_(None), ApiKey.last_used < day)
    with database.session() as session:
        session.execute(update(ApiKey).where(ApiKey.id == key_id, earlier).values(last_used=day))


def read(text: str) -> Presented | None:
    """Take apart what a caller presents; None when it can't be a key."""
    found = _PRINTED.fullmatch(text)
    return None if found is None else Presented(found[1], _digest(found[2]))


def accepts(key: Key | None, presented: Presented, now: datetime) -> bool:
    """Whether this is the key that was presented, and valid at this moment.

    An unknown key is compared as well, so that the time taken does not tell which ids exist.
    """
    same = hmac.compare_digest(key.digest if key else _NO_DIGEST, presented.digest)
    return same and key is not None and key.revoked is None and (key.expires is None or now < key.expires)


def _digest(secret: str) -> str:
    # A slow hash protects what people choose, since that can be guessed. Nobody guesses 256 random bits, and a slow
    # hash would only let strangers burn our time.
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: ApiKey) -> Key:
    scopes = frozenset(map(Scope, row.scopes.split()))
    return Key(row.id, row.name, scopes, row.created, row.expires, row.revoked, row.last_used, row.digest)
