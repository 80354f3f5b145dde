"""Wide tables with several columns for each hour, month or day: values with their flags beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from include.collection.formats.delimited import CsvFormat
from include.collection.formats.layout import Unpivot
from include.collection.inspection import Inspection
from include.connectors.content import Content
from include.connectors.detection.inspect import inspect_source
from include.connectors.formats.choose import read_frames
from include.errors import SourceRefused
from tests.unit.connectors.workbooks import by_openpyxl

Inspect = Callable[..., Inspection]
DAYS = [date(2024, 6, 1) + timedelta(days=at) for at in range(10)]
HALVES = [f"{at // 2:02d}:{at % 2 * 30:02d}" for at in range(48)]
QUARTERS = [f"{at // 4:02d}:{at % 4 * 15:02d}" for at in range(96)]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    def look(body: str | bytes, name: str = "export.csv", **given: object) -> Inspection:
        path = tmp_path / name
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        return inspect_source(path, name, given)

    return look


def _value(day: int, at: int) -> Decimal:
    return Decimal(day * 1000 + at) / 10


def _flag(day: int, at: int) -> str:
    return "E" if (day + at) % 7 == 0 else "A"


def _paired(day: int, count: int) -> list[str]:
    return [cell for at in range(count) for cell in (str(_value(day, at)), _flag(day, at))]


def _names(ways: Sequence[str], labels: Sequence[object]) -> list[str]:
    return [way.format(label) for label in labels for way in ways]


def _write(header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(row) for row in [header, *rows]) + "\n"


def _read(text: str | bytes, found: Inspection) -> pl.DataFrame:
    content = Content.of(text.encode() if isinstance(text, str) else text, "export.csv")
    return pl.concat(list(read_frames(content, found.detection.tables[0].form)))


def _said(found: Inspection) -> str:
    return " ".join(issue.what for issue in found.issues)


def _columns(found: Inspection) -> list[str]:
    return [column.name for column in found.tables[0].columns]


def _span(found: Inspection) -> tuple[str | None, str | None, str | None]:
    assert found.time is not None
    return found.time.first, found.time.last, found.time.resolution


HALF_HOURLY = ("2024-06-01T00:00:00", "2024-06-10T23:30:00", "PT30M")
QUARTER_HOURLY = ("2024-06-01T00:00:00", "2024-06-10T23:45:00", "PT15M")
HOURLY = ("2024-06-01T00:00:00", "2024-06-10T23:00:00", "PT1H")


@pytest.mark.parametrize(
    ("names", "span"),
    [
        pytest.param(_names(["HH{:02}", "HH{:02}Type"], range(1, 49)), HALF_HOURLY, id="HH01, HH01Type"),
        pytest.param(_names(["HH{:02d}_Value", "HH{:02d}_AE"], range(1, 49)), HALF_HOURLY, id="HH01_Value, HH01_AE"),
        pytest.param(_names(["V{}", "S{}"], range(1, 25)), HOURLY, id="V1, S1"),
        pytest.param(_names(["Val_{}", "Qual_{}"], range(1, 97)), QUARTER_HOURLY, id="Val_1, Qual_1"),
        pytest.param(_names(["{}", "{} Flag"], QUARTERS), QUARTER_HOURLY, id="00:00, 00:00 Flag"),
        pytest.param(_names(["{}", "Flag"], QUARTERS), QUARTER_HOURLY, id="00:00, Flag"),
        pytest.param(_names(["Wert {}", "Status {}"], range(1, 97)), QUARTER_HOURLY, id="Wert 1, Status 1"),
        pytest.param(_names(["{}", "Q"], range(1, 25)), HOURLY, id="1, Q"),
        pytest.param(_names(["Interval {} Usage", "Interval {} Read Type"], range(1, 25)), HOURLY, id="words around"),
        pytest.param(_names(["{0}", "{0} (Status)"], HALVES), HALF_HOURLY, id="00:00, 00:00 (Status)"),
        pytest.param(_names(["H{:02}", "H{:02} Qualità"], range(24)), HOURLY, id="H00, H00 Qualità"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_values_have_their_flags_beside_them(
    inspect: Inspect, names: list[str], span: tuple[str, str, str], delimiter: str
) -> None:
    count = len(names) // 2
    rows = [["12345", str(day), *_paired(at, count)] for at, day in enumerate(DAYS)]
    text = _write(["MeterId", "Date", *names], rows, delimiter)
    found = inspect(text)
    assert found.tables[0].rows == count * 10
    assert _span(found) == span
    frame = _read(text, found)
    truth = [(str(day), str(_value(d, at)), _flag(d, at)) for d, day in enumerate(DAYS) for at in range(count)]
    assert frame.select("Date", "value", "flag").rows() == truth
    assert f"{count} times have 2 columns each" in _said(found)


def test_flags_may_be_numbers_and_stand_behind_all_values(inspect: Inspect) -> None:
    names = [*_names(["P{}"], range(1, 49)), *_names(["Status{}"], range(1, 49))]
    rows = [[str(day), *(str(_value(d, at)) for at in range(48)), *["0", "3"] * 24] for d, day in enumerate(DAYS)]
    found = inspect(_write(["Day", *names], rows, ";"))
    assert _columns(found) == ["Day", "period", "value", "flag"]
    assert _span(found) == HALF_HOURLY
    assert [column.total for column in found.tables[0].columns[2:]] == [
        sum(_value(day, at) for day in range(10) for at in range(48)),
        48 // 2 * 3 * 10,
    ]


def test_flags_may_stand_before_their_values(inspect: Inspect) -> None:
    rows = [
        [str(day), *(c for at in range(24) for c in (_flag(d, at), str(_value(d, at))))] for d, day in enumerate(DAYS)
    ]
    text = _write(["Day", *_names(["S{}", "V{}"], range(1, 25))], rows)
    found = inspect(text)
    frame = _read(text, found)
    assert frame["value"].to_list() == [str(_value(day, at)) for day in range(10) for at in range(24)]
    assert frame["flag"].to_list() == [_flag(day, at) for day in range(10) for at in range(24)]


def test_several_values_keep_their_own_names_and_units(inspect: Inspect) -> None:
    names = _names(["{} Import kWh", "{} Export kWh", "{} Status"], HALVES)
    rows = [
        [str(day), *(c for at in range(48) for c in (str(_value(d, at)), f"{at}.5", _flag(d, at)))]
        for d, day in enumerate(DAYS)
    ]
    found = inspect(_write(["Date", *names], rows))
    assert [(each.name, each.unit) for each in found.tables[0].columns[2:]] == [
        ("Import kWh", "kWh"),
        ("Export kWh", "kWh"),
        ("flag", None),
    ]
    assert found.tables[0].columns[3].total == sum(at + Decimal("0.5") for at in range(48)) * 10


def test_the_only_value_keeps_its_unit(inspect: Inspect) -> None:
    rows = [[str(day), *_paired(d, 24)] for d, day in enumerate(DAYS)]
    found = inspect(_write(["Date", *_names(["kWh_{}", "Flag_{}"], range(1, 25))], rows))
    assert [(each.name, each.unit) for each in found.tables[0].columns[2:]] == [("kWh", "kWh"), ("flag", None)]


def test_months_have_flags(inspect: Inspect) -> None:
    rows = [["Plant", str(2010 + at), *_paired(at, 12)] for at in range(10)]
    found = inspect(_write(["Site", "Year", *_names(["{}", "{} Flag"], MONTHS)], rows))
    assert found.tables[0].rows == 120
    assert _span(found) == ("2010-01-01T00:00:00", "2019-12-01T00:00:00", "P1M")


def test_days_of_a_month_have_flags(inspect: Inspect) -> None:
    rows = [["2023", str(at + 1), *_paired(at, 28)] for at in range(10)]
    found = inspect(_write(["Year", "Month", *_names(["{}", "{} Flag"], range(1, 29))], rows))
    assert found.tables[0].rows == 280
    assert _span(found) == ("2023-01-01T00:00:00", "2023-10-28T00:00:00", "P1D")


def test_years_have_flags(inspect: Inspect) -> None:
    rows = [[f"Site {at}", *_paired(at, 5)] for at in range(10)]
    found = inspect(_write(["Site", *_names(["{}", "{} Flag"], range(2019, 2024))], rows))
    assert (_columns(found), found.tables[0].rows) == (["Site", "year", "value", "flag"], 50)


def test_midnight_behind_the_days_other_ends_is_the_next_one(inspect: Inspect) -> None:
    rows = [["M1", str(day), *_paired(d, 48)] for d, day in enumerate(DAYS)]
    found = inspect(_write(["Meter", "Date", *_names(["{}", "{} Flag"], [*HALVES[1:], HALVES[0]])], rows))
    assert _span(found) == ("2024-06-01T00:30:00", "2024-06-11T00:00:00", "PT30M")


def test_a_header_of_two_lines_names_the_time_above_value_and_flag(inspect: Inspect) -> None:
    upper = ["", "", *(cell for at in HALVES for cell in (at, ""))]
    lower = ["Meter", "Date", *["Value", "Flag"] * 48]
    rows = [["M1", str(day), *_paired(d, 48)] for d, day in enumerate(DAYS)]
    found = inspect(_write(upper, [lower, *rows]))
    assert _span(found) == HALF_HOURLY
    assert _columns(found) == ["Meter", "Date", "time", "value", "flag"]


def test_a_workbook_has_pairs_too(inspect: Inspect) -> None:
    rows = [[day, *(c for at in range(24) for c in (float(_value(d, at)), _flag(d, at)))] for d, day in enumerate(DAYS)]
    body = by_openpyxl({"Data": [["Date", *_names(["V{}", "S{}"], range(1, 25))], *rows]})
    found = inspect(body, "export.xlsx")
    assert _columns(found) == ["Date", "hour", "value", "flag"]
    assert found.tables[0].columns[2].total == sum(_value(day, at) for day in range(10) for at in range(24))


def test_hours_that_a_day_lacks_give_no_rows_and_a_flag_alone_does(inspect: Inspect) -> None:
    header = ["Date", *_names(["HH{:02}", "HH{:02}Type"], range(1, 51))]
    rows = [[str(day), *_paired(d, 48), *[""] * 4] for d, day in enumerate(DAYS)]
    rows[3][5:7] = ["", "M"]
    found = inspect(_write(header, rows))
    assert found.tables[0].rows == 480
    assert found.tables[0].columns[2].nulls == 1
    assert found.tables[0].columns[3].nulls == 0


@pytest.mark.parametrize(
    ("ways", "lost", "told"),
    [
        pytest.param(
            ["HH{:02}", "HH{:02}Type"], "HH07Type", "1 of 48 times have no column 'HH{}Type' (07)", id="a flag"
        ),
        pytest.param(["HH{:02}", "HH{:02}Type"], "HH07", "1 of 48 times have no column 'HH{}' (07)", id="a value"),
        pytest.param(["V{}", "S{}"], "S48", "1 of 48 times have no column 'S{}' (48)", id="the last flag"),
    ],
)
def test_a_column_that_is_missing_is_told_and_shifts_nothing(
    inspect: Inspect, ways: list[str], lost: str, told: str
) -> None:
    names = _names(ways, range(1, 49))
    place = names.index(lost)
    rows = [["M1", str(day), *_paired(d, 48)] for d, day in enumerate(DAYS)]
    text = _write(
        ["Meter", "Date", *(n for n in names if n != lost)], [[*r[: place + 2], *r[place + 3 :]] for r in rows]
    )
    found = inspect(text)
    assert told in _said(found)
    assert found.tables[0].rows == 480
    frame = _read(text, found)
    value, flag = place % 2 == 0, place % 2 == 1
    assert frame["value"].to_list() == [
        None if value and at == place // 2 else str(_value(day, at)) for day in range(10) for at in range(48)
    ]
    assert frame["flag"].to_list() == [
        None if flag and at == place // 2 else _flag(day, at) for day in range(10) for at in range(48)
    ]


def test_flags_of_one_name_belong_to_the_value_before_them(inspect: Inspect) -> None:
    names = _names(["{}", "Flag"], HALVES)
    rows = [[str(day), *_paired(d, 48)] for d, day in enumerate(DAYS)]
    text = _write(["Date", *names[:5], *names[6:]], [[*row[:6], *row[7:]] for row in rows])
    found = inspect(text)
    assert "1 of 48 times have no column 'Flag' (01:00)" in _said(found)
    assert _read(text, found)["flag"][:4].to_list() == [_flag(0, 0), _flag(0, 1), None, _flag(0, 3)]


def test_what_stands_behind_is_left_out_and_told(inspect: Inspect) -> None:
    rows = [[str(day), *_paired(d, 24), "999", "x"] for d, day in enumerate(DAYS)]
    found = inspect(_write(["Date", *_names(["V{}", "S{}"], range(1, 25)), "Total", "Remark"], rows))
    assert found.tables[0].columns[2].total == sum(_value(day, at) for day in range(10) for at in range(24))
    assert "2 columns after 'S24' are no part of the matrix" in _said(found)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(["Date", *_names(["V{}", "S{}"], range(1, 19))], id="18 of a day"),
        pytest.param(["Date", *_names(["V{}", "S{}"], [*range(1, 12), *range(13, 25)])], id="no twelfth"),
        pytest.param(
            ["Date", *_names(["V{}", "S{}"], range(1, 13)), "Noon", *_names(["V{}", "S{}"], range(13, 25))],
            id="a column between",
        ),
    ],
)
def test_what_may_count_anything_stays_wide_and_is_told(inspect: Inspect, header: list[str]) -> None:
    rows = [[str(day), *_paired(d, 25)][: len(header)] for d, day in enumerate(DAYS)]
    found = inspect(_write(header, rows))
    assert found.tables[0].rows == 10
    assert "nothing tells that these are times" in _said(found)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(_names(["U{}", "I{}", "P{}"], range(1, 4)), id="phases"),
        pytest.param(_names(["INV{:02} kW", "INV{:02} Status"], range(1, 25)), id="24 inverters"),
        pytest.param(_names(["T{}", "RH{}"], range(1, 13)), id="12 rooms"),
    ],
)
def test_rows_with_clocks_of_their_own_stay_as_they_are(inspect: Inspect, names: list[str]) -> None:
    rows = [[f"2024-06-01 {at:02d}:00", *(_paired(at, len(names)))[: len(names)]] for at in range(24)]
    found = inspect(_write(["Time", *names], rows))
    assert (found.tables[0].rows, len(found.tables[0].columns)) == (24, 1 + len(names))
    assert "called alike" not in _said(found)


@pytest.mark.parametrize("ways", [["Meter {} kWh", "Meter {} Status"], ["INV{:02} Energy", "INV{:02} Flag"]])
def test_things_of_which_each_day_has_a_row_stay_columns_and_are_told(inspect: Inspect, ways: list[str]) -> None:
    rows = [[str(day), *_paired(d, 24)] for d, day in enumerate(DAYS)]
    found = inspect(_write(["Date", *_names(ways, range(1, 25))], rows))
    assert (found.tables[0].rows, len(found.tables[0].columns)) == (10, 49)
    assert "nothing tells that these are times" in _said(found)


def test_numbers_that_may_count_anything_are_asked(inspect: Inspect) -> None:
    rows = [[str(day), *_paired(d, 24)] for d, day in enumerate(DAYS)]
    text = _write(["Date", *_names(["X{}", "Y{}"], range(1, 25))], rows)
    (question,) = [each for each in inspect(text).questions if each.key == "unpivot"]
    assert [inspect(text, unpivot=answer).tables[0].rows for answer in question.options] == [240, 10]
    assert not [each for each in inspect(text, unpivot="null").questions if each.key == "unpivot"]


def test_two_values_of_one_letter_keep_it(inspect: Inspect) -> None:
    rows = [[str(day), *(c for at in range(48) for c in (str(_value(d, at)), f"{at}.5"))] for d, day in enumerate(DAYS)]
    found = inspect(_write(["Date", *_names(["P{}", "Q{}"], range(1, 49))], rows))
    assert _columns(found) == ["Date", "period", "P", "Q"]
    assert found.tables[0].columns[3].total == sum(at + Decimal("0.5") for at in range(48)) * 10


def test_the_owner_says_how_columns_are_called(inspect: Inspect) -> None:
    text = "Room,a val,a st,b val,b st\nR1,1,x,2,y\nR2,3,,,\n"
    found = inspect(text, unpivot='{"keep": ["Room"], "name": "part", "columns": {"kWh": "{} val", "state": "{} st"}}')
    assert _read(text, found).rows() == [("R1", "a", "1", "x"), ("R1", "b", "2", "y"), ("R2", "a", "3", None)]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        pytest.param("Day,V1,S1,V2,S2,Total", "'Total' is none", id="a column of no way"),
        pytest.param("Day,V1,S1,V1 (2),S2,x", "is a second 'value' of '1'", id="a name twice"),
    ],
)
def test_tomorrows_column_that_is_called_otherwise_is_refused(header: str, says: str) -> None:
    form = CsvFormat(unpivot=Unpivot(keep=("Day",), columns={"value": "V{}", "flag": "S{}"}))
    with pytest.raises(SourceRefused, match=says):
        list(read_frames(Content.of(f"{header}\n1,2,3,4,5,6\n".encode(), "x.csv"), form))


@pytest.mark.parametrize(
    ("header", "says"),
    [
        pytest.param("Day,Flag,1,Flag,2", "stands before any other", id="a flag before"),
        pytest.param("Day,1,Flag,Flag,2", "is a second 'flag' of '1'", id="two flags"),
    ],
)
def test_a_flag_that_may_belong_to_another_value_is_refused(header: str, says: str) -> None:
    form = CsvFormat(unpivot=Unpivot(keep=("Day",), columns={"value": "{}", "flag": "Flag"}))
    with pytest.raises(SourceRefused, match=says):
        list(read_frames(Content.of(f"{header}\n1,2,3,4,5\n".encode(), "x.csv"), form))


@pytest.mark.parametrize(
    "wide",
    [
        pytest.param({"columns": {"value": "V{}", "flag": "V{}"}}, id="two alike"),
        pytest.param({"columns": {"value": "V"}}, id="nothing shared"),
        pytest.param({"columns": {"value": "{}{}"}}, id="shared twice"),
        pytest.param({"columns": {"Day": "V{}"}}, id="a kept name"),
        pytest.param({"value": "name"}, id="label and value called alike"),
    ],
)
def test_columns_that_cannot_be_told_apart_are_refused(wide: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="unpivot"):
        Unpivot(keep=("Day",), **wide)
