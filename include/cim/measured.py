"""Numbers with a unit in every cell: `12,5 kWh`, `€ 0,30`, `21.5°C`, `45 %`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import polars as pl

from include.cim.number_style import APOSTROPHES, BLANKS
from include.cim.units import known_unit

_NUMBER: Final = rf"\d(?:[\d.,_{APOSTROPHES}{BLANKS}]*\d)?[.,]?"
_MONEY: Final = r"[A-Z]{0,2}[€$£]|[A-Z]{3}|[Kk]r\.?"
_UNIT: Final = r"[^\d\s.,+\-()]\S{0,11}(?: \S{1,6})?"
_PATTERN: Final = rf"^([-+−]?) ?(?:({_MONEY})[{BLANKS}]?)?([-+−]?)({_NUMBER})(?:[{BLANKS}]?({_UNIT}))?$"
_MEASURED: Final = re.compile(_PATTERN)
_LONGEST: Final = 40
_ALONE: Final = frozenset({"V", "W"})
"""Letters that are a unit even where no blank parts them from the number: 12A may be a house."""


_COINS: Final = {"p": "pence", "ct": "EURct", "Ct": "EURct", "Cent": "EURct"}
"""What stands for a part of one currency beside a number, as it does in p/kWh and ct/kWh."""

CROWNS: Final = ("DKK", "SEK", "NOK")
_CROWN: Final = re.compile(r"[Kk]r\.?(/.+)?")
"""Crowns of a country that the cell does not tell: `12,50 kr.`."""

_PRICED: Final = {"pence": "p", "EURct": "ct"}


@dataclass(frozen=True, slots=True)
class Measured:
    """A cell's number, as it is written, and its unit as `units.yaml` spells it; `kr`, `kr/kWh`: of one of `CROWNS`."""

    number: str
    unit: str


@lru_cache(maxsize=100_000)
def read_measured(cell: str) -> Measured | None:
    """Part a cell into number and unit; None where it is no number with one known unit.

    Example:
        >>> read_measured("12,5 kWh"), read_measured("-$3.20")
        (Measured(number='12,5', unit='kWh'), Measured(number='-3.20', unit='USD'))
        >>> read_measured("12A"), read_measured("12"), read_measured("3 rooms"), read_measured("MTR-001")
        (None, None, None, None)
        >>> read_measured("24.58p"), read_measured("14,2 ct")
        (Measured(number='24.58', unit='pence'), Measured(number='14,2', unit='EURct'))
        >>> read_measured("12,50 kr."), read_measured("0,85 kr/kWh")
        (Measured(number='12,50', unit='kr'), Measured(number='0,85', unit='kr/kWh'))
    """
    text = cell.strip()
    found = _MEASURED.match(text) if len(text) <= _LONGEST else None
    if found is None or bool(found[2]) == bool(found[5]) or (found[1] and found[3]):
        return None
    sign = "-" if (found[1] or found[3]) in {"-", "−"} else ""
    word = found[2] or found[5]
    if crown := _CROWN.fullmatch(word):
        per = crown[1] or ""
        return Measured(f"{sign}{found[4]}", f"kr{per}") if known_unit(f"{CROWNS[0]}{per}") else None
    unit = known_unit(_COINS.get(word, word))
    if found[2] and unit is not None and not unit.dimension.startswith("money"):
        return None
    alone = _ALONE | {"p"} if "." in found[4] else _ALONE
    beside = len(word) == 1 and word.isalpha() and word not in alone and text[-2:-1].isdigit()
    return None if unit is None or beside else Measured(f"{sign}{found[4]}", unit.name)


def goes_on(unit: str, written: str) -> bool:
    """Say whether a unit is the one that is written in cells, or what that is a part of: € 0.30 of EUR/kWh.

    Example:
        >>> goes_on("EUR/kWh", "EUR"), goes_on("p/kWh", "pence"), goes_on("kWh", "kW"), goes_on("DKK/kWh", "kr")
        (True, True, False, True)
    """
    if written.startswith("kr") and unit != written:
        return any(goes_on(unit, crown + written[2:]) for crown in CROWNS)
    return unit == written or unit.startswith((f"{written}/", f"{_PRICED.get(written, written)}/"))


def strip_unit(texts: pl.Series, unit: str) -> pl.Series:
    """Leave of every cell that has this unit its number; other cells stay as they are.

    The unit may go on: € 0.30 of a price in EUR/kWh.
    """
    different = texts.unique()
    read = [read_measured(text) for text in different.to_list()]
    numbers = [found.number if found and goes_on(unit, found.unit) else None for found in read]
    keyed = pl.DataFrame({"text": different, "number": pl.Series(numbers, dtype=pl.String)})
    joined = pl.DataFrame({"text": texts}).join(keyed, on="text", how="left", maintain_order="left")
    return joined.select(pl.coalesce("number", "text")).to_series()
