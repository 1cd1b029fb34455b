"""Vectors that were computed and are in no generation yet, in files of ``<index>/embedded/``.

An ingest appends to one of them as it goes, and so does each share of one; whoever was killed goes on from there. A
file has one line that says whose vectors they are, without which nothing in it counts, then entries::

    {"format": 1, "embedder": "53aa51…", "dimension": 384}
    digest 32 bytes | sentences uint32 | CRC-32 of the vectors | CRC-32 of what precedes in this entry | vectors

The digest is that of ``NewPassage``; the vectors are one of the passage, in float32, and one of each sentence, in
float16. All numbers are little-endian. What follows the first entry that is not whole is not read: nobody knows where
the next one begins.
"""

import fcntl
import json
import os
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from rdhy_qa.errors import IndexLockedError
from rdhy_qa.index.sentence_vectors import HalfArray
from rdhy_qa.models.embedder import FloatArray

FOLDER = "embedded"

_SUFFIX = ".vectors"
_FORMAT = 1
_HEAD = struct.Struct("<32sIII")
_PASSAGE = np.dtype("<f4")
_SENTENCE = np.dtype("<f2")
_LOCK = fcntl.LOCK_EX | fcntl.LOCK_NB


class _Place(NamedTuple):
    stream: IO[bytes]
    begin: int
    sentences: int


class Embedded:
    """What the files of a folder have of one embedder, by the digests of passages; vectors stay on the disk.

    Entries may be appended to one of the files, which is locked until ``close``.
    """

    def __init__(self, folder: Path, name: str, fingerprint: str, dimension: int) -> None:
        """Read which entries there are, and begin or go on with a file.

        Args:
            folder: The folder, which may not exist yet.
            name: Of the file to append to, without its suffix.
            fingerprint: The embedder's; files of another one are passed over.
            dimension: Numbers in a vector.

        Raises:
            IndexLockedError: if another process appends to the same file.
            OSError: if the disk refuses.

        """
        head = {"format": _FORMAT, "embedder": fingerprint, "dimension": dimension}
        self._first_line = json.dumps(head).encode() + b"\n"
        self.dimension = dimension
        self._places: dict[bytes, _Place] = {}
        self.path = folder / f"{name}{_SUFFIX}"
        self._own = _locked(self.path)
        self._others: list[IO[bytes]] = []
        try:
            self._end = self._read(self._own)
            self._own.truncate(self._end)
            if not self._end:
                self._end = self._own.write(self._first_line)
            for path in sorted(folder.glob(f"*{_SUFFIX}")):
                with suppress(FileNotFoundError):  # an ingest that ended may remove it at this moment
                    if path != self.path:
                        self._others.append(path.open("rb"))
                        self._read(self._others[-1])
        except BaseException:
            self.close()
            raise

    def __contains__(self, digest: str) -> bool:
        """Tell whether there is an entry for a passage."""
        return bytes.fromhex(digest) in self._places

    def append(self, digests: Sequence[str], passages: FloatArray, sentences: Sequence[FloatArray]) -> None:
        """Write entries, and hand them to the system: they outlive the process from then on.

        Args:
            digests: Of the passages.
            passages: Their vectors, float32 of shape (passages, dimension).
            sentences: For each passage float32 of shape (its sentences, dimension).

        """
        for digest, of_passage, of_sentences in zip(digests, passages, sentences, strict=True):
            vectors = of_passage.astype(_PASSAGE).tobytes() + of_sentences.astype(_SENTENCE).tobytes()
            head = _HEAD.pack(bytes.fromhex(digest), len(of_sentences), zlib.crc32(vectors), 0)[:-4]
            head += zlib.crc32(head).to_bytes(4, "little")
            self._own.write(head + vectors)
            self._places[head[:32]] = _Place(self._own, self._end + len(head), len(of_sentences))
            self._end += len(head) + len(vectors)
        self._own.flush()

    def read(self, digest: str) -> tuple[FloatArray, HalfArray]:
        """Return a passage's vector, of shape (dimension,), and those of its sentences, (sentences, dimension).

        Raises:
            KeyError: if there is no entry for it.

        """
        stream, begin, sentences = self._places[bytes.fromhex(digest)]
        stream.seek(begin)
        vectors = stream.read(self._bytes(sentences))
        of_passage = np.frombuffer(vectors, _PASSAGE, self.dimension)
        of_sentences = np.frombuffer(vectors, _SENTENCE, offset=of_passage.nbytes)
        return of_passage, of_sentences.reshape(sentences, self.dimension)

    def close(self) -> None:
        """Wait until the disk has all of it, and let go of the files."""
        for stream in self._others:
            stream.close()
        with self._own:
            self._own.flush()
            os.fsync(self._own.fileno())

    def _read(self, stream: IO[bytes]) -> int:
        """Note the whole entries of a file; returns where they end, 0 where the file is not of this embedder."""
        stream.seek(0)
        if stream.read(len(self._first_line)) != self._first_line:
            return 0
        end = len(self._first_line)
        while len(head := stream.read(_HEAD.size)) == _HEAD.size:
            digest, sentences, of_vectors, of_head = _HEAD.unpack(head)
            if zlib.crc32(head[:-4]) != of_head:  # first of all, for it vouches for how much there is to read
                break
            vectors = stream.read(self._bytes(sentences))
            if len(vectors) != self._bytes(sentences) or zlib.crc32(vectors) != of_vectors:
                break
            self._places.setdefault(digest, _Place(stream, end + len(head), sentences))
            end += len(head) + len(vectors)
        return end

    def _bytes(self, sentences: int) -> int:
        return self.dimension * (_PASSAGE.itemsize + sentences * _SENTENCE.itemsize)


def remove_embedded(folder: Path) -> None:
    """Remove the files, whichever embedder they are of, but for those that somebody appends to, and the empty folder.

    Raises:
        OSError: if the disk refuses.

    """
    for path in folder.glob(f"*{_SUFFIX}"):
        with path.open("r+b") as stream, suppress(BlockingIOError):
            fcntl.flock(stream, _LOCK)
            path.unlink()
    with suppress(OSError):
        folder.rmdir()


def _locked(path: Path) -> IO[bytes]:
    """Open a file to append to, and lock it. The file is its own lock, so that none is left or copied along."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        # An ingest that ends at this moment may remove the folder before the file is there, or the file before it is
        # locked.
        with suppress(FileNotFoundError):
            stream = path.open("a+b")
            try:
                fcntl.flock(stream, _LOCK)
                if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                    return stream
            except BlockingIOError as error:
                stream.close()
                raise IndexLockedError(f"Another process is writing {path}.", "Try again when it is done.") from error
            except BaseException:
                stream.close()
                raise
            stream.close()
