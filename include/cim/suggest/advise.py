"""Suggests a CIM field for each column of a file, says how sure that is, and why; or keeps silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from include.cim.concept import Concept
from include.cim.suggest.column import Advice, Candidate, Column
from include.cim.suggest.confidence import features, sigmoid
from include.cim.suggest.decide import Decision, Reading, decide
from include.cim.suggest.fields import Vocabulary, build_vocabulary
from include.cim.suggest.reason import write_reason

SURE: Final = 0.6
"""A suggestion below this confidence is not made."""
_SHOWN: Final = 4
_DOUBTFUL: Final = 0.4


def advise(columns: Iterable[Column], concepts: Iterable[Concept], hints: str = "") -> Advice:
    """Rank the fields that each column may fill, in the light of the whole file.

    Args:
        hints: What else speaks of the file: its name, its preamble.
    """
    columns = tuple(columns)
    vocabulary = build_vocabulary(concepts)
    decision = decide(columns, hints, vocabulary)
    by_name = {reading.column.name: reading for reading in decision.readings}
    found = {column.name: _candidates(by_name[column.name], decision, vocabulary) for column in columns}
    return Advice(decision.main if any(found.values()) else None, found)


def _candidates(reading: Reading, decision: Decision, vocabulary: Vocabulary) -> tuple[Candidate, ...]:
    mine = decision.taken.get(reading.column.name)
    options = sorted(reading.options, key=lambda each: each.ref != mine)[:_SHOWN]
    made = []
    for at, option in enumerate(options):
        sure = sigmoid(features(option, reading, decision))
        if at or mine is None or not decision.may_lend(option.ref, vocabulary):
            sure = min(sure, _DOUBTFUL)
        made.append(Candidate(*option.ref, option.fit.unit, round(sure, 3), write_reason(option, reading, decision)))
    return tuple(made)
