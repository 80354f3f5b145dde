"""The records of a dataset can be searched where its collection asks for it, and follow every change of the table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from include.batch import BatchRecord, LoadMode, LoadPlan
from include.collection.model import Collection, CollectionState
from include.errors import Conflict, NotFound
from include.operations.searching import search_records
from include.pipeline import index_records
from include.pipeline.index import catch_up, index, rebuild
from include.search_ports import RecordSearch
from include.storage import record_reader
from tests.factories import NOON, a_config
from tests.integration.storage import test_index_following
from tests.integration.storage.conftest import reading
from tests.interface import PEOPLE

pytestmark = pytest.mark.timeout(900)  # the first start of an Elasticsearch on a machine fetches 924 MB
platform = test_index_following.platform
PLAN = {"fields": {"meter_id": {"method": "keep", "reason": "for a test"}}}


@pytest.fixture
def asking(a_stored_collection) -> Collection:
    """A collection that asks for it."""
    return a_stored_collection(config=a_config(search={"records": True}, anonymization=PLAN))


def found(platform, shelf, collection: Collection, text: str = "measured") -> list[str]:
    query = RecordSearch(text, limit=1000)
    rows = platform.record_index.search(collection.dataset_id, shelf.concept, query).rows
    return sorted(row["interval_start"][11:16] for row in rows)


def test_nothing_is_indexed_unasked(platform, shelf, a_stored_collection) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, [reading(0)]))
    assert index(platform, collection.dataset_id) == {"documents_indexed": 1}
    assert not platform.record_index.has(collection.dataset_id)


def test_each_batch_adds_its_rows_and_no_others_are_read_again(platform, shelf, asking, monkeypatch) -> None:
    shelf.load(asking, shelf.stage(asking, [reading(0), reading(1)]))
    assert index(platform, asking.dataset_id) == {"documents_indexed": 1, "records_indexed": 2}
    monkeypatch.setattr(platform.record_index, "begin", lambda *_: pytest.fail("made anew"))
    for number in (2, 3):
        shelf.load(asking, shelf.stage(asking, [reading(number)]))
    assert index(platform, asking.dataset_id) == {"documents_indexed": 1, "records_indexed": 2}
    assert found(platform, shelf, asking) == ["00:00", "00:15", "00:30", "00:45"]
    assert index(platform, asking.dataset_id) == {"documents_indexed": 1, "records_indexed": 0}


def test_a_field_that_the_plan_hides_is_not_in_it(platform, shelf, asking) -> None:
    plan = {"fields": {"quality": {"method": "drop"}, "meter_id": {"method": "encrypt"}}}
    hiding = replace(asking, version=2, config=a_config(search={"records": True}, anonymization=plan))
    platform.collections.replace(hiding, 1)
    shelf.load(hiding, shelf.stage(hiding, [reading(0)]))
    catch_up(platform)
    assert platform.record_index.has(hiding.dataset_id)
    assert found(platform, shelf, hiding, "measured") == []
    assert found(platform, shelf, hiding, "m1") == []


def test_who_no_longer_asks_or_deletes_is_forgotten(platform, shelf, asking) -> None:
    shelf.load(asking, shelf.stage(asking, [reading(0)]))
    catch_up(platform)
    quiet = replace(asking, version=2, config=a_config(anonymization=PLAN))
    platform.collections.replace(quiet, 1)
    catch_up(platform)
    assert not platform.record_index.has(asking.dataset_id)
    platform.collections.replace(replace(asking, version=3), 2)
    catch_up(platform)
    assert found(platform, shelf, asking) == ["00:00"]
    platform.collections.set_state(asking.id, CollectionState.DELETING)
    catch_up(platform)
    assert not platform.record_index.has(asking.dataset_id)


def test_a_rebuild_brings_records_back(platform, shelf, asking) -> None:
    shelf.load(asking, shelf.stage(asking, [reading(number) for number in range(3)]))
    catch_up(platform)
    platform.record_index.remove(asking.dataset_id)
    rebuild(platform)
    assert found(platform, shelf, asking) == ["00:00", "00:15", "00:30"]


class Stopped(BaseException):
    """What a kill is to whoever indexes."""


def stop_after(platform, monkeypatch: pytest.MonkeyPatch, pages: int) -> list[str]:
    """Let pages be of two rows, and indexing end behind so many; gives the rows that are put, as it goes on."""
    put_before, put = platform.record_index.put, []

    def count_down(dataset_id: UUID, concept: Any, rows: Any, *, anew: bool = False) -> int:
        if len(put) // 2 == pages:
            raise Stopped
        put.extend(row["interval_start"][11:16] for _, row in rows)
        return put_before(dataset_id, concept, rows, anew=anew)

    for module in (index_records, record_reader):
        monkeypatch.setattr(module, "SCANNED", 2)
    monkeypatch.setattr(platform.record_index, "put", count_down)
    return put


def go_on(platform, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.undo()
    put = stop_after(platform, monkeypatch, 1000)
    catch_up(platform)
    return put


TIMES = ["00:00", "00:15", "00:30", "00:45", "01:00", "01:15", "01:30"]


@pytest.mark.parametrize("there", [False, True], ids=["the first index", "a further batch"])
def test_who_was_stopped_goes_on_where_it_was(platform, shelf, asking, monkeypatch, there: bool) -> None:
    if there:
        shelf.load(asking, shelf.stage(asking, [reading(20)]))
        catch_up(platform)
    shelf.load(asking, shelf.stage(asking, [reading(number) for number in range(7)]))
    stop_after(platform, monkeypatch, 2)
    with pytest.raises(Stopped):
        catch_up(platform)
    assert there or not found(platform, shelf, asking)
    assert go_on(platform, monkeypatch) == TIMES[4:]
    assert found(platform, shelf, asking) == TIMES + ["05:00"] * there
    assert catch_up(platform) == 0


def test_what_came_meanwhile_is_indexed_as_well(platform, shelf, asking, monkeypatch) -> None:
    shelf.load(asking, shelf.stage(asking, [reading(number) for number in range(1, 7)]))
    stop_after(platform, monkeypatch, 2)
    with pytest.raises(Stopped):
        catch_up(platform)
    shelf.load(asking, shelf.stage(asking, [reading(0)]))
    assert go_on(platform, monkeypatch) == [*TIMES[5:], TIMES[0]]
    assert found(platform, shelf, asking) == TIMES


def test_what_was_filled_before_rows_went_is_filled_anew(platform, shelf, asking, monkeypatch) -> None:
    wrong = shelf.load(asking, shelf.stage(asking, [reading(0)]))
    shelf.load(asking, shelf.stage(asking, [reading(number) for number in range(1, 7)]))
    stop_after(platform, monkeypatch, 2)
    with pytest.raises(Stopped):
        catch_up(platform)
    shelf.history.roll_back(asking.dataset_id, shelf.concept, wrong.id, by="olive", note="", now=NOON)
    assert go_on(platform, monkeypatch) == TIMES[1:]
    assert found(platform, shelf, asking) == TIMES[1:]


def test_a_rebuild_that_was_stopped_is_gone_on_with(platform, shelf, asking, monkeypatch) -> None:
    shelf.load(asking, shelf.stage(asking, [reading(number) for number in range(7)]))
    catch_up(platform)
    stop_after(platform, monkeypatch, 2)
    with pytest.raises(Stopped):
        rebuild(platform)
    assert found(platform, shelf, asking) == TIMES, "searches answer from what was"
    assert go_on(platform, monkeypatch) == TIMES[4:]
    assert found(platform, shelf, asking) == TIMES


def test_the_index_agrees_with_the_rows_after_each_change(platform, shelf, asking) -> None:
    def load(numbers: Any, mode: str = "append", **changes: Any) -> BatchRecord:
        rows = [reading(number, **changes) for number in numbers]
        return shelf.load(asking, shelf.stage(asking, rows, load=LoadPlan(LoadMode(mode))))

    def agree() -> None:
        catch_up(platform)
        (page,) = shelf.records.scan(asking.dataset_id, shelf.concept, ["quality"])
        told = [(row["interval_start"].isoformat()[11:16], row["quality"]) for row in page]
        words = {quality: found(platform, shelf, asking, quality) for _, quality in told}
        assert sorted((time, quality) for quality, times in words.items() for time in times) == sorted(told)

    load(range(6))
    agree()
    appended = load(range(6, 9), quality="estimated")
    agree()
    upserted = load(range(2, 4), "upsert", quality="estimated")
    agree()
    replaced = load((1, 5), "replace", quality="missing")
    agree()
    for batch in (upserted, replaced, appended):
        shelf.history.roll_back(asking.dataset_id, shelf.concept, batch.id, by="olive", note="", now=NOON)
        agree()


def test_nobody_who_changes_the_table_waits_for_who_reads_it_all(platform, shelf, asking, database) -> None:
    shelf.load(asking, shelf.stage(asking, [reading(0)]))
    scan = shelf.records.scan(asking.dataset_id, shelf.concept, [])
    assert len(next(scan)) == 1
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET lock_timeout = '1s'")
        connection.execute(f"LOCK TABLE data.d_{asking.dataset_id.hex} IN ACCESS EXCLUSIVE MODE")


def test_only_who_may_read_may_search(platform, shelf, asking, a_stored_collection) -> None:
    other = a_stored_collection()
    for collection in (asking, other):
        shelf.load(collection, shelf.stage(collection, [reading(0)]))
    catch_up(platform)
    query = RecordSearch("measured")
    page, cursor = search_records(platform, PEOPLE["owner"], asking.dataset_id, query)
    assert (page.total, page.rows[0]["energy"], cursor) == (1, 0.0, None)
    with pytest.raises(NotFound):
        search_records(platform, PEOPLE["stranger"], asking.dataset_id, query)
    with pytest.raises(Conflict, match="not indexed"):
        search_records(platform, PEOPLE["owner"], other.dataset_id, query)
