"""Workbooks as text: what the cells store, in bounded memory; what is hostile or broken is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from include.collection.formats.excel import ExcelFormat
from include.collection.inspection import Detection
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.sample import take_sample
from include.connectors.formats.excel import read_excel
from include.connectors.formats.sheet_cells import Shown, number_text, serial_text
from include.errors import ConfigurationInvalid, SourceRefused
from tests.unit.connectors.workbooks import (
    DAY,
    WRITERS,
    by_openpyxl,
    by_xlsxwriter,
    by_xlwt,
    ods,
    read,
    read_with_issues,
    repacked,
)


def detected(body: bytes, **settings: Any) -> Detection:
    return detect(take_sample("meters.xlsx", lambda: Content.of(body, "meters.xlsx")), settings)


@pytest.mark.parametrize("write", WRITERS)
def test_cells_are_read_as_they_are_stored(write: Callable[..., bytes]) -> None:
    rows = [
        ["time", "kwh", "text", "yes", "day", "clock", "span", "share"],
        [DAY, 0.1, "007", True, DAY, 0.25, 1.5, 0.125],
        [DAY + timedelta(minutes=15), 12, "é <&>", False, DAY, 1.0, 0.5, 0.5],
        [DAY + timedelta(minutes=30), 1e-7, "x", False, DAY, 0.75, 0.5, 0.5],
    ]
    shown = {"E2": "yyyy-mm-dd", "F2": "h:mm", "F3": "h:mm", "F4": "h:mm", "G2": "[h]:mm", "H2": "0.0%"}
    rows[1][4] = date(2024, 3, 31)
    read_rows, issues = read_with_issues(write({"Data": rows}, formats=shown))
    assert read_rows[0] == {
        "time": "2024-03-31T01:45:00",
        "kwh": "0.1",
        "text": "007",
        "yes": "true",
        "day": "2024-03-31",
        "clock": "06:00:00",
        "span": "36:00:00",
        "share": "0.125",
    }
    assert [row["clock"] for row in read_rows] == ["06:00:00", "24:00:00", "18:00:00"]
    assert [row["kwh"] for row in read_rows] == ["0.1", "12", "1e-07"]
    assert [row["time"] for row in read_rows][1:] == ["2024-03-31T02:00:00", "2024-03-31T02:15:00"]
    assert [issue.where for issue in issues] == ["sheet 'Data', column H"]
    assert "12.5 % is 0.125" in issues[0].what


@pytest.mark.parametrize("write", WRITERS)
def test_days_since_1904_are_the_same_days(write: Callable[..., bytes]) -> None:
    assert read(write({"Data": [["t"], [DAY]]}, from_1904=True)) == [{"t": "2024-03-31T01:45:00"}]


@pytest.mark.parametrize(
    ("serial", "shown", "text"),
    [
        pytest.param(1, Shown.DATE, "1900-01-01", id="the first day"),
        pytest.param(59, Shown.DATE, "1900-02-28", id="before the day that never was"),
        pytest.param(60, Shown.DATE, None, id="29 February 1900 never was"),
        pytest.param(61, Shown.DATE, "1900-03-01", id="after it"),
        pytest.param(45292.0104166667, Shown.DATETIME, "2024-01-01T00:15:00", id="a quarter written in 15 digits"),
        pytest.param(45292.99999999999, Shown.DATETIME, "2024-01-02T00:00:00", id="midnight, nearly"),
        pytest.param(45292.5, Shown.DATE, "2024-01-01T12:00:00", id="a time of day that is not shown is kept"),
        pytest.param(45292.25, Shown.TIME, "2024-01-01T06:00:00", id="a day that is not shown is kept"),
        pytest.param(1 / 86_400_000, Shown.TIME, "00:00:00.001", id="a thousandth"),
        pytest.param(-1, Shown.DATE, None, id="before all days"),
        pytest.param(2_958_466, Shown.DATE, None, id="after all days"),
    ],
)
def test_a_number_of_days_is_a_time(serial: float, shown: Shown, text: str | None) -> None:
    assert serial_text(serial, shown, from_1904=False) == text


@given(st.datetimes(min_value=datetime(1900, 3, 1), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001
def test_every_time_reads_back_to_the_millisecond(moment: datetime) -> None:
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001
    text = serial_text(serial, Shown.DATETIME, from_1904=False)
    assert text is not None
    assert abs(datetime.fromisoformat(text) - moment) <= timedelta(milliseconds=1)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_reads_back_as_the_same(number: float) -> None:
    for stored in (repr(number), f"{number:.17g}", f"{number:.16E}"):
        assert float(number_text(stored)) == float(stored)


def test_numbers_stored_as_text_have_one_style_with_real_ones() -> None:
    book = by_openpyxl({"Data": [["n"], ["1.234,5"], [1.5], [2]]})
    assert [row["n"] for row in read(book, decimal=",", thousands=".")] == ["1.234,5", "1,5", "2"]


@pytest.mark.parametrize(("write", "sign"), [("12'345.5", "'"), ("12,345.5", ","), ("12 345.5", " ")])
def test_thousands_of_numbers_that_are_text_are_found_beside_real_ones(write: str, sign: str) -> None:
    rows = [[DAY + timedelta(days=at), write if at % 3 else 12345.5] for at in range(30)]
    (table,) = detected(by_openpyxl({"Data": [["Datum", "Stand (kWh)"], *rows]})).tables
    assert isinstance(table.form, ExcelFormat)
    assert (table.form.decimal, table.form.thousands) == (".", sign)


def test_errors_are_no_values_and_told() -> None:
    book = by_openpyxl({"Data": [["n", "m"], [1, "=1/0"], [2, 3]]})
    erring = {
        "xl/worksheets/sheet1.xml": lambda text: text.replace(
            b'<c r="A2" t="n"><v>1</v>', b'<c r="A2" t="e"><v>#N/A</v>'
        )
    }
    rows, issues = read_with_issues(repacked(book, erring))
    assert rows == [{"n": None, "m": None}, {"n": "2", "m": "3"}]
    assert [(issue.where, issue.what[:31]) for issue in issues] == [
        ("sheet 'Data', cell A2", "a formula without a result: #N/"),
        ("sheet 'Data', cell B2", "1 formulas were stored without "),
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(by_xlsxwriter({"Data": [["n"], [1], ["#REF!"], ["#REF!"], ["# 7"]]}), id="xlsx"),
        pytest.param(by_xlwt({"Data": [["n"], [1], ["#REF!"], ["#REF!"], ["# 7"]]}), id="xls"),
        pytest.param(
            ods(
                "".join(
                    f'<table:table-row><table:table-cell office:value-type="string"><text:p>{text}</text:p>'
                    "</table:table-cell></table:table-row>"
                    for text in ("n", "1", "#REF!", "#REF!", "# 7")
                )
            ),
            id="ods",
        ),
    ],
)
def test_errors_that_were_pasted_as_texts_are_told_as_well(body: bytes) -> None:
    rows, issues = read_with_issues(body)
    assert [row["n"] for row in rows] == ["1", None, None, "# 7"]
    assert [(issue.where, issue.what) for issue in issues] == [
        ("sheet 'Data', cell A3", "a formula without a result: #REF!, in 2 cells")
    ]


def test_a_formula_has_the_result_that_is_stored() -> None:
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["n", "text"])
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_formula(1, 1, '="a"&"b"', None, "ab")
        sheet.write_url(1, 2, "http://127.0.0.1/elsewhere", None, "link")
    assert read(body.getvalue()) == [{"n": "2", "text": "ab", "column_3": "link"}]


def test_long_whole_numbers_are_told() -> None:
    rows, issues = read_with_issues(by_openpyxl({"Data": [["ean"], [541448820044159229]]}))
    assert rows[0]["ean"] is not None
    assert "more than 15 digits" in issues[0].what


def test_a_merged_cell_stands_in_every_row_that_it_spans() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["site", "Energy", None], [None, "in", "out"], ["A", 1, 2], [None, 3, 4], ["B", 5, 6]):
        sheet.append(row)
    for merged in ("B1:C1", "A1:A2", "A3:A4"):
        sheet.merge_cells(merged)
    body = io.BytesIO()
    book.save(body)
    assert read(body.getvalue(), header_lines=2) == [
        {"site": "A", "Energy in": "1", "Energy out": "2"},
        {"site": "A", "Energy in": "3", "Energy out": "4"},
        {"site": "B", "Energy in": "5", "Energy out": "6"},
    ]


@pytest.mark.parametrize("write", WRITERS)
def test_a_sheet_is_chosen_by_its_name(write: Callable[..., bytes]) -> None:
    book = write({"Prices": [["p"], [1]], "Flows": [["f"], [2]]})
    assert read(book, sheet="Flows") == [{"f": "2"}]
    with pytest.raises(SourceRefused, match=r"the workbook has 2 sheets.*'Prices', 'Flows'"):
        read(book)
    with pytest.raises(SourceRefused, match="no sheet is called 'Flow'"):
        read(book, sheet="Flow")


def test_the_only_visible_sheet_needs_no_name() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["a"])
    book.worksheets[0].append([1])
    book.create_sheet("lookup").append(["secret"])
    book["lookup"].sheet_state = "veryHidden"
    body = io.BytesIO()
    book.save(body)
    assert read(body.getvalue()) == [{"a": "1"}]


def test_names_with_a_prefix_and_cells_without_a_place_are_read() -> None:
    book = by_openpyxl({"Data": [["a", "b"], [1, 2]]})
    plain = (
        b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        b'<x:row><x:c t="inlineStr"><x:is><x:r><x:t>a</x:t></x:r><x:r><x:t>b</x:t></x:r>'
        b'<x:rPh sb="0" eb="1"><x:t>never</x:t></x:rPh></x:is></x:c></x:row>'
        b'<x:row r="4"><x:c r="B4"><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    changed = repacked(book, {"xl/worksheets/sheet1.xml": lambda _: plain})
    assert read(changed) == [{"ab": None, "column_2": "7"}]


def test_a_workbook_of_opendocument_is_read() -> None:
    body = ods(
        '<table:table-row><table:table-cell office:value-type="string"><text:p>t</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string"><text:p>kWh<text:s text:c="2"/>net</text:p>'
        "<office:annotation><text:p>a remark</text:p></office:annotation></table:table-cell></table:table-row>"
        '<table:table-row><table:table-cell office:value-type="date" office:date-value="2024-01-01T00:15:00"/>'
        '<table:table-cell office:value-type="float" office:value="0.1"><text:p>0,10</text:p></table:table-cell>'
        "</table:table-row>"
        '<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="time"'
        ' office:time-value="PT26H05M03S"/><table:table-cell office:value-type="percentage" office:value="0.5"/>'
        "</table:table-row>"
        '<table:table-row><table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        '<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#N/A</text:p>'
        "</table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    rows, issues = read_with_issues(body)
    assert rows == [
        {"t": "2024-01-01T00:15:00", "kWh net": "0.1"},
        {"t": "26:05:03", "kWh net": "0.5"},
        {"t": "26:05:03", "kWh net": "0.5"},
        {"t": "true", "kWh net": None},
    ]
    assert [issue.where for issue in issues] == ["sheet 'Data', cell B5", "sheet 'Data', column B"]


def test_detection_finds_the_table_below_a_preamble() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    rows: list[list[Any]] = [
        ["Export of meter 5", None, None],
        [None],
        ["Time", "Consumption", "State"],
        [None, "kWh", None],
    ]
    rows += [[start + timedelta(minutes=15 * n), n * 0.25, "valid"] for n in range(200)]
    body = by_openpyxl({"Notes": [["Read me"]], "Data": rows})
    found = detected(body)
    [table] = [table for table in found.tables if table.name == "Data"]
    assert found.tables[0] is table
    assert isinstance(table.form, ExcelFormat)
    assert table.form.sheet == "Data"
    content = Content.of(body, "meters.xlsx")
    frame = pl.concat(read_excel(content, table.form))
    assert frame.height == 200
    assert frame.row(1) == ("2024-01-01T00:15:00", "0.25", "valid")
    assert "Time" in frame.columns


def test_detection_asks_which_of_several_sheets() -> None:
    small = [["day", "kwh"], *([f"2024-01-{n:02}", n] for n in range(1, 9))]
    great = [["day", "kwh"], *([f"2023-{m:02}-{n:02}", n] for m in range(1, 13) for n in range(1, 29))]
    body = by_xlsxwriter({"2024": small, "2023": great})
    found = detected(body)
    assert [table.name for table in found.tables] == ["2023", "2024"]
    assert [(question.key, question.options) for question in found.questions if question.key == "sheet"] == [
        ("sheet", ("2023", "2024"))
    ]
    chosen = detected(body, sheet="2024")
    assert [table.name for table in chosen.tables] == ["2024"]
    assert not [question for question in chosen.questions if question.key == "sheet"]


def test_a_setting_of_another_format_is_refused() -> None:
    with pytest.raises(ConfigurationInvalid, match="sheet"):
        detected(by_openpyxl({"Data": [["a"], [1]]}), shet="Data")


MONTHS = {
    name: [
        ["Zähler"],
        [],
        ["Datum", "kWh"],
        *([date(2024, month, day), day + month / 4] for day in range(1, 29)),
        *foot,
    ]
    for month, (name, foot) in enumerate({"Jan 24": [["Summe", 1]], "Feb 24": [["Summe", 2]], "Mrz 24": []}.items(), 1)
}


@pytest.mark.parametrize("write", WRITERS)
def test_sheets_with_the_same_columns_are_one_table(write: Callable[..., bytes]) -> None:
    book = write({**MONTHS, "Apr 24": MONTHS["Jan 24"][:3], "Plan": [["Plan"], [], ["x"], [1]]})
    rows, issues = read_with_issues(book, sheets=["* 24"], skip_lines=2)
    assert len(rows) == 3 * 28 + 2
    assert [(row["Datum"] or "")[:10] for row in (rows[0], rows[28], rows[-1])] == ["2024-01-01", "Summe", "2024-03-28"]
    assert [(row["kWh"], row["sheet"]) for row in (rows[0], rows[-1])] == [("1.25", "Jan 24"), ("28.75", "Mrz 24")]
    assert [(issue.where, issue.what) for issue in issues] == [
        ("sheets 'Plan'", "they are not read"),
        ("meters.xlsx, sheet 'Apr 24'", "no row follows the header"),
    ]
    rows, issues = read_with_issues(book, sheets=["* 24"], skip_lines=2, totals=["summe"])
    assert len(rows) == 3 * 28
    assert [issue.where for issue in issues][1:3] == ["sheet 'Jan 24', the rows", "sheet 'Feb 24', the rows"]
    with pytest.raises(SourceRefused, match=r"sheet 'Plan': its columns are not those of the sheets before: 'Datum'"):
        read(book, sheets=["*"], skip_lines=2)
    with pytest.raises(SourceRefused, match=r"no sheet is called '2023\*'.*one of: 'Jan 24'"):
        read(book, sheets=["Plan", "2023*"])


def test_detection_says_how_sheets_with_the_same_columns_are_read_and_leaves_no_row_out() -> None:
    book = by_openpyxl({**MONTHS, "Plan": [["x", "kW"], [1, 2], [2, 3]]})
    (asked,) = detected(book).questions
    assert "3 of them have the same columns: `--set 'sheets=* 24'`" in asked.what
    found = detected(book, sheets="* 24")
    (table,) = found.tables
    # of two sheets the last line is a sum, of the third one a row
    assert isinstance(table.form, ExcelFormat)
    assert (table.form.sheets, table.form.skip_lines) == (("* 24",), 2)
    assert (table.form.footer_lines, table.form.totals) == (0, ("summe",))
    assert len(read(book, **table.form.model_dump(exclude={"kind"}))) == 3 * 28
    apart = detected(by_openpyxl({**MONTHS, "Apr 24": MONTHS["Jan 24"][2:]}), sheets='["Jan 24", "Apr 24"]')
    assert ("sheet 'Apr 24'", "its table does not lie as that of 'Jan 24' does: skip_lines") in [
        (issue.where, issue.what) for issue in apart.issues
    ]
    with pytest.raises(ConfigurationInvalid, match="Leave one of them out"):
        detected(book, sheets="*", sheet="Plan")
