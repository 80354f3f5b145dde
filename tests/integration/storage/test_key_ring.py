"""Keys follow one another; a shredded one is gone for ever, and a run stops until there is a new one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from include.errors import ConfigurationInvalid, NotFound
from include.notification.messages import write_message
from include.ports import Dataset
from include.storage.key_ring import SealedKeyRing
from include.storage.secret_store import SealedSecretStore
from tests.factories import NOON
from tests.postgres import Database


def a_dataset(dataset_id: UUID) -> Dataset:
    return Dataset(dataset_id, uuid4(), "7", "Meters", "meter_reading", 0, None, None, NOON)


@pytest.fixture
def store(loader: Engine) -> SealedSecretStore:
    return SealedSecretStore(loader, [Fernet.generate_key().decode()])


@pytest.fixture
def ring(loader: Engine, store: SealedSecretStore) -> SealedKeyRing:
    return SealedKeyRing(loader, store)


def test_the_newest_key_is_current_and_the_earlier_ones_can_be_read(
    store: SealedSecretStore, ring: SealedKeyRing
) -> None:
    dataset = a_dataset(uuid4())
    first = store.dataset_key(dataset.id)
    for number in range(2, 12):
        assert ring.rotate_key(dataset, NOON).id == f"p{number}"
    newest, key = store.dataset_key(dataset.id)
    assert newest == "p11"
    assert ring.read_key(dataset.id, "p11").secret == key
    assert (ring.read_key(dataset.id, "p1").id, ring.read_key(dataset.id, "p1").secret) == first
    listed = ring.list_keys(dataset.id)
    assert [each.id for each in listed] == [f"p{number}" for number in range(1, 12)]
    assert [each.id for each in listed if each.current] == ["p11"]


def test_who_rotates_at_the_same_moment_gets_the_same_key(store: SealedSecretStore, ring: SealedKeyRing) -> None:
    dataset = a_dataset(uuid4())
    store.dataset_key(dataset.id)
    with ThreadPoolExecutor(4) as workers:
        made = list(workers.map(lambda _: ring.rotate_key(dataset, NOON).id, range(4)))
    assert set(made) <= {"p2", "p3", "p4", "p5"}
    assert len(ring.list_keys(dataset.id)) == 1 + len(set(made))


def test_a_shredded_key_stops_runs_until_there_is_a_new_one(
    store: SealedSecretStore, ring: SealedKeyRing, database: Database
) -> None:
    dataset = a_dataset(uuid4())
    store.dataset_key(dataset.id)
    entry = ring.shred_key(dataset, "p1", NOON)
    assert (entry.shredded, entry.current) == (NOON, False)
    assert ring.shred_key(dataset, "p1", NOON) == entry
    with pytest.raises(ConfigurationInvalid, match=r"p1 was shredded on 2026-11-20.*keys rotate"):
        store.dataset_key(dataset.id)
    with pytest.raises(NotFound):
        ring.read_key(dataset.id, "p1")
    with psycopg.connect(database.admin_url) as connection:
        found = connection.execute("SELECT sealed FROM cdmp.secret WHERE subject = %s", (dataset.id,)).fetchall()
    assert found == [(None,)]
    assert ring.rotate_key(dataset, NOON).id == "p2"
    assert store.dataset_key(dataset.id)[0] == "p2"


def test_an_earlier_key_that_is_shredded_stops_nothing(store: SealedSecretStore, ring: SealedKeyRing) -> None:
    dataset = a_dataset(uuid4())
    store.dataset_key(dataset.id)
    ring.rotate_key(dataset, NOON)
    ring.shred_key(dataset, "p1", NOON)
    assert store.dataset_key(dataset.id)[0] == "p2"


def test_the_owner_is_told_once_and_the_mail_names_no_key_but_its_id(
    store: SealedSecretStore, ring: SealedKeyRing, database: Database
) -> None:
    dataset = a_dataset(uuid4())
    store.dataset_key(dataset.id)
    ring.rotate_key(dataset, NOON)
    ring.shred_key(dataset, "p1", NOON)
    ring.shred_key(dataset, "p1", NOON)
    with psycopg.connect(database.admin_url) as connection:
        query = "SELECT kind, recipient_id, facts FROM cdmp.outbox WHERE facts->>'dataset_id' = %s ORDER BY id"
        events = connection.execute(query, (str(dataset.id),)).fetchall()
    assert [(kind, recipient) for kind, recipient, _ in events] == [("key.rotated", "7"), ("key.shredded", "7")]
    subjects = [write_message(kind, facts, "").subject for kind, _, facts in events]
    assert subjects == ["Meters: a new key", "Meters: a key was destroyed"]


def test_what_is_no_key_cannot_be_shredded(ring: SealedKeyRing) -> None:
    with pytest.raises(NotFound, match="cdmp keys list"):
        ring.shred_key(a_dataset(uuid4()), "p1", NOON)
