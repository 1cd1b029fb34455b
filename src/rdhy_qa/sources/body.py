"""The body of a response: unpacked by ourselves, so that its size is bounded at every step.

A kilobyte can unpack to a megabyte, and packed twice to a gigabyte; a library that unpacks whatever came holds all of
it before anybody can count.
"""

import zlib
from collections.abc import Iterable, Iterator

import httpx

from rdhy_qa.errors import FetchError

ENCODING = "gzip"
"""The one packing that is asked for and understood."""
_PIECE = 2**16
_GZIP = 16 + zlib.MAX_WBITS
_MIB = 2**20


def read_body(response: httpx.Response, limit: int, *, cut: bool = False) -> bytes:
    """Read and unpack a body of no more than ``limit`` bytes; of a longer one read so much where ``cut`` is set.

    Raises:
        FetchError: when it is longer, or packed in a way that was not asked for, or damaged.

    """
    parts, size = [], 0
    for piece in _unpacked(response):
        parts.append(piece)
        size += len(piece)
        if size > limit:
            if cut:
                break
            raise FetchError(
                f"It has more than the {limit / _MIB:.4g} MiB that are allowed.",
                "Look whether it is the right page; RDHY_QA_MAX_FILE_MB raises the limit for PDF.",
            )
    return b"".join(parts)[:limit]


def _unpacked(response: httpx.Response) -> Iterable[bytes]:
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing in ("", "identity"):
        return response.iter_raw(_PIECE)
    if packing in (ENCODING, "x-gzip"):
        return _gunzip(response.iter_raw(_PIECE))
    raise FetchError(f"It is packed as {packing[:50]!r}, which was not asked for.", "Save the page by hand.")


def _gunzip(packed: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        for received in packed:
            data = received
            while data and not unpacker.eof:
                yield unpacker.decompress(data, _PIECE)
                data = unpacker.unconsumed_tail
        while not unpacker.eof and (rest := unpacker.decompress(unpacker.unconsumed_tail, _PIECE)):
            yield rest
    except zlib.error as error:
        raise FetchError("What came is damaged: it can't be unpacked.", "Try again later.") from error
    if not unpacker.eof:
        raise FetchError("What came is cut off: it can't be unpacked to its end.", "Try again later.")
