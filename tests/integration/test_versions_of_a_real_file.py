"""A real year of grid load, loaded month by month, late, revised, read as it was, and taken back."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from include.access.requestor import Requestor
from include.collection.document import read_yaml
from include.collection.model import Collection
from include.errors import Conflict, NotAllowed, NotFound
from include.operations.appending import append_file, preview_append
from include.operations.batch_reading import list_batches
from include.operations.collection_life import create_collection
from include.operations.dataset_reading import read_records
from include.operations.rolling_back import list_rollbacks, roll_back_batch
from include.operations.uploading import upload_file
from include.wiring import Platform
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE
from tests.whole_runs import run_stages

OWNER = PEOPLE["owner"]
EXAMPLES = Path(__file__).parents[2] / "examples"
EXAMPLE = EXAMPLES / "32_grid_load_smard.yaml"
LOAD = 9
"""The column that the example maps: Gesamtverbrauch (Netzlast) [MWh]."""


def months(*wanted: str) -> list[list[str]]:
    """The real rows of some months, header first."""
    with (EXAMPLES / "data" / "32_smard_lu_2024_15min_de.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    return [header, *(row for row in rows if row[0].startswith(wanted))]


def revised(rows: list[list[str]]) -> list[list[str]]:
    """As a provider sends a month once more: every tenth value is another, every hundredth row is gone."""
    header, *body = rows
    told = [[*row[:LOAD], "1,5", *row[LOAD + 1 :]] if n % 10 == 0 else row for n, row in enumerate(body)]
    return [header, *(row for n, row in enumerate(told) if n % 100 != 50)]


def energies(rows: list[list[str]]) -> list[float]:
    return [float(row[LOAD].replace(".", "").replace(",", ".")) for row in rows[1:]]


def write(file: Path, rows: list[list[str]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=";").writerows(rows)
    return file


@pytest.fixture
def load(platform: Platform, tmp_path: Path) -> Callable[..., tuple[Collection, dict[str, int]]]:
    """Hand over a file and run its collection: a new one, or the given one with this as its next file."""

    def run(
        name: str, rows: list[list[str]], collection: Collection | None = None
    ) -> tuple[Collection, dict[str, int]]:
        upload = upload_file(platform, OWNER, write(tmp_path / name, rows))
        if collection is None:
            config = read_yaml(EXAMPLE.read_text(encoding="utf-8"))
            source = config.ingester.model_copy(update={"upload": upload, "name": name})  # type: ignore[union-attr]
            changes = {"ingester": source, "title": tmp_path.name}
            plain = config.model_copy(update=changes).model_dump(mode="json") | {"load": {"mode": "replace"}}
            made = type(config).model_validate(plain)
            collection, _ = create_collection(platform, FakeEngine(), OWNER, made)
            started = platform.runs.latest([collection.id])[collection.id]
        else:
            started = append_file(platform, FakeEngine(), OWNER, collection.id, upload)
            collection = platform.collections.get(collection.id)
        return collection, run_stages(platform, collection, started.run_id)

    return run


def read(platform: Platform, collection: Collection, as_of: UUID | None = None, who: Requestor = OWNER) -> list[float]:
    found: list[float] = []
    cursor: str | None = None
    while True:
        page = read_records(
            platform, who, collection.dataset_id, fields=["energy"], cursor=cursor, limit=1000, as_of=as_of
        )
        found += page.table["energy"].to_pylist()
        cursor = page.cursor
        if cursor is None:
            return found


def test_a_year_comes_late_is_revised_and_is_taken_back(
    platform: Platform, load: Callable[..., tuple[Collection, dict[str, int]]], tmp_path: Path
) -> None:
    march, april, february = months("2024-03"), months("2024-04"), months("2024-02")
    spring = [*march, *april[1:]]
    again = revised(march)
    collection, counts = load("spring.csv", spring)
    assert counts["rows_loaded"] == len(spring) - 1 == 2972 + 2880  # the hour that March 31 lacks
    _, counts = load("february.csv", february, collection)
    assert (counts["rows_loaded"], counts.get("rows_removed", 0)) == (len(february) - 1, 0)

    file = upload_file(platform, OWNER, write(tmp_path / "again.csv", again))
    foreseen = preview_append(platform, OWNER, collection.id, file).foreseen
    changed = sum(old != new for old, new in zip(march[1:], march_told(march), strict=True) if new is not None)
    gone = len(march) - len(again)
    assert foreseen is not None
    assert (foreseen.rows_new, foreseen.rows_replaced, foreseen.rows_removed) == (0, changed, gone)
    assert foreseen.rows_already_there == len(again) - 1 - changed
    _, counts = load("again.csv", again, collection)
    assert (counts["rows_loaded"], counts["rows_replaced"], counts["rows_removed"]) == (changed, changed, gone)

    batches = {each.number: each.id for each in list_batches(platform, OWNER, collection.dataset_id).batches}
    with_february = energies(february) + energies(spring)
    with_revision = energies(february) + energies(again) + energies(april)
    assert read(platform, collection, batches[1]) == energies(spring)
    assert read(platform, collection, batches[2]) == with_february
    assert read(platform, collection, batches[3]) == read(platform, collection) == with_revision
    for who in ("stranger", "steward"):
        with pytest.raises(NotFound if who == "stranger" else NotAllowed):
            roll_back_batch(platform, PEOPLE[who], collection.dataset_id, batches[3])
    with pytest.raises(NotFound):
        read(platform, collection, batches[1], PEOPLE["stranger"])
    with pytest.raises(Conflict, match="this very content was loaded"):
        load("again.csv", again, collection)

    # the second batch, below the third: the months that came late go, the revision stays
    done = roll_back_batch(platform, OWNER, collection.dataset_id, batches[2], "loaded too early")
    assert (done.rollback.rows_removed, done.rollback.rows_restored) == (len(february) - 1, 0)
    assert read(platform, collection) == energies(again) + energies(april)
    assert read(platform, collection, batches[1]) == energies(spring)
    described = platform.datasets.get(collection.dataset_id)
    assert (described.rows, str(described.first)) == (len(again) + len(april) - 2, "2024-02-29 23:00:00+00:00")
    assert str(described.rows) in str(described.dcat)

    done = roll_back_batch(platform, OWNER, collection.dataset_id, batches[3])
    assert (done.rollback.rows_removed, done.rollback.rows_restored) == (changed, changed + gone)
    assert read(platform, collection) == energies(spring)
    _, counts = load("again.csv", again, collection)
    assert (counts["rows_replaced"], counts["rows_removed"]) == (changed, gone)
    assert read(platform, collection) == energies(again) + energies(april)
    page = list_rollbacks(platform, OWNER, collection.dataset_id, limit=1)
    assert ([each.number for each in page.rollbacks], page.cursor is None) == ([3], False)
    page = list_rollbacks(platform, OWNER, collection.dataset_id, cursor=page.cursor)
    assert ([(each.number, each.note) for each in page.rollbacks], page.cursor) == ([(2, "loaded too early")], None)


def march_told(march: list[list[str]]) -> list[list[str] | None]:
    """What the revision says of each row; None where it has none."""
    told = {tuple(row[:3]): row for row in revised(march)[1:]}
    return [told.get(tuple(row[:3])) for row in march[1:]]
