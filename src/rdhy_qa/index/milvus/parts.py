"""Whatever answering needs besides passages, kept in a collection as named contents that are cut into pieces.

A piece is text, as Milvus has no type for bytes: zlib, then base64.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rdhy_qa.errors import DamagedIndexError
from rdhy_qa.index.milvus.server import Server

_PIECE = 48_000
"""Bytes of a piece: in base64 they stay below the 65,535 that a text may have."""
_SENT = 64
"""Pieces to a call: 4 MiB, of the 64 that a call may have."""


class Parts:
    """The contents of one collection, by name."""

    def __init__(self, server: Server, collection: str) -> None:
        """Take a collection that ``collections.create`` made."""
        self._server = server
        self._collection = collection

    def holds(self, name: str) -> bool:
        """Tell whether there is such a content."""
        return bool(self._query(_key_of([f"{name}#0"]), ["name"]))

    def lacking(self, names: Sequence[str]) -> list[str]:
        """Those of some names that there is no content of."""
        found = {row["name"] for row in self._query(_key_of([f"{name}#0" for name in names]), ["name"])}
        return [name for name in names if name not in found]

    def write(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Keep contents. The first piece of each is sent last, so that one which has it is whole."""
        waiting: list[dict[str, object]] = []
        for name, content in contents:
            waiting.extend(_pieces(name, content))
            while len(waiting) >= _SENT:
                self._send(waiting[:_SENT])
                waiting = waiting[_SENT:]
        self._send(waiting)

    def read(self, name: str) -> bytes:
        """Return a content.

        Raises:
            DamagedIndexError: if it is not there, or is not what was written.

        """
        problem = DamagedIndexError(f"{name} in {self._collection} is missing or damaged.", "Build it again.")
        first = self._query(_key_of([f"{name}#0"]), ["pieces", "content"])
        if not first:
            raise problem
        texts = [first[0]["content"]]
        keys = [f"{name}#{number}" for number in range(1, first[0]["pieces"])]
        for start in range(0, len(keys), _SENT):
            some = keys[start : start + _SENT]
            found = {row["key"]: row["content"] for row in self._query(_key_of(some), ["key", "content"])}
            if len(found) != len(some):
                raise problem
            texts += [found[key] for key in some]
        try:
            return zlib.decompress(b"".join(base64.b64decode(text, validate=True) for text in texts))
        except (ValueError, zlib.error) as error:
            raise problem from error

    def _send(self, pieces: list[dict[str, object]]) -> None:
        if pieces:
            self._server.write("upsert", self._collection, pieces)

    def _query(self, condition: str, fields: list[str]) -> list[dict[str, Any]]:
        return list(
            self._server.read(
                "query", self._collection, filter=condition, output_fields=fields, consistency_level="Strong"
            )
        )


def _key_of(keys: Sequence[str]) -> str:
    return f"key in {json.dumps(list(keys))}"


def _pieces(name: str, content: bytes) -> Iterator[dict[str, object]]:
    packed = zlib.compress(content)
    starts = range(0, max(len(packed), 1), _PIECE)
    for number, start in reversed(list(enumerate(starts))):
        text = base64.b64encode(packed[start : start + _PIECE]).decode()
        # Each collection must have a vector; this one is never searched.
        yield {
            "key": f"{name}#{number}",
            "name": name,
            "piece": number,
            "pieces": len(starts),
            "content": text,
            "nothing": [0.0, 0.0],
        }
