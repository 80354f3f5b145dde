"""Collections are kept with every version, and nobody overwrites what somebody else has just saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, update

from include.collection.model import Collection, CollectionState
from include.errors import Conflict, NotFound
from include.storage.collection_store import PostgresCollectionStore
from include.storage.schema import collection_version
from tests.factories import NOON, a_config, a_plain_config

Make = Callable[..., Collection]


def test_a_collection_comes_back_as_it_was_stored(
    collections: PostgresCollectionStore, a_stored_collection: Make
) -> None:
    collection = a_stored_collection(config=a_config(schedule={"every": "PT15M"}))
    assert collections.get(collection.id) == collection


def test_durations_of_a_year_and_more_come_back(
    collections: PostgresCollectionStore, a_stored_collection: Make
) -> None:
    """Pydantic writes years, which nobody may write: such a record could not be read again."""
    yearly = a_config(schedule={"every": "P400D"}, mapper=_yearly("P366D"))
    collection = a_stored_collection(config=yearly)
    assert collections.get(collection.id) == collection


def test_a_duration_that_an_older_platform_saved_with_years_is_read(
    collections: PostgresCollectionStore, a_stored_collection: Make, loader: Engine
) -> None:
    owner = str(uuid4())
    collection = a_stored_collection(owner_id=owner, config=a_config(mapper=_yearly("P366D")))
    plain = collection.config.model_dump(mode="json")
    plain["mapper"]["rules"][-1]["after"]["duration"] = "P1Y1D"
    with loader.begin() as connection:
        connection.execute(
            update(collection_version).where(collection_version.c.collection_id == collection.id).values(config=plain)
        )
    assert collections.get(collection.id) == collection
    assert collections.mappers(owner) == [(owner, collection.config.mapper)]


def _yearly(length: str) -> dict[str, Any]:
    mapper = a_plain_config()["mapper"]
    ends = {"field": "interval_end", "after": {"field": "interval_start", "duration": length}}
    return {**mapper, "rules": [*(rule for rule in mapper["rules"] if rule["field"] != "interval_end"), ends]}


def test_the_owners_order_survives(collections: PostgresCollectionStore, a_stored_collection: Make) -> None:
    parameters = {"zone": "BE", "a": "1", "limit": "100"}
    source = {"kind": "rest", "url": "https://example.org/", "parameters": parameters}
    collection = a_stored_collection(config=a_config(ingester=source))
    assert list(collections.get(collection.id).config.ingester.parameters) == list(parameters)  # type: ignore[union-attr]


def test_a_taken_id_is_a_conflict(collections: PostgresCollectionStore, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    with pytest.raises(Conflict, match="exists already"):
        collections.add(replace(collection, dataset_id=uuid4()))
    with pytest.raises(Conflict):
        collections.add(replace(collection, id=uuid4()))  # its dataset


def test_every_version_stays(collections: PostgresCollectionStore, a_stored_collection: Make) -> None:
    first = a_stored_collection()
    later = NOON + timedelta(hours=1)
    second = replace(first, version=2, config=a_config(title="Renamed"), updated=later, state=CollectionState.PAUSED)
    collections.replace(second, expected_version=1)
    assert collections.get(first.id) == second
    assert collections.get(first.id, version=1) == replace(first, state=CollectionState.PAUSED)
    with pytest.raises(NotFound, match="at version 3"):
        collections.get(first.id, version=3)


def test_whoever_was_slower_is_told(collections: PostgresCollectionStore, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    collections.replace(replace(collection, version=2), expected_version=1)
    with pytest.raises(Conflict, match="no longer at version 1"):
        collections.replace(replace(collection, version=2), expected_version=1)


def test_lists_are_newest_first_and_meet_at_the_cursor(
    collections: PostgresCollectionStore, a_stored_collection: Make
) -> None:
    made = [a_stored_collection(owner_id="pager", created=NOON + timedelta(minutes=n // 2)) for n in range(6)]
    expected = sorted(made, key=lambda each: (each.created, each.id), reverse=True)
    first = collections.find("pager", limit=4)
    rest = collections.find("pager", after=(first[-1].created, first[-1].id))
    assert [*first, *rest] == [replace(each, updated=max(each.updated, each.created)) for each in expected]
    assert collections.find("nobody") == []
    assert len(collections.find(None, limit=1000)) > len(made)


def test_what_is_being_deleted_is_out_of_sight_and_stays_so(
    collections: PostgresCollectionStore, a_stored_collection: Make
) -> None:
    collection = a_stored_collection(owner_id="deleter")
    collections.set_state(collection.id, CollectionState.DELETING)
    collections.set_state(collection.id, CollectionState.DELETING)
    assert collections.find("deleter") == []
    assert collections.fingerprints()[collection.id].state is CollectionState.DELETING
    with pytest.raises(Conflict, match="is being deleted"):
        collections.set_state(collection.id, CollectionState.ACTIVE)
    with pytest.raises(Conflict):
        collections.replace(replace(collection, version=2), expected_version=1)
    collections.erase(collection.id)
    collections.erase(collection.id)
    with pytest.raises(NotFound):
        collections.get(collection.id)


def test_only_what_is_being_deleted_can_be_erased(
    collections: PostgresCollectionStore, a_stored_collection: Make
) -> None:
    collection = a_stored_collection()
    with pytest.raises(Conflict, match="is active"):
        collections.erase(collection.id)


def test_fingerprints_tell_of_everything_but_drafts(
    collections: PostgresCollectionStore, a_stored_collection: Make
) -> None:
    active, draft = a_stored_collection(), a_stored_collection(state=CollectionState.DRAFT)
    fingerprints = collections.fingerprints()
    assert draft.id not in fingerprints
    before = fingerprints[active.id]
    collections.replace(replace(active, version=2, updated=NOON + timedelta(minutes=1)), expected_version=1)
    assert collections.fingerprints()[active.id] != before


def test_an_absent_collection_is_not_found(collections: PostgresCollectionStore) -> None:
    with pytest.raises(NotFound):
        collections.set_state(uuid4(), CollectionState.PAUSED)


def test_mappings_in_use_are_told_with_their_owners_at_their_current_version(
    collections: PostgresCollectionStore, a_stored_collection: Make
) -> None:
    owner = str(uuid4())
    first = a_stored_collection(owner_id=owner)
    renamed = a_config(mapper={"concept": "site_energy", "rules": [{"field": "load_power", "source": "x"}]})
    collections.replace(replace(first, version=2, config=renamed, state=CollectionState.PAUSED), expected_version=1)
    a_stored_collection(owner_id=owner, state=CollectionState.DRAFT)
    a_stored_collection(owner_id=owner, config=a_config(mapper=None))
    assert collections.mappers(owner) == [(owner, renamed.mapper)]
    assert (owner, renamed.mapper) in collections.mappers(None)
    assert len(collections.mappers(None, limit=1)) == 1


def test_a_mapping_that_an_older_platform_saved_stands_in_nobodys_way(
    collections: PostgresCollectionStore, a_stored_collection: Make, loader: Engine
) -> None:
    owner = str(uuid4())
    whole, old = a_stored_collection(owner_id=owner), a_stored_collection(owner_id=owner)
    config = old.config.model_dump(mode="json") | {"mapper": {"concept": "site_energy", "colour": "green"}}
    with loader.begin() as connection:
        change = update(collection_version).where(collection_version.c.collection_id == old.id)
        connection.execute(change.values(config=config))
    assert collections.mappers(owner) == [(owner, whole.config.mapper)]
