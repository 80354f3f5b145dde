"""The search index follows PostgreSQL: through the outbox, through an absence, and through a rebuild during writes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from elasticsearch import Elasticsearch
from sqlalchemy import Engine

from include.cim.definition import Definition
from include.collection.model import Collection, CollectionState
from include.errors import IndexAway, IndexRefuses, Locked
from include.pipeline.index import catch_up, index, rebuild
from include.search_ports import Document, RecordIndex, SearchIndex, SearchQuery
from include.storage.collection_store import PostgresCollectionStore
from include.storage.dataset_store import PostgresDatasetStore
from include.storage.index_queue import PostgresIndexQueue
from include.storage.record_reader import PostgresRecordReader
from include.storage.records_elasticsearch import ElasticsearchRecords
from include.storage.records_postgres import PostgresRecords
from include.storage.search_elasticsearch import ElasticsearchIndex
from include.storage.search_postgres import PostgresSearchIndex
from tests.factories import a_config
from tests.integration.storage.conftest import Shelf, reading
from tests.postgres import Database
from tests.relay import Relay

pytestmark = pytest.mark.timeout(900)  # the first start of an Elasticsearch on a machine fetches 924 MB
Make = Callable[..., Collection]


@dataclass
class Platform:
    """What indexing needs, and the way to the server."""

    definition: Definition
    collections: PostgresCollectionStore
    datasets: PostgresDatasetStore
    index: SearchIndex
    records: PostgresRecordReader
    record_index: RecordIndex
    index_queue: PostgresIndexQueue
    relay: Relay | None = None

    def found(self, text: str | None = None) -> list[UUID]:
        """Which datasets a search finds."""
        return [hit.dataset_id for hit in self.index.search(SearchQuery(text, limit=10_000)).hits]

    def titles(self) -> dict[UUID, str]:
        """What the index calls its datasets."""
        return {hit.dataset_id: hit.title for hit in self.index.search(SearchQuery(limit=10_000)).hits}


@pytest.fixture(params=["postgresql", "elasticsearch"])
def platform(
    request: pytest.FixtureRequest,
    database: Database,
    shelf: Shelf,
    loader: Engine,
    collections: PostgresCollectionStore,
) -> Iterator[Platform]:
    """The stores over a real database with nothing in it; Elasticsearch behind a way that can be cut."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("TRUNCATE cdmp.dataset, cdmp.collection, cdmp.outbox, cdmp.search_document CASCADE")
    queue = PostgresIndexQueue(loader)
    at = Platform(
        Definition({shelf.concept.name: shelf.concept}),
        collections,
        shelf.datasets,
        PostgresSearchIndex(loader),
        shelf.records,
        PostgresRecords(loader),
        queue,
    )
    with ExitStack() as after:
        if request.param == "elasticsearch":
            url = request.getfixturevalue("elasticsearch_url")
            server = urlsplit(url).port or 9200
            prefix, at.relay = f"test-{uuid4().hex[:8]}", Relay(server)
            after.callback(at.relay.cut)
            at.index = ElasticsearchIndex(f"http://127.0.0.1:{at.relay.port}", prefix)
            at.record_index = ElasticsearchRecords(f"http://127.0.0.1:{at.relay.port}", prefix)
            after.callback(at.record_index.close)
            after.callback(at.index.close)
            direct = ElasticsearchIndex(url, prefix)
            after.callback(direct.close)
            after.callback(direct.drop)
            after.callback(drop_records, url, prefix)
        yield at


def drop_records(url: str, prefix: str) -> None:
    with Elasticsearch(url) as client:
        if names := [*client.indices.get(index=f"{prefix}-records-*")]:
            client.indices.delete(index=names)


@pytest.fixture
def load(shelf: Shelf, a_stored_collection: Make) -> Callable[..., Collection]:
    """Load one row into the dataset of a new collection, or into that of one that is there."""

    def load(collection: Collection | None = None, title: str = "Meters", number: int = 0) -> Collection:
        chosen = collection or a_stored_collection(config=a_config(title=title))
        shelf.load(chosen, shelf.stage(chosen, [reading(number)]))
        return chosen

    return load


def rename(at: Platform, collection: Collection, title: str) -> Collection:
    config = a_config(title=title, metadata=None)
    new = replace(collection, version=collection.version + 1, config=config)
    at.collections.replace(new, collection.version)
    return new


