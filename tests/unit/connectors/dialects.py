"""Writes clean tables in every dialect that energy files come in."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

Cell = str | Decimal | None


@dataclass(frozen=True)
class Clean:
    """A table as it is meant.

    Attributes:
        groups: The upper line of its header, where it has one; a group is written above its first column.
        numbers: The places of its columns of numbers.
        cells: Times and texts as they stand, numbers as exact decimals, None for nothing.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    joined: tuple[str, ...]
    units: tuple[str, ...]
    numbers: tuple[int, ...]
    cells: list[tuple[Cell, ...]]


@dataclass(frozen=True)
class Written:
    """A table as some system wrote it, and what is meant."""

    body: bytes
    how: dict[str, Any]
    names: tuple[str, ...]
    numbers: tuple[int, ...]
    cells: list[tuple[Cell, ...]]


def write_dialect(seed: int) -> Written:
    """Write a table in a dialect that the seed chooses."""
    chance = random.Random(seed)
    how = _choose(chance)
    clean = TABLES[how["table"]](chance, how)
    grid = [list(clean.groups)] if how["header"] == 2 else []
    grid += [list(clean.names)] if how["header"] else []
    grid += [list(clean.units)] if how["units"] else []
    rows = [[_write(cell, how) for cell in row] for row in clean.cells]
    lines = [_join(row, how, chance) for row in [*grid, *rows]]
    if how["blank lines"]:
        for at in range(len(lines) - 3, len(grid) + 1, -7):
            lines.insert(at, "")
    if how["comments"]:
        lines.insert(len(grid) + 2, f"{how['comments']} the meter was changed here")
        lines.insert(0, f"{how['comments']} written by the meter's gateway")
    lines = [*_preamble(how), *lines, *_footer(how, clean)]
    text = how["end"].join(lines) + chance.choice(("", how["end"]))
    alone = tuple(name if name not in clean.names[:at] else f"{name} (2)" for at, name in enumerate(clean.names))
    names = {0: tuple(f"column_{at + 1}" for at in range(len(clean.names))), 1: alone, 2: clean.joined}
    return Written(text.encode(how["encoding"]), how, names[how["header"]], clean.numbers, clean.cells)


