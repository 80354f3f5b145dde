"""What spreadsheets and services leave in text: serial numbers of days, wrapped instants, words for nothing, digits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.cim.written_times import read_times
from include.collection.inspection import Inspection
from include.connectors.detection.inspect import inspect_source

DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001  # a clock's own


def inspect(tmp_path: Path, lines: Iterable[str], name: str = "file.csv", **given: str) -> Inspection:
    path = tmp_path / "file"
    path.write_text("\n".join(lines) + "\n")
    return inspect_source(path, name, given)


@given(st.integers(0, 40 * 366 * 86_400), st.sampled_from([5, 6, 10, 12]), st.sampled_from([".", ","]))
def test_a_serial_number_tells_its_second(second: int, digits: int, sign: str) -> None:
    moment = datetime(2000, 1, 1) + timedelta(seconds=second)  # noqa: DTZ001
    serial = f"{(moment - DAY_0) / timedelta(days=1):.{digits}f}".replace(".", sign)
    assert read_times(pl.Series([serial]), "excel").to_list() == [moment]


def test_a_serial_number_of_a_day_and_its_fraction_behind() -> None:
    texts = pl.Series(["45000", "45000 0.25", "45000 0", "45000,5 0,5", "-1", "45000.25h", None])
    shown = read_times(texts, "excel").dt.strftime("%d %H:%M").to_list()
    assert shown == ["15 00:00", "15 06:00", "15 00:00", None, None, None, None]


@pytest.mark.parametrize(
    ("names", "write"),
    [
        pytest.param("Timestamp", lambda at: f"{45000 + at / 96!r}", id="one column"),
        pytest.param("Date;Time", lambda at: f"{45000 + at // 96};{at % 96 / 96:.8f}", id="a day and its fraction"),
        pytest.param("Zeit", lambda at: f"{45000 + at / 96:.6f}".replace(".", ","), id="decimal commas"),
    ],
)
def test_serial_numbers_in_a_column_of_times_are_told(tmp_path: Path, names: str, write: object) -> None:
    assert callable(write)
    found = inspect(tmp_path, [f"{names};kW", *(f"{write(at)};{at % 7},5" for at in range(300))])
    assert found.time
    assert (found.time.format, found.time.resolution) == ("excel", "PT15M")
    assert (found.time.first, found.time.last) == ("2023-03-15T00:00:00", "2023-03-18T02:45:00")
    assert [issue.what for issue in found.issues] == [
        "its numbers are read as times of Excel, days since 30 December 1899"
    ]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        pytest.param("counter", [f"{45000 + at}.5" for at in range(30)], id="no name says time"),
        pytest.param("time", [f"{36600 + 60 * at}" for at in range(100)], id="seconds of a day"),
        pytest.param("time", [f"{60310 + at}" for at in range(30)], id="modified Julian days"),
    ],
)
def test_other_numbers_are_no_serials(tmp_path: Path, name: str, numbers: list[str]) -> None:
    found = inspect(tmp_path, [f"{name},kWh", *(f"{number},1.5" for number in numbers)])
    assert found.time is None
    assert found.tables[0].columns[0].type.value in {"integer", "decimal"}


@pytest.mark.parametrize("offset", ["", "+0100", "-0530"])
def test_an_instant_in_a_wrapping_is_one_whatever_its_offset(tmp_path: Path, offset: str) -> None:
    rows = [{"t": f"/Date({1609459200000 + 900_000 * at}{offset})/", "kWh": at + 0.5} for at in range(10)]
    found = inspect(tmp_path, [json.dumps({"d": {"results": rows}}).replace("/", "\\/")], "file.json")
    assert found.time
    assert (found.time.first, found.time.format) == ("2021-01-01T00:00:00+00:00", "epoch_ms")
    assert (found.time.last, found.time.resolution) == ("2021-01-01T02:15:00+00:00", "PT15M")


WORDS = ["*", "#N/A", "-", "n.v.", "k.A.", "---", "#VALUE!", "#WERT!", "#¡VALOR!", "#NV"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_for_nothing_is_told_with_its_number(tmp_path: Path, word: str) -> None:
    rows = [f"01.01.2024 {hour:02d}:00;{word if hour in {2, 5, 9} else f'{hour},5'}" for hour in range(24)]
    found = inspect(tmp_path, ["Zeit;Last [kW]", *rows])
    column = found.tables[0].columns[1]
    assert (column.type.value, column.nulls, str(column.total)) == ("decimal", 3, str(sum(range(24)) - 16 + 21 * 0.5))
    assert f"3 times {word!r} stands for nothing" in [issue.what for issue in found.issues]


def test_a_word_that_is_not_in_the_list_is_no_nothing(tmp_path: Path) -> None:
    rows = [f"01.01.2024 {hour:02d}:00;{'gesch.' if hour == 2 else f'{hour},5'}" for hour in range(24)]
    found = inspect(tmp_path, ["Zeit;Last [kW]", *rows])
    assert found.tables[0].columns[1].nulls == 0
    assert any("this is no decimal" in issue.what for issue in found.issues)


SCRIPTS = {
    "Arabic-Indic": str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫"),
    "Persian": str.maketrans("0123456789.", "۰۱۲۳۴۵۶۷۸۹٫"),
    "full-width": str.maketrans("0123456789.", "０１２３４５６７８９．"),
}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("rows", [range(24), range(9, 10)], ids=["all", "one"])
def test_digits_of_another_script_are_told_and_not_read(tmp_path: Path, script: str, rows: range) -> None:
    cells = [f"{hour}.5".translate(SCRIPTS[script]) if hour in rows else f"{hour}.5" for hour in range(24)]
    found = inspect(tmp_path, ["time,kWh", *(f"2024-01-01 {hour:02d}:00,{cell}" for hour, cell in enumerate(cells))])
    told = next(issue for issue in found.issues if "another script" in issue.what)
    assert told.where == f"row {rows[0] + 1}, column 'kWh'"
    assert f"{len(rows)} cells" in told.what
    assert found.tables[0].columns[1].total in (None, sum(range(24)) - 9 + 23 * 0.5)
