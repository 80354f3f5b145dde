"""How numbers are spread, without the numbers: kept of each batch, and held against the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from include.batch import Profile

_SHARES: Final = np.arange(1, 20) / 20
_MORE: Final = 0.5
"""Counted as so many rows more in every bin (Jeffreys): an empty one has no logarithm."""

_Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Reference:
    """How earlier batches are spread.

    Attributes:
        edges: Between the bins, upwards; a value that is an edge is below it.
        shares: Of the rows in each bin, one more than there are edges.
        rows: How many rows that is told from.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    rows: int


def profile_numbers(values: _Array) -> Profile | None:
    """Describe how numbers are spread by about every twentieth part of them; None where there are none.

    On either side of each twentieth is a step of a hundredth of what lies between the outer ones, and what is below the
    steps is counted: no row's value is kept, and a value that many rows have is between the same two in every batch.

    Args:
        values: Without nulls.
    """
    if not len(values):
        return None
    quantiles = np.quantile(values, _SHARES)
    spread = quantiles[-1] - quantiles[0] or abs(quantiles[0]) or 1.0
    digits = 2 - int(np.floor(np.log10(spread)))
    step = 10.0**-digits
    above = np.ceil(np.round(quantiles / step, 6))
    edges = np.unique(np.round(np.concatenate([above - 1, above]) * step, digits))
    shares = np.searchsorted(np.sort(values), edges, side="right") / len(values)
    return Profile(len(values), tuple(edges.tolist()), tuple(shares.tolist()))


def refer_to(profiles: Sequence[Profile]) -> Reference:
    """Take several batches together, each weighing what it has rows."""
    rows = np.array([one.rows for one in profiles], dtype=np.float64)
    edges = np.unique(np.concatenate([one.edges for one in profiles]))
    below = np.average([_below(edges, one) for one in profiles], axis=0, weights=rows)
    # as many bins of about a tenth as there are
    wanted = np.unique(np.searchsorted(below, np.arange(1, 10) / 10).clip(0, len(edges) - 1))
    shares = np.diff(np.concatenate([[0.0], below[wanted], [1.0]]))
    return Reference(tuple(edges[wanted].tolist()), tuple(shares.tolist()), int(rows.sum()))


def instability(values: _Array, reference: Reference) -> float:
    """Give the population stability index, less what chance alone makes of it in so few rows.

    Source: index = Σ (p − q) ln (p / q); of two samples of one population it is (bins − 1)(1/n + 1/m) on average.
    """
    if not len(values):
        return 0.0
    bins = np.searchsorted(np.asarray(reference.edges), values, side="left")
    here = np.bincount(bins, minlength=len(reference.shares))
    p = (here + _MORE) / (here + _MORE).sum()
    q = np.asarray(reference.shares) * reference.rows + _MORE
    q /= q.sum()
    chance = (len(q) - 1) * (1 / len(values) + 1 / reference.rows)
    return float(np.sum((p - q) * np.log(p / q)) - chance)


def _below(edges: _Array, profile: Profile) -> _Array:
    """Give the share of a batch's rows at or below each edge; between two known ones it grows evenly."""
    below = np.interp(edges, profile.edges, profile.shares, left=0.0, right=1.0)
    return np.asarray(below, dtype=np.float64)
