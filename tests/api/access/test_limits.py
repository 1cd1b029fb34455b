"""Limits: so many requests in a window and no more, a wait that is true, and memory that has an end."""

import asyncio
import ipaddress
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdhy_qa.errors import SettingsError
from rdhy_qa.settings import load_settings
from rdhy_qa_api.access.limits import RateLimit, Standing, address_group, parse_limit, refusal
from rdhy_qa_api.app import create_app

MINUTE = 60


class Clock:
    """The time that the limits see; it moves when it is told to."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def at(now: float, scenario: Callable[[Clock], object]) -> None:
    """Run a scenario at a certain time."""
    clock = Clock(now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", clock)
        asyncio.run(scenario(clock))


def limit(notation: str, **more) -> RateLimit:
    return RateLimit("address", parse_limit("RDHY_QA_RATE_LIMIT", notation), **more)


@pytest.mark.parametrize(
    ("notation", "quota", "window"),
    [("30/minute", 30, 60), ("1000/day", 1000, 86_400), ("5 per 2 hours", 5, 7_200), ("1 / second", 1, 1)],
)
def test_a_limit_is_read_as_it_is_meant(notation: str, quota: int, window: int):
    item = parse_limit("RDHY_QA_RATE_LIMIT", notation)
    assert (item.amount, item.get_expiry()) == (quota, window)


@pytest.mark.parametrize(
    "notation", ["", "30", "30/fortnight", "0/minute", "-1/minute", "many/minute", "1/second; 30/minute", "9" * 5000]
)
@pytest.mark.parametrize("name", ["rate_limit", "key_rate_limit"])
def test_a_bad_limit_keeps_the_service_from_starting(notation: str, name: str):
    with pytest.raises(SettingsError, match=f"RDHY_QA_{name.upper()}.*30/minute"):
        create_app(load_settings(**{name: notation}), engine=object())


@settings(max_examples=60)
@given(
    quota=st.integers(1, 12),
    start=st.floats(1.7e9, 1.8e9),
    pauses=st.lists(st.floats(0, 90), min_size=1, max_size=60),
)
def test_no_window_of_the_clock_ever_lets_through_more_than_the_quota(quota: int, start: float, pauses: list[float]):
    allowed: list[float] = []

    async def scenario(clock: Clock) -> None:
        limited = limit(f"{quota}/minute")
        for pause in pauses:
            clock.now += pause
            standing = await limited.spend("a")
            assert 0 <= standing.remaining < quota
            if standing.allowed:
                allowed.append(clock.now)

    at(start, scenario)
    assert allowed, "the first is always allowed"
    for window in {int(moment // MINUTE) for moment in allowed}:
        assert sum(int(moment // MINUTE) == window for moment in allowed) <= quota


@settings(max_examples=100)
@given(
    quota=st.integers(1, 12),
    start=st.floats(1.7e9, 1.8e9),
    pauses=st.lists(st.floats(0, 20), max_size=40),
    last=st.floats(0, 59),
)
def test_who_waits_as_long_as_told_is_let_through(quota: int, start: float, pauses: list[float], last: float):
    async def scenario(clock: Clock) -> None:
        limited = limit(f"{quota}/minute")
        for pause in pauses:
            clock.now += pause
            await limited.spend("a")
        clock.now += last
        while (standing := await limited.spend("a")).allowed:
            pass
        assert standing.remaining == 0
        assert 1 <= standing.seconds <= 2 * MINUTE
        clock.now += standing.seconds
        assert (await limited.spend("a")).allowed

    at(start, scenario)


@settings(max_examples=100)
@given(
    quota=st.integers(1, 12), start=st.floats(1.7e9, 1.8e9), pauses=st.lists(st.floats(0, 40), min_size=1, max_size=30)
)
def test_what_remains_is_let_through(quota: int, start: float, pauses: list[float]):
    async def scenario(clock: Clock) -> None:
        limited = limit(f"{quota}/minute")
        for pause in pauses:
            clock.now += pause
            standing = await limited.spend("a")
        for _ in range(standing.remaining):
            assert (await limited.spend("a")).allowed
        assert not (await limited.spend("a")).allowed

    at(start, scenario)


def test_callers_do_not_share_a_limit():
    async def scenario(clock: Clock) -> None:
        limited = limit("1/minute")
        assert (await limited.spend("a")).allowed
        assert not (await limited.spend("a")).allowed
        assert (await limited.spend("b")).allowed

    at(1_700_000_000, scenario)


def test_a_flood_of_callers_takes_no_more_memory_than_there_is_for_them():
    async def scenario(clock: Clock) -> None:
        limited = limit("3/minute", most_callers=50)
        for number in range(2_000):
            clock.now += 0.1
            assert (await limited.spend(f"2001:db8:0:{number:x}::/64")).allowed
            await asyncio.sleep(0)  # what is old is removed by a task of its own
        counts = limited._counts
        assert len(limited._recent) == 50
        # Of each the window before and the present one at most, and what falls out just now.
        for held in (counts.storage, counts.expirations, counts.locks):
            assert len(held) <= 2 * 50 + 1

    at(1_700_000_000, scenario)


def test_those_who_keep_coming_are_remembered_in_a_flood():
    async def scenario(clock: Clock) -> None:
        limited = limit("3/minute", most_callers=50)
        allowed = 0
        for number in range(200):
            allowed += (await limited.spend("busy")).allowed
            await limited.spend(str(number))
        assert allowed == 3

    at(1_700_000_000, scenario)


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", "unknown"),
        ("unknown", "unknown"),
        ("_hidden", "unknown"),
        ("192.0.2.1:80", "unknown"),
    ],
)
def test_an_address_is_counted_with_those_of_the_same_caller(address: str, group: str):
    assert address_group(address) == group


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_ipv6_addresses_are_one_caller_when_they_share_their_first_64_bits(one: int, other: int):
    first, second = ipaddress.IPv6Address(one), ipaddress.IPv6Address((one >> 64 << 64) | (other % 2**64))
    if not first.ipv4_mapped and not second.ipv4_mapped:
        assert address_group(str(first)) == address_group(str(second))


def test_the_headers_follow_the_draft():
    standing = Standing(allowed=True, quota=30, window=60, remaining=29, seconds=12)
    assert standing.headers("address") == {
        "RateLimit": '"address";r=29;t=12',
        "RateLimit-Policy": '"address";q=30;w=60',
    }


def test_a_refusal_says_how_long_to_wait():
    refused = refusal(Standing(allowed=False, quota=30, window=60, remaining=0, seconds=12), "this address")
    assert refused.status_code == 429
    assert refused.headers == {"Retry-After": "12"}
    assert "30 requests in 60 seconds came from this address. Try again in 12 seconds." in refused.detail
