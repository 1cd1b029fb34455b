"""Whatever an endpoint does, a call ends: with its text, or saying that it is unavailable."""

import gc
import subprocess
import sys
import threading
import time
import types
from contextlib import suppress

import pytest
from tests.llm.conftest import Behaviour, Stub, begin, chunk, endless, fails, raw, reply

from rdhy_qa.llm.client import Endpoint, Unavailable

MESSAGES = [{"role": "user", "content": "Who?"}]
DONE = chunk("", "stop") + b"data: [DONE]\n\n"


def endpoint(stub: Stub, timeout_s: float = 10.0, api_key: str | None = None) -> Endpoint:
    return Endpoint(stub.base_url, "stub", api_key, timeout_s)


def text_of(stub: Stub, timeout_s: float = 10.0) -> str:
    return "".join(endpoint(stub, timeout_s).write(MESSAGES))


def test_the_text_comes_piece_by_piece(stub: Stub):
    stub.says("Bruno Salt lit the lantern. [2]")
    assert text_of(stub) == "Bruno Salt lit the lantern. [2]"


def test_the_model_is_asked_for_a_short_and_likely_text_and_given_no_tools(stub: Stub):
    stub.says("Yes.")
    text_of(stub)
    (request,) = stub.requests
    assert request == {
        "model": "stub",
        "messages": MESSAGES,
        "temperature": 0,
        "max_tokens": request["max_tokens"],
        "stream": True,
    }
    assert request["max_tokens"] <= 300


def test_the_key_goes_with_the_request(stub: Stub):
    seen = []

    def note(handler):
        seen.append(handler.headers["Authorization"])
        reply("Yes.")(handler)

    stub.does(note)
    list(endpoint(stub, api_key="secret").write(MESSAGES))
    assert seen == ["Bearer secret"]


@pytest.mark.parametrize("failure", [fails(500), fails(503), fails(429, Retry_After="0")])
def test_a_passing_failure_is_tried_again(stub: Stub, failure: Behaviour):
    stub.does(failure, failure, reply("Yes."))
    assert text_of(stub) == "Yes."
    assert len(stub.requests) == 3


def test_a_failure_that_does_not_pass_is_given_up_after_three_tries(stub: Stub):
    stub.does(fails(500))
    with pytest.raises(Unavailable):
        text_of(stub)
    assert len(stub.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_not_tried_again(stub: Stub, status: int):
    stub.does(fails(status))
    with pytest.raises(Unavailable, match=str(status)):
        text_of(stub)
    assert len(stub.requests) == 1


def test_who_asks_for_more_patience_than_there_is_gets_none(stub: Stub):
    stub.does(fails(429, Retry_After="3600"))
    began = time.monotonic()
    with pytest.raises(Unavailable, match="429"):
        text_of(stub)
    assert time.monotonic() - began < 5
    assert len(stub.requests) == 1


def test_once_text_has_come_nothing_is_asked_again(stub: Stub):
    stub.does(raw(chunk("Bruno")))
    with pytest.raises(Unavailable, match="broke off"):
        text_of(stub)
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        raw(),
        raw(b"data: [DONE]\n\n"),
        raw(DONE),
        raw(b"\x00\xff\xfe garbage \x80\n\n" * 50),
        raw(b"data: \xff\xfe\n\n"),
        raw(b"data: {not json}\n\n"),
        raw(b"data: []\n\n", b"data: 1\n\n", b'data: "text"\n\n', DONE),
        raw(b'data: {"choices": "none"}\n\n', b'data: {"choices": [{"delta": null}]}\n\n', DONE),
        raw(b'data: {"error": {"message": "overloaded"}}\n\n'),
        raw(b"<html>Welcome</html>"),
        raw(chunk(["no", "text"]), chunk(17), chunk(None), DONE),
    ],
    ids=["nothing", "end", "empty", "bytes", "utf-8", "json", "shapes", "choices", "error", "html", "types"],
)
def test_what_is_no_reply_is_unavailable(stub: Stub, behaviour: Behaviour):
    stub.does(behaviour)
    with pytest.raises(Unavailable):
        text_of(stub)