def waiting(database: Database) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(
            "SELECT facts->>'dataset_id', reason, attempts, not_before <= now() FROM cdmp.outbox"
            " WHERE kind = 'dataset.changed' AND delivered IS NULL ORDER BY id"
        ).fetchall()


def test_a_load_is_due_until_it_is_indexed(platform: Platform, load, database: Database) -> None:
    collection = load(title="Street")
    assert platform.index_queue.due() == [collection.dataset_id]
    assert index(platform, collection.dataset_id) == {"documents_indexed": 1}
    assert platform.found("street kwh") == [collection.dataset_id]
    assert waiting(database) == []


def test_the_document_has_what_is_known_of_the_dataset(platform: Platform, shelf: Shelf, a_stored_collection) -> None:
    metadata = {
        "description": "Of the street.",
        "publisher": "The city",
        "keywords": ["heat"],
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "bbox": [4, 50, 5, 51],
    }
    config = a_config(metadata=metadata, anonymization={"fields": {"quality": {"method": "drop"}}})
    collection = a_stored_collection(config=config)
    ref = shelf.stage(collection, [reading(0), reading(1), reading(2)], aside=["{}"])
    shelf.load(collection, ref)
    index(platform, collection.dataset_id)
    (hit,) = platform.index.search(SearchQuery("city")).hits
    told = {name: hit.document[name] for name in ("rows", "quarantined_share", "owner", "keywords", "west", "north")}
    assert told == {
        "rows": 3,
        "quarantined_share": 0.25,
        "owner": "olive",
        "keywords": ["heat"],
        "west": 4,
        "north": 51,
    }
    assert hit.document["concept_names"] == ["Meter reading", "meter_reading"]
    assert {"energy", "interval_start"} <= {*hit.document["fields"]}
    assert "quality" not in hit.document["fields"], "the plan empties it"
    assert "reactive_energy" not in hit.document["fields"], "no rule fills it"
    assert hit.document["units"] == ["kWh"]


def test_a_change_of_the_description_is_followed(platform: Platform, load) -> None:
    collection = load(title="Street")
    catch_up(platform)
    rename(platform, collection, "Avenue")
    assert platform.found("avenue") == []
    assert catch_up(platform) == 1
    assert (platform.found("avenue"), platform.found("street")) == ([collection.dataset_id], [])


def test_who_deletes_a_collection_removes_it_from_searches(platform: Platform, load) -> None:
    gone, stays = load(), load()
    catch_up(platform)
    platform.collections.set_state(gone.id, CollectionState.DELETING)
    assert catch_up(platform) == 1
    assert platform.found() == [stays.dataset_id]
    platform.collections.erase(gone.id)
    assert rebuild(platform) == 1
    assert platform.found() == [stays.dataset_id]


def test_what_was_not_loaded_is_not_found(platform: Platform, a_stored_collection: Make) -> None:
    collection = rename(platform, a_stored_collection(), "A draft")
    assert index(platform, collection.dataset_id) == {"documents_indexed": 0}
    assert platform.found() == []


def test_many_changes_of_a_dataset_are_one(platform: Platform, load, database: Database) -> None:
    collection = load()
    for number in range(1, 4):
        load(collection, number=number)
    assert len(waiting(database)) == 4
    assert catch_up(platform) == 1
    assert waiting(database) == []


def test_a_change_that_is_committed_while_the_document_is_made_stays_due(platform: Platform, load) -> None:
    collection = load(title="Street")
    with platform.index_queue.following(collection.dataset_id):
        rename(platform, collection, "Avenue")
    assert platform.index_queue.due() == [collection.dataset_id]


@pytest.mark.parametrize("platform", ["elasticsearch"], indirect=True)
def test_an_absence_loses_nothing_and_holds_up_nobody(platform: Platform, load, database: Database) -> None:
    assert platform.relay is not None
    before = load(title="Before")
    catch_up(platform)
    platform.relay.cut()
    during = load(title="During")
    changed = rename(platform, before, "Changed")
    for _ in range(3):  # as every minute
        with pytest.raises(IndexAway, match="does not answer"):
            catch_up(platform)
    reasons = {(reason, due) for _, reason, _, due in waiting(database)}
    assert len(waiting(database)) == 2
    assert {due for _, due in reasons} == {True}, "who is back is followed at once, however long it was away"
    platform.relay.mend()
    assert catch_up(platform) == 2
    assert platform.titles() == {during.dataset_id: "During", changed.dataset_id: "Changed"}
    assert waiting(database) == []


