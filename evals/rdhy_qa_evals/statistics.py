"""Intervals, paired tests, and what a difference between two runs means.

The methods are the usual ones: percentile bootstrap (Efron and Tibshirani, 1993), the exact form of McNemar's test for
paired yes or no (a binomial test on the pairs that differ), and a sign-flip permutation test for paired means (Fisher).
A missing value (None) takes its question out of that measure and of no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

RESAMPLES = 1000
FLIPS = 10_000
SIGNIFICANT = 0.05
MATTERS = 0.02
"""The smallest loss that matters: two of a hundred answers."""

Values = Mapping[str, float | None]
"""A measure's value for each question, by its id."""
Change = Literal["pass", "warn", "fail"]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure with its 95 % interval; no numbers where no question has a value."""

    value: float | None
    low: float | None
    high: float | None
    count: int
    """How many questions it rests on."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure in this run beside the same one in the baseline, over the questions that have both."""

    before: float
    now: float
    count: int
    p: float
    """How often chance alone would make a difference like this one."""
    worse: tuple[str, ...]
    """Questions that lost."""
    better: tuple[str, ...]
    """Questions that gained."""
    change: Change

    @property
    def difference(self) -> float:
        """The effect size: by how much the mean moved; below 0 is a loss."""
        return self.now - self.before


def known(values: Values) -> dict[str, float]:
    """The values that there are."""
    return {key: float(value) for key, value in values.items() if value is not None and not np.isnan(value)}


def mean_of(values: Values) -> Estimate:
    """A mean with its bootstrap interval."""
    found = np.array(list(known(values).values()))
    if not len(found):
        return Estimate(None, None, None, 0)
    rows = np.random.default_rng(0).integers(0, len(found), (RESAMPLES, len(found)))
    low, high = np.percentile(found[rows].mean(axis=1), [2.5, 97.5])
    return Estimate(float(found.mean()), float(low), float(high), len(found))


def pooled(count: int, measure: Callable[[Indices], float | None]) -> Estimate:
    """A measure of the questions as a whole, with its bootstrap interval over questions.

    ``measure`` takes the positions of the questions to use, and may return None where they don't define it.
    """
    value = measure(np.arange(count))
    if value is None or count == 0:
        return Estimate(None, None, None, count)
    rng = np.random.default_rng(0)
    drawn = [measure(rng.integers(0, count, count)) for _ in range(RESAMPLES)]
    kept = [one for one in drawn if one is not None]
    low, high = np.percentile(kept, [2.5, 97.5]) if kept else (value, value)
    return Estimate(value, float(low), float(high), count)


def compare(before: Values, now: Values, *, matters: float = MATTERS) -> Comparison | None:
    """Compare a measure question by question; None where no question has both values.

    It fails where the loss is beyond chance and as large as what matters; it warns where it is one of the two.
    """
    old, new = known(before), known(now)
    both = [key for key in new if key in old]
    if not both:
        return None
    differences = np.array([new[key] - old[key] for key in both])
    binary = all(value in (0.0, 1.0) for key in both for value in (old[key], new[key]))
    p = mcnemar(int((differences > 0).sum()), int((differences < 0).sum())) if binary else permutation(differences)
    loss = -float(differences.mean())
    significant, matter = loss > 0 and p < SIGNIFICANT, loss >= matters
    change: Change = "fail" if significant and matter else "warn" if significant or matter else "pass"
    return Comparison(
        float(np.mean([old[key] for key in both])),
        float(np.mean([new[key] for key in both])),
        len(both),
        p,
        tuple(key for key, difference in zip(both, differences, strict=True) if difference < 0),
        tuple(key for key, difference in zip(both, differences, strict=True) if difference > 0),
        change,
    )


def mcnemar(gained: int, lost: int) -> float:
    """The exact two-sided p of McNemar's test."""
    return 1.0 if gained + lost == 0 else float(binomtest(gained, gained + lost, 0.5).pvalue)


def permutation(differences: Sequence[float] | npt.NDArray[np.float64]) -> float:
    """Two-sided p of a mean difference, by flipping signs at random (always with the same seed)."""
    moved = np.asarray(differences, dtype=float)
    moved = moved[moved != 0]
    if not len(moved):
        return 1.0
    signs = np.random.default_rng(0).choice(np.array([-1.0, 1.0]), (FLIPS, len(moved)))
    extreme = np.abs(signs @ moved) >= abs(moved.sum()) - 1e-12
    return float((extreme.sum() + 1) / (FLIPS + 1))
