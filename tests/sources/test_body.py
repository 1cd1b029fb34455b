import gzip
import tracemalloc
import zlib
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.errors import FetchError
from rdhy_qa.sources.body import read_body

MIB = 2**20


class Stream(httpx.SyncByteStream):
    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size = data, size

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), self.size):
            yield self.data[start : start + self.size]


def response(data: bytes, encoding: str | None = None, size: int = 1_000) -> httpx.Response:
    headers = {"Content-Encoding": encoding} if encoding is not None else {}
    return httpx.Response(200, headers=headers, stream=Stream(data, size))


@given(st.binary(max_size=5_000), st.integers(1, 700))
def test_what_was_packed_comes_out_whatever_the_pieces(data: bytes, size: int):
    assert read_body(response(gzip.compress(data), "gzip", size), MIB) == data
    assert read_body(response(data, None, size), MIB) == data


def test_what_is_large_comes_out_whole():
    data = b"".join(str(number).encode() for number in range(200_000))
    assert read_body(response(gzip.compress(data), "GZIP", 70_000), 2 * MIB) == data


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(encoding: str | None):
    def packed(data: bytes) -> bytes:
        return gzip.compress(data) if encoding else data

    assert len(read_body(response(packed(b"x" * MIB), encoding), MIB)) == MIB
    with pytest.raises(FetchError, match="more than the 1 MiB"):
        read_body(response(packed(b"x" * (MIB + 1)), encoding), MIB)
    assert read_body(response(packed(b"x" * (MIB + 1)), encoding), MIB, cut=True) == b"x" * MIB


def test_a_bomb_is_stopped_before_it_takes_memory():
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(MIB)) for _ in range(200)) + packer.flush()
    assert len(bomb) < MIB
    tracemalloc.start()
    with pytest.raises(FetchError, match="more than the 2 MiB"):
        read_body(response(bomb, "gzip", 2**16), 2 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_a_packing_that_was_not_asked_for_is_refused(encoding: str):
    with pytest.raises(FetchError, match="was not asked for"):
        read_body(response(gzip.compress(b"x"), encoding), MIB)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"no gzip at all", "damaged"), (gzip.compress(b"hello" * 100, mtime=0)[:-9], "cut off"), (b"", "cut off")],
)
def test_damage_and_cut_off_packings_are_told(data: bytes, reason: str):
    with pytest.raises(FetchError, match=reason):
        read_body(response(data, "gzip"), MIB)
