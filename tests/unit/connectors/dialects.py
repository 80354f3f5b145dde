"""Writes one clean table in every dialect that energy files come in."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

HEADERS = ("Zeit", "Zähler", "Wirkenergie", "Leistung", "Status")
UNITS = ("", "", "kWh", "kW", "")
GROUPS = ("", "", "Bezug", "", "")


@dataclass
class Written:
    """A table as some system wrote it.

    Attributes:
        cells: What is meant: times and texts as they stand, numbers as exact decimals, None for nothing.
    """

    body: bytes
    how: dict[str, object]
    names: tuple[str, ...]
    cells: list[tuple[object, ...]] = field(default_factory=list)


def write_dialect(seed: int) -> Written:
    """Write a table in a dialect that the seed chooses."""
    chance = random.Random(seed)
    pick = chance.choice
    decimal = pick(".,")
    delimiter = pick(",;\t|") if decimal == "." else pick(";\t|;")
    how: dict[str, object] = {
        "delimiter": delimiter,
        "decimal": decimal,
        "thousands": pick((None, None, None, " ", "'", "." if decimal == "," else ",")),
        "quotes": pick(("needed", "needed", "all", "texts")),
        "encoding": pick(("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "latin-1")),
        "end": pick(("\n", "\r\n", "\r\n", "\r")),
        "preamble": pick((0, 0, 0, 1, 2, 3, 4)),
        "footer": pick((0, 0, 0, 1, 2, 3)),
        "header": pick((1, 1, 1, 1, 2, 0)),
        "units": pick((False, False, True)),
        "comments": pick((None, None, None, "#", "%")),
        "null": pick(("", "", "-", "n/a", "NaN", "NULL", "---")),
        "time": pick(("%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M")),
        "trailing": pick((False, False, False, True)),
        "rows": chance.randint(12, 60),
    }
    if how["thousands"] == delimiter:
        how["quotes"] = "all"
    if how["header"] == 0:
        how["units"] = False
    lines, cells = _rows(chance, how)
    grid: list[list[str]] = []
    if how["header"] == 2:
        grid.append(list(GROUPS))
    if how["header"]:
        grid.append(list(HEADERS))
    if how["units"]:
        grid.append(list(UNITS))
    text = [_join(row, how) for row in [*grid, *lines]]
    if how["comments"]:
        text.insert(len(grid) + 2, f"{how['comments']} the meter was changed here")
        text.insert(0, f"{how['comments']} written by the meter's gateway")
    text = [*_preamble(how), *text, *_footer(how)]
    end = str(how["end"])
    encoding = str(how["encoding"])
    names = HEADERS
    if how["header"] == 2:
        names = ("Zeit", "Zähler", "Bezug Wirkenergie", "Bezug Leistung", "Bezug Status")
    if how["header"] == 0:
        names = tuple(f"column_{number}" for number in range(1, 6))
    return Written((end.join(text) + pick(("", end))).encode(encoding), how, names, cells)


def _rows(chance: random.Random, how: dict[str, object]) -> tuple[list[list[str]], list[tuple[object, ...]]]:
    start = datetime(2024, 3, 13)  # noqa: DTZ001  # written as local text
    lines, cells = [], []
    for number in range(int(str(how["rows"]))):
        time = (start + timedelta(minutes=15 * number)).strftime(str(how["time"]))
        energy = None if chance.random() < 0.15 else Decimal(chance.randint(0, 9_999_999)).scaleb(-2)
        power = Decimal(chance.randint(-50_000, 50_000)).scaleb(-1)
        status = chance.choice(("geschätzt", "gemessen", f"x{how['delimiter']}y"))
        if how["delimiter"] != "," or how["quotes"] == "all":
            status = chance.choice((status, "a, b"))
        lines.append([time, "DE0012", _number(energy, how), _number(power, how), status])
        cells.append((time, "DE0012", energy, power, status))
    return lines, cells


def _number(value: Decimal | None, how: dict[str, object]) -> str:
    if value is None:
        return str(how["null"])
    text = f"{value:,}" if how["thousands"] else f"{value}"
    return text.translate(str.maketrans({",": str(how["thousands"] or ""), ".": str(how["decimal"])}))


def _join(row: list[str], how: dict[str, object]) -> str:
    delimiter = str(how["delimiter"])

    def quoted(at: int, cell: str) -> str:
        wanted = how["quotes"] == "all" or (how["quotes"] == "texts" and at in {1, 4})
        return f'"{cell}"' if wanted or delimiter in cell else cell

    return delimiter.join(quoted(at, cell) for at, cell in enumerate(row)) + (delimiter if how["trailing"] else "")


def _preamble(how: dict[str, object]) -> list[str]:
    delimiter = how["delimiter"]
    return {
        0: [],
        1: ["Lastgang Zähler Übersicht"],
        2: ["Lastgang", "", f"Kunde:{delimiter}Stadtwerke", f"Erstellt:{delimiter}01.04.2024", ""],
        3: [f"Messstelle{delimiter}DE0012", f"Faktor{delimiter}1", ""],
        4: [f"Bericht{delimiter}{delimiter}{delimiter}{delimiter}", f"{delimiter}{delimiter}{delimiter}{delimiter}"],
    }[int(str(how["preamble"]))]


def _footer(how: dict[str, object]) -> list[str]:
    delimiter = how["delimiter"]
    return {
        0: [],
        1: [f"Summe{delimiter}{delimiter}12{delimiter}34{delimiter}"],
        2: ["", "Ende"],
        3: ["", "Legende:", "Wirkenergie: bezogene Energie", ""],
    }[int(str(how["footer"]))]
