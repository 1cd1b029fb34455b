"""Rows of arrays: where those of a new generation come from, and how they are written."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

RowArray = npt.NDArray[np.int64]


def stretches(origins: RowArray) -> Iterator[tuple[int, int, int]]:
    """Divide rows into stretches that can be copied in one piece.

    Args:
        origins: For each row the one that it comes from, or -1.

    Yields:
        First row, end, and the row that the first one comes from; -1 where none of them comes from anywhere.

    """
    steps = np.diff(origins)
    together = np.where(origins[1:] < 0, steps == 0, (steps == 1) & (origins[:-1] >= 0))
    bounds = [0, *(np.flatnonzero(~together) + 1).tolist(), len(origins)]
    for first, end in pairwise(bounds):
        if end > first:
            yield first, end, int(origins[first])


def firsts_of(lengths: npt.ArrayLike) -> RowArray:
    """Where each of some parts begins that lie one after the other, then the total."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


class RowWriter:
    """Writes an array, as ``numpy.load`` reads it, some rows at a time and in any order: it may not fit the memory.

    It is not mapped meanwhile, for that would end the process where the disk is full.
    """

    def __init__(self, path: Path, shape: tuple[int, int], dtype: npt.DTypeLike) -> None:
        """Begin a new file."""
        self._dtype = np.dtype(dtype)
        self._stream = path.open("wb")
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._stream, header)
        self._begin = self._stream.tell()
        self._bytes = shape[1] * self._dtype.itemsize

    def write(self, row: int, values: npt.NDArray[Any]) -> None:
        """Write rows that follow one another, the first of which is `row`."""
        self._stream.seek(self._begin + row * self._bytes)
        self._stream.write(np.ascontiguousarray(values, dtype=self._dtype).data)

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the file."""
        self._stream.close()
