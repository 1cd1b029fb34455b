"""Fetching one address: politely, within limits, and only where it is allowed."""

import ssl
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version

import httpcore
import httpx

from rdhy_qa.errors import FetchError, RefusedError
from rdhy_qa.sources import robots
from rdhy_qa.sources.addresses import check_address, parse_address
from rdhy_qa.sources.body import ENCODING, read_body
from rdhy_qa.sources.media import may_be_large
from rdhy_qa.sources.network import CheckedNetwork, CheckedTransport
from rdhy_qa.sources.pace import Clock, Pace
from rdhy_qa.sources.robots import Robots, parse_robots

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
class _Redirect:
    location: str


class _StatusError(FetchError):
    """A server answered with a status that is no success."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(f"The server answers with HTTP {status}{_meaning(status)}.", _what_to_do(status))
        self.status = status
        self.retry_after = retry_after


class _BrokenError(FetchError):
    """The connection failed."""


@dataclass
class Fetcher:
    """Fetches one address after the other; close it when all are fetched."""

    limits: Limits = field(default_factory=Limits)
    allowed: Collection[str] = ()
    """Hosts that may be fetched from although they are not on the public internet."""
    contact: str | None = None
    """Where those whose pages are fetched find us."""
    clock: Clock = field(default_factory=Clock)
    network: CheckedNetwork | None = None
    """Replaces the network that looks up hosts and connects."""

    def __post_init__(self) -> None:
        self._network = self.network or CheckedNetwork(frozenset(self.allowed))
        self._pace = Pace(self.limits.pause, self.limits.longest_wait, self.clock)
        self._robots: dict[str, Robots | FetchError] = {}
        about = f" (+{self.contact})" if self.contact else ""
        headers = {
            "User-Agent": f"{robots.NAME}/{version('rdhy-qa')}{about}",
            "Accept": "text/html, application/xhtml+xml, application/pdf, text/markdown, text/plain;q=0.9, */*;q=0.1",
            "Accept-Encoding": ENCODING,
            "Accept-Language": "en, *;q=0.5",
        }
        timeout = httpx.Timeout(self.limits.read, connect=self.limits.connect)
        # The environment's proxies would look up hosts themselves, past the check of their addresses.
        self._client = httpx.Client(
            transport=CheckedTransport(self._network), headers=headers, timeout=timeout, trust_env=False
        )

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def get(self, address: str, known: Known | None = None) -> Reply:
        """Fetch an address, through its redirects, each of which is checked like the address itself.

        Raises:
            RefusedError: when the address, a redirect or robots.txt rules it out.
            FetchError: when it can't be had.

        """
        self._client.cookies.clear()
        return self._follow(parse_address(address), known, self.limits.redirects, obey=True)

    def _follow(self, url: httpx.URL, known: Known | None, redirects: int, *, obey: bool) -> Reply:
        for _ in range(redirects + 1):
            if obey:
                self._ask_robots(url)
            came = self._persist(url, known.conditions(url) if known else {}, cut=not obey)
            if isinstance(came, Reply):
                return came
            url = _target(url, came.location)
        raise FetchError(f"It redirects more than {redirects} times, at last to {url}.", "Correct its address.")

    def _ask_robots(self, url: httpx.URL) -> None:
        """Look up whether a site lets us have a page.

        Raises:
            RefusedError: when it does not.
            FetchError: when it could not be asked.

        """
        place = url.copy_with(raw_path=b"/robots.txt", fragment=None)
        if str(place) not in self._robots:
            self._robots[str(place)] = self._robots_at(place)
        rules = self._robots[str(place)]
        if isinstance(rules, FetchError):
            raise rules
        self._pace.lengthen(url.host, rules.delay)
        if url.path != "/robots.txt" and not rules.allows(url.raw_path.decode("ascii")):
            step = "Set fetch = false for it in sources.toml, or ask its owner."
            raise RefusedError(f"{place} forbids programs to fetch it.", step)

    def _robots_at(self, place: httpx.URL) -> Robots | FetchError:
        try:
            reply = self._follow(place, None, 5, obey=False)
        except RefusedError as error:
            return error
        except _StatusError as error:
            # A site that has no rules has no objections; one that fails to say has not agreed.
            return Robots() if error.status < 500 and error.status not in _PASSING else _unknown(place, error)
        except FetchError as error:
            return _unknown(place, error)
        return parse_robots(reply.body.decode("utf-8", errors="replace"))

    def _persist(self, url: httpx.URL, headers: dict[str, str], *, cut: bool) -> Reply | _Redirect:
        """Ask, and ask again where the failure may pass, a little later each time."""
        for attempt in range(1, self.limits.attempts + 1):
            self._pace.wait(url.host)
            try:
                return self._request(url, headers, cut=cut)
            except (_StatusError, _BrokenError) as error:
                wait = error.retry_after if isinstance(error, _StatusError) else None
                if wait is not None:
                    self._pace.hold(url.host, wait)
                passing = not isinstance(error, _StatusError) or error.status in _PASSING
                if not passing or attempt == self.limits.attempts:
                    raise
                self._pace.hold(url.host, _BACKOFF**attempt)
        raise AssertionError("unreachable")

    def _request(self, url: httpx.URL, headers: dict[str, str], *, cut: bool) -> Reply | _Redirect:
        self._network.deadline = time.monotonic() + self.limits.total
        request = self._client.build_request("GET", url, headers=headers)
        try:
            with self._explained(url), self._sent(request) as response:
                return self._take(url, response, conditional=bool(headers), cut=cut)
        finally:
            self._pace.asked(url.host)

    @contextmanager
    def _sent(self, request: httpx.Request) -> Iterator[httpx.Response]:
        response = self._client.send(request, stream=True, follow_redirects=False)
        try:
            yield response
        finally:
            response.close()

    def _take(self, url: httpx.URL, response: httpx.Response, *, conditional: bool, cut: bool) -> Reply | _Redirect:
        status, headers = response.status_code, response.headers
        if status in _REDIRECTS and "Location" in headers:
            return _Redirect(headers["Location"])
        if status == _NOT_MODIFIED and conditional:
            return Reply(str(url), headers, b"", not_modified=True)
        if status != _OK:
            raise _StatusError(status, _retry_after(headers.get("Retry-After", "")))
        if cut:
            return Reply(str(url), headers, read_body(response, robots.MAX_BYTES, cut=True))
        large = may_be_large(headers.get("Content-Type", ""))
        limit = self.limits.file if large else min(self.limits.page, self.limits.file)
        return Reply(str(url), headers, read_body(response, limit))

    @contextmanager
    def _explained(self, url: httpx.URL) -> Iterator[None]:
        """Errors of the network as errors that say what to do."""
        try:
            yield
        except httpcore.TimeoutException as error:
            what = str(error) if "in all" in str(error) else "it does not answer in time"
            raise _BrokenError(f"{url.host} is too slow: {what}.", _LATER) from error
        except httpcore.NetworkError as error:
            if _is_about_certificate(error):
                step = "If it is the right host, tell its owner; a certificate is never passed over."
                raise FetchError(f"{url.host} does not prove who it is: {error}.", step) from error
            step = "Check the address and the connection, or try again later."
            raise _BrokenError(f"{url.host} can't be reached: {error}.", step) from error
        except httpcore.ProtocolError as error:
            raise _BrokenError(f"{url.host} breaks off or answers wrongly: {error}.", _LATER) from error


def _target(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads."""
    try:
        target = check_address(url.join(location))
    except httpx.InvalidURL as error:
        raise FetchError("It redirects to what is no address.", "Correct its address.") from error
    except RefusedError as error:
        raise RefusedError(f"It redirects, and that is not followed: {error.message}", error.next_step) from error
    if url.scheme == "https" and target.scheme == "http":
        raise RefusedError(
            f"It redirects from https to {target}, which anybody on the way could alter.", "Name that address itself."
        )
    return target


def _unknown(place: httpx.URL, error: FetchError) -> FetchError:
    return FetchError(
        f"Whether it may be fetched is unknown, since {place} can't be had: {error.message}", error.next_step
    )


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
