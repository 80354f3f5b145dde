"""Finds the columns that scale others: a register of SunSpec is a whole number, and another one its power of ten."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from include.cim.concept import Concept, FieldType
from include.cim.suggest.column import Column
from include.cim.suggest.families import Unpivoting
from include.errors import Problem

_ENDING: Final = "_SF"
_MOST: Final = 10
_PHASE: Final = re.compile(r"[ _]?(ph|L\d)", re.IGNORECASE)
_TELLING: Final = 3
"""So many letters are a name of their own: Tmp of TmpCab; A is only the beginning of most names."""

_VOLTAGES: Final = ("PhV", "PPV")
"""SunSpec calls the voltages of phases so, and the power of ten of all of them V_SF."""


def add_powers(
    rules: Sequence[dict[str, Any]], wide: Unpivoting | None, concept: Concept, columns: Sequence[Column]
) -> Iterator[Problem]:
    """Add to rules of numbers the columns that tell their powers of ten; say where one rule would need several."""
    scales = {
        each.name.removesuffix(_ENDING): each.name
        for each in columns
        # square feet are more
        if each.name.endswith(_ENDING) and each.is_number and (each.maximum is None or each.maximum <= _MOST)
    }
    made: defaultdict[str, list[str]] = defaultdict(list)
    for group in wide.groups.values() if wide is not None else ():
        for new, column in group.items():
            made[new].append(column)
    for rule in rules:
        source = rule.get("source")
        if not isinstance(source, str) or concept.fields[rule["field"]].type is not FieldType.FLOAT:
            continue
        powers = {find_power(name, scales) for name in made.get(source, [source])}
        if len(powers) > 1:
            what = f"the columns of {rule['field']} have several powers of ten"
            yield Problem(f"mapper.rules.{rule['field']}.power_of_ten", what, "Map them in collections of their own.")
        elif (power := powers.pop()) is not None:
            rule["power_of_ten"] = power


def find_power(name: str, scales: Mapping[str, str]) -> str | None:
    """Give the column that tells a column's power of ten.

    Args:
        scales: What such columns are called without their ending → their names.

    Example:
        >>> [find_power(name, {"A": "A_SF", "V": "V_SF", "Tmp": "Tmp_SF"}) for name in ("AphB", "PhVphA", "TmpCab")]
        ['A_SF', 'V_SF', 'Tmp_SF']
    """
    path, point, plain = name.rpartition(".")
    if name in scales:
        return scales[name]
    if plain.startswith(_VOLTAGES):
        return scales.get(f"{path}{point}V")
    for length in range(len(plain) - 1, 0, -1):
        if length < _TELLING and not _PHASE.match(plain, length):
            continue
        if (stem := f"{path}{point}{plain[:length]}") in scales:
            return scales[stem]
    return None
