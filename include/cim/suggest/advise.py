"""Suggests a CIM field for each column of a file, says how sure that is, and why; or keeps silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from include.cim.concept import Concept, FieldType
from include.cim.suggest.column import Advice, Candidate, Column
from include.cim.suggest.confidence import features, sigmoid
from include.cim.suggest.decide import Decision, decide
from include.cim.suggest.evidence import is_to_ask
from include.cim.suggest.fields import Vocabulary, build_vocabulary
from include.cim.suggest.formats import Formats, Recognised, known_formats
from include.cim.suggest.precedent import NO_PRECEDENTS, Precedent, Precedents, mapped_here
from include.cim.suggest.reading import Option, Reading
from include.cim.suggest.reason import write_reason

SURE: Final = 0.925
"""A suggestion below this confidence is not made: so, 0.7 % of the columns of vendors that the model of confidence was
not fitted with had a wrong one (`python -m tests.confidence`)."""
_SHOWN: Final = 4
_DOUBTFUL: Final = 0.4
_TO_ASK: Final = 0.89
"""Below `SURE`: what neither file nor values tell has to be asked, and may say that the field is another one."""


def advise(
    columns: Iterable[Column],
    concepts: Iterable[Concept],
    hints: str = "",
    precedents: Precedents = NO_PRECEDENTS,
    formats: Formats | None = None,
    concept: str | None = None,
) -> Advice:
    """Rank the fields that each column may fill, in the light of the whole file.

    Args:
        hints: What else speaks of the file: its name, its preamble.
        precedents: What such names were mapped to here before.
        formats: Those that are known; None: those that come with the platform.
        concept: What its owner says that its rows are, one of the concepts.
    """
    columns = tuple(columns)
    vocabulary = build_vocabulary(concepts)
    names = [column.name for column in columns]
    recognised = (known_formats() if formats is None else formats).recognise(names)
    decision = decide(columns, hints, vocabulary, _find_precedents(names, precedents, recognised), concept)
    by_name = {reading.column.name: reading for reading in decision.readings}
    found = {column.name: _candidates(by_name[column.name], decision, vocabulary) for column in columns}
    if not any(found.values()):
        return Advice(concept, found)
    if recognised is not None:
        return Advice(decision.main, found, recognised.format.name)
    firsts = [candidates[0] for candidates in found.values() if candidates]
    sure = sum(each.concept == decision.main and each.confidence >= SURE for each in firsts)
    settled = concept is not None or 2 * sure >= len(firsts)
    return Advice(decision.main, found, rivals=() if settled else decision.rivals)


def _find_precedents(
    names: Sequence[str], precedents: Precedents, recognised: Recognised | None
) -> Mapping[str, Sequence[Precedent]]:
    """Say what is known of columns: what they were made of here, and, where that says nothing, in the file's format."""
    here = mapped_here(names, precedents)
    if recognised is None:
        return here
    there, concepts = recognised.precedents(), recognised.concepts
    told = {name for name, made in here.items() if any(each.ref and each.ref.concept in concepts for each in made)}
    return {name: (*here.get(name, ()), *(() if name in told else there.get(name, ()))) for name in {*here, *there}}


def _candidates(reading: Reading, decision: Decision, vocabulary: Vocabulary) -> tuple[Candidate, ...]:
    mine = decision.taken.get(reading.column.name)
    options = sorted(reading.options, key=lambda each: each.ref != mine)[:_SHOWN]
    made = []
    for at, option in enumerate(options):
        sure = _be_sure(option, reading, decision, vocabulary)
        if at or mine is None:
            sure = min(sure, _DOUBTFUL)
        unit = None if reading.column.unit_column else option.fit.unit
        made.append(Candidate(*option.ref, unit, round(sure, 3), write_reason(option, reading, decision)))
    return tuple(made)


def _be_sure(option: Option, reading: Reading, decision: Decision, vocabulary: Vocabulary) -> float:
    """Say how often such a suggestion is right where it is its column's first."""
    field, column, before = vocabulary.fields[option.ref], reading.column, option.precedent
    sure = sigmoid(features(option, reading, decision))
    at_home = option.ref.concept == decision.main
    if before is not None and before.of_file:  # which tells the unit as well
        column, sure = replace(column, unit=option.fit.unit), max(sure, before.sure)
    if is_to_ask(column, field, option.fit):
        sure = min(sure, _TO_ASK)
    if before is None:
        wordless = field.type is FieldType.FLOAT and not option.named.words and not option.numbered  # its unit alone
        doubtful = option.named.changed or wordless
    else:
        doubtful = not (option.named.words or at_home or before.of_file)
        sure = max(sure, before.sure) if at_home and not before.of_file else sure
    return min(sure, _DOUBTFUL) if doubtful or not decision.may_lend(option.ref, vocabulary) else sure
