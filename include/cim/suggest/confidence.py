"""How often a suggestion like this one is right: a logistic model of a few plain features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import Final

from include.cim.suggest.decide import Decision
from include.cim.suggest.reading import Option, Reading

WEIGHTS: Final = (
    -3.47, 1.87, 1.27, 0.58, 0.35, 0.58, 0.91, 1.28, 0.03, 0.52, -0.37, 0.51, -0.05, 1.38, 1.46, 0.15, -0.42,
)  # fmt: skip
"""Fitted by `python -m tests.confidence` over the labelled headers that may be looked at.

A fit over the words of a later day differs a little; what it suggests at the same share of errors does not.
"""

_MANY: Final = 20
_FEW: Final = 6
_RIVAL: Final = 0.1
"""A name that says a field of another concept as well is no less sure where the file is so much less of that."""


def features(option: Option, reading: Reading, decision: Decision) -> Sequence[float]:
    """Describe a suggestion by numbers from 0 to about 1; the first is always 1."""
    others = [each for each in reading.options if each.ref != option.ref]
    likely = _RIVAL * decision.shares[option.ref.concept]
    rivals = [each.match for each in others if decision.shares[each.ref.concept] >= likely]
    columns = len(decision.readings)
    of_it = decision.filled[option.ref.concept]
    words = option.named.words
    return (
        1.0,
        min(option.match, 1.15),
        _lead(option.match, rivals),
        _lead(option.score, [each.score for each in others[:1]]),
        decision.shares[option.ref.concept] ** 0.5,
        decision.lead if option.ref.concept == decision.main else 0.0,
        float(option.fit.told),
        float(option.fit.likely),
        min(sum(not word.known and not word.is_number for word in reading.words), 2) / 2,
        min(len(words), 3) / 3,
        float(any(len(word.meanings) > 1 for word in words)),
        float(reading.column.kind in {"timestamp", "date", "time"}),
        float(reading.column.kind == "text"),
        min(of_it - 1, _FEW) / _FEW,
        of_it / columns,
        min(columns, _MANY) / _MANY,
        float(option.named.vague),
    )


def _lead(mine: float, others: Sequence[float]) -> float:
    return max(min(mine - max(others), 0.5), -0.5) if others else 0.5


def sigmoid(values: Sequence[float], weights: Sequence[float] = WEIGHTS) -> float:
    """Give the model's probability."""
    return 1 / (1 + math.exp(-sum(map(mul, values, weights))))