def _choose(chance: random.Random) -> dict[str, Any]:
    pick = chance.choice
    decimal = pick(".,")
    how = {
        "table": pick(("meters", "meters", "two columns", "counters", "stations")),
        "decimal": decimal,
        "delimiter": pick(",;\t|") if decimal == "." else pick(";;\t|"),
        "thousands": pick((None, None, None, " ", "'", "\u00a0", "." if decimal == "," else ",")),
        "quotes": pick(("needed", "needed", "all", "texts")),
        "padded": pick((False, False, False, True)),
        "encoding": pick(("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "latin-1")),
        "end": pick(("\n", "\r\n", "\r\n", "\r")),
        "preamble": pick((0, 0, 0, 1, 2, 3, 4, 5)),
        "footer": pick((0, 0, 0, 1, 2, 3)),
        "header": pick((1, 1, 1, 1, 2, 0)),
        "units": pick((False, False, True)),
        "comments": pick((None, None, None, "#", "%")),
        "blank lines": pick((False, False, False, True)),
        "null": pick(("", "", "-", "n/a", "NaN", "NULL", "---")),
        "time": pick(("%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M")),
        "trailing": pick((False, False, False, True)),
        "rows": pick((4, 12, 20, 60)),
    }
    if how["thousands"] == how["delimiter"] or how["padded"]:
        how["quotes"] = "all" if how["thousands"] == how["delimiter"] else "needed"
        how["padded"] = how["quotes"] == "needed"
    how["units"] = how["units"] and how["header"] > 0
    return how


def _times(how: dict[str, Any]) -> list[datetime]:
    start = datetime(2024, 3, 13)  # noqa: DTZ001  # written as local text
    return [start + timedelta(minutes=15 * number) for number in range(how["rows"])]


def _meters(chance: random.Random, how: dict[str, Any]) -> Clean:
    texts = ("geschätzt", "gemessen", f"x{how['delimiter']}y", 'Zähler "alt"')
    cells: list[tuple[Cell, ...]] = [
        (
            time.strftime(how["time"]),
            "DE0012",
            None if chance.random() < 0.15 else Decimal(chance.randint(0, 9_999_999)).scaleb(-2),
            Decimal(chance.randint(-50_000, 50_000)).scaleb(-1),
            chance.choice(texts),
        )
        for time in _times(how)
    ]
    return Clean(
        ("Zeit", "Zähler", "Wirkenergie", "Leistung", "Status"),
        ("", "", "Bezug", "", "Güte"),
        ("Zeit", "Zähler", "Bezug Wirkenergie", "Bezug Leistung", "Güte Status"),
        ("", "", "kWh", "kW", ""),
        (2, 3),
        cells,
    )


def _two_columns(chance: random.Random, how: dict[str, Any]) -> Clean:
    cells: list[tuple[Cell, ...]] = [
        (time.strftime(how["time"]), Decimal(chance.randint(0, 999_999)).scaleb(-2)) for time in _times(how)
    ]
    return Clean(("Datum", "Verbrauch"), ("", "Strom"), ("Datum", "Strom Verbrauch"), ("[UTC]", "[kWh]"), (1,), cells)


def _counters(chance: random.Random, how: dict[str, Any]) -> Clean:
    date = how["time"].replace("T", " ").split(" ")[0]
    cells: list[tuple[Cell, ...]] = [
        (
            time.strftime(date),
            time.strftime("%H:%M"),
            Decimal(1_000_000 + 37 * number),
            None if chance.random() < 0.1 else Decimal(chance.randint(0, 99)),
            Decimal(chance.randint(0, 99_999)).scaleb(-4),
        )
        for number, time in enumerate(_times(how))
    ]
    return Clean(
        ("Date", "Time", "Import", "Import", "Export"),
        ("", "", "T1", "T2", "T1"),
        ("Date", "Time", "T1 Import", "T2 Import", "T1 Export"),
        ("", "", "Wh", "Wh", "kWh"),
        (2, 3, 4),
        cells,
    )


def _stations(chance: random.Random, how: dict[str, Any]) -> Clean:
    cells: list[tuple[Cell, ...]] = [
        (
            f"Station {number}",
            "Köln",
            Decimal(number),
            Decimal(chance.randint(10, 9999)).scaleb(-1),
        )
        for number in range(how["rows"])
    ]
    return Clean(
        ("Name", "Ort", "Nummer", "Leistung (kW)"),
        ("", "", "Technik", ""),
        ("Name", "Ort", "Technik Nummer", "Technik Leistung (kW)"),
        ("-", "-", "-", "kW"),
        (2, 3),
        cells,
    )


TABLES: dict[str, Callable[[random.Random, dict[str, Any]], Clean]] = {
    "meters": _meters,
    "two columns": _two_columns,
    "counters": _counters,
    "stations": _stations,
}


def _write(cell: Cell, how: dict[str, Any]) -> str:
    if isinstance(cell, str):
        return cell
    if cell is None:
        return str(how["null"])
    text = f"{cell:,}" if how["thousands"] else f"{cell}"
    return text.translate(str.maketrans({",": how["thousands"] or "", ".": how["decimal"]}))


def _join(row: list[str], how: dict[str, Any], chance: random.Random) -> str:
    delimiter = how["delimiter"]

    def quoted(cell: str) -> str:
        needed = delimiter in cell or '"' in cell
        text = how["quotes"] == "texts" and not cell[:1].isdigit()
        if needed or text or how["quotes"] == "all":
            return '"' + cell.replace('"', '""') + '"'
        return " " * chance.randint(0, 3) + cell + " " if how["padded"] else cell

    return delimiter.join(map(quoted, row)) + (delimiter if how["trailing"] else "")


def _preamble(how: dict[str, Any]) -> list[str]:
    delimiter = how["delimiter"]
    choices: list[list[str]] = [
        [],
        ["Lastgang Zähler Übersicht"],
        ["Lastgang", "", f"Kunde:{delimiter}Stadtwerke", f"Erstellt:{delimiter}01.04.2024", ""],
        [f"Messstelle{delimiter}DE0012", f"Faktor{delimiter}1", ""],
        [f"Bericht{delimiter * 4}", delimiter * 4],
        ["Report of all meters, in kWh", f"Period: 2024{delimiter}Version: 1.5"],
    ]
    return choices[how["preamble"]]


def _footer(how: dict[str, Any], clean: Clean) -> list[str]:
    delimiter = how["delimiter"]
    width = len(clean.names)
    total = ["Summe", *[""] * (width - 2), "12"]
    return [[], [delimiter.join(total)], ["", "Ende"], ["", "Legende:", "Wirkenergie: bezogene Energie", ""]][
        how["footer"]
    ]
