import pytest

from rdhy_qa.errors import FetchError
from rdhy_qa.sources.pace import Pace


def test_a_host_is_left_alone_between_two_requests_and_other_hosts_are_not_waited_for(ticker):
    pace = Pace(2.0, 60.0, ticker.clock())
    pace.wait("a")
    pace.asked("a")
    pace.wait("b")
    assert ticker.slept == []
    ticker.time += 0.5
    pace.wait("a")
    assert ticker.slept == [1.5]
    pace.wait("a")
    assert ticker.slept == [1.5]


def test_a_host_gets_the_longer_pause_that_it_wants_but_never_a_shorter_one(ticker):
    pace = Pace(2.0, 60.0, ticker.clock())
    for host, wanted in (("long", 9.0), ("short", 0.1), ("endless", 9_999.0)):
        pace.lengthen(host, wanted)
        pace.asked(host)
        pace.wait(host)
    assert ticker.slept == [9.0, 2.0, 60.0]


def test_a_host_that_wants_to_be_left_alone_for_long_is_left_for_another_run(ticker):
    pace = Pace(1.0, 60.0, ticker.clock())
    pace.hold("a", 3_600.0)
    pace.asked("a")
    with pytest.raises(FetchError, match=r"a wants no request for another 3,600 seconds\. Run it again then\."):
        pace.wait("a")
    assert ticker.slept == []
