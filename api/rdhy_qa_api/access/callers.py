"""Who calls, what they may do and how often: API keys and limits, as dependencies of routes."""

import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import anyio
import anyio.to_thread
from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from rdhy_qa.errors import DatabaseError
from rdhy_qa.journal import keys
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.keys import Key
from rdhy_qa.journal.scopes import Scope
from rdhy_qa.settings import Settings
from rdhy_qa_api.access.limits import RateLimit, address_group, parse_limit, refusal
from rdhy_qa_api.middleware import add_headers
from rdhy_qa_api.service import service_of

ANONYMOUS = frozenset({Scope.READ, Scope.FEEDBACK})
FEEDBACK_LIMIT = "20/minute"
"""Votes that one caller may give: more than a reader does, and too few to drown all others."""

_REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 1_000
_DATABASE_SECONDS = 5.0
_DATABASE_THREADS = 4
BEARER = HTTPBearer(
    scheme_name="apiKey",
    bearerFormat="rdhy_…",
    description="A key from `rdhy-qa keys create`. Readers need none.",
    auto_error=False,
)

log = logging.getLogger("rdhy_qa_api")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request."""

    key_id: str | None
    """Id of the API key; null for an anonymous reader."""
    address: str
    """The network address, an IPv6 address by its /64."""
    scopes: frozenset[Scope]


class KeyCheck:
    """The keys of the database, each remembered for some seconds; so long a revoked key may still work."""

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._remembered: OrderedDict[str, tuple[float, Key | None]] = OrderedDict()
        # Strangers who try keys must not take the threads from everybody else.
        self._limiter = anyio.CapacityLimiter(_DATABASE_THREADS)

    async def accepted(self, text: str) -> Key | None:
        """The key that was presented; None when it is wrong, revoked or expired.

        Raises:
            DatabaseError: when the database can't be asked.
        """
        presented = keys.read(text)
        if presented is None:
            return None
        key = await self._find(presented.id)
        now = datetime.now(UTC)
        if key is None or not keys.accepts(key, presented, now):
            return None
        if key.last_used != now.date():
            await self._note_use(replace(key, last_used=now.date()))
        return key

    async def _find(self, key_id: str) -> Key | None:
        at, key = self._remembered.get(key_id, (None, None))
        if at is None or time.monotonic() - at >= _REMEMBERED_SECONDS:
            key = await self._ask(lambda database: keys.find(database, key_id))
            self._remember(key_id, key)
        return key

    def _remember(self, key_id: str, key: Key | None) -> None:
        self._remembered[key_id] = time.monotonic(), key
        self._remembered.move_to_end(key_id)
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    async def _note_use(self, key: Key) -> None:
        # Remembered first: where it can't be written, not every request shall try again.
        self._remember(key.id, key)
        assert key.last_used
        day = key.last_used
        try:
            await self._ask(lambda database: keys.note_use(database, key.id, day))
        except DatabaseError as error:
            log.warning("That key %s is used could not be written: %s", key.id, error)

    async def _ask(self, work: Callable[[Database], _Result]) -> _Result:
        try:
            with anyio.fail_after(_DATABASE_SECONDS):
                return await anyio.to_thread.run_sync(
                    lambda: work(self._database()), limiter=self._limiter, abandon_on_cancel=True
                )
        except TimeoutError as error:
            raise DatabaseError("The database takes too long to answer.", "Try again in a few seconds.") from error


class Access:
    """Checks keys, and counts what each caller does."""

    def __init__(self, settings: Settings, database: Callable[[], Database]) -> None:
        """Take the limits from the settings.

        Raises:
            SettingsError: when one of them is none.
        """
        self._keys = KeyCheck(database)
        self._by_address = RateLimit("address", parse_limit("RDHY_QA_RATE_LIMIT", settings.rate_limit))
        self._by_key = RateLimit("key", parse_limit("RDHY_QA_KEY_RATE_LIMIT", settings.key_rate_limit))
        self._feedback = RateLimit("feedback", parse_limit("FEEDBACK_LIMIT", FEEDBACK_LIMIT))

    async def identify(self, request: Request, token: str | None) -> Caller:
        """Find out who makes a request; without a token an anonymous reader.

        Raises:
            HTTPException: 401 for a key that is wrong, revoked or expired.
            DatabaseError: when keys can't be checked now.
        """
        address = address_group(request.client.host if request.client else "")
        if token is None:
            return Caller(None, address, ANONYMOUS)
        key = await self._keys.accepted(token)
        if key is None:
            # Which of the three it is helps only those who try keys.
            raise _unauthorized(
                "The API key is wrong, revoked or expired. Use another one, or none to ask as a reader."
            )
        return Caller(key.id, address, key.scopes)

    async def spend(self, request: Request, caller: Caller) -> None:
        """Count a question or a search.

        Raises:
            HTTPException: 429 when the caller has no more left for now.
        """
        limit = self._by_key if caller.key_id else self._by_address
        await _spend(request, limit, caller)

    async def spend_feedback(self, request: Request, caller: Caller) -> None:
        """Count a vote.

        Raises:
            HTTPException: 429 when the caller has no more left for now.
        """
        await _spend(request, self._feedback, caller)


async def _spend(request: Request, limit: RateLimit, caller: Caller) -> None:
    standing = await limit.spend(caller.key_id or caller.address)
    add_headers(request.scope, standing.headers(limit.name))
    if not standing.allowed:
        raise refusal(standing, "this API key" if caller.key_id else "this address")


def access_of(request: Request) -> Access:
    """Find what checks the callers of the application that a request came to."""
    access = request.app.state.access
    assert isinstance(access, Access)
    return access


async def identified(
    request: Request,
    wanted: SecurityScopes,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Let only those through who have the scopes that the route wants."""
    caller = await access_of(request).identify(request, given.credentials if given else None)
    missing = [scope for scope in wanted.scopes if scope not in caller.scopes]
    if not missing:
        return caller
    if caller.key_id is None:
        raise _unauthorized(f"This needs an API key that has the scope {missing[0]}. Send it as a bearer token.")
    raise HTTPException(403, f"The API key lacks the scope {missing[0]}. Use one that has it.")


def requires(scope: Scope) -> Any:  # noqa: ANN401  # FastAPI's marker
    """Mark a parameter as the caller, who has to have a scope.

    For example ``caller: Annotated[Caller, requires(Scope.ADMIN)]``.
    """
    return Security(identified, scopes=[scope.value])


Reader = Annotated[Caller, requires(Scope.READ)]


async def limited(request: Request, caller: Reader) -> AsyncIterator[Caller]:
    """Let a reader ask within their limit; they have a place among those who ask until the reply is sent."""
    await access_of(request).spend(request, caller)
    with service_of(request).place():
        yield caller


async def feedback_limited(request: Request, caller: Annotated[Caller, requires(Scope.FEEDBACK)]) -> Caller:
    """Let a caller vote within their limit."""
    await access_of(request).spend_feedback(request, caller)
    return caller


def describe_security(schema: dict[str, Any]) -> None:
    """Say in the OpenAPI description which routes need no key: FastAPI can't tell."""
    for methods in schema["paths"].values():
        for operation in methods.values():
            for wanted in list(operation.get("security", ())):
                if ANONYMOUS.issuperset(wanted[BEARER.scheme_name]):
                    operation["security"].append({})


def _unauthorized(detail: str) -> HTTPException:
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})
