"""The CIM's record: versions that never change, decisions that are taken once, updates that lose nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine

from include.cim.amend import accept, merge
from include.cim.definition import Definition, load_definition
from include.cim.extension import Decision, Extension, ExtensionState, Proposal, Review
from include.cim_ports import Use
from include.collection.model import CollectionState
from include.errors import Conflict, NotFound, StoreUnavailable
from include.storage.cim_store import PostgresCimStore
from include.storage.cim_versions import ship
from include.storage.connection import begin, open_engine
from include.storage.migrate import migrate
from include.storage.stored_definition import FRESH_S, StoredDefinition
from tests.factories import NOON, a_config
from tests.integration.storage.conftest import Shelf, reading
from tests.postgres import Database, fresh_database

ACCEPT = Review(decision=Decision.ACCEPT)


class Seconds:
    """A clock that stands until it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def record(postgres_server: str) -> Iterator[Database]:
    """A migrated database of the test's own: version 1, and nothing else."""
    with fresh_database(postgres_server) as database:
        migrate(database.owner_url)
        yield database


@pytest.fixture
def engine(record: Database) -> Iterator[Engine]:
    engine = open_engine(record.loader_url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> PostgresCimStore:
    return PostgresCimStore(engine, StoredDefinition(engine))


def an_extension(name: str = "standing_losses", **changes: Any) -> Extension:
    field = {"name": name, "type": "float", "unit": "kWh", "description": "What the meter's own supply took."}
    proposal = Proposal.model_validate({"concept": "meter_reading", "field": field, "reason": "Ours tell it."})
    return Extension(**{"id": uuid4(), "proposal": proposal, "proposer_id": "7", "proposer_name": "olive",
                        "proposed": NOON, **changes})  # fmt: skip


def decide(store: PostgresCimStore, extension: Extension, review: Review = ACCEPT) -> Extension:
    def amend(current: Definition) -> Definition:
        if review.into is not None:
            return merge(current, extension.proposal, review.into)
        return accept(current, extension.proposal)

    changes = None if review.decision is Decision.REJECT else amend
    return store.review(extension.id, review, "stella", NOON, changes)


def test_the_platforms_own_concepts_are_version_1(store: PostgresCimStore, engine: Engine) -> None:
    assert StoredDefinition(engine).current() == replace(load_definition(), version=1)
    (first,) = store.versions()
    assert (first.version, first.made_by) == (1, "the platform")
    assert len(first.changes) == len(load_definition().concepts())


def test_the_same_shipment_again_makes_no_version(record: Database, store: PostgresCimStore) -> None:
    migrate(record.owner_url)
    assert [each.version for each in store.versions()] == [1]


def test_an_update_of_the_platform_keeps_what_was_accepted(record: Database, store: PostgresCimStore) -> None:
    extension = an_extension()
    store.add(extension)
    decide(store, extension)
    concept = load_definition().concept("meter_reading")
    changed = replace(concept, description="In better words.", fields={**concept.fields})
    shipped = Definition({**load_definition().by_name, "meter_reading": changed})
    migrate(record.owner_url, shipped)
    migrate(record.owner_url, shipped)
    versions = store.versions()
    assert [each.version for each in versions] == [3, 2, 1]
    assert versions[0].changes == ("meter_reading: description is another",)
    engine = open_engine(record.loader_url)
    merged = StoredDefinition(engine).concept("meter_reading")
    engine.dispose()
    assert merged.description == "In better words."
    assert "standing_losses" in merged.fields


def test_the_loader_can_change_no_version(record: Database) -> None:
    for statement in ("UPDATE cdmp.cim_version SET reason = ''", "DELETE FROM cdmp.cim_version"):
        with psycopg.connect(record.loader_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_a_new_version_is_noticed_within_seconds_and_an_old_one_stays(store: PostgresCimStore, engine: Engine) -> None:
    clock = Seconds()
    elsewhere = StoredDefinition(engine, clock)
    assert elsewhere.current().version == 1
    extension = an_extension()
    store.add(extension)
    assert decide(store, extension).version == 2
    assert store._definition.current().version == 2, "at once, where it was made"
    assert elsewhere.current().version == 1
    clock.now += FRESH_S
    assert "standing_losses" in elsewhere.concept("meter_reading").fields
    assert "standing_losses" not in elsewhere.at(1).concept("meter_reading").fields
    with pytest.raises(NotFound, match="version 3"):
        elsewhere.at(3)


def test_a_database_without_the_cim_says_so(postgres_server: str) -> None:
    with fresh_database(postgres_server) as database:
        migrate(database.owner_url)
        with psycopg.connect(database.owner_url) as connection:
            connection.execute("TRUNCATE cdmp.cim_version")
        engine = open_engine(database.loader_url)
        with pytest.raises(StoreUnavailable, match="make up"):
            StoredDefinition(engine).current()
        engine.dispose()


def test_a_decision_is_taken_once_whoever_is_quicker(store: PostgresCimStore) -> None:
    extension = an_extension()
    store.add(extension)
    together = threading.Barrier(4)

    def one(review: Review) -> str:
        together.wait()
        try:
            return decide(store, extension, review).state
        except Conflict:
            return "conflict"

    reviews = [ACCEPT, ACCEPT, Review(decision=Decision.REJECT, reason="No."), ACCEPT]
    with ThreadPoolExecutor(4) as workers:
        ends = sorted(workers.map(one, reviews))
    assert ends.count("conflict") == 3
    assert len(store.versions()) == (2 if "accepted" in ends else 1)
    with pytest.raises(Conflict):
        store.withdraw(extension.id, NOON)


def test_decisions_at_the_same_time_make_one_version_after_the_other(store: PostgresCimStore) -> None:
    extensions = [an_extension(f"losses_{n}") for n in range(6)]
    for extension in extensions:
        store.add(extension)
    with ThreadPoolExecutor(6) as workers:
        made = sorted(workers.map(lambda each: decide(store, each).version or 0, extensions))
    assert made == [2, 3, 4, 5, 6, 7]
    fields = store._definition.current().concept("meter_reading").fields
    assert {f"losses_{n}" for n in range(6)} <= set(fields)


def test_a_refused_amendment_decides_nothing(store: PostgresCimStore) -> None:
    extension = an_extension()
    store.add(extension)

    def refuse(_current: Definition) -> Definition:
        raise Conflict("extension", "it does not fit any more")

    with pytest.raises(Conflict, match="not fit"):
        store.review(extension.id, ACCEPT, "stella", NOON, refuse)
    assert store.get(extension.id) == extension
    assert len(store.versions()) == 1


def test_the_proposer_is_told_in_the_same_transaction(store: PostgresCimStore, record: Database) -> None:
    extension = an_extension(proposer_id="31")
    store.add(extension)
    decided = decide(store, extension, Review(decision=Decision.MERGE, into="meter_reading.energy", reason="The same."))
    with psycopg.connect(record.loader_url) as connection:
        facts = connection.execute("SELECT facts FROM cdmp.outbox WHERE recipient_id = '31'").fetchall()
    assert [each[0]["about"] for each in facts] == ["meter_reading.standing_losses"]
    assert facts[0][0]["into"] == "meter_reading.energy"
    assert store.get(extension.id) == decided
    assert decided.state is ExtensionState.MERGED
    assert "standing_losses" in store._definition.current().concept("meter_reading").fields["energy"].synonyms


def test_proposals_are_listed_by_person_and_state_page_after_page(store: PostgresCimStore) -> None:
    extensions = [an_extension(f"n_{n}", proposer_id=str(n % 2), proposed=NOON + timedelta(hours=n)) for n in range(6)]
    for extension in extensions:
        store.add(extension)
    store.withdraw(extensions[5].id, NOON)
    assert [each.id for each in store.find("1", ExtensionState.PROPOSED)] == [extensions[3].id, extensions[1].id]
    first = store.find(None, limit=2)
    following = store.find(None, after=(first[-1].proposed, first[-1].id), limit=2)
    assert [each.id for each in following] == [extensions[3].id, extensions[2].id]
    with pytest.raises(NotFound):
        store.get(uuid4())
    with pytest.raises(NotFound):
        store.withdraw(uuid4(), NOON)


def test_who_uses_a_concept_is_told_with_the_fields_that_they_fill(
    shelf: Shelf, a_stored_collection: Any, collections: Any, loader: Engine
) -> None:
    store = PostgresCimStore(loader, StoredDefinition(loader))
    mine = a_stored_collection()
    a_stored_collection(config=a_config(mapper=None))
    gone = a_stored_collection(config=a_config(title="Gone"))
    for collection in (mine, gone):
        shelf.load(collection, shelf.stage(collection, [reading(0)]))
    collections.set_state(gone.id, CollectionState.DELETING)
    collections.erase(gone.id)
    filled = frozenset(rule.field for rule in mine.config.mapper.rules)
    title = mine.config.title
    assert store.uses("meter_reading") == [
        Use("collection", mine.id, title, "7", filled),
        Use("dataset", gone.dataset_id, "Gone", "7", None),
        Use("dataset", mine.dataset_id, title, "7", filled),
    ]
    assert store.uses("weather_observation") == []


def test_shipments_at_the_same_time_make_one_version(record: Database) -> None:
    concept = load_definition().concept("party")
    shipped = Definition({**load_definition().by_name, "party": replace(concept, title="A party")})
    with ThreadPoolExecutor(3) as starts:
        list(starts.map(lambda _: migrate(record.owner_url, shipped), range(3)))
    engine = open_engine(record.owner_url)
    with begin(engine) as connection:
        assert ship(connection, shipped, NOON) == 2
    engine.dispose()
