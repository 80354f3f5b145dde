"""Workbooks that are hostile or broken: refused with the reason, within seconds and bounded memory."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from include.connectors.formats import xlsx
from include.errors import SourceRefused
from tests.unit.connectors.bounded import MOST_MIB, read_bounded
from tests.unit.connectors.workbooks import (
    SHEET,
    by_openpyxl,
    by_xlsxwriter,
    by_xlwt,
    ods,
    packed,
    read,
    repacked,
)


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
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 999, "workbook", id="an empty compound file"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted", id="encrypted"
        ),
        pytest.param(by_xlwt({"Data": [["a"], [1]]})[:3_000], "workbook", id="an xls that is cut off"),
        pytest.param(repacked(BOOK, {SHEET: entities}), "document type", id="entities"),
        pytest.param(repacked(BOOK, {SHEET: lambda text: text[:200]}), "is no XML", id="broken XML"),
        pytest.param(
            repacked(
                by_xlsxwriter({"Data": [["a"], ["x"]]}), {SHEET: lambda text: text.replace(b"<v>0</v>", b"<v>99</v>")}
            ),
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
        "bomb": (lambda: sheet_of(b"<row><c><v>" + b" " * (64 << 20) + b"</v></c></row>"), "100 times its size"),
        "long cell": (
            lambda: sheet_of(
                b"<row><c t='str'><v>" + random.Random(7).randbytes(600_000).hex().encode() + b"</v></c></row>"
            ),
            "1 MiB",
        ),
        "repeated": (repeated, "cells for each of its bytes"),
        "texts": (
            lambda: repacked(
                by_xlsxwriter({"Data": [["a"], [1]]}),
                {"xl/sharedStrings.xml": lambda _: b"<sst>" + b"<si><t>abc</t></si>" * 1_000_000 + b"</sst>"},
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
        if not name.startswith("detect"):
            assert bodies[name][1] in (each.says or ""), each


def test_a_full_sheet_is_read_in_bounded_memory(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "full", {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number in range(100_000):
            sheet.write_row(number, 0, [number, number / 7, f"meter {number}"])
    [ended] = read_bounded({tmp_path / "full": {"kind": "excel", "header_lines": 0}}).values()
    assert ended.rows == 100_000
    assert ended.peak_mib < MOST_MIB


def test_the_limit_of_texts_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    book = by_xlsxwriter({"Data": [["a"], ["x"], ["y"]]})
    monkeypatch.setattr(xlsx, "MOST_TEXTS", 3)
    assert read(book) == [{"a": "x"}, {"a": "y"}]
    monkeypatch.setattr(xlsx, "MOST_TEXTS", 2)
    with pytest.raises(SourceRefused, match="too many different texts"):
        read(book)
