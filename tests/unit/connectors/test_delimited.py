"""Delimited text as it really comes, and what a data owner is told when it cannot be read."""

from __future__ import annotations

import gzip
import hashlib
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from include.collection.source_format import CsvFormat
from include.connectors.file import UploadedFile
from include.connectors.formats import delimited
from include.errors import SourceRefused

SEMICOLON = {"delimiter": ";"}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read_bytes(content: bytes, **form: Any) -> list[dict[str, str | None]]:
        path = tmp_path / "the-upload"
        path.write_bytes(content)
        frames = list(UploadedFile(path, "meters.csv", CsvFormat(**form)).read(None).frames)
        assert all(dtype == pl.String for frame in frames for dtype in frame.dtypes)
        return pl.concat(frames).to_dicts()

    return read_bytes


@pytest.mark.parametrize(
    ("content", "form", "rows"),
    [
        pytest.param(b"a,b\n1,2\n", {}, [{"a": "1", "b": "2"}], id="plain"),
        pytest.param(b"a,b\r\n1,2", {}, [{"a": "1", "b": "2"}], id="CRLF, no end of line at the end"),
        pytest.param(b"\xef\xbb\xbfa;b\n1;2\n", SEMICOLON, [{"a": "1", "b": "2"}], id="byte order mark"),
        pytest.param(b'a;b\n"x;y";"l1\nl2"\n', SEMICOLON, [{"a": "x;y", "b": "l1\nl2"}], id="quotes"),
        pytest.param(b'a\n"5"" pipe"\n', {}, [{"a": '5" pipe'}], id="a doubled quote"),
        pytest.param(b'a,b\n5" pipe,2\n', {}, [{"a": '5" pipe', "b": "2"}], id="a quote inside a cell"),
        pytest.param(b"a,b\n'x,y',2\n", {"quote": "'"}, [{"a": "x,y", "b": "2"}], id="another quote"),
        pytest.param(b'a,b\n"1,2\n', {"quote": None}, [{"a": '"1', "b": "2"}], id="no quote at all"),
        pytest.param(
            b'EAN;b\n="0123";1\n"=""0456""";2\n',
            SEMICOLON | {"excel_text": True},
            [{"EAN": "0123", "b": "1"}, {"EAN": "0456", "b": "2"}],
            id="cells written for Excel keep their zeros",
        ),
        pytest.param(b"a,b\n,-\n", {"null_values": ("", "-")}, [{"a": None, "b": None}], id="words for nothing"),
        pytest.param(b"a,b\nNA,null\n", {}, [{"a": "NA", "b": "null"}], id="no words for nothing but those given"),
        pytest.param(b"a,b\n007,1.50\n", {}, [{"a": "007", "b": "1.50"}], id="nothing is guessed"),
        pytest.param(b"Export\n\na,b\n1,2\n", {"skip_lines": 2}, [{"a": "1", "b": "2"}], id="a preamble"),
        pytest.param(b"a,b,\n1,2,\n", {}, [{"a": "1", "b": "2"}], id="a delimiter at the line's end"),
        pytest.param(b"a,a\n1,2\n", {}, [{"a": "1", "a (2)": "2"}], id="a name twice"),
        pytest.param(b"a\n1\n\n2\n", {}, [{"a": "1"}, {"a": "2"}], id="empty lines"),
        pytest.param("a\né\n".encode("cp1252"), {"encoding": "cp1252"}, [{"a": "é"}], id="cp1252"),
        pytest.param("a\né\n".encode("utf-16"), {"encoding": "utf-16"}, [{"a": "é"}], id="UTF-16 with its mark"),
        pytest.param(gzip.compress(b"a\n1\n"), {}, [{"a": "1"}], id="gzip, told by its bytes"),
        pytest.param(gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"), {}, [{"a": "1"}, {"a": "2"}], id="gzip twice"),
    ],
)
def test_a_file_is_read_as_it_is_meant(read: Any, content: bytes, form: dict[str, Any], rows: list[Any]) -> None:
    assert read(content, **form) == rows


@pytest.mark.parametrize(
    ("content", "form", "says"),
    [
        pytest.param(b"", {}, "the file is empty", id="empty"),
        pytest.param(b"\xef\xbb\xbf\r\n", {}, "the file is empty", id="nothing but a mark"),
        pytest.param(b"a,b\n\n\n", {}, "no row follows the header", id="header only"),
        pytest.param(gzip.compress(b"a\n" + b"1\n" * 999)[:-9], {}, "ends too early", id="truncated gzip"),
        pytest.param(gzip.compress(b""), {}, "the file is empty", id="gzip of nothing"),
        pytest.param(b"a,b\n1,2\n3\n", {}, "row 2 below the header, about line 3, has 1 cells", id="a short row"),
        pytest.param(b"x\na,b\n1,2,3\n", {"skip_lines": 1}, "about line 3, has 3 cells", id="a long row"),
        pytest.param(b"a,b\n1,2\n3,\0\n", {}, "line 3 holds a NUL", id="NUL"),
        pytest.param(b"a,b\n1,2\n3,\xff\n", {}, "line 3 (byte 11) is not text in utf-8", id="no UTF-8"),
        pytest.param("a\n1\n".encode("utf-16"), {}, "begins like utf-16", id="UTF-16 unannounced"),
        pytest.param(b"a\n\xe2\x82", {}, "line 2 (byte 3)", id="cut inside a character"),
        pytest.param(b"a,b\n1,2\n", {"encoding": "utf-9"}, "no encoding is called 'utf-9'", id="no encoding"),
        pytest.param(b"PK\x03\x04rest", {}, "the packed file is damaged", id="the beginning of a workbook"),
        pytest.param(b'a,b\n1,"2\n3,4\n', {}, "opens a quote that is never closed", id="an open quote"),
        pytest.param(
            b'a,b,c\n1,x,3\n1,"x,3\n1,"x",3\n',
            {},
            "row 2 below the header, about line 3, has a quote",
            id="a row in one",
        ),
        pytest.param(
            b"a,b,c\n" + b"1,x,3\n" * 300_000 + b'1,"x,3\n' + b"1,x,3\n" * 300_000,
            {},
            "from about line 300002 on",
            id="an open quote in the middle",
        ),
        pytest.param(b"a\n1\n", {"skip_lines": 9}, "no header was found", id="too much skipped"),
        pytest.param(",".join(f"c{n}" for n in range(1601)).encode() + b"\n1\n", {}, "1600 columns", id="columns"),
        pytest.param(b"a\n" + b"x" * ((1 << 20) + 1), {}, "longer than 1 MiB", id="a cell too long"),
        pytest.param(gzip.compress(b"a\n" + b"1\n" * (1 << 20)), {}, "100 times its size", id="a gzip bomb"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_is_wrong(
    read: Any, content: bytes, form: dict[str, Any], says: str
) -> None:
    with pytest.raises(SourceRefused) as raised:
        read(content, **form)
    assert says in str(raised.value)
    assert raised.value.where == "meters.csv"
    assert raised.value.remedy


def test_a_damaged_gzip_is_told_from_a_whole_one(read: Any) -> None:
    packed = bytearray(gzip.compress(b"a\n" + b"1\n" * 999))
    packed[-6] ^= 255
    with pytest.raises(SourceRefused, match="damaged"):
        read(bytes(packed))


def test_no_message_holds_a_value_of_a_row(read: Any) -> None:
    for content in (b"a,b\nSECRET\n", b'a,b\nSECRET,"2\n3,4\n', b"a,b\nSECRET,\xff\n", b"a,b\nSECRET,\0\n"):
        with pytest.raises(SourceRefused) as raised:
            read(content)
        assert "SECRET" not in str(raised.value)
        assert raised.value.__cause__ is None


def test_as_many_columns_as_a_table_takes_are_read(read: Any) -> None:
    header = ",".join(f"c{number}" for number in range(1600))
    assert len(read(f"{header}\n1{',' * 1599}\n".encode())[0]) == 1600


def test_the_digest_is_of_the_content_packed_or_not(tmp_path: Path) -> None:
    content = b"a,b\n1,2\n" * 1000
    for stored in (content, gzip.compress(content)):
        (tmp_path / "file").write_bytes(stored)
        reading = UploadedFile(tmp_path / "file", "x", CsvFormat()).read(None)
        for _ in reading.frames:
            pass
        assert reading.digest() == hashlib.sha256(content).hexdigest()


def test_a_long_file_comes_in_parts_that_hold_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "PART_ROWS", 100_000)
    chance = random.Random(7)
    lines = [f"{number},{'é' * chance.randint(0, 9)}" for number in range(450_000)]
    (tmp_path / "file").write_text("number,filler\n" + "\n".join(lines), encoding="utf-8")
    frames = list(UploadedFile(tmp_path / "file", "x", CsvFormat()).read(None).frames)
    assert [frame.height for frame in frames] == [100_000] * 4 + [50_000]
    assert pl.concat(frames)["number"].cast(pl.Int64).to_list() == list(range(450_000))


def test_memory_stays_bounded_however_long_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write("a,b,c,d\n")
        for _ in range(40):
            file.write("a value of some length,another value of some length,1234567.89,2024-01-01T00:00:00\n" * 100_000)
    script = """
import re, sys
from pathlib import Path
from include.collection.source_format import CsvFormat
from include.connectors.file import UploadedFile
def peak():
    # not ru_maxrss: that one is handed down by the process that started this one
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
rows = sum(frame.height for frame in UploadedFile(Path(sys.argv[1]), "x", CsvFormat()).read(None).frames)
print(rows, (peak() - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    rows, grown_mib = map(int, done.stdout.split())
    assert rows == 4_000_000
    assert path.stat().st_size > 300 << 20
    assert grown_mib < 512
