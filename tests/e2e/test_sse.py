"""The parser of server-sent events, in the browser, against the standard as Python would write it down."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import rdhy_qa_api

SOURCE = Path(rdhy_qa_api.__file__).parent / "widget" / "src" / "sse.js"
READ = """async pieces => {
  const { readEvents } = await import("/sse.js");
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new Uint8Array(piece));
      controller.close();
    },
  });
  const found = [];
  for await (const { type, data } of readEvents(body, () => {})) found.push([type, data]);
  return found;
}"""
WORDS = [
    "data", "event", "id", "retry", ":", ": ", " ", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\r\r", "\ufeff", "x", "é",
    "😀", "\u2028", "\0", "data: a\n", "data:b\r\n", "event: done\n", "data\n", ": heartbeat\n\n", 'data: {"a":"b:c"}',
]  # fmt: skip

Read = Callable[[list[bytes]], list[list[str]]]


@pytest.fixture(scope="module")
def read(browser, _blog) -> Iterator[Read]:
    """Reads pieces of a stream in the browser."""
    _blog.put("/sse.js", "text/javascript", SOURCE.read_bytes())
    page = browser.new_page()
    page.goto(_blog.page(""))
    yield lambda pieces: page.evaluate(READ, [list(piece) for piece in pieces])
    page.close()


def standard(text: str) -> list[list[str]]:
    """https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation"""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events, kind, data = [], "", ""
    for line in lines[:-1]:  # what no line break ends is not taken
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            kind = value if name == "event" else kind
            data += f"{value}\n" if name == "data" else ""
            continue
        if data:
            events.append([kind or "message", data.removesuffix("\n")])
        kind = data = ""
    return events


streams = st.lists(st.sampled_from(WORDS), max_size=40).map("".join)


@given(streams, st.lists(st.integers(1, 12), max_size=60))
@example("data: a\r\n\r\ndata: b\r\n\r\n", [8, 1, 1, 8, 1, 1])
@example("\ufeff\ufeffdata: a\n\n", [1, 1, 1])
@example("data: é😀\n\n", [7, 1, 1])
@example("data: one\ndata:\ndata:  two\n\n", [])
def test_it_reads_what_the_standard_says_however_the_stream_is_cut(read: Read, stream: str, cuts: list[int]):
    left, pieces = stream.encode(), []
    for size in cuts:
        pieces.append(left[:size])
        left = left[size:]
    assert read([*pieces, left]) == standard(stream)
