"""Staged parts are private, whole or absent, and below the root."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from include.batch import Stage
from include.errors import NotFound
from include.storage.staging import ParquetStaging

FRAME = pl.DataFrame({"row_id": [1, 2], "energy": ["0,5", None]})


@pytest.fixture
def staging(tmp_path: Path) -> ParquetStaging:
    return ParquetStaging(tmp_path / "staging")


def test_a_part_comes_back_as_it_was_written(staging: ParquetStaging) -> None:
    path = staging.write(uuid4(), uuid4(), Stage.RAW, "part-00000", FRAME)
    assert not Path(path).is_absolute()
    assert_frame_equal(staging.read(path), FRAME)
    assert_frame_equal(staging.scan(path).collect(), FRAME)


def test_every_folder_is_private(staging: ParquetStaging, tmp_path: Path) -> None:
    staging.write(uuid4(), uuid4(), Stage.RAW, "part-00000", FRAME)
    folders = [path for path in (tmp_path / "staging", *(tmp_path / "staging").rglob("*")) if path.is_dir()]
    assert len(folders) == 4
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_a_retry_overwrites_and_leaves_nothing_unfinished(staging: ParquetStaging, tmp_path: Path) -> None:
    collection, batch = uuid4(), uuid4()
    staging.write(collection, batch, Stage.RAW, "part-00000", FRAME)
    path = staging.write(collection, batch, Stage.RAW, "part-00000", FRAME.head(1))
    assert staging.read(path).height == 1
    assert [each.name for each in (tmp_path / "staging" / path).parent.iterdir()] == ["part-00000.parquet"]


def test_removing_counts_files(staging: ParquetStaging) -> None:
    collection, batch, other = uuid4(), uuid4(), uuid4()
    paths = [staging.write(collection, each, Stage.RAW, "p", FRAME) for each in (batch, other, other)]
    staging.write(collection, batch, Stage.MAPPED, "p", FRAME)
    assert staging.remove(collection, batch) == 2
    assert staging.remove(collection, batch) == 0
    with pytest.raises(NotFound):
        staging.read(paths[0])
    assert staging.remove(collection) == 1


@pytest.mark.parametrize("path", ["../outside.parquet", "/etc/passwd", "a/../../outside.parquet", "link/x.parquet"])
def test_nothing_outside_the_root_is_read(staging: ParquetStaging, tmp_path: Path, path: str) -> None:
    FRAME.write_parquet(tmp_path / "outside.parquet")
    FRAME.write_parquet(tmp_path / "x.parquet")
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="below the staging folder"):
        staging.read(path)


@pytest.mark.parametrize("name", ["../part", "a/b", "", ".hidden", "x" * 101, "a\0"])
def test_a_part_has_a_plain_name(staging: ParquetStaging, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        staging.write(uuid4(), uuid4(), Stage.RAW, name, FRAME)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12), st.booleans(), st.booleans())
def test_what_became_of_a_part_is_read_as_if_it_had_been_written_whole(
    rows: list[tuple[bool, bool]], changed: bool, marked: bool
) -> None:
    numbers = pl.int_range(1, len(rows) + 1, dtype=pl.Int64, eager=True).alias("row_id")
    base = pl.DataFrame([numbers, (numbers * 10).alias("energy"), (numbers % 3).alias("meter")])
    curated = base.filter(pl.Series([kept for kept, _ in rows], dtype=pl.Boolean))
    if changed:
        curated = curated.with_columns(energy=pl.when(pl.col("meter") > 0).then(pl.col("energy")))
    if marked:
        curated = curated.with_columns(pl.lit("x").alias("_flags"))
    hidden = curated.filter(pl.Series([left for kept, left in rows if kept], dtype=pl.Boolean))
    hidden = hidden.with_columns(meter=-pl.col("meter"))
    with tempfile.TemporaryDirectory() as folder:
        staging, collection, batch = ParquetStaging(Path(folder)), uuid4(), uuid4()
        first = staging.write(collection, batch, Stage.MAPPED, "part-00000", base)
        names = ["row_id", *(["energy"] if changed else []), *(["_flags"] if marked else [])]
        second = staging.write_over(collection, batch, Stage.CURATED, "part-00000", first, curated.select(names))
        third = staging.write_over(
            collection, batch, Stage.ANONYMIZED, "part-00000", second, hidden.select("row_id", "meter")
        )
        for path, frame in ((first, base), (second, curated), (third, hidden)):
            assert_frame_equal(staging.read(path), frame)
            assert_frame_equal(staging.scan(path).select("meter").collect(), frame.select("meter"))
            assert staging.scan(path).select(pl.len()).collect().item() == frame.height
            assert_frame_equal(
                staging.scan(path).filter(pl.col("energy") > 30).collect(), frame.filter(pl.col("energy") > 30)
            )


def test_what_stayed_as_it_was_is_not_written_again(staging: ParquetStaging, tmp_path: Path) -> None:
    collection, batch = uuid4(), uuid4()
    wide = FRAME.with_columns(pl.lit("a long text that every row has").alias("note"))
    base = staging.write(collection, batch, Stage.MAPPED, "part-00000", wide)
    over = staging.write_over(collection, batch, Stage.CURATED, "part-00000", base, wide.head(1).select("row_id"))
    assert pl.read_parquet(tmp_path / "staging" / over).columns == ["_left"]
    same = staging.write_over(collection, batch, Stage.CURATED, "part-00001", base, wide.select("row_id"))
    assert same == base


def test_what_all_rows_share_is_written_once(staging: ParquetStaging, tmp_path: Path) -> None:
    rows = 5_000
    frame = pl.DataFrame({"row_id": range(rows)}).with_columns(
        pl.lit("electricity").alias("commodity"),
        (pl.col("row_id") % 7).cast(pl.String).alias("meter"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("interval_end"),
        pl.when(pl.col("row_id") != 17).then(pl.lit("forward")).alias("direction"),
    )
    path = staging.write(uuid4(), uuid4(), Stage.MAPPED, "part-00000", frame)
    assert pl.read_parquet(tmp_path / "staging" / path).columns == ["row_id", "meter", "direction"]
    assert_frame_equal(staging.read(path), frame)
    assert_frame_equal(staging.scan(path).select("interval_end").collect(), frame.select("interval_end"))
    assert staging.scan(path).filter(pl.col("commodity") == "gas").collect().is_empty()
    alike = frame.select("commodity", "interval_end")
    path = staging.write(uuid4(), uuid4(), Stage.MAPPED, "part-00001", alike)
    assert_frame_equal(staging.read(path), alike)
