"""What every index of records does, whichever server is behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from include.search_ports import Filling, NamedRow, RecordIndex, RecordSearch
from include.storage.connection import open_engine
from include.storage.records_elasticsearch import ElasticsearchRecords
from include.storage.records_postgres import PostgresRecords
from tests.factories import a_concept

pytestmark = pytest.mark.timeout(900)  # the first start of an Elasticsearch on a machine fetches 924 MB
CONCEPT = a_concept()
START = datetime(2024, 1, 1, tzinfo=UTC)
DATASET = uuid4()


@pytest.fixture(scope="module", params=["postgresql", "elasticsearch"])
def index(request: pytest.FixtureRequest) -> Iterator[RecordIndex]:
    """Each implementation over its real server, with the rows of one dataset."""
    if request.param == "postgresql":
        engine = open_engine(request.getfixturevalue("database").loader_url)
        records: Any = PostgresRecords(engine)
        close = engine.dispose
    else:
        records = ElasticsearchRecords(request.getfixturevalue("elasticsearch_url"), f"test-{uuid4().hex[:8]}")
        close = records.close
    assert replace(records, DATASET, [named(number) for number in range(1500)]) == 1500
    yield records
    records.remove(DATASET)
    close()


def replace(index: RecordIndex, dataset_id: UUID, rows: Sequence[NamedRow]) -> int:
    """Make the index of a dataset anew."""
    index.begin(dataset_id, CONCEPT)
    count = index.put(dataset_id, CONCEPT, rows, anew=True)
    index.finish(dataset_id, anew=True)
    return count


def a_row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "meter_id": f"Zähler-{number}",
        "interval_start": (START + timedelta(hours=number)).isoformat().replace("+00:00", "Z"),
        "energy": float(number),
        "quality": "estimated" if number % 500 == 7 else "measured",
        **changes,
    }


def named(number: int, **changes: Any) -> tuple[str, dict[str, Any]]:
    return f"row {number}", a_row(number, **changes)


def found(index: RecordIndex, text: str, dataset_id: UUID = DATASET, **conditions: Any) -> list[str]:
    query = RecordSearch(text, **{"limit": 1000, **conditions})
    return sorted(row["meter_id"] for row in index.search(dataset_id, CONCEPT, query).rows)


@pytest.mark.parametrize(
    ("text", "meters"),
    [
        pytest.param("zahler-7", ["Zähler-7", *(f"Zähler-{n}" for n in range(70, 80))], id="an id's beginning"),
        pytest.param('"zähler 7"', ["Zähler-7"], id="an id, whole"),
        pytest.param("ESTIMATED", ["Zähler-1007", "Zähler-507", "Zähler-7"], id="a term"),
        pytest.param('estimated -"zähler 507"', ["Zähler-1007", "Zähler-7"], id="a term without"),
        pytest.param('"zahler measured"', [], id="no phrase over two fields"),
        pytest.param("2024", [], id="no time is a word"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_records_are_found_by_their_texts(index: RecordIndex, text: str, meters: list[str]) -> None:
    # the beginning of a phrase is any number that begins so
    if meters and text == "zahler-7":
        assert {*meters} <= {*found(index, text)}
        assert all(each.startswith("Zähler-7") for each in found(index, text))
    else:
        assert found(index, text) == meters


def test_a_span_of_time_is_half_open(index: RecordIndex) -> None:
    start, end = START + timedelta(hours=7), START + timedelta(hours=507)
    assert found(index, "estimated", start=start, end=end) == ["Zähler-7"]


def test_pages_hold_every_record_once(index: RecordIndex) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = index.search(DATASET, CONCEPT, RecordSearch("measured", after=after, limit=600))
        assert page.total == 1497
        if not page.rows:
            break
        seen += [row["meter_id"] for row in page.rows]
        after = page.places[-1]
    assert len(seen) == len({*seen}) == 1497


def test_a_record_comes_back_as_it_went_in(index: RecordIndex) -> None:
    (row,) = index.search(DATASET, CONCEPT, RecordSearch('"zahler 8"')).rows
    assert row == a_row(8)


def test_a_row_whose_name_is_there_replaces_it_and_others_stay(index: RecordIndex) -> None:
    dataset_id = uuid4()
    assert not index.has(dataset_id)
    replace(index, dataset_id, [named(1), named(2)])
    assert index.has(dataset_id)
    assert index.put(dataset_id, CONCEPT, [named(1, quality="missing"), named(3)]) == 2
    index.finish(dataset_id)
    assert found(index, "missing", dataset_id) == ["Zähler-1"]
    assert found(index, "measured", dataset_id) == ["Zähler-2", "Zähler-3"]
    replace(index, dataset_id, [named(4)])
    assert found(index, "zahler", dataset_id) == ["Zähler-4"]
    index.remove(dataset_id)
    index.remove(dataset_id)
    assert found(index, "zahler", dataset_id) == []


def test_searches_answer_from_what_was_until_another_index_is_full(index: RecordIndex) -> None:
    dataset_id = uuid4()
    index.begin(dataset_id, CONCEPT)
    index.put(dataset_id, CONCEPT, [named(0)], anew=True)
    assert not index.has(dataset_id)
    replace(index, dataset_id, [named(1)])
    index.begin(dataset_id, CONCEPT)
    index.put(dataset_id, CONCEPT, [named(2)], anew=True)
    assert found(index, "zahler", dataset_id) == ["Zähler-1"]
    index.put(dataset_id, CONCEPT, [named(3)])
    index.finish(dataset_id)
    assert found(index, "zahler", dataset_id) == ["Zähler-1", "Zähler-3"]
    index.finish(dataset_id, anew=True)
    assert found(index, "zahler", dataset_id) == ["Zähler-2"]
    index.begin(dataset_id, CONCEPT)
    index.remove(dataset_id)
    assert not index.has(dataset_id)


@pytest.mark.parametrize("batches", [None, (uuid4(),)], ids=["anew", "of a batch"])
def test_how_far_it_is_is_kept_until_it_is_finished(index: RecordIndex, batches: tuple[UUID, ...] | None) -> None:
    dataset_id, anew = uuid4(), batches is None
    assert index.filling(dataset_id) is None
    replace(index, dataset_id, [named(1)])
    filling = Filling((3, 5), batches, ("m1", "2024-01-01T00:00:00Z"))
    if anew:
        index.begin(dataset_id, CONCEPT)
        assert index.filling(dataset_id) is None
    index.put(dataset_id, CONCEPT, [named(2)], anew=anew)
    index.keep(dataset_id, filling)
    assert index.filling(dataset_id) == filling
    index.put(dataset_id, CONCEPT, [named(2), named(3)], anew=anew)
    index.finish(dataset_id, anew=anew)
    assert index.filling(dataset_id) is None
    meters = [f"Zähler-{number}" for number in ((2, 3) if anew else (1, 2, 3))]
    assert found(index, "zahler", dataset_id) == meters
    index.remove(dataset_id)
