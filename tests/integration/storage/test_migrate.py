"""The revisions make exactly the tables that `schema` describes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from include.errors import StoreUnavailable
from include.storage.connection import open_engine
from include.storage.migrate import migrate
from include.storage.schema import PLATFORM, metadata
from tests.postgres import Database


def test_starts_at_the_same_time_do_not_collide_and_the_second_time_does_nothing(empty_database: Database) -> None:
    with ThreadPoolExecutor(4) as starts:
        list(starts.map(migrate, [empty_database.owner_url] * 4))
    migrate(empty_database.owner_url)
    with psycopg.connect(empty_database.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM cdmp.alembic_version").fetchone() == (1,)


def test_the_revisions_and_the_schema_agree(database: Database) -> None:
    engine = open_engine(database.owner_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == PLATFORM,
                "version_table_schema": PLATFORM,
                "compare_server_default": True,
            },
        )
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_the_loader_cannot_change_the_platforms_tables(database: Database) -> None:
    with psycopg.connect(database.loader_url) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DROP TABLE cdmp.collection")
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE cdmp.alembic_version SET version_num = 'x'")


def test_a_database_that_is_away_is_a_store_unavailable() -> None:
    with pytest.raises(StoreUnavailable) as away:
        migrate("postgresql://cdmp_owner:secret-pw@127.0.0.1:1/none")
    assert "secret-pw" not in str(away.value)
