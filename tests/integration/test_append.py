"""A further file beside what is loaded: foreseen exactly, loaded as foreseen, and nothing that was there is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from include.batch import Foreseen
from include.collection.model import Collection
from include.errors import Conflict, NotAllowed, NotFound
from include.operations.appending import append_file, preview_append, preview_file
from include.operations.collection_life import create_collection
from include.operations.dataset_reading import read_records
from include.operations.rolling_back import roll_back_batch
from include.operations.uploading import upload_file
from include.orchestration.stages import Work
from include.wiring import Platform
from tests.factories import a_config
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE
from tests.whole_runs import run_stages

OWNER = PEOPLE["owner"]
HEADER = "point,register,start,energy_wh,status"


def a_file(folder: Path, name: str, quarters: range, *, watt_hours: Any = 100, more: str = "", extra: str = "") -> Path:
    """Write quarter hours of one meter; `more` is a further column, `extra` a line at the end."""
    lines = [HEADER + more]
    for number in quarters:
        start = f"2026-11-20T{number // 4:02}:{number % 4 * 15:02}:00Z"
        lines.append(f"p1,import,{start},{watt_hours},ok" + (",x" if more else ""))
    (folder / name).write_text("\n".join([*lines, *([extra] if extra else [])]) + "\n")
    return folder / name


def records(platform: Platform, collection: Collection) -> list[tuple[Any, ...]]:
    page = read_records(platform, OWNER, collection.dataset_id, limit=1000, fields=["interval_start", "energy"])
    return [tuple(row.values()) for row in page.table.to_pylist()]


@pytest.fixture
def loaded(platform: Platform, tmp_path: Path) -> Collection:
    """A collection with ten rows in its dataset."""
    upload = upload_file(platform, OWNER, a_file(tmp_path, "first.csv", range(10)))
    source = {"kind": "file", "upload": upload, "name": "first.csv", "format": {"kind": "csv"}}
    config = a_config(title=f"Appends {tmp_path.name}", ingester=source)
    collection, _ = create_collection(platform, FakeEngine(), OWNER, config)
    latest = platform.runs.latest([collection.id])[collection.id]
    assert run_stages(platform, collection, latest.run_id)["rows_loaded"] == 10
    return collection


def test_a_further_file_is_foreseen_and_then_loaded_exactly_so(
    platform: Platform, loaded: Collection, tmp_path: Path
) -> None:
    before = records(platform, loaded)
    # seven rows whose keys are there, with other values; five new ones; one that cannot be read; a new column
    bad = "p1,import,2026-11-20T20:00:00Z,many,ok,x"
    file = a_file(tmp_path, "second.csv", range(3, 15), watt_hours=999, more=",note", extra=bad)
    upload = upload_file(platform, OWNER, file)
    foreseen = preview_append(platform, OWNER, loaded.id, upload)
    assert foreseen.stopped is None
    assert foreseen.foreseen is not None
    assert foreseen.foreseen == Foreseen(5, 7, rows_differing=7)
    assert foreseen.report is not None
    assert foreseen.report.rows_quarantined == 1
    assert [(each.row_id, each.field, each.rule) for each in foreseen.issues] == [(13, "energy", "unreadable_number")]
    assert foreseen.notes == ("New in the source (evolve): 'note'.",)
    assert records(platform, loaded) == before
    assert not list((tmp_path / "platform" / "staging").glob("*")), "nothing stays"
    assert platform.collections.get(loaded.id).version == 1

    started = append_file(platform, FakeEngine(), OWNER, loaded.id, upload)
    with pytest.raises(Conflict, match="has not ended"):
        append_file(platform, FakeEngine(), OWNER, loaded.id, upload)
    now = platform.collections.get(loaded.id)
    assert (now.version, now.config.ingester.name) == (2, "second.csv")  # type: ignore[union-attr]
    counts = run_stages(platform, now, started.run_id)
    assert (counts["rows_loaded"], counts["rows_already_there"], counts["rows_quarantined"]) == (5, 7, 1)
    after = records(platform, loaded)
    assert after[:10] == before
    assert [energy for _, energy in after[10:]] == [0.999] * 5
    assert platform.datasets.get(loaded.dataset_id).rows == 15

    for attempt in (
        lambda: append_file(platform, FakeEngine(), OWNER, loaded.id, upload),
        lambda: preview_append(platform, OWNER, loaded.id, upload),
    ):
        with pytest.raises(Conflict, match=r"this very content was loaded on .* 5 rows"):
            attempt()
    assert platform.collections.get(loaded.id).version == 2


def test_a_file_without_a_column_that_is_read_says_so_before_anything_happens(
    platform: Platform, loaded: Collection, tmp_path: Path
) -> None:
    file = tmp_path / "other.csv"
    file.write_text("point,register,when,energy_wh,status\np1,import,2026-11-21T00:00:00Z,1,ok\n")
    foreseen = preview_append(platform, OWNER, loaded.id, upload_file(platform, OWNER, file))
    assert foreseen.foreseen is None
    assert "'start', which is not there" in str(foreseen.stopped)
    assert foreseen.notes == ("New in the source (evolve): 'when'.", "Not in the source any more: 'start'.")


def test_a_file_that_is_only_previewed_is_not_kept_unless_it_was_there(
    platform: Platform, loaded: Collection, tmp_path: Path
) -> None:
    def kept() -> set[str]:
        return {each.id for each in platform.uploads.find(OWNER.id)}

    before, file = kept(), a_file(tmp_path, "further.csv", range(8, 14))
    foreseen = preview_file(platform, OWNER, loaded.id, file).foreseen
    assert foreseen is not None
    assert (foreseen.rows_new, foreseen.rows_already_there) == (4, 2)
    assert kept() == before

    with pytest.raises(Conflict, match="this very content was loaded"):
        preview_file(platform, OWNER, loaded.id, tmp_path / "first.csv")
    assert kept() == before

    there = upload_file(platform, OWNER, file)
    preview_file(platform, OWNER, loaded.id, file)
    assert kept() == before | {there}


def test_only_the_owner_appends_and_only_their_own_files(
    platform: Platform, loaded: Collection, tmp_path: Path
) -> None:
    mine = upload_file(platform, OWNER, a_file(tmp_path, "mine.csv", range(2)))
    theirs = upload_file(platform, PEOPLE["stranger"], a_file(tmp_path, "theirs.csv", range(3)))
    with pytest.raises(NotFound):
        preview_append(platform, PEOPLE["stranger"], loaded.id, mine)
    with pytest.raises(NotAllowed):
        preview_append(platform, PEOPLE["steward"], loaded.id, mine)
    with pytest.raises(NotFound):
        append_file(platform, FakeEngine(), OWNER, loaded.id, theirs)


def test_a_batch_that_was_taken_back_is_none_that_later_ones_are_held_against(
    platform: Platform, tmp_path: Path
) -> None:
    rule = {"type": "expect_column_distribution_to_be_stable", "kwargs": {"column": "energy", "batches": 2}}
    upload = upload_file(platform, OWNER, a_file(tmp_path, "first.csv", range(4)))
    source = {"kind": "file", "upload": upload, "name": "first.csv", "format": {"kind": "csv"}}
    config = a_config(title="Drift", ingester=source, curator={"rules": [{**rule, "on_violation": "flag"}]})
    collection, _ = create_collection(platform, FakeEngine(), OWNER, config)

    def earlier() -> int:
        """Run what was asked for; gives how many batches it was held against."""
        run = platform.runs.latest([collection.id])[collection.id]
        now = platform.collections.get(collection.id)
        known = Work(platform, now, run.run_id, {}.__getitem__, platform.definition.current()).earlier_profiles
        run_stages(platform, now, run.run_id)
        return len(known)

    def append(first: int) -> int:
        file = a_file(tmp_path, f"from-{first}.csv", range(first, first + 4), watt_hours=first)
        append_file(platform, FakeEngine(), OWNER, collection.id, upload_file(platform, OWNER, file))
        return earlier()

    assert (earlier(), append(4)) == (0, 1)
    wrong, _ = platform.datasets.batches(collection.dataset_id)
    roll_back_batch(platform, OWNER, collection.dataset_id, wrong.id)
    assert (append(8), append(12)) == (1, 2)


def test_a_batch_whose_rows_hide_others_is_taken_back_after_those(platform: Platform, tmp_path: Path) -> None:
    upload = upload_file(platform, OWNER, a_file(tmp_path, "first.csv", range(4)))
    source = {"kind": "file", "upload": upload, "name": "first.csv", "format": {"kind": "csv"}}
    hidden = {"usage_point_id": {"method": "pseudonym"}}
    plan = {"fields": hidden, "k_anonymity": {"quasi_identifiers": ["energy"], "k": 3}}
    collection, _ = create_collection(
        platform, FakeEngine(), OWNER, a_config(title="Gate", ingester=source, anonymization=plan)
    )
    append = upload_file(platform, OWNER, a_file(tmp_path, "second.csv", range(4, 6)))
    for asked in (False, True):
        if asked:
            append_file(platform, FakeEngine(), OWNER, collection.id, append)
        run = platform.runs.latest([collection.id])[collection.id]
        run_stages(platform, platform.collections.get(collection.id), run.run_id)
    second, first = platform.datasets.batches(collection.dataset_id)
    with pytest.raises(Conflict, match="the smallest would have 2"):
        roll_back_batch(platform, OWNER, collection.dataset_id, first.id)
    for batch in (second, first):
        roll_back_batch(platform, OWNER, collection.dataset_id, batch.id)
    assert platform.datasets.get(collection.dataset_id).rows == 0
