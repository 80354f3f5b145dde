"""Workbooks as people make them: stacked headers, sheets for months, formulas, dates that are text in some rows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.collection.inspection import Inspection
from include.connectors.detection.cells import is_total
from include.connectors.detection.inspect import inspect_source
from tests.unit.connectors.workbooks import by_openpyxl

START = datetime(2024, 3, 1)  # noqa: DTZ001  # a sheet's own
TIMES = [START + timedelta(minutes=15 * at) for at in range(60)]


def inspect(tmp_path: Path, body: bytes, **given: str) -> Inspection:
    path = tmp_path / "book.xlsx"
    path.write_bytes(body)
    return inspect_source(path, path.name, given)


def book(header: Sequence[Sequence[Any]], rows: Sequence[Sequence[Any]], *merged: str) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in (*header, *rows):
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    body = io.BytesIO()
    made.save(body)
    return body.getvalue()


def names(found: Inspection) -> list[str]:
    return [column.name for column in found.tables[0].columns]


def test_a_header_over_three_lines_whose_last_group_is_merged_to_the_right(tmp_path: Path) -> None:
    """A sheet stores no cell behind the last that holds something: the upper line is shorter than the table."""
    header = [
        ["Zeit", "Kessel 1", None, "Kessel 2", None],
        [None, "Temp", "Leistung", "Temp", "Leistung"],
        [None, "°C", "kW", "°C", "kW"],
    ]
    rows = [[time, 60 + at % 5, 10.5, 70, 12.5 + at % 3] for at, time in enumerate(TIMES)]
    found = inspect(tmp_path, book(header, rows, "A1:A3", "B1:C1", "D1:E1"))
    assert names(found) == ["Zeit", "Kessel 1 Temp", "Kessel 1 Leistung", "Kessel 2 Temp", "Kessel 2 Leistung"]
    assert [column.unit for column in found.tables[0].columns] == [None, "degC", "kW", "degC", "kW"]


@pytest.mark.parametrize("title", [[], [["Messdaten 2024"], []]], ids=["", "below a title"])
def test_a_column_beside_a_merged_group_belongs_to_none(title: list[list[Any]], tmp_path: Path) -> None:
    header = [
        *title,
        ["Zeit", "Kessel 1", None, None, "Kessel 2", None, None],
        [None, "°C", "kW", "Status", "°C", "kW", "Ort"],
    ]
    rows = [[time, 60 + at % 5, 10.5, "ok", 70, 12.5 + at % 3, "Keller"] for at, time in enumerate(TIMES)]
    at = len(title) + 1
    merged = (f"A{at}:A{at + 1}", f"B{at}:C{at}", f"E{at}:F{at}")
    found = inspect(tmp_path, book(header, rows, *merged))
    assert names(found) == ["Zeit", "Kessel 1 °C", "Kessel 1 kW", "Status", "Kessel 2 °C", "Kessel 2 kW", "Ort"]
    assert not [issue for issue in found.issues if "belong" in issue.what]


def test_three_lines_of_names_below_a_title(tmp_path: Path) -> None:
    header = [
        ["Messdaten Heizzentrale"],
        [],
        ["Zeit", "Kessel", None, None, "Puffer", None, "Außen"],
        [None, "Temp", None, "Leistung", "Temp", None, "Temp"],
        [None, "Vorlauf °C", "Rücklauf °C", "kW", "P1 °C", "P2 °C", "°C"],
    ]
    rows = [[time, 60 + at % 5, 40, 10.5, 70, 55, 5.5] for at, time in enumerate(TIMES)]
    found = inspect(tmp_path, book(header, rows, "A3:A5", "B3:D3", "E3:F3", "B4:C4", "E4:F4"))
    assert names(found) == [
        "Zeit",
        "Kessel Temp Vorlauf °C",
        "Kessel Temp Rücklauf °C",
        "Kessel Leistung kW",
        "Puffer Temp P1 °C",
        "Puffer Temp P2 °C",
        "Außen Temp °C",
    ]


@pytest.mark.parametrize("from_1904", [False, True])
def test_a_sheet_for_each_month_is_asked_and_days_since_1904_are_the_same_days(
    tmp_path: Path, *, from_1904: bool
) -> None:
    sheets = {
        name: [["Datum", "Verbrauch kWh"], *([datetime(2024, month, 1) + timedelta(hours=at), 1.5] for at in range(48))]  # noqa: DTZ001
        for month, name in ((1, "Januar"), (2, "Februar"))
    }
    found = inspect(tmp_path, by_openpyxl(sheets, from_1904=from_1904))
    assert [question.options for question in found.questions if question.key == "sheet"] == [("Januar", "Februar")]
    chosen = inspect(tmp_path, by_openpyxl(sheets, from_1904=from_1904), sheet="Februar")
    assert chosen.time
    assert (chosen.time.first, chosen.time.last) == ("2024-02-01T00:00:00", "2024-02-02T23:00:00")


def test_formulas_without_results_are_told_with_the_first(tmp_path: Path) -> None:
    rows = [[time, 1000 + at * 2.5, f"=B{at + 2}-B{at + 1}" if at else None] for at, time in enumerate(TIMES)]
    found = inspect(tmp_path, book([["Time", "Counter kWh", "Delta kWh"]], rows))
    told = next(issue for issue in found.issues if "without their result" in issue.what)
    assert told.what.startswith("59 formulas")
    assert "cell C3" in told.where


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        pytest.param(
            lambda at, day: f"{day:%d.%m.%Y}" if at in {3, 7, 20} else day, "3 times cannot be read", id="in a few rows"
        ),
        pytest.param(
            lambda at, day: f"{day:%d.%m.%Y}" if at % 4 == 3 else day, "times in part: 45 as %Y-%m-%d", id="in many"
        ),
        pytest.param(
            lambda _, day: datetime(2024, day.day, day.month) if day.day <= 12 else f"{day:%d/%m/%Y}",  # noqa: DTZ001
            "times in part: 36 as %d/%m/%Y, 24 other cells",
            id="where the sheet took the day for the month",
        ),
    ],
)
def test_dates_that_are_text_in_some_rows_are_told(tmp_path: Path, typed: Any, told: str) -> None:
    days = [datetime(2024, 1, 1) + timedelta(days=at) for at in range(60)]  # noqa: DTZ001
    rows = [[typed(at, day), 2.5 + at] for at, day in enumerate(days)]
    found = inspect(tmp_path, book([["Datum", "Verbrauch kWh"]], rows))
    assert any(told in issue.what for issue in found.issues)
    assert found.tables[0].columns[0].distinct == 60


def _report(foot: str) -> bytes:
    """Days with the sum of every week below it, an empty column between two groups, and a seldom remark."""
    header = [
        ["Energiebericht 2024"],
        [],
        ["Datum", "Haus A", None, None, "Haus B", None, None, "Bemerkung"],
        [None, "Strom", "Wärme", None, "Strom", "Wärme"],
        [None, "kWh", "kWh", None, "kWh", "kWh"],
    ]
    rows: list[list[Any]] = []
    for at in range(35):
        rows.append([datetime(2024, 1, 1) + timedelta(at), at, at * 2, None, at * 3, at * 4])  # noqa: DTZ001
        if at % 7 == 6:
            rows.append([f"Summe KW {at // 7 + 1}", at * 7 - 21, 1, None, 2, 3])
    rows[3] += [None, "Zähler getauscht"]
    return book([*header], [*rows, [foot, 595, 1190, None, 1785, 2380]], "B3:C3", "E3:F3")


def test_sums_between_the_rows_empty_columns_and_remarks_are_no_readings(tmp_path: Path) -> None:
    found = inspect(tmp_path, _report("Gesamt"))
    assert len(found.tables) == 1
    sums = {column.name: column.total for column in found.tables[0].columns if column.unit == "kWh"}
    assert sums == {"Haus A Strom": 595, "Haus A Wärme": 1190, "Haus B Strom": 1785, "Haus B Wärme": 2380}
    assert names(found)[-1] == "Bemerkung"
    assert found.time
    assert (found.time.columns, found.time.resolution) == (("Datum",), "P1D")
    told = [issue.what for issue in found.issues]
    assert "4 that begin with 'summe' are left out: `totals`" in told
    assert "they sum up the rows above, and are none" in told


@pytest.mark.parametrize(
    ("row", "total"),
    [
        pytest.param(["Monatssumme 03", "5"], True, id="a compound"),
        pytest.param(["", "Sous-total"], True, id="in a later cell"),
        pytest.param(["I alt", "5"], True, id="Danish"),
        pytest.param(["Consumption total", "5"], False, id="not at the beginning"),
        pytest.param(["Sumpf", "5"], False, id="another word"),
        pytest.param(["", ""], False, id="empty"),
    ],
)
def test_rows_that_sum_up_others_are_told_by_their_first_word(row: list[str], total: bool) -> None:
    assert is_total(row) is total


def test_a_table_of_another_length_beside_is_one_of_its_own(tmp_path: Path) -> None:
    rows = [[time, at, None, *([f"Z{at}", at * 2] if at < 9 else [])] for at, time in enumerate(TIMES)]
    found = inspect(tmp_path, book([["Zeit", "kWh", None, "Meter", "kW"]], rows))
    assert [len(table.columns) for table in found.tables] == [2, 2]
