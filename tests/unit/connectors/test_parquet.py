"""Parquet as text: every digit, every instant, in bounded memory; what is hostile or broken is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.collection.formats.parquet import ParquetFormat
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.sample import Sample, take_sample
from include.connectors.formats import parquet, parquet_pages
from include.connectors.formats.choose import read_units
from include.connectors.formats.parquet import read_parquet
from include.errors import ConfigurationInvalid, SourceRefused
from tests.unit.connectors.bounded import MOST_MIB, read_bounded

BRUSSELS = pa.timestamp("us", tz="Europe/Brussels")


def written(table: pa.Table, **settings: Any) -> bytes:
    body = io.BytesIO()
    pq.write_table(table, body, **settings)
    return body.getvalue()


def read(body: bytes) -> pl.DataFrame:
    frames = list(read_parquet(Content.of(body, "meters.parquet"), ParquetFormat()))
    assert all(dtype == pl.String for frame in frames for dtype in frame.dtypes)
    return pl.concat(frames)


def sample_of(body: bytes) -> Sample:
    return take_sample("meters.parquet", lambda: Content.of(body, "meters.parquet"))


@pytest.mark.parametrize(
    ("cells", "kind", "text"),
    [
        pytest.param([1, -9], pa.int8(), ["1", "-9"], id="whole numbers"),
        pytest.param([2**64 - 1], pa.uint64(), ["18446744073709551615"], id="the greatest whole number"),
        pytest.param([0.1, 1e-7, -0.0], pa.float64(), ["0.1", "1e-7", "-0.0"], id="doubles"),
        pytest.param([0.1], pa.float32(), ["0.1"], id="single precision without noise"),
        pytest.param([float("nan")], pa.float64(), [None], id="what is no number"),
        pytest.param([Decimal("1.50")], pa.decimal128(9, 2), ["1.50"], id="decimals keep their zeros"),
        pytest.param([Decimal(f"{'9' * 58}.25")], pa.decimal256(60, 2), [f"{'9' * 58}.25"], id="long decimals"),
        pytest.param([True, False, None], pa.bool_(), ["true", "false", None], id="yes and no"),
        pytest.param([date(2024, 2, 29)], pa.date32(), ["2024-02-29"], id="dates"),
        pytest.param([time(0, 15)], pa.time64("us"), ["00:15:00"], id="times of day"),
        pytest.param([timedelta(minutes=15)], pa.duration("s"), ["PT15M"], id="spans"),
        pytest.param([1_704_068_100], pa.timestamp("s"), ["2024-01-01T00:15:00"], id="times, no zone"),
        pytest.param([1], pa.timestamp("ns"), ["1970-01-01T00:00:00.000000001"], id="a nanosecond"),
        pytest.param(
            [datetime(2024, 10, 27, 0, 30, tzinfo=UTC), datetime(2024, 10, 27, 1, 30, tzinfo=UTC)],
            BRUSSELS,
            ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"],
            id="the hour that comes twice",
        ),
        pytest.param([b"A-12", None], pa.binary(), ["A-12", None], id="text that is not declared as such"),
        pytest.param([b"\xff\x00"], pa.binary(), ["ff00"], id="bytes"),
        pytest.param(["é", "'\"\n"], pa.large_string(), ["é", "'\"\n"], id="long texts"),
        pytest.param([[1, None], []], pa.list_(pa.int64()), ["[1, null]", "[]"], id="lists"),
        pytest.param([None, None], pa.null(), [None, None], id="nothing"),
    ],
)
def test_a_cell_is_the_text_of_its_value(cells: list[Any], kind: pa.DataType, text: list[str | None]) -> None:
    assert read(written(pa.table({"cell": pa.array(cells, kind)})))["cell"].to_list() == text


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.struct([("a", pa.list_(pa.int8())), ("b", pa.list_(pa.string()))])),
        pa.large_list(pa.list_(pa.int64())),
        pa.list_(pa.int64(), 2),
        pa.map_(pa.string(), pa.list_(pa.int64())),
    ],
    ids=str,
)
def test_lists_of_every_kind_become_json(kind: pa.DataType) -> None:
    cells = {
        "struct": [[{"a": [1], "b": ["x", "y"]}], []],
        "large_list": [[[1, 2], []], []],
        "fixed_size_list": [[1, 2], [3, 4]],
        "map": [[("k", [1, 2])], []],
    }
    chosen = next(cells[name] for name in cells if name in str(kind))
    read_back = read(written(pa.table({"v": pa.array(chosen, kind)})))["v"].to_list()
    assert [json.loads(cell) for cell in read_back] == json.loads(json.dumps(chosen))


def test_fields_of_a_structure_are_columns() -> None:
    body = written(pa.table({"meter": [{"id": "a", "at": {"lat": 50.5}}, None], "kwh": [1, 2]}))
    assert read(body).to_dicts() == [
        {"meter.id": "a", "meter.at.lat": "50.5", "kwh": "1"},
        {"meter.id": None, "meter.at.lat": None, "kwh": "2"},
    ]


@given(st.lists(st.floats(allow_nan=False) | st.none(), min_size=1, max_size=20))
def test_a_double_reads_back_as_the_same(cells: list[float | None]) -> None:
    text = read(written(pa.table({"cell": pa.array(cells, pa.float64())})))["cell"].to_list()
    assert [None if cell is None else float(cell) for cell in text] == cells


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=5, max_value=10**30), min_size=1))
def test_a_decimal_reads_back_as_the_same(cells: list[Decimal]) -> None:
    text = read(written(pa.table({"cell": pa.array(cells, pa.decimal128(38, 5))})))["cell"].to_list()
    assert [Decimal(cell) for cell in text] == cells


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "brotli", "zstd", "lz4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_every_codec_and_kind_of_page_is_read(codec: str, version: str) -> None:
    table = pa.table({"number": range(9_999), "text": [f"meter {n % 7}" for n in range(9_999)]})
    body = written(table, compression=codec, data_page_version=version, row_group_size=1_000, data_page_size=512)
    frame = read(body)
    assert frame["number"].cast(pl.Int64).to_list() == list(range(9_999))
    assert frame["text"].to_list() == table["text"].to_pylist()


def test_units_of_the_metadata_are_told() -> None:
    power = pa.field("kw", pa.float64(), metadata={"unit": "kW"})
    meter = pa.field("meter", pa.struct([pa.field("energy", pa.float64(), metadata={"units": "kWh"})]))
    body = written(pa.table({"kw": [1.0], "meter": [{"energy": 2.0}]}, schema=pa.schema([power, meter])))
    found = detect(sample_of(body), {})
    assert found.confidence == 1
    assert found.tables[0].form == ParquetFormat()
    assert read_units(Content.of(body, "a file"), found.tables[0].form) == {"kw": "kW", "meter.energy": "kWh"}


def test_a_setting_of_another_format_is_refused() -> None:
    with pytest.raises(ConfigurationInvalid, match="the format parquet has no such setting"):
        detect(sample_of(written(pa.table({"a": [1]}))), {"delimiter": ";"})


def encrypted(plaintext_footer: bool) -> bytes:
    class Kms(pe.KmsClient):
        def wrap_key(self, key: bytes, name: str) -> bytes:
            return key.hex().encode()

        def unwrap_key(self, wrapped: bytes, name: str) -> bytes:
            return bytes.fromhex(wrapped.decode())

    factory = pe.CryptoFactory(lambda _: Kms())
    settings = pe.EncryptionConfiguration(
        footer_key="footer", column_keys={"column": ["a"]}, plaintext_footer=plaintext_footer
    )
    table = pa.table({"a": ["x"] * 99, "b": range(99)})
    body = io.BytesIO()
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), settings)
    with pq.ParquetWriter(body, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    return body.getvalue()


WHOLE = written(pa.table({"a": ["x", "y"] * 500, "b": range(1_000)}))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(WHOLE[:-5], "damaged", id="cut at the end"),
        pytest.param(WHOLE[:400], "damaged", id="cut in the middle"),
        pytest.param(b"PAR1", "damaged", id="its first bytes only"),
        pytest.param(WHOLE[:-40] + b"\xff" * 32 + WHOLE[-8:], "damaged", id="a broken footer"),
        pytest.param(b"PAR1" + b"\xff" * 200 + WHOLE[204:], "damaged", id="broken pages"),
        pytest.param(WHOLE[:-8] + b"\xff\xff\xff\x7fPAR1", "damaged", id="a footer of 2 GiB"),
        pytest.param(encrypted(False), "is encrypted", id="encrypted"),
        pytest.param(encrypted(True), "is encrypted", id="encrypted, but for its footer"),
        pytest.param(written(pa.table({"a": pa.array([], pa.int8())})), "holds no row", id="no row"),
        pytest.param(written(pa.table({f"c{n}": [1] for n in range(1_601)})), "1600 columns", id="columns"),
        pytest.param(written(pa.table({"a": ["x" * ((1 << 20) + 1)]})), "longer than 1 MiB", id="a cell too long"),
        pytest.param(
            written(pa.table({"a.b": [1], "a": [{"b": 2}]})), "two columns are called 'a.b'", id="a name twice"
        ),
    ],
)
def test_what_cannot_be_used_says_why(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        read(body)
    assert says in str(raised.value)
    assert raised.value.remedy


@given(st.data())
def test_broken_bytes_are_refused_and_never_crash(data: st.DataObject) -> None:
    body = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(4, len(body) - 9))] = data.draw(st.integers(0, 255))
    try:
        assert read(bytes(body)).height > 0
    except SourceRefused as refused:
        assert refused.remedy


def great_page() -> bytes:
    """One column whose only page unpacks to 390 MiB."""
    return written(
        pa.table({"a": pa.array([bytes(1 << 20)] * 390, pa.binary())}),
        compression="zstd",
        use_dictionary=False,
        data_page_size=1 << 30,
        write_statistics=False,
    )


def repeated(rows: int) -> pa.Table:
    """One cell of a mebibyte, named in every row."""
    return pa.table({"a": pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * (1 << 20)])})


def lists(rows: int, each: int, value: object = 1.5) -> bytes:
    """Lists of one value, again and again."""
    ends = pa.array(range(0, rows * each + 1, each), pa.int32())
    return written(
        pa.table({"day": ["2024-01-01"] * rows, "v": pa.ListArray.from_arrays(ends, pa.repeat(value, rows * each))})
    )


def lists_of_long_texts() -> bytes:
    named = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), ["x" * 1_000_000])
    return written(pa.table({"v": pa.ListArray.from_arrays(pa.array([0, 200_000], pa.int32()), named)}))


def many_cells() -> bytes:
    return written(
        pa.table({"a": pa.nulls(101_000_000, pa.int8())}), row_group_size=64 << 20, max_rows_per_page=64 << 20
    )


def test_hostile_files_end_within_seconds_and_512_mib(tmp_path: Path) -> None:
    bodies: dict[str, Callable[[], bytes]] = {
        "a great page": great_page,
        "more cells than bytes can hold": many_cells,
        "one long text a thousand times": lambda: written(repeated(1_000)),
        "a list of a hundred million": lambda: lists(1, 100_000_000),
        "a hundred million in lists": lambda: lists(1_000, 100_000),
        "a list of fifteen million": lambda: lists(1, 15_000_000),
        "a list of four million": lambda: lists(1, 4_000_000),
        "lists of long texts": lists_of_long_texts,
        "honest lists": lambda: lists(20_000, 96),
    }
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body())
    ended = read_bounded({tmp_path / name: {"kind": "parquet"} for name in bodies})
    for each in ended.values():
        assert each.peak_mib < MOST_MIB, each
        assert each.seconds < 10, each
    assert "unpack to more than 384 MiB" in (ended["a great page"].says or "")
    assert "more than 1000 cells" in (ended["more cells than bytes can hold"].says or "")
    assert ended["one long text a thousand times"].rows == 1_000
    for name in ("a list of a hundred million", "a hundred million in lists", "a list of fifteen million"):
        assert "more than 4,000,000 values" in (ended[name].says or "")
    assert "longer than 1 MiB" in (ended["a list of four million"].says or "")
    assert "repeat a text" in (ended["lists of long texts"].says or "")
    assert ended["honest lists"].rows == 20_000


def test_memory_stays_bounded_however_long_the_file(tmp_path: Path) -> None:
    chance = pl.Series("kwh", range(2_000_000)).hash(1)
    part = pa.table({"kwh": pa.array(chance.to_numpy() / 1e19), "meter": chance.cast(pl.String).to_arrow()})
    with pq.ParquetWriter(tmp_path / "long", part.schema) as writer:
        for _ in range(3):
            writer.write_table(part, row_group_size=2_000_000)
    [ended] = read_bounded({tmp_path / "long": {"kind": "parquet"}}).values()
    assert ended.rows == 6_000_000
    assert ended.peak_mib < MOST_MIB, ended


def test_the_limits_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "CELLS_PER_BYTE", 0)
    monkeypatch.setattr(parquet, "FREE_CELLS", 2_000)
    assert read(WHOLE).height == 1_000
    monkeypatch.setattr(parquet, "FREE_CELLS", 1_999)
    with pytest.raises(SourceRefused, match="cells for each of its bytes"):
        read(WHOLE)
    monkeypatch.undo()
    monkeypatch.setattr(parquet_pages, "MOST_PAGES", 1)
    with pytest.raises(SourceRefused, match="more than 1 pages"):
        read(WHOLE)
