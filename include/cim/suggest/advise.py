"""Suggests a CIM field for each column of a file, says how sure that is, and why; or keeps silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from include.cim.concept import Concept, FieldType
from include.cim.suggest.column import Advice, Candidate, Column
from include.cim.suggest.confidence import features, sigmoid
from include.cim.suggest.decide import Decision, decide
from include.cim.suggest.evidence import is_to_ask
from include.cim.suggest.fields import Vocabulary, build_vocabulary
from include.cim.suggest.precedent import NO_PRECEDENTS, Precedents
from include.cim.suggest.reading import Reading
from include.cim.suggest.reason import write_reason

SURE: Final = 0.925
"""A suggestion below this confidence is not made: so, 0.7 % of the columns of vendors that the model of confidence was
not fitted with had a wrong one (`python -m tests.confidence`)."""
_SHOWN: Final = 4
_DOUBTFUL: Final = 0.4
_TO_ASK: Final = 0.89
"""Below `SURE`: what neither file nor values tell has to be asked, and may say that the field is another one."""
_MAPPED_BEFORE: Final = 0.97
"""How sure it is what every collection here has made of a name, in a file of the same concept."""


def advise(
    columns: Iterable[Column], concepts: Iterable[Concept], hints: str = "", precedents: Precedents = NO_PRECEDENTS
) -> Advice:
    """Rank the fields that each column may fill, in the light of the whole file.

    Args:
        hints: What else speaks of the file: its name, its preamble.
        precedents: What such names were mapped to here before.
    """
    columns = tuple(columns)
    vocabulary = build_vocabulary(concepts)
    decision = decide(columns, hints, vocabulary, precedents)
    by_name = {reading.column.name: reading for reading in decision.readings}
    found = {column.name: _candidates(by_name[column.name], decision, vocabulary) for column in columns}
    return Advice(decision.main if any(found.values()) else None, found)


def _candidates(reading: Reading, decision: Decision, vocabulary: Vocabulary) -> tuple[Candidate, ...]:
    mine = decision.taken.get(reading.column.name)
    options = sorted(reading.options, key=lambda each: each.ref != mine)[:_SHOWN]
    made = []
    for at, option in enumerate(options):
        sure = sigmoid(features(option, reading, decision))
        if is_to_ask(reading.column, vocabulary.fields[option.ref], option.fit):
            sure = min(sure, _TO_ASK)
        at_home = option.ref.concept == decision.main
        if option.before and at_home:
            sure = max(sure, _MAPPED_BEFORE * option.before_share)
        only_before = option.before and not option.named.words
        measured = vocabulary.fields[option.ref].type is FieldType.FLOAT
        wordless = measured and not option.named.words and not option.numbered  # its unit alone says it
        doubtful = not at_home if only_before else (option.named.changed or wordless) and not option.before
        if at or mine is None or not decision.may_lend(option.ref, vocabulary) or doubtful:
            sure = min(sure, _DOUBTFUL)
        made.append(Candidate(*option.ref, option.fit.unit, round(sure, 3), write_reason(option, reading, decision)))
    return tuple(made)
