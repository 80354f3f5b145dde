"""Writes the same readings as a file of every kind, with a personal value in every row and in cells that cannot be."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import xlsxwriter

from tests.unit.connectors.test_record_types import telegram

CANARY: Final = "Annelies-Canary-0470123456"
MARKS: Final = ("Canary", "0470123456")
HEADER: Final = ["point", "register", "start", "energy_wh", "status"]
HOURS: Final = 6
ROWS: Final = [
    # the first hour's number is none: its row goes to quarantine
    [CANARY, f"asked by {CANARY}", f"2026-11-20T{hour:02}:00:00Z", "100" if hour else f"not {CANARY}", "ok"]
    for hour in range(HOURS)
]
_START: Final = {"field": "interval_start", "source": "start", "format": "iso8601", "zone": "UTC"}
RULES: Final[list[dict[str, Any]]] = [
    {"field": "usage_point_id", "source": "point"},
    {"field": "register", "source": "register"},
    _START,
    {"field": "interval_end", "after": {"field": "interval_start", "duration": "PT15M"}},
    {"field": "energy", "source": "energy_wh", "unit": "Wh"},
    {"field": "quality", "source": "status", "values": {"ok": "measured"}, "otherwise": "estimated"},
]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes:
        form: The format of its source.
        rules: Of the mapping.
        loaded, aside: How many of its rows are loaded, and how many end in quarantine.
    """

    write: Callable[[Path], None]
    form: dict[str, Any]
    rules: tuple[dict[str, Any], ...] = tuple(RULES)
    loaded: int = HOURS - 1
    aside: int = 1


def csv_text() -> str:
    return "\n".join(",".join(row) for row in [HEADER, *ROWS]) + "\n"


def _records() -> list[dict[str, str]]:
    return [dict(zip(HEADER, row, strict=True)) for row in ROWS]


def write_csv(path: Path) -> None:
    path.write_text(csv_text())


def _write_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(csv_text().encode()))


def _write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{CANARY}.csv", csv_text())


def _write_json(path: Path) -> None:
    path.write_text(json.dumps(_records()))


def _write_ndjson(path: Path) -> None:
    path.write_text("\n".join(map(json.dumps, _records())) + "\n")


def _write_xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("data")
        for number, row in enumerate([HEADER, *ROWS]):
            sheet.write_row(number, 0, row)


def _write_xml(path: Path) -> None:
    cells = ["".join(f"<{name}>{cell}</{name}>" for name, cell in each.items()) for each in _records()]
    path.write_text(f"<readings>{''.join(f'<reading>{each}</reading>' for each in cells)}</readings>")


def _write_parquet(path: Path) -> None:
    pl.DataFrame(_records()).write_parquet(path)


_WIDTHS: Final = (30, 40, 22, 32, 6)


def _write_fixed_width(path: Path) -> None:
    lines = ["".join(cell.ljust(width) for cell, width in zip(row, _WIDTHS, strict=True)) for row in [HEADER, *ROWS]]
    path.write_text("\n".join(lines) + "\n")


def _write_nem12(path: Path) -> None:
    """A stream of a day, of which the first interval's quality is told by a reason that names the person."""
    values = ",".join(["0.1"] * 48)
    path.write_text(
        "\r\n".join(
            [
                "100,NEM12,202611210000,UNITEDDP,NEMMCO",
                f"200,{CANARY},E1E2,1,E1,N1,{CANARY},kWh,30,20261231",
                f"300,20261120,{values},V,,,20261121000000,20261121000000",
                f"400,1,1,S14,51,{CANARY}",
                "400,2,48,A,,",
                f"500,O,{CANARY},20261121000000,",
                "900",
                "",
            ]
        )
    )


def _write_dsmr(path: Path) -> None:
    """A telegram an hour, with a message for the person beside the counter, which is no quality."""
    meter, message = CANARY.encode().hex(), f"call {CANARY}".encode().hex()
    path.write_bytes(
        b"".join(
            telegram(
                f"0-0:1.0.0(261120{hour:02}0000W)", f"0-0:96.1.1({meter})", "1-0:1.8.1(000100.000*kWh)",
                f"0-0:96.13.0({message})",
            )
            for hour in range(HOURS)
        )
    )  # fmt: skip


KINDS: Final[dict[str, Kind]] = {
    "csv": Kind(write_csv, {"kind": "csv"}),
    "csv.gz": Kind(_write_gzip, {"kind": "csv"}),
    "zip": Kind(_write_zip, {"kind": "csv"}),
    "json": Kind(_write_json, {"kind": "json", "records": "$"}),
    "ndjson": Kind(_write_ndjson, {"kind": "json", "lines": True}),
    "xlsx": Kind(_write_xlsx, {"kind": "excel"}),
    "xml": Kind(_write_xml, {"kind": "xml", "records": "/readings/reading"}),
    "parquet": Kind(_write_parquet, {"kind": "parquet"}),
    "txt": Kind(
        _write_fixed_width,
        {
            "kind": "fixed_width",
            "columns": [[sum(_WIDTHS[:at]) + 1, sum(_WIDTHS[: at + 1])] for at in range(len(_WIDTHS))],
        },
    ),
    "nem12": Kind(
        _write_nem12,
        {"kind": "nem12"},
        (
            {"field": "usage_point_id", "source": "nmi"},
            {"field": "register", "source": "meter"},
            _START,
            {"field": "interval_end", "after": {"field": "interval_start", "duration": "PT30M"}},
            {"field": "energy", "source": "value", "unit": "kWh"},
            {"field": "quality", "source": "reason", "values": {"ok": "measured"}},
        ),
        loaded=47,
    ),
    "p1": Kind(
        _write_dsmr,
        {"kind": "dsmr"},
        (
            {"field": "usage_point_id", "source": "meter"},
            {"field": "register", "source": "obis"},
            {**_START, "source": "telegram_time"},
            {"field": "interval_end", "after": {"field": "interval_start", "duration": "PT15M"}},
            {"field": "energy", "source": "value", "unit": "kWh"},
            {"field": "quality", "source": "text", "values": {"ok": "measured"}},
        ),
        loaded=HOURS,
        aside=HOURS,
    ),
}
"""By the ending of their names."""
