"""Columns that a format's `unpivot` makes rows of, and what the contract says where one of a time's is gone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from include.connectors.file import UploadedFile
from include.errors import SourceRefused
from include.pipeline.ingest import ingest
from include.pipeline.outcome import Outcome
from tests.factories import a_collection, a_config, a_plain_config
from tests.fakes import FolderStaging
from tests.fakes_ingest import KnownBatches

WIDE = {"keep": ["point", "register", "start"], "name": "hour", "columns": {"energy_wh": "V{}", "status": "S{}"}}
DAY = ("V1", "S1", "V2", "S2", "V3", "S3")


def read(header: Sequence[str], folder: Path, known: Sequence[str] | None, **contract: str) -> Outcome:
    """Ingest a file of one line whose columns are hours, each with a value and a flag."""
    path = folder / "day.csv"
    cells = [str(at) if name.startswith("V") else "ok" for at, name in enumerate(header, 1)]
    path.write_text(f"point,register,start,{','.join(header)}\np,r,2026-01-01T00:00:00Z,{','.join(cells)}\n")
    file = {**a_plain_config()["ingester"], "format": {"kind": "csv", "unpivot": WIDE}}
    collection = a_collection(config=a_config(ingester=file, contract=contract))
    connector = UploadedFile(path, "day.csv", collection.config.ingester.format)
    outcome = ingest(collection, connector, FolderStaging(folder), KnownBatches(columns=known))
    assert outcome is not None
    return outcome


@pytest.fixture
def known(tmp_path: Path) -> Sequence[str]:
    """What the next batch is held against when the first one had every column."""
    first = read(DAY, tmp_path, None)
    assert first.notes == ()
    assert read(DAY, tmp_path, first.ref.columns).notes == ()
    return first.ref.columns


def issues_of(outcome: Outcome, folder: Path) -> list[tuple[int, str, str]]:
    return pl.concat([FolderStaging(folder).read(path) for path in outcome.ref.issues]).rows()


@pytest.mark.parametrize("gone", ["S2", "V2"])
def test_a_time_that_lacks_its_flag_or_value_is_refused_before_anything_is_loaded(
    gone: str, known: Sequence[str], tmp_path: Path
) -> None:
    what = "status" if gone == "S2" else "energy_wh"
    with pytest.raises(SourceRefused, match=f"the mapping reads '{what}' of '2', whose columns are not there any more"):
        read([name for name in DAY if name != gone], tmp_path, known)


def test_evolving_it_is_told_each_time_in_terms_of_the_cim(known: Sequence[str], tmp_path: Path) -> None:
    lacking = [name for name in DAY if name != "S2"]
    outcome = read(lacking, tmp_path, known, vanish="evolve")
    told = ("Not in the source any more (evolve): 'status' of '2', which fills quality.",)
    assert (outcome.notes, outcome.ref.rows) == (told, 3)
    assert read(lacking, tmp_path, outcome.ref.columns, vanish="evolve").notes == told


def test_the_rows_of_that_time_alone_are_set_aside(known: Sequence[str], tmp_path: Path) -> None:
    outcome = read([name for name in DAY if name != "S2"], tmp_path, known, vanish="quarantine")
    assert issues_of(outcome, tmp_path) == [(2, "status", "missing_column")]


def test_what_was_lacking_and_comes_is_new(tmp_path: Path) -> None:
    before = read([name for name in DAY if name != "S2"], tmp_path, None).ref.columns
    assert read(DAY, tmp_path, before).notes == ("New in the source (evolve): 'status' of '2'.",)
    assert issues_of(read(DAY, tmp_path, before, appear="quarantine"), tmp_path) == [(2, "status", "unexpected_column")]
    with pytest.raises(SourceRefused, match="'status' of '2' is new, and the contract lets no column appear"):
        read(DAY, tmp_path, before, appear="freeze")


def test_a_time_that_comes_and_goes_as_a_whole_is_told_once(known: Sequence[str], tmp_path: Path) -> None:
    longer = read([*DAY, "V3A", "S3A"], tmp_path, known, appear="freeze")
    assert longer.notes == ("New among the columns that are read as rows: '3A'.",)
    usual = read(DAY, tmp_path, longer.ref.columns)
    assert usual.notes == ("No column any more, of those that are read as rows: '3A'.",)
    assert read(DAY, tmp_path, usual.ref.columns).notes == ()


def test_flags_that_are_all_gone_are_a_column_that_is_gone(known: Sequence[str], tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="the mapping reads 'status', which is not there"):
        read([name for name in DAY if name.startswith("V")], tmp_path, known)


def test_a_dataset_whose_batches_are_older_than_this_has_lost_nothing(known: Sequence[str], tmp_path: Path) -> None:
    older = [name for name in known if "→" not in name]
    assert read([name for name in DAY if name != "S2"], tmp_path, older).notes == ()
