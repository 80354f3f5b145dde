"""Workbooks as several writers make them, and as nobody should."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter

from include.collection.formats.excel import ExcelFormat
from include.collection.inspection import Issue
from include.connectors.content import Content
from include.connectors.formats.excel import read_excel

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
