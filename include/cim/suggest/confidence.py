"""How often a suggestion like this one is right: a logistic model of a few plain features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from include.cim.suggest.decide import Decision, Option, Reading

WEIGHTS: Final = (-8.0, 6.0, 3.0, 2.5, 1.0, 0.5)
"""Set by hand, looking at the tuning half of the labelled headers."""


def features(option: Option, reading: Reading, decision: Decision) -> Sequence[float]:
    """Describe a suggestion by numbers from 0 to about 1; the first is always 1."""
    others = [each.score for each in reading.options if each.ref != option.ref]
    lead = option.score - max(others) if others else 0.5
    return (
        1.0,
        min(option.match, 1.15),
        max(min(lead, 0.5), -0.5),
        decision.shares[option.ref.concept] ** 0.5,
        float(option.fit.told),
        float(option.ref.concept == decision.main),
    )


def sigmoid(values: Sequence[float], weights: Sequence[float] = WEIGHTS) -> float:
    """Give the model's probability."""
    return 1 / (1 + math.exp(-sum(value * weight for value, weight in zip(values, weights, strict=True))))