def test_what_cannot_be_indexed_waits_and_lets_others_through(
    platform: Platform, load, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = load(title="Bad"), load(title="Good")
    put = platform.index.put

    def refuse(dataset_id: UUID, document: Document) -> None:
        if dataset_id == bad.dataset_id:
            raise IndexRefuses("the index", "refuses it")
        put(dataset_id, document)

    monkeypatch.setattr(platform.index, "put", refuse)
    assert catch_up(platform) == 1
    assert waiting(database) == [(str(bad.dataset_id), "the index: refuses it.", 1, False)]
    assert platform.found() == [good.dataset_id]
    assert rebuild(platform) == 2
    assert waiting(database) == []


def test_a_rebuild_brings_back_what_was_lost(platform: Platform, load) -> None:
    made = {load(title=f"Made {number}").dataset_id for number in range(5)}
    catch_up(platform)
    platform.index.rebuild([])
    assert platform.found() == []
    assert rebuild(platform) == 5
    assert {*platform.found("made")} == made


def test_a_rebuild_during_writes_loses_no_change_and_searches_answer(
    platform: Platform, load, database: Database
) -> None:
    every = [load(title=f"Old {number}") for number in range(12)]
    rebuild(platform)
    last: dict[UUID, str] = {each.dataset_id: each.config.title for each in every}
    gone: set[UUID] = set()
    stop, failures, searched, away = threading.Event(), [], [0], [0]

    def work(task: Callable[[int], None]) -> threading.Thread:
        def loop() -> None:
            turn = 0
            while not stop.wait(0.02):
                try:
                    task(turn)
                except Exception as error:  # noqa: BLE001 - told at the end
                    failures.append(error)
                    return
                turn += 1

        thread = threading.Thread(target=loop)
        thread.start()
        return thread

    def write(turn: int) -> None:
        place = turn % len(every)
        if every[place].dataset_id in gone:
            return
        if turn and turn % 17 == 0 and len(gone) < 6:
            platform.collections.set_state(every[place].id, CollectionState.DELETING)
            gone.add(every[place].dataset_id)
            del last[every[place].dataset_id]
            return
        every[place] = rename(platform, every[place], f"New {turn}")
        last[every[place].dataset_id] = f"New {turn}"
        try:
            index(platform, every[place].dataset_id)
        except IndexAway as away_now:  # as the stage does: it goes on
            assert "rebuilt" in str(away_now)
            away[0] += 1

    def look(turn: int) -> None:
        found = platform.found()
        assert len(found) >= len(every) - 6, "a search never meets half an index"
        searched[0] += 1

    threads = [work(write), work(look)]
    for _ in range(3):
        rebuild(platform)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert searched[0] > 0
    catch_up(platform)
    assert platform.titles() == last
    assert waiting(database) == []


def test_one_at_a_time_rebuilds(platform: Platform) -> None:
    with platform.index_queue.rebuilding(), pytest.raises(Locked, match="rebuilt already"):
        rebuild(platform)


def test_who_indexes_while_it_is_rebuilt_is_told_so(platform: Platform, load, database: Database) -> None:
    collection = load()
    with platform.index_queue.rebuilding(), pytest.raises(IndexAway, match="rebuilt"):
        index(platform, collection.dataset_id)
    assert platform.index_queue.due() == [], "the rebuild has read what was committed before"
    load(collection, number=1)
    assert platform.index_queue.due() == [collection.dataset_id]


def test_two_at_once_index_a_dataset_one_after_the_other(platform: Platform, load) -> None:
    collection = load()
    entered, order = threading.Event(), []

    def second() -> None:
        entered.wait(30)
        with platform.index_queue.following(collection.dataset_id):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with platform.index_queue.following(collection.dataset_id):
        entered.set()
        thread.join(0.5)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_what_somebody_else_is_indexing_holds_up_nobody(platform: Platform, load) -> None:
    long, other = load(title="Long"), load(title="Other")
    with platform.index_queue.following(long.dataset_id):
        assert catch_up(platform) == 1
        assert platform.found() == [other.dataset_id]
    assert catch_up(platform) == 0, "they have followed it"


def test_mails_are_not_written_about_it(load, loader: Engine) -> None:
    from include.storage.outbox import PostgresOutbox

    load()
    with PostgresOutbox(loader).pending() as events:
        assert {event.kind for event in events} == {"batch.loaded"}
