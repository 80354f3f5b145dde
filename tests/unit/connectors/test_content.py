"""What packs a source: told by its bytes, unpacked with limits, refused with the reason."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.collection.inspection import DetectedTable, Detection
from include.collection.source_format import CsvFormat
from include.connectors import archive, content
from include.connectors.content import Content
from include.connectors.detection.container import name_member
from include.connectors.detection.detect import detect
from include.connectors.detection.sample import take_sample
from include.connectors.file import UploadedFile
from include.connectors.formats.json_text import JsonText
from include.connectors.formats.text import read_text
from include.errors import ConfigurationInvalid, SourceRefused
from tests.unit.connectors.workbooks import by_xlsxwriter, by_xlwt

TEXT = b"time,kwh\n" + b"2024-01-01T00:00:00Z,1.5\n" * 5_000
WORKBOOK = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", method) as packed:
        for name, text in members.items():
            packed.writestr(name, text)
    return body.getvalue()


def tarred(text: bytes) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as packed:
        info = tarfile.TarInfo("meters.csv")
        info.size = len(text)
        packed.addfile(info, io.BytesIO(text))
    return body.getvalue()


def linked(target: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        link = zipfile.ZipInfo("meters.csv")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, target)
    return body.getvalue()


def read_all(body: bytes, member: str | None = None) -> bytes:
    with Content(io.BytesIO(body), "meters", member) as source:
        text = b""
        while chunk := source.read():
            text += chunk
        assert source.digest() == hashlib.sha256(text).hexdigest()
        assert source.count == len(text)
        return text


PACKED = [
    pytest.param(TEXT, id="nothing"),
    pytest.param(gzip.compress(TEXT), id="gzip"),
    pytest.param(gzip.compress(TEXT[:999]) + gzip.compress(TEXT[999:]), id="gzip in two members"),
    pytest.param(bz2.compress(TEXT), id="bzip2"),
    pytest.param(bz2.compress(TEXT[:999]) + bz2.compress(TEXT[999:]), id="bzip2 in two streams"),
    pytest.param(zipped({"meters.csv": TEXT}), id="ZIP"),
    pytest.param(zipped({"meters.csv": TEXT}, zipfile.ZIP_STORED), id="ZIP without compression"),
    pytest.param(
        zipped(
            {"a/": b"", "a/b.csv": TEXT, "__MACOSX/a/._b.csv": b"\0", "a/.DS_Store": b"\0", "manual.pdf": b"%PDF-1"}
        ),
        id="ZIP with a folder, a manual and a system's own files",
    ),
    pytest.param(zipped({"../../etc/cron.d/meters": TEXT}), id="ZIP whose member climbs out: nothing is written"),
]


@pytest.mark.parametrize("body", PACKED)
def test_what_is_packed_reads_as_what_is_in_it(body: bytes) -> None:
    assert read_all(body) == TEXT


@pytest.mark.parametrize("body", PACKED)
def test_what_is_packed_can_be_sought_in(body: bytes) -> None:
    with Content(io.BytesIO(body), "meters") as source:
        file = source.seekable()
        file.seek(9)
        assert file.read(20) == TEXT[9:29]
        assert source.digest() == hashlib.sha256(TEXT).hexdigest()
        assert source.count == len(TEXT)


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(lambda book: book, id="nothing"),
        pytest.param(gzip.compress, id="gzip"),
        pytest.param(lambda book: zipped({"book.xlsx": book}), id="ZIP"),
    ],
)
def test_a_workbook_is_no_archive_to_its_owner(pack: object) -> None:
    book = zipped(WORKBOOK)
    assert callable(pack)
    assert read_all(pack(book)) == book


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        pytest.param("b/flows_2024.csv", b"flows\n", id="by its name"),
        pytest.param("prices_*.csv", b"prices and more\n", id="by a pattern, for files with a date in their name"),
    ],
)
def test_the_owner_chooses_among_several(asked: str, text: bytes) -> None:
    body = zipped({"prices_2024.csv": b"prices and more\n", "b/flows_2024.csv": b"flows\n"})
    assert read_all(body, asked) == text


def test_a_collection_chooses_the_member(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(zipped({"a.csv": b"x\n1\n", "b.csv": b"y\n2\n"}))
    frames = UploadedFile(tmp_path / "upload", "both.zip", CsvFormat(), member="b.csv").read(None).frames
    assert [frame.to_dicts() for frame in frames] == [[{"y": "2"}]]


def test_a_sample_of_several_is_of_the_greatest_and_asks() -> None:
    body = zipped({"small.csv": b"x\n1\n", "great.csv": TEXT})
    sample = take_sample("both.zip", lambda: Content.of(body, "both.zip"))
    assert sample.head == TEXT
    with sample.open() as source:
        assert source.read() == TEXT
    found = Detection((DetectedTable("great", CsvFormat()),), 1.0)
    named = name_member(sample, found, asked=True)
    assert named.member == "great.csv"
    assert [(question.key, question.options) for question in named.questions] == [
        ("member", ("great.csv", "small.csv"))
    ]
    chosen = take_sample("both.zip", lambda: Content.of(body, "both.zip"), member="small.csv")
    assert chosen.head == b"x\n1\n"
    assert name_member(chosen, found, asked=False).questions == ()


def lying(member: str, text: bytes, declared: int) -> bytes:
    """An archive whose list of members declares another size than its bytes have."""
    body = bytearray(zipped({member: text}))
    at = body.rindex(b"PK\x01\x02")
    struct.pack_into("<L", body, at + 24, declared)
    return bytes(body)


def quine() -> bytes:
    """A ZIP archive that holds an archive: what one that holds itself looks like from outside."""
    return zipped({"r/r.zip": zipped({"r/r.zip": zipped({"meters.csv": TEXT})})})


def long_directory() -> bytes:
    """An archive whose list of members claims 3 GiB."""
    body = bytearray(zipped({"meters.csv": TEXT})) + bytes(6 << 20)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 5 << 20, len(body) - (5 << 20), 0)
    return bytes(body) + end


def encrypted() -> bytes:
    body = bytearray(zipped({"meters.csv": TEXT}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.rindex(magic) + at] |= 1
    return bytes(body)


def deflate64() -> bytes:
    body = bytearray(zipped({"meters.csv": TEXT}))
    for magic, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        body[body.rindex(magic) + at] = 9
    return bytes(body)


def twice() -> bytes:
    return zipped({"a.csv": b"1", "b.csv": b"2"}).replace(b"b.csv", b"a.csv")


BOMB = b"\0" * (64 << 20)


@pytest.mark.parametrize(
    ("body", "member", "says"),
    [
        pytest.param(gzip.compress(TEXT)[:-9], None, "ends too early", id="truncated gzip"),
        pytest.param(bz2.compress(TEXT)[:-9], None, "ends too early", id="truncated bzip2"),
        pytest.param(zipped({"a.csv": TEXT})[:-30], None, "damaged", id="truncated ZIP"),
        pytest.param(gzip.compress(TEXT)[:-5] + b"\xff" * 5, None, "damaged", id="gzip with a wrong checksum"),
        pytest.param(gzip.compress(TEXT) + b"rest", None, "damaged", id="gzip with something behind it"),
        pytest.param(b"PK\x03\x04rest", None, "damaged", id="ZIP by its first bytes only"),
        pytest.param(lying("a.csv", TEXT, 999), None, "damaged", id="ZIP that declares less than it holds"),
        pytest.param(gzip.compress(BOMB), None, "100 times its size", id="a gzip bomb"),
        pytest.param(bz2.compress(BOMB), None, "100 times its size", id="a bzip2 bomb"),
        pytest.param(zipped({"a.csv": BOMB}), None, "100 times its size", id="a ZIP bomb"),
        pytest.param(lying("a.csv", BOMB, 4_000_000_000), None, "100 times its size", id="a ZIP bomb that lies"),
        pytest.param(gzip.compress(gzip.compress(TEXT)), None, "archive inside an archive", id="gzip in gzip"),
        pytest.param(gzip.compress(zipped({"a.csv": TEXT})), None, "archive inside an archive", id="ZIP in gzip"),
        pytest.param(quine(), None, "archive inside an archive", id="ZIP in ZIP"),
        pytest.param(gzip.compress(tarred(TEXT)), None, "a tar archive", id="tar in gzip"),
        pytest.param(tarred(TEXT), None, "a tar archive", id="tar"),
        pytest.param(encrypted(), None, "encrypted", id="encrypted"),
        pytest.param(deflate64(), None, "method 9", id="packed by Windows's own method"),
        pytest.param(zipped({f"{n}.csv": b"" for n in range(1_001)}), None, "more than 1000 files", id="members"),
        pytest.param(long_directory(), None, "list of files is too long", id="a list of members of 5 MiB"),
        pytest.param(twice(), None, "two files of the same name", id="the same name twice"),
        pytest.param(linked("/etc/passwd"), None, "no file of data", id="a link"),
        pytest.param(zipped({}), None, "an empty ZIP archive", id="an empty ZIP"),
        pytest.param(zipped({"a/": b""}), None, "no file of data", id="a folder"),
        pytest.param(zipped({"a.csv": b"1", "b.csv": b"2"}), None, "2 files: 'a.csv', 'b.csv'", id="several"),
        pytest.param(zipped({"a.csv": b"1", "b.csv": b"2"}), "*.csv", "2 files of the ZIP", id="several that fit"),
        pytest.param(zipped({"a.csv": b"1"}), "c.csv", "no file of the ZIP archive is called 'c.csv'", id="no such"),
        pytest.param(TEXT, "c.csv", "no ZIP archive", id="a member of what is no archive"),
        pytest.param(b"7z\xbc\xaf\x27\x1c\0\4", None, "a 7z archive", id="7z"),
        pytest.param(b"\xfd7zXZ\x00\0\4", None, "packed by xz", id="xz"),
        pytest.param(b"\x28\xb5\x2f\xfd\0\4", None, "packed by zstd", id="zstd"),
        pytest.param(b"Rar!\x1a\x07\x01\0", None, "a RAR archive", id="RAR"),
    ],
)
def test_what_cannot_be_unpacked_says_why(body: bytes, member: str | None, says: str) -> None:
    for take in (Content.read, Content.seekable):
        with pytest.raises(SourceRefused) as raised, Content(io.BytesIO(body), "meters", member) as source:
            while take(source) and take is Content.read:
                pass
        assert says in str(raised.value)
        assert raised.value.where == "meters"
        assert raised.value.remedy


def test_a_hundred_times_is_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "FREE_BYTES", 1)
    packed = zlib.compress(TEXT, level=9, wbits=31)
    monkeypatch.setattr(content, "GREATEST_RATIO", -(-len(TEXT) // len(packed)))
    assert read_all(packed) == TEXT
    monkeypatch.setattr(content, "GREATEST_RATIO", len(TEXT) // len(packed))
    with pytest.raises(SourceRefused, match="times its size"):
        read_all(packed)


def test_a_thousand_members_are_the_limit() -> None:
    assert read_all(zipped({f"{n}.csv": b"x" for n in range(archive.MOST_MEMBERS)}), "7.csv") == b"x"


def test_large_members_need_zip64(tmp_path: Path) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed, packed.open("a.csv", "w", force_zip64=True) as member:
        member.write(TEXT)
    assert read_all(body.getvalue()) == TEXT


@given(st.data())
def test_broken_bytes_are_refused_and_never_crash(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from([gzip.compress(TEXT), bz2.compress(TEXT), zipped({"a.csv": TEXT})])))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(4, len(body) - 1))] = data.draw(st.integers(0, 255))
    del body[data.draw(st.integers(4, len(body))) :]
    try:
        assert read_all(bytes(body)) is not None
    except SourceRefused as refused:
        assert refused.remedy


@pytest.mark.parametrize("read", [lambda given: list(read_text(given, "utf-8")), JsonText], ids=["CSV", "JSON"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(
            by_xlsxwriter({"Data": [["kWh"], [1.5]]}), "a workbook, and no text. Set the format's `kind` to excel."
        ),
        pytest.param(by_xlwt({"Data": [["kWh"], [1.5]]}), "a workbook, and no text. Set the format's `kind` to excel."),
        pytest.param(archive.PARQUET + b"\xff" * 99, "Parquet, and no text. Set the format's `kind` to parquet."),
        pytest.param(zipped({"a.csv": b"a\n\xff"}), "in utf-8"),
    ],
    ids=["xlsx", "xls", "Parquet", "text in a ZIP"],
)
def test_what_is_no_text_is_told_from_text_in_another_encoding(
    read: Callable[[Content], object], body: bytes, kind: str
) -> None:
    with pytest.raises(SourceRefused) as raised:
        read(Content.of(body, "meters.csv"))
    told = str(raised.value).replace("is not UTF-8", "is not text in utf-8")
    assert kind in told


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "undefined", "punycode"])
def test_an_encoding_that_cannot_be_is_refused_by_every_reader(encoding: str) -> None:
    # Python tells of them by UnicodeError, which has no place; utf-16 reads no file without its mark
    for body in (b"time;kWh\n2024-01-01;1,5\n" * 9, b'[{"time": "2024-01-01", "kWh": 1.5}]'):
        for read in (
            lambda given: list(read_text(given, encoding)),
            lambda given: JsonText(given, encoding).value(),
            lambda given: detect(take_sample("meters.csv", lambda: given), {"encoding": encoding}),
        ):
            with pytest.raises(SourceRefused, match="encoding"):
                read(Content.of(body, "meters.csv"))


@pytest.mark.parametrize("value", [5, None, ["a"], {"a": 1}, "{}"])
@pytest.mark.parametrize("key", ["kind", "records", "shape", "encoding"])
def test_a_setting_of_another_type_is_told_before_anybody_reads_it(key: str, value: object) -> None:
    for body in (b"a;b\n1;2\n", b'[{"a": 1}]', b"<r><a>1</a><a>2</a></r>"):
        sample = take_sample("meters", partial(Content.of, body, "meters"))
        with pytest.raises(ConfigurationInvalid, match=key):
            detect(sample, {key: value})
