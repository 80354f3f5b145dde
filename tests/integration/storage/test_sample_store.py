"""What was found out about a sample lies sealed, and is forgotten after its day."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from include.collection.upload import Sample
from include.errors import NotFound
from include.storage.sample_store import SealedSampleStore
from include.storage.secret_store import SealedSecretStore
from tests.factories import NOON
from tests.postgres import Database


def test_a_sample_is_kept_sealed_for_a_day(loader: Engine, database: Database) -> None:
    store = SealedSampleStore(loader, SealedSecretStore(loader, [Fernet.generate_key().decode()]))
    document = {"tables": [{"columns": [{"name": "who", "examples": ["Marie Canary-4711"]}]}]}
    sample = Sample(uuid4(), "7", "meters.csv", "0" * 64, document, NOON, NOON + timedelta(days=1))
    store.add(sample)
    assert store.get(sample.id) == sample
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute("SELECT s::text FROM cdmp.sample AS s WHERE id = %s", (sample.id,)).fetchone()
    assert row is not None
    assert "Canary" not in row[0]
    assert b"Canary".hex() not in row[0]
    assert store.remove_expired(NOON + timedelta(hours=23)) == 0
    assert store.remove_expired(NOON + timedelta(hours=25)) == 1
    with pytest.raises(NotFound):
        store.get(sample.id)
