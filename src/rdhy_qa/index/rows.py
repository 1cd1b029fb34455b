"""Rows of passages: where those of a new generation come from, and where what belongs to each one begins."""

from collections.abc import Iterator
from itertools import pairwise

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
