"""Asking for one address: one request, within limits and at a host's pace, again where a failure may pass."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version

import httpcore
import httpx

from rdhy_qa.errors import FetchError
from rdhy_qa.sources.body import ENCODING, read_body
from rdhy_qa.sources.media import may_be_large
from rdhy_qa.sources.network import CheckedNetwork, CheckedTransport
from rdhy_qa.sources.pace import Clock, Pace

NAME = "rdhy-qa"
"""What sites call us."""

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PASSING = frozenset((429, 500, 502, 503, 504))
_NOT_MODIFIED = 304
_OK = 200
_BACKOFF = 2.0
_LATER = "Try again later."
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large a request may become, in seconds and bytes."""

    connect: float = 10.0
    read: float = 20.0
    """Between two pieces of an answer,"""
    total: float = 120.0
    """and for a whole one."""
    attempts: int = 3
    pause: float = 1.0
    """Between two requests to one host."""
    longest_wait: float = 60.0
    """For a host that wants to be left alone; then it is left for another run."""
    redirects: int = 10
    page: int = 10 * _MIB
    """Of a web page, pictures aside: reading a larger one would take minutes."""
    file: int = 50 * _MIB
    """Of anything else."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the copy that is held, so that a server can say that it is still the same."""

    address: str
    """Where it came from in the end."""
    etag: str | None
    last_modified: str | None

    def conditions(self, url: httpx.URL) -> dict[str, str]:
        """Headers of a request for a copy that is newer; they mean something at its own address only."""
        if str(url) != self.address:
            return {}
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came."""

    address: str
    """Where it came from in the end, after all redirects."""
    headers: httpx.Headers
    body: bytes
    not_modified: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where to go on."""

    location: str


class StatusError(FetchError):
    """A server answered with a status that is no success."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(f"The server answers with HTTP {status}{_meaning(status)}.", _what_to_do(status))
        self.status = status
        self.retry_after = retry_after

    @property
    def may_pass(self) -> bool:
        """Whether asking again may help."""
        return self.status in _PASSING


class _BrokenError(FetchError):
    """The connection failed."""


class Asker:
    """Asks; close it in the end."""

    def __init__(self, limits: Limits, network: CheckedNetwork, *, contact: str | None, clock: Clock) -> None:
        """Take the network that looks up hosts and connects, and where those whose pages are fetched find us."""
        self._limits = limits
        self._network = network
        self._pace = Pace(limits.pause, limits.longest_wait, clock)
        about = f" (+{contact})" if contact else ""
        headers = {
            "User-Agent": f"{NAME}/{version(NAME)}{about}",
            "Accept": "text/html, application/xhtml+xml, application/pdf, text/markdown, text/plain;q=0.9, */*;q=0.1",
            "Accept-Encoding": ENCODING,
            "Accept-Language": "en, *;q=0.5",
        }
        timeout = httpx.Timeout(limits.read, connect=limits.connect)
        # The environment's proxies would look up hosts themselves, past the check of their addresses.
        self._client = httpx.Client(
            transport=CheckedTransport(network), headers=headers, timeout=timeout, trust_env=False
        )

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def forget(self) -> None:
        """Drop the cookies: they are kept for the redirects of one page, and never for another."""
        self._client.cookies.clear()

    def lengthen_pause(self, host: str, seconds: float) -> None:
        """Leave a host the pause that it wants."""
        self._pace.lengthen(host, seconds)

    def ask(self, url: httpx.URL, headers: dict[str, str], *, at_most: int | None = None) -> Reply | Redirect:
        """Ask for an address, and again where the failure may pass, a little later each time.

        Headers make it conditional. With ``at_most`` no more bytes than that are read, and what is longer is cut.

        Raises:
            RefusedError: when the host is not on the public internet.
            StatusError: when the server answers with no success.
            FetchError: when there is no whole answer.

        """
        for attempt in range(1, self._limits.attempts + 1):
            self._pace.wait(url.host)
            try:
                return self._request(url, headers, at_most=at_most)
            except (StatusError, _BrokenError) as error:
                wait = error.retry_after if isinstance(error, StatusError) else None
                if wait is not None:
                    self._pace.hold(url.host, wait)
                passing = not isinstance(error, StatusError) or error.may_pass
                if not passing or attempt == self._limits.attempts:
                    raise
                self._pace.hold(url.host, _BACKOFF**attempt)
        raise AssertionError("unreachable")

    def _request(self, url: httpx.URL, headers: dict[str, str], *, at_most: int | None) -> Reply | Redirect:
        self._network.deadline = time.monotonic() + self._limits.total
        request = self._client.build_request("GET", url, headers=headers)
        try:
            with self._explained(url), self._sent(request) as response:
                return self._take(url, response, conditional=bool(headers), at_most=at_most)
        finally:
            self._pace.asked(url.host)

    @contextmanager
    def _sent(self, request: httpx.Request) -> Iterator[httpx.Response]:
        response = self._client.send(request, stream=True, follow_redirects=False)
        try:
            yield response
        finally:
            response.close()

    def _take(
        self, url: httpx.URL, response: httpx.Response, *, conditional: bool, at_most: int | None
    ) -> Reply | Redirect:
        status, headers = response.status_code, response.headers
        if status in _REDIRECTS and "Location" in headers:
            return Redirect(headers["Location"])
        if status == _NOT_MODIFIED and conditional:
            return Reply(str(url), headers, b"", not_modified=True)
        if status != _OK:
            raise StatusError(status, _retry_after(headers.get("Retry-After", "")))
        if at_most is not None:
            return Reply(str(url), headers, read_body(response, at_most, cut=True))
        large = may_be_large(headers.get("Content-Type", ""))
        limit = self._limits.file if large else min(self._limits.page, self._limits.file)
        return Reply(str(url), headers, read_body(response, limit))

    @contextmanager
    def _explained(self, url: httpx.URL) -> Iterator[None]:
        """Errors of the network as errors that say what to do."""
        try:
            yield
        except httpcore.TimeoutException as error:
            if time.monotonic() >= self._network.deadline:
                raise FetchError(f"{url.host} takes more than {self._limits.total:g} seconds.", _LATER) from error
            raise _BrokenError(f"{url.host} does not answer in time.", _LATER) from error
        except httpcore.NetworkError as error:
            if _is_about_certificate(error):
                step = "If it is the right host, tell its owner; a certificate is never passed over."
                raise FetchError(f"{url.host} does not prove who it is: {error}.", step) from error
            step = "Check the address and the connection, or try again later."
            raise _BrokenError(f"{url.host} can't be reached: {error}.", step) from error
        except (httpcore.ProtocolError, httpx.RemoteProtocolError) as error:
            raise _BrokenError(f"{url.host} breaks off or answers wrongly: {error}.", _LATER) from error


def _retry_after(value: str) -> float | None:
    """Seconds that a server wants to be left alone; it says seconds or a date."""
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0)


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _meaning(status: int) -> str:
    meanings = {401: ", which wants a login", 403: ", which forbids it", 404: ": the page is not there"}
    return (meanings | {410: ": the page is gone for good", 429: ": too many requests"}).get(status, "")


def _what_to_do(status: int) -> str:
    if status in (404, 410):
        return "Look for the page, and correct its address in sources.toml."
    if status in (401, 403):
        return "Look at it in a browser; set fetch = false for it in sources.toml if programs are not let in."
    return _LATER if status in _PASSING else "Look at the page in a browser."
