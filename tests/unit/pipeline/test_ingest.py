"""A source becomes staged parts, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import polars as pl
import pytest

from include.batch import ROW_ID, BatchRecord, Stage
from include.collection.formats.delimited import CsvFormat
from include.connectors.file import UploadedFile
from include.errors import SourceRefused
from include.pipeline.ingest import AlreadyLoaded, ingest
from tests.factories import DATASET_ID, NOON, a_collection, a_config
from tests.fakes import FolderStaging
from tests.fakes_ingest import GivenFrames, KnownBatches

COLUMNS = ("point", "register", "start", "energy_wh", "status")


def a_frame(rows: int = 2, columns: tuple[str, ...] = COLUMNS) -> pl.DataFrame:
    return pl.DataFrame({name: [f"{name} {row}" for row in range(rows)] for name in columns})


@pytest.fixture
def staging(tmp_path: Path) -> FolderStaging:
    return FolderStaging(tmp_path)


def files(staging: FolderStaging) -> int:
    return sum(path.is_file() for path in staging.root.rglob("*"))


def test_rows_are_numbered_over_all_parts(staging: FolderStaging) -> None:
    outcome = ingest(a_collection(), GivenFrames([a_frame(2), a_frame(3)], cursor="c1"), staging, KnownBatches())
    assert outcome is not None
    ref = outcome.ref
    assert (ref.stage, ref.rows, ref.cursor, ref.source_digest) == (Stage.RAW, 5, "c1", "d" * 64)
    assert outcome.counts == {"rows_read": 5}
    parts = [staging.read(part) for part in ref.parts]
    assert [part[ROW_ID].to_list() for part in parts] == [[1, 2], [3, 4, 5]]
    assert parts[0].columns == [ROW_ID, *COLUMNS]
    assert parts[0].schema[ROW_ID] == pl.Int64


def test_the_same_content_is_the_same_batch_and_leaves_the_same_files(staging: FolderStaging) -> None:
    folder = UUID(int=5)
    first = ingest(a_collection(), GivenFrames([a_frame(2), a_frame(3)]), staging, KnownBatches(), folder=folder)
    count = files(staging)
    again = ingest(a_collection(), GivenFrames([a_frame(2), a_frame(3)]), staging, KnownBatches(), folder=folder)
    other = ingest(a_collection(), GivenFrames([a_frame(9)], digest="e" * 64), staging, KnownBatches())
    elsewhere = ingest(
        a_collection(dataset_id=UUID(int=9)), GivenFrames([a_frame(2), a_frame(3)]), staging, KnownBatches()
    )
    assert first is not None and again is not None and other is not None and elsewhere is not None
    assert first == again
    assert count == 2
    assert len({first.ref.batch_id, other.ref.batch_id, elsewhere.ref.batch_id}) == 3


def test_content_that_was_loaded_is_noticed_and_nothing_stays_behind(staging: FolderStaging) -> None:
    loaded = BatchRecord(UUID(int=1), DATASET_ID, "run", "d" * 64, 5, 0, 0, NOON)
    with pytest.raises(AlreadyLoaded, match="2026-11-20 at 12:00 UTC, with 5 rows"):
        ingest(a_collection(), GivenFrames([a_frame()]), staging, KnownBatches(loaded=loaded))
    assert files(staging) == 0
    other = replace(loaded, source_digest="e" * 64)
    assert ingest(a_collection(), GivenFrames([a_frame()]), staging, KnownBatches(loaded=other)) is not None


def test_an_incremental_source_goes_on_where_it_was_and_may_have_nothing_new(staging: FolderStaging) -> None:
    connector = GivenFrames([], cursor="c7")
    assert ingest(a_collection(), connector, staging, KnownBatches(cursor="c7")) is None
    assert connector.asked == ["c7"]
    assert files(staging) == 0


def test_a_source_that_breaks_half_way_leaves_nothing_behind(staging: FolderStaging) -> None:
    class Breaks(GivenFrames):
        def read(self, cursor: str | None):  # type: ignore[no-untyped-def]
            def frames():  # type: ignore[no-untyped-def]
                yield a_frame()
                assert files(staging) == 1
                raise SourceRefused("meters.csv", "line 3 is torn")

            return replace(super().read(cursor), frames=frames())

    with pytest.raises(SourceRefused, match="line 3 is torn"):
        ingest(a_collection(), Breaks([]), staging, KnownBatches())
    assert files(staging) == 0


def test_missing_columns_are_named_with_those_that_are_there(staging: FolderStaging) -> None:
    with pytest.raises(SourceRefused) as raised:
        ingest(a_collection(), GivenFrames([a_frame(1, ("point", "Register", "start"))]), staging, KnownBatches())
    assert raised.value.where == "meters.csv"
    assert raised.value.what == "the mapping reads 'register', 'energy_wh', 'status', which are not there"
    there = "The source has 'point', 'Register', 'start'."
    assert raised.value.remedy == f"{there} 'Register' is there: capital letters matter."
    assert files(staging) == 0


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("point;register;start;energy_wh;status", "holds the semicolon 4 times: is that the delimiter?"),
        ("point\tregister\tstart", "holds the tab 2 times"),
        ("point", "the delimiter may be another one"),
    ],
)
def test_one_column_hints_at_the_delimiter(staging: FolderStaging, header: str, hint: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        ingest(a_collection(), GivenFrames([a_frame(1, (header,))]), staging, KnownBatches())
    assert hint in raised.value.remedy


def test_the_registers_columns_are_needed_as_well(staging: FolderStaging) -> None:
    plain = a_config().model_dump(mode="json")
    plain["mapper"]["rules"][2] |= {"repeated_hour": "by_occurrence", "occurrence_per": ["meter"]}
    with pytest.raises(SourceRefused, match="'meter', which is not there"):
        ingest(a_collection(config=a_config(**plain)), GivenFrames([a_frame()]), staging, KnownBatches())


def test_a_column_called_row_id_is_kept_beside_ours(staging: FolderStaging) -> None:
    frame = a_frame(1).with_columns(pl.lit("theirs").alias(ROW_ID))
    outcome = ingest(a_collection(), GivenFrames([frame]), staging, KnownBatches())
    assert outcome is not None
    row = staging.read(outcome.ref.parts[0]).to_dicts()[0]
    assert (row[ROW_ID], row["row_id (source)"]) == (1, "theirs")


def test_rows_that_a_reader_left_out_are_told(staging: FolderStaging, tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(
        b"point,register,start,energy_wh,status\np,r,s,1,ok\np,r,s,1,ok,more\np,r,s,2,ok\n"
    )
    connector = UploadedFile(tmp_path / "upload", "meters.csv", CsvFormat(ragged="skip"))
    outcome = ingest(a_collection(), connector, staging, KnownBatches())
    assert outcome is not None
    assert outcome.counts == {"rows_read": 2}
    [note] = outcome.notes
    assert "line 3" in note
    assert "more" not in note.split()
