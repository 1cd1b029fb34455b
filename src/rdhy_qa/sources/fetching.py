"""Fetching one page: through its redirects, and only where its address and robots.txt allow it."""

from collections.abc import Collection
from dataclasses import dataclass, field

import httpx

from rdhy_qa.errors import FetchError, RefusedError
from rdhy_qa.sources.addresses import check_address, parse_address
from rdhy_qa.sources.asking import Asker, Known, Limits, Reply, StatusError
from rdhy_qa.sources.network import CheckedNetwork
from rdhy_qa.sources.pace import Clock
from rdhy_qa.sources.robots import MAX_BYTES, Robots, parse_robots

_ROBOTS = "/robots.txt"
_REDIRECTS_OF_ROBOTS = 5
"""As many as RFC 9309 wants to be followed."""


@dataclass
class Fetcher:
    """Fetches one page after the other; close it in the end."""

    limits: Limits = field(default_factory=Limits)
    allowed: Collection[str] = ()
    """Hosts that may be fetched from although they are not on the public internet."""
    contact: str | None = None
    """Where those whose pages are fetched find us."""
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        network = CheckedNetwork(frozenset(self.allowed))
        self._asker = Asker(self.limits, network, contact=self.contact, clock=self.clock)
        self._robots: dict[str, Robots | FetchError] = {}

    def close(self) -> None:
        """Close what is open."""
        self._asker.close()

    def get(self, address: str, known: Known | None = None) -> Reply:
        """Fetch an address, through its redirects, each of which is checked like the address itself.

        Raises:
            RefusedError: when the address, a redirect or robots.txt rules it out.
            FetchError: when it can't be had.

        """
        self._asker.forget()
        return self._follow(parse_address(address), known)

    def _follow(self, url: httpx.URL, known: Known | None) -> Reply:
        for _ in range(self.limits.redirects + 1):
            self._ask_robots(url)
            came = self._asker.ask(url, known.conditions(url) if known else {})
            if isinstance(came, Reply):
                return came
            url = _target(url, came.location)
        raise _too_often(self.limits.redirects, url)

    def _ask_robots(self, url: httpx.URL) -> None:
        """Look up whether a site lets us have a page.

        Raises:
            RefusedError: when it does not.
            FetchError: when it could not be asked.

        """
        place = url.copy_with(raw_path=_ROBOTS.encode(), fragment=None)
        if str(place) not in self._robots:
            self._robots[str(place)] = self._robots_at(place)
        rules = self._robots[str(place)]
        if isinstance(rules, FetchError):
            raise rules
        self._asker.lengthen_pause(url.host, rules.delay)
        if url.path != _ROBOTS and not rules.allows(url.raw_path.decode("ascii")):
            step = "Set fetch = false for it in sources.toml, or ask its owner."
            raise RefusedError(f"{place} forbids programs to fetch it.", step)

    def _robots_at(self, place: httpx.URL) -> Robots | FetchError:
        try:
            return self._read_robots(place)
        except RefusedError as error:
            return error
        except StatusError as error:
            # A site that has no rules has no objections; one that fails to say has not agreed.
            return _unknown(place, error) if error.may_pass or error.status >= 500 else Robots()
        except FetchError as error:
            return _unknown(place, error)

    def _read_robots(self, place: httpx.URL) -> Robots:
        url = place
        for _ in range(_REDIRECTS_OF_ROBOTS + 1):
            came = self._asker.ask(url, {}, at_most=MAX_BYTES)
            if isinstance(came, Reply):
                return parse_robots(came.body.decode("utf-8", errors="replace"))
            url = _target(url, came.location)
        raise _too_often(_REDIRECTS_OF_ROBOTS, url)


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


def _too_often(redirects: int, url: httpx.URL) -> FetchError:
    return FetchError(f"It redirects more than {redirects} times, at last to {url}.", "Correct its address.")


def _unknown(place: httpx.URL, error: FetchError) -> FetchError:
    return FetchError(
        f"Whether it may be fetched is unknown, since {place} can't be had: {error.message}", error.next_step
    )
