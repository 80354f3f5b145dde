"""Secrets of owners: sealed at rest, one owner's only, and sealed again when the master key changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import polars as pl
import psycopg
import pytest
from cryptography.fernet import Fernet
from polars.testing import assert_frame_equal
from sqlalchemy import Engine

from include.batch import Stage
from include.cim.counted import SPANS
from include.collection.model import Collection
from include.errors import ConfigurationInvalid, NotFound
from include.storage.dataset_store import PostgresDatasetStore
from include.storage.secret_store import SealedSecretStore
from tests.factories import NOON
from tests.integration.storage.conftest import Shelf, reading
from tests.postgres import Database

VALUE = "canary-4711-ü"


def a_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def owner() -> str:
    return uuid4().hex


def test_a_secret_is_its_owners_alone(loader: Engine, owner: str) -> None:
    store = SealedSecretStore(loader, [a_key()])
    assert store.put(owner, "eia", VALUE, NOON)
    assert not store.put(owner, "eia", VALUE + "2", NOON + timedelta(hours=1))
    assert store.put("another", owner, "other", NOON)
    (entry,) = store.find(owner)
    assert (entry.name, entry.created, entry.updated) == ("eia", NOON, NOON + timedelta(hours=1))
    assert store.reveal(owner, "eia") == VALUE + "2"
    for action in (store.reveal, store.remove):
        with pytest.raises(NotFound):
            action("another", "eia")
    store.remove(owner, "eia")
    with pytest.raises(NotFound, match="'eia'"):
        store.reveal(owner, "eia")


def test_nothing_in_the_database_shows_a_secret(loader: Engine, database: Database, owner: str) -> None:
    SealedSecretStore(loader, [a_key()]).put(owner, "eia", VALUE, NOON)
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute("SELECT t::text, sealed FROM cdmp.owner_secret t").fetchall()
        assert rows
        assert all("canary" not in text and VALUE.encode() not in sealed for text, sealed in rows)
    with psycopg.connect(database.reader_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT sealed FROM cdmp.owner_secret")


def test_a_new_master_key_seals_everything_again(
    shelf: Shelf, loader: Engine, database: Database, owner: str, a_stored_collection: Callable[..., Collection]
) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        for table in ("owner_secret", "secret", "quarantine_row", "counted"):
            connection.execute(f"DELETE FROM cdmp.{table}")
    old, new = a_key(), a_key()
    before = SealedSecretStore(loader, [old])
    shelf.datasets = PostgresDatasetStore(loader, database.loader_url, shelf.staging, before)
    shelf.secrets = before
    collection = a_stored_collection()
    aside = [f'{{"row": {number}}}' for number in range(2_500)]
    ref = shelf.stage(collection, [reading(0)], aside=aside)
    counted = pl.DataFrame([{"field": "energy", "value": 1.0}], schema=SPANS)
    path = shelf.staging.write(collection.id, ref.batch_id, Stage.MAPPED, "counted", counted)
    shelf.load(collection, replace(ref, counted=path))
    for number in range(3):
        before.put(owner, f"s{number}", f"{VALUE}{number}", NOON)
    dataset_id = uuid4()
    dataset_key = before.dataset_key(dataset_id)
    both = SealedSecretStore(loader, [new, old])
    both.put(owner, "fresh", VALUE, NOON)
    assert both.seal_again() == {"owner_secret": 4, "secret": 1, "quarantine_row": 2_500, "counted": 1}
    after = SealedSecretStore(loader, [new])
    datasets = PostgresDatasetStore(loader, database.loader_url, shelf.staging, after)
    assert_frame_equal(datasets.counted(collection.dataset_id, uuid4()), counted)
    assert [after.reveal(owner, f"s{number}") for number in range(3)] == [f"{VALUE}{number}" for number in range(3)]
    assert after.dataset_key(dataset_id) == dataset_key
    with pytest.raises(ConfigurationInvalid, match="no key opens"):
        before.reveal(owner, "s0")
    with psycopg.connect(database.admin_url) as connection:
        keys = connection.execute("SELECT DISTINCT key_id FROM cdmp.owner_secret").fetchall()
        rows = connection.execute("SELECT sealed FROM cdmp.quarantine_row ORDER BY row_id").fetchall()
    assert len(keys) == 1
    assert [after.unseal(sealed).decode() for (sealed,) in rows] == aside


def test_what_no_key_opens_stays_as_it_is(loader: Engine, database: Database, owner: str) -> None:
    lost, here = SealedSecretStore(loader, [a_key()]), SealedSecretStore(loader, [a_key()])
    lost.put(owner, "eia", VALUE, NOON)
    with pytest.raises(ConfigurationInvalid, match="no key opens"):
        here.seal_again()
    assert lost.reveal(owner, "eia") == VALUE
    lost.remove(owner, "eia")
