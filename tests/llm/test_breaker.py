"""The breaker opens after failures in a row, tries one call after a pause, and closes when that one goes well."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.llm.breaker import Breaker


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broken(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    return breaker


def test_failures_in_a_row_open_it(broken: Breaker):
    assert broken.open
    assert not broken.allows()


def test_a_success_in_between_keeps_it_closed(clock: Clock):
    breaker = Breaker(clock)
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()
    assert not breaker.open


def test_after_a_pause_one_call_is_tried_and_no_other(broken: Breaker, clock: Clock):
    clock.now = 29.9
    assert not broken.allows()
    clock.now = 30.0
    assert broken.allows()
    assert not broken.allows()
    assert broken.open


def test_a_trial_that_goes_well_closes_it(broken: Breaker, clock: Clock):
    clock.now = 31.0
    assert broken.allows()
    broken.succeeded()
    assert not broken.open
    assert broken.allows()


def test_a_trial_that_fails_opens_it_for_another_pause(broken: Breaker, clock: Clock):
    clock.now = 31.0
    assert broken.allows()
    broken.failed()
    clock.now = 60.9
    assert not broken.allows()
    clock.now = 61.0
    assert broken.allows()


def test_a_trial_that_the_reader_gave_up_lets_another_be_made(broken: Breaker, clock: Clock):
    clock.now = 31.0
    assert broken.allows()
    broken.abandoned()
    assert broken.open
    assert broken.allows()


def test_of_many_threads_one_makes_the_trial(broken: Breaker, clock: Clock):
    clock.now = 31.0
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: broken.allows(), range(100))) == 1


@given(st.lists(st.sampled_from(["failed", "succeeded", "abandoned"])))
def test_it_is_open_exactly_while_the_last_three_or_more_failed(events: list[str]):
    breaker = Breaker(Clock())
    for event in events:
        getattr(breaker, event)()
    told = [event for event in events if event != "abandoned"]
    assert breaker.open == (told[-3:] == ["failed"] * 3)
