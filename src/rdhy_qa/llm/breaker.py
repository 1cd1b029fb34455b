"""A circuit breaker: an endpoint that keeps failing is left alone for a while, so that nobody waits for it."""

import threading
import time
from collections.abc import Callable

_FAILURES = 3
"""Failures in a row after which it opens."""
_PAUSE_S = 30.0
"""Seconds that it stays open; then one call is tried."""


class Breaker:
    """Says whether an endpoint may be called. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closes_at = 0.0
        self._trying = False

    @property
    def open(self) -> bool:
        """True while calls are refused, but for the one that tries whether the endpoint has come back."""
        with self._lock:
            return self._failures >= _FAILURES

    def allows(self) -> bool:
        """Whether a call may be made now; whoever makes it reports how it went."""
        with self._lock:
            if self._failures < _FAILURES:
                return True
            if self._trying or self._clock() < self._closes_at:
                return False
            self._trying = True
            return True

    def succeeded(self) -> None:
        """The endpoint replied."""
        with self._lock:
            self._failures = 0
            self._trying = False

    def failed(self) -> None:
        """The endpoint gave no reply that can be used."""
        with self._lock:
            self._failures += 1
            self._trying = False
            self._closes_at = self._clock() + _PAUSE_S

    def abandoned(self) -> None:
        """The call was given up by the reader, which says nothing of the endpoint."""
        with self._lock:
            self._trying = False
