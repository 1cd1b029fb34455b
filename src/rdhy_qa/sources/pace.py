"""How often a host is asked: one request after the other, with a pause, and not before it wants to be asked again."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rdhy_qa.errors import FetchError


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time, and lets it pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """Holds the pauses."""

    def __init__(self, pause: float, longest: float, clock: Clock) -> None:
        """Take the pause for hosts that want none of their own, and the longest one that is waited for."""
        self._pause = pause
        self._longest = longest
        self._clock = clock
        self._pauses: dict[str, float] = {}
        self._free: dict[str, float] = {}

    def wait(self, host: str) -> None:
        """Wait until a host may be asked.

        Raises:
            FetchError: when that is too long.

        """
        seconds = self._free.get(host, 0.0) - self._clock.now()
        if seconds > self._longest:
            raise FetchError(f"{host} wants no request for another {seconds:,.0f} seconds.", "Run it again then.")
        if seconds > 0:
            self._clock.sleep(seconds)

    def asked(self, host: str) -> None:
        """Begin the pause after a request."""
        self.hold(host, self._pauses.get(host, self._pause))

    def hold(self, host: str, seconds: float) -> None:
        """Ask a host for nothing for some time."""
        self._free[host] = max(self._free.get(host, 0.0), self._clock.now() + seconds)

    def lengthen(self, host: str, pause: float) -> None:
        """Keep the pause that a host wants, as far as it is one that is waited for."""
        self._pauses[host] = min(max(pause, self._pause), self._longest)
