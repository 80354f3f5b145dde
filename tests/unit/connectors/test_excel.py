"""Workbooks as text: what the cells store, in bounded memory; what is hostile or broken is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from include.collection.formats.excel import ExcelFormat
from include.collection.inspection import Detection, Issue
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.sample import take_sample
from include.connectors.formats import xlsx
from include.connectors.formats.excel import read_excel
from include.connectors.formats.sheet_cells import Shown, number_text, serial_text
from include.errors import ConfigurationInvalid, SourceRefused
from tests.unit.connectors.bounded import MOST_MIB, read_bounded

Sheets = Mapping[str, list[list[Any]]]
SHEET = "xl/worksheets/sheet1.xml"
DAY = datetime(2024, 3, 31, 1, 45, tzinfo=UTC).replace(tzinfo=None)


def by_openpyxl(sheets: Sheets, from_1904: bool = False, formats: Mapping[str, str] = {}) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    if from_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cell, code in formats.items():
            sheet[cell].number_format = code
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def by_xlsxwriter(sheets: Sheets, from_1904: bool = False, formats: Mapping[str, str] = {}) -> bytes:
    body = io.BytesIO()
    settings = {"date_1904": from_1904, "in_memory": True, "default_date_format": "dd/mm/yyyy hh:mm"}
    with xlsxwriter.Workbook(body, settings) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    code = formats.get(f"{chr(65 + column)}{number + 1}")
                    sheet.write(number, column, value, *([book.add_format({"num_format": code})] if code else []))
    return body.getvalue()


def by_xlwt(sheets: Sheets, from_1904: bool = False, formats: Mapping[str, str] = {}) -> bytes:
    import xlwt

    book = xlwt.Workbook()
    book.dates_1904 = from_1904
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                code = formats.get(f"{chr(65 + column)}{number + 1}", "General")
                if isinstance(value, date | time) and code == "General":
                    code = "DD/MM/YYYY HH:MM"
                if value is not None:
                    sheet.write(number, column, value, xlwt.easyxf(num_format_str=code))
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


WRITERS = [
    pytest.param(by_openpyxl, id="xlsx by openpyxl"),
    pytest.param(by_xlsxwriter, id="xlsx by XlsxWriter"),
    pytest.param(by_xlwt, id="xls"),
]


def ods(rows: str, styles: str = "", name: str = "Data") -> bytes:
    """A workbook of OpenDocument whose rows are written out."""
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="o" xmlns:table="t"'
        ' xmlns:text="x" xmlns:style="s" xmlns:calcext="c"><office:automatic-styles>'
        f"{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="{name}" table:style-name="ta1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return body.getvalue()


def repacked(book: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, change in changes.items():
        parts[name] = change(parts[name])
    return packed(parts)


def read(body: bytes, **form: Any) -> list[dict[str, str | None]]:
    return read_with_issues(body, **form)[0]


def read_with_issues(body: bytes, **form: Any) -> tuple[list[dict[str, str | None]], list[Issue]]:
    content = Content.of(body, "meters.xlsx")
    frames = list(read_excel(content, ExcelFormat(**form)))
    assert all(dtype == pl.String for frame in frames for dtype in frame.dtypes)
    return pl.concat(frames).to_dicts(), content.issues


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


def entities(_: bytes) -> bytes:
    return (
        b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b"<worksheet><sheetData><row><c t='str'><v>&b;</v></c></row></sheetData></worksheet>"
    )


BOOK = by_openpyxl({"Data": [["a", "b"], ["x", 2]]})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(BOOK[:-40], "damaged", id="cut off"),
        pytest.param(
            packed({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}), "no workbook", id="Word"
        ),
        pytest.param(packed({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"}), "no workbook", id="xlsb"),
        pytest.param(packed({"mimetype": "application/vnd.oasis.opendocument.text"}), "no workbook", id="odt"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 999, "no workbook", id="an empty compound file"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted", id="encrypted"
        ),
        pytest.param(by_xlwt({"Data": [["a"], [1]]})[:3_000], "workbook", id="an xls that is cut off"),
        pytest.param(repacked(BOOK, {SHEET: entities}), "document type", id="entities"),
        pytest.param(repacked(BOOK, {SHEET: lambda text: text[:200]}), "is no XML", id="broken XML"),
        pytest.param(
            repacked(BOOK, {SHEET: lambda text: text.replace(b"<v>0</v>", b"<v>99</v>")}),
            "a text that is not there",
            id="a text that is not there",
        ),
        pytest.param(
            repacked(BOOK, {SHEET: lambda text: text.replace(b'r="B2"', b'r="ZZZZZ2"')}), "no place", id="no place"
        ),
        pytest.param(
            repacked(BOOK, {SHEET: lambda text: text.replace(b'<row r="2"', b'<row r="1"')}), "order", id="rows twice"
        ),
        pytest.param(
            repacked(BOOK, {SHEET: lambda text: text.replace(b'<row r="2"', b'<row r="1048577"')}), "order", id="rows"
        ),
        pytest.param(by_openpyxl({"Data": [["a"]]}), "no row follows the header", id="a header only"),
    ],
)
def test_what_cannot_be_used_says_why(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        read(body)
    assert says in str(raised.value)
    assert raised.value.remedy


@given(st.data())
def test_broken_bytes_are_refused_and_never_crash(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from([BOOK, by_xlwt({"Data": [["a", "b"], ["x", 2]]})])))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(8, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert read(bytes(body))
    except SourceRefused as refused:
        assert refused.remedy


def sparse() -> bytes:
    """Two cells at the corners of a sheet: 17,179,869,184 cells to whoever makes a rectangle of them."""
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, 1)
    return body.getvalue()


def sheet_of(cells: bytes) -> bytes:
    return repacked(BOOK, {SHEET: lambda _: b"<worksheet><sheetData>" + cells + b"</sheetData></worksheet>"})


def repeated() -> bytes:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="1000"/>'
    return ods(f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>')


def test_hostile_workbooks_end_within_seconds_and_512_mib(tmp_path: Path) -> None:
    bodies: dict[str, tuple[Callable[[], bytes], str]] = {
        "sparse": (sparse, "1600 columns"),
        "bomb": (lambda: sheet_of(b"<row><c><v>" + b" " * (300 << 20) + b"</v></c></row>"), "100 times its size"),
        "long cell": (lambda: sheet_of(b"<row><c t='str'><v>" + b"x" * 1_100_000 + b"</v></c></row>"), "1 MiB"),
        "repeated": (repeated, "cells for each of its bytes"),
        "texts": (
            lambda: repacked(
                by_xlsxwriter({"Data": [["a"], [1]]}),
                {"xl/sharedStrings.xml": lambda _: b"<sst>" + b"<si><t>abc</t></si>" * 3_000_000 + b"</sst>"},
            ),
            "times its size",
        ),
    }
    for name, (body, _) in bodies.items():
        (tmp_path / name).write_bytes(body())
    ended = read_bounded({tmp_path / name: {"kind": "excel"} for name in bodies})
    ended |= {
        f"detect {name}": each for name, each in read_bounded(dict.fromkeys(map(tmp_path.joinpath, bodies))).items()
    }
    for name, each in ended.items():
        assert each.peak_mib < MOST_MIB, each
        assert each.seconds < 30, each
        assert each.says, each
        if not name.startswith("detect"):
            assert bodies[name][1] in each.says, each


def test_a_full_sheet_is_read_in_bounded_memory(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "full", {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number in range(200_000):
            sheet.write_row(number, 0, [number, number / 7, f"meter {number}"])
    [ended] = read_bounded({tmp_path / "full": {"kind": "excel", "header_lines": 0}}).values()
    assert ended.rows == 200_000
    assert ended.peak_mib < MOST_MIB


def test_the_limit_of_texts_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    book = by_xlsxwriter({"Data": [["a"], ["x"], ["y"]]})
    monkeypatch.setattr(xlsx, "MOST_TEXTS", 3)
    assert read(book) == [{"a": "x"}, {"a": "y"}]
    monkeypatch.setattr(xlsx, "MOST_TEXTS", 2)
    with pytest.raises(SourceRefused, match="too many different texts"):
        read(book)
