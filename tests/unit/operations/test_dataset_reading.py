"""Datasets and records are read by owner and steward, page after page, and by nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.access.requestor import STEWARD, Requestor
from include.cim.concept import FieldType
from include.errors import ConfigurationInvalid, NotFound
from include.operations.cursor import read_cursor, read_position, write_cursor
from include.operations.dataset_reading import list_datasets, read_dataset, read_description, read_records
from include.ports import Dataset
from tests.factories import COLLECTION_ID, DATASET_ID, NOON
from tests.fakes_stores import FakeServices

OLIVE = Requestor("7", "olive")
STRANGER = Requestor("8", "sam")
STELLA = Requestor("9", "stella", frozenset({STEWARD}))


def a_dataset(identity: UUID = DATASET_ID, owner: str = "7") -> Dataset:
    return Dataset(identity, COLLECTION_ID, owner, "Meters", "meter_reading", 5, NOON, NOON, NOON)


@pytest.fixture
def services() -> FakeServices:
    services = FakeServices()
    services.datasets.rows[DATASET_ID] = a_dataset()
    services.records.rows[DATASET_ID] = [
        {"usage_point_id": "p", "register": r, "interval_start": NOON + timedelta(hours=h), "energy": h + 0.5}
        for r in ("a", "b")
        for h in range(5)
    ]
    return services


def test_pages_give_every_record_once_in_the_order_of_the_key(services):
    seen, cursor = [], None
    while True:
        page = read_records(services, OLIVE, DATASET_ID, cursor=cursor, limit=3)
        seen += page.table.to_pylist()
        cursor = page.cursor
        if cursor is None:
            break
    assert [(row["register"], row["energy"]) for row in seen] == [(r, h + 0.5) for r in "ab" for h in range(5)]


def test_the_asked_fields_come_alone_and_in_the_asked_order(services):
    page = read_records(services, OLIVE, DATASET_ID, fields=["energy", "register", "energy"], limit=2)
    assert page.table.column_names == ["energy", "register"]
    following = read_records(services, OLIVE, DATASET_ID, fields=["energy"], cursor=page.cursor, limit=1)
    assert following.table.to_pylist() == [{"energy": 2.5}]


def test_an_unknown_field_is_answered_with_the_known_ones(services):
    with pytest.raises(ConfigurationInvalid, match=r"'enrgy' is no field of this dataset.*usage_point_id.*energy"):
        read_records(services, OLIVE, DATASET_ID, fields=["enrgy"])


def test_where_a_record_comes_from_is_for_the_owner_alone(services):
    services.records.rows[DATASET_ID] = [
        {"usage_point_id": "p", "register": "a", "interval_start": NOON, "_batch_id": "b", "_row_id": 7}
    ]
    asked = ["_batch_id", "_row_id"]
    page = read_records(services, OLIVE, DATASET_ID, fields=asked)
    assert page.table.to_pylist() == [{"_batch_id": "b", "_row_id": 7}]
    with pytest.raises(ConfigurationInvalid, match=r"'_row_id' is no field of this dataset"):
        read_records(services, STELLA, DATASET_ID, fields=asked)


def test_nobody_but_owner_and_steward_reads(services):
    assert read_records(services, STELLA, DATASET_ID).table.num_rows == 10
    for read in (read_records, read_dataset, read_description):
        with pytest.raises(NotFound) as refused:
            read(services, STRANGER, DATASET_ID)
        del services.datasets.rows[DATASET_ID]
        with pytest.raises(NotFound) as absent:
            read(services, STRANGER, DATASET_ID)
        services.datasets.rows[DATASET_ID] = a_dataset()
        assert str(refused.value) == str(absent.value)


def test_a_record_is_there_when_it_was_published(services):
    with pytest.raises(NotFound, match="not been published yet"):
        read_description(services, OLIVE, DATASET_ID)
    services.datasets.describe(DATASET_ID, {"@id": "x"})
    assert read_description(services, OLIVE, DATASET_ID) == {"@id": "x"}


def test_lists_of_datasets_join(services):
    for number in range(4):
        services.datasets.rows[UUID(int=number)] = a_dataset(UUID(int=number), owner="8")
    first = list_datasets(services, STELLA, limit=3)
    rest = list_datasets(services, STELLA, cursor=first.cursor, limit=3)
    assert [dataset.id for dataset in [*first.datasets, *rest.datasets]] == sorted(services.datasets.rows)
    assert rest.cursor is None
    assert [dataset.id for dataset in list_datasets(services, OLIVE).datasets] == [DATASET_ID]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "AAAA",
        "é",
        "W10",
        write_cursor(["p"]),
        write_cursor(["p", "a", "yesterday"]),
        write_cursor([1, 2, 3]),
        "A" * 5000,
    ],
)
def test_a_broken_cursor_is_refused_with_a_sentence(services, cursor):
    with pytest.raises(ConfigurationInvalid, match="cursor: is not a cursor of this list"):
        read_records(services, OLIVE, DATASET_ID, cursor=cursor)


TYPES = st.lists(st.sampled_from(list(FieldType)), max_size=4)


@given(st.text(max_size=60), TYPES)
def test_no_text_breaks_the_reading_of_cursors(text, types):
    try:
        read_cursor(text, types)
        read_position(text)
    except ConfigurationInvalid:
        pass


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists), TYPES)
def test_no_json_breaks_the_reading_of_cursors(plain, types):
    import base64
    import json

    text = base64.urlsafe_b64encode(json.dumps(plain).encode()).decode()
    try:
        values = read_cursor(text, types)
    except ConfigurationInvalid:
        return
    assert len(values) == len(types)


@given(st.datetimes(timezones=st.just(UTC)), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_cursor_gives_back_what_was_written(moment: datetime, text: str):
    assert read_cursor(write_cursor([moment, text]), [FieldType.TIMESTAMP, FieldType.ID]) == (moment, text)
