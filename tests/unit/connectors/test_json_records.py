"""Files of JSON records."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from include.collection.source_format import JsonFormat
from include.connectors.content import CHUNK
from include.connectors.file import UploadedFile
from include.errors import SourceRefused


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read_bytes(content: bytes, records: str = "$") -> list[dict[str, str | None]]:
        (tmp_path / "upload").write_bytes(content)
        frames = list(UploadedFile(tmp_path / "upload", "device.json", JsonFormat(records=records)).read(None).frames)
        assert all(dtype == pl.String for frame in frames for dtype in frame.dtypes)
        return pl.concat(frames).to_dicts()

    return read_bytes


def test_nested_members_become_columns_and_everything_becomes_text(read: Any) -> None:
    content = b"""{"data": {"rows": [
        {"t": "2025-06-05T23:02:07Z", "p": {"grid": {"v": 247.60, "on": true}, "s": [1, {"a": "\xc3\xa9"}]}, "n": null},
        {"t": "x", "big": 12345678901234567890, "e": 1e-7, "empty": ""}]}}"""
    assert read(content, "$.data.rows") == [
        {
            "t": "2025-06-05T23:02:07Z",
            "p.grid.v": "247.60",
            "p.grid.on": "true",
            "p.s": '[1, {"a": "é"}]',
            "n": None,
            "big": None,
            "e": None,
            "empty": None,
        },
        {
            "t": "x",
            "p.grid.v": None,
            "p.grid.on": None,
            "p.s": None,
            "n": None,
            "big": "12345678901234567890",
            "e": "1e-7",
            "empty": "",
        },
    ]


def test_a_list_may_be_the_whole_document_packed_and_with_a_mark(read: Any) -> None:
    assert read(gzip.compress(b'\xef\xbb\xbf[{"a": 1}]')) == [{"a": "1"}]


@pytest.mark.parametrize(
    ("content", "path", "says"),
    [
        pytest.param(b"", "$", "the JSON ends too early", id="empty"),
        pytest.param(b'{"data": [{"a": 1}, {"a"', "$.data", "the JSON ends too early", id="truncated"),
        pytest.param(b"<html>no</html>", "$", "it is no JSON from line 1, column 1", id="a web page"),
        pytest.param(
            b'{"data": [], "meta": {}}',
            "$.rows",
            "no member 'rows' at $. At $ there are: data (a list), meta",
            id="path",
        ),
        pytest.param(b'{"data": {"x": []}}', "$.data", "At $.data there are: x (a list)", id="an object"),
        pytest.param(b'[{"a": 1}]]', "$", "it is no JSON from line 1, column 11", id="something behind it"),
        pytest.param(b'{"data": [{"a": 1}]', "$.data", "the JSON ends too early", id="truncated behind the records"),
        pytest.param(
            b'[{"a": 1},\n  {"b": 1, "b": 2}]',
            "$",
            "begins at line 2, column 3: an object names a member twice: 'b'",
            id="a member twice",
        ),
        pytest.param(b'[{"a.b": 1, "a": {"b": 2}}]', "$", "two members are called 'a.b'", id="two names alike"),
        pytest.param(b'{"data": 5}', "$.data", "no list of records", id="a number"),
        pytest.param(b'{"data": []}', "$.data", "the list at $.data is empty", id="an empty list"),
        pytest.param(b'{"data": null}', "$.data", "the list at $.data is empty", id="null for an empty list"),
        pytest.param(b'[{"a": 1}, 2]', "$", "record 2 at $ is no object", id="a record that is none"),
        pytest.param(b'[{"a": "\\ud800"}]', "$", "half a character", id="a lone surrogate"),
        pytest.param(b'[{"a": "\\u0000"}]', "$", "NUL", id="NUL"),
        pytest.param(b'[{"a": "\xff"}]', "$", "byte 9 is not UTF-8", id="no UTF-8"),
        pytest.param(b"[" * 100_000, "$", "nested more than 64 deep", id="nested lists without an end"),
        pytest.param(b'[{"a":' + b'{"a":' * 64 + b"1" + b"}" * 65 + b"]", "$", "nested more than 64", id="nested"),
        pytest.param(json.dumps([{f"c{n}": 1 for n in range(1601)}]).encode(), "$", "1600 different", id="columns"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_is_wrong(read: Any, content: bytes, path: str, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        read(content, path)
    assert says in str(raised.value)
    assert "device.json" in raised.value.where


def test_numbers_keep_every_digit_of_a_double(read: Any) -> None:
    """Every digit: also those that no double has."""
    assert read(b'[{"x": 12345678901234567890.10}]') == [{"x": "12345678901234567890.10"}]
    numbers = [0.1, 1 / 3, 123456.789012345, 5e-324, 1.7976931348623157e308]
    rows = read(json.dumps([{"x": number} for number in numbers]).encode())
    assert [float(row["x"]) for row in rows] == numbers


@pytest.mark.parametrize("before", range(10))
def test_a_number_that_is_cut_where_a_piece_ends_is_read_whole(read: Any, before: int) -> None:
    content = b"[" + b" " * (CHUNK - 1 - before) + b"12.5e-3, 1]"
    assert read(content) == [{"value": "12.5e-3"}, {"value": "1"}]
