"""How many requests one caller may make: a sliding window for each, and memory for so many callers and no more."""

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.exceptions import HTTPException

from rdhy_qa.errors import SettingsError

HEADERS = ("RateLimit", "RateLimit-Policy")

# The windows of ten thousand callers take about 10 MB, and to look through them for old ones takes a millisecond.
_MOST_CALLERS = 10_000
_INEXACT_SECONDS = 0.001


def parse_limit(setting: str, notation: str) -> RateLimitItem:
    """Read a limit as the settings have it: ``30/minute``, ``5 per 2 hours``.

    Raises:
        SettingsError: when it is none.
    """
    try:
        found = parse_many(notation)
    except ValueError:
        found = []
    if len(found) != 1 or found[0].amount < 1:
        raise SettingsError(f"{setting}: {notation!r} is no rate limit.", "Write it like 30/minute or 1000/day.")
    return found[0]


def address_group(address: str) -> str:
    """Name the addresses that are counted as one caller.

    Whoever has an IPv6 address usually has all of its /64, and would have as many limits as they like.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a proxy that knows no address says so in words of its own
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{ipaddress.IPv6Address(int(parsed) >> 64 << 64)}/64"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands with a limit, the request just made included."""

    allowed: bool
    quota: int
    window: int
    """In seconds."""
    remaining: int
    seconds: int
    """How long `remaining` holds; where nothing remains, after how many seconds the next request is allowed."""

    def headers(self, name: str) -> dict[str, str]:
        """As headers, after the IETF's draft (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit": f'"{name}";r={self.remaining};t={self.seconds}',
            "RateLimit-Policy": f'"{name}";q={self.quota};w={self.window}',
        }


class RateLimit:
    """One limit, for each of its callers on its own.

    Where more callers come within a window than there is memory for, those who have not come for longest are forgotten:
    a flood from many addresses may get past the limit itself, but takes nothing from anybody else.
    """

    def __init__(self, name: str, item: RateLimitItem, most_callers: int = _MOST_CALLERS) -> None:
        self.name = name
        self._item = item
        self._most_callers = most_callers
        self._counts = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self._counts)
        self._recent: OrderedDict[str, None] = OrderedDict()

    async def spend(self, caller: str) -> Standing:
        """Count a request, if it is allowed."""
        self._recent[caller] = None
        self._recent.move_to_end(caller)
        if len(self._recent) > self._most_callers:
            oldest, _ = self._recent.popitem(last=False)
            await self._limiter.clear(self._item, oldest)
        allowed = await self._limiter.hit(self._item, caller)
        return await self._standing(caller, allowed)

    async def _standing(self, caller: str, allowed: bool) -> Standing:
        quota, window = self._item.amount, self._item.get_expiry()
        before, _, now, now_expires = await self._counts.get_sliding_window(self._item.key_for(caller), window)
        left = now_expires - window
        # The window before counts by the share of it that still lies within the last `window` seconds.
        remaining = max(0, math.ceil(quota - now - before * left / window)) if allowed else 0
        wait = left
        if not remaining and now < quota:
            wait -= (quota - now) * window / max(before, 1)
        # The wait has to be over, not just about to end, and fractions of today's time stamps are not exact.
        return Standing(allowed, quota, window, remaining, max(1, math.floor(wait + _INEXACT_SECONDS) + 1))


def refusal(standing: Standing, whose: str) -> HTTPException:
    """What a caller gets who is over a limit."""
    detail = (
        f"More than {standing.quota} requests in {standing.window} seconds came from {whose}. "
        f"Try again in {standing.seconds} seconds."
    )
    return HTTPException(429, detail, {"Retry-After": str(standing.seconds)})
