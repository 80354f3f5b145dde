"""The records of a dataset can be searched where its collection asks for it, and follow every change of the table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from include.collection.model import Collection, CollectionState
from include.errors import Conflict, NotFound
from include.operations.searching import search_records
from include.pipeline.index import catch_up, index, rebuild
from include.search_ports import RecordSearch
from tests.factories import a_config
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
    monkeypatch.setattr(platform.record_index, "replace", lambda *_: pytest.fail("made anew"))
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