def test_an_endless_text_is_cut_off(stub: Stub):
    stub.does(endless(chunk("word " * 20)))
    assert 2_000 <= len(text_of(stub)) < 3_000
    assert stub.hung_up.wait(10)


@pytest.mark.parametrize("part", [b": nothing yet\n\n", b"x" * 65_536, chunk("")])
def test_endless_bytes_without_text_are_cut_off(stub: Stub, part: bytes):
    stub.does(endless(part))
    with pytest.raises(Unavailable):
        text_of(stub)
    assert stub.hung_up.wait(10)


@pytest.mark.parametrize("first", [(), (chunk("Bruno"),)], ids=["before the text", "in the text"])
def test_a_slow_drip_is_cut_off_when_the_time_is_up(stub: Stub, first: tuple[bytes, ...]):
    stub.does(endless(b":", first, pause_s=0.05))
    began = time.monotonic()
    with pytest.raises(Unavailable, match="too long"):
        text_of(stub, timeout_s=0.5)
    assert time.monotonic() - began < 5
    assert stub.hung_up.wait(10)


def test_a_silent_endpoint_is_given_up_when_the_time_is_up_and_says_so_meanwhile(stub: Stub):
    silent = threading.Event()
    stub.does(lambda _: silent.wait(20))
    pieces = []
    with pytest.raises(Unavailable, match="too long"):
        pieces.extend(endpoint(stub, 1.0).write(MESSAGES))
    silent.set()
    assert not any(pieces)


def test_closing_hangs_up_at_once(stub: Stub):
    stub.does(endless(b": waiting\n\n", [chunk("Bruno ")], pause_s=0.01))
    writing = endpoint(stub, timeout_s=60).write(MESSAGES)
    assert next(piece for piece in writing if piece) == "Bruno "
    assert not stub.hung_up.is_set()
    writing.close()
    assert stub.hung_up.wait(10)


def test_nobody_there_is_unavailable():
    with pytest.raises(Unavailable):
        list(Endpoint("http://127.0.0.1:9/v1", "none", None, 10.0).write(MESSAGES))


def test_the_models_are_listed(stub: Stub):
    assert endpoint(stub).models() == ["stub"]


def test_the_key_is_in_no_message(stub: Stub):
    def echo(handler):
        begin(handler, 401)
        handler.wfile.write(b'{"error": {"message": "no"}}')

    stub.does(echo)
    with pytest.raises(Unavailable) as caught:
        list(endpoint(stub, api_key="sk-very-secret").write(MESSAGES))
    assert "secret" not in str(caught.value)


def test_the_package_is_loaded_only_where_a_model_is_configured():
    code = "import sys, rdhy_qa.engine, rdhy_qa.llm.writer; print('openai' in sys.modules, 'httpx2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def half_read() -> int:
    # By its type: isinstance would ask each object for its class, and some answer that with a warning.
    return sum(type(one) is types.AsyncGeneratorType for one in gc.get_objects())


def test_a_call_leaves_nothing_half_read_behind_however_it_ends(stub: Stub):
    called = endpoint(stub, timeout_s=0.3)
    endings = [
        reply("Yes."),
        raw(b"data: {oops\n\n"),
        endless(chunk("word " * 20)),
        endless(b":", [chunk("Yes")], 0.01),
    ]
    gc.collect()
    gc.disable()  # it would tidy up, in whatever thread it runs in
    try:
        before = half_read()
        for ending in endings:
            for early in (False, True):
                stub.does(ending)
                writing = called.write(MESSAGES)
                with suppress(Unavailable):
                    for _ in writing:
                        if early:
                            break
                writing.close()
        for _ in range(200):  # what was cancelled ends on the loop's own thread
            if half_read() == before:
                break
            time.sleep(0.05)
        assert half_read() == before
    finally:
        gc.enable()
