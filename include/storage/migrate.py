"""Brings the database to the schema that this version of the platform needs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from include.cim.definition import Definition, load_definition
from include.storage.cim_versions import ship
from include.storage.connection import begin, open_engine
from include.storage.schema import PLATFORM

_LOCK: Final = 0x63646D70  # "cdmp"


def migrate(owner_url: str, shipped: Definition | None = None) -> None:
    """Run the revisions that are missing and bring the CIM up to what comes with the platform, in one transaction.

    A second start at the same time waits.

    The roles `cdmp_loader` and `cdmp_reader` exist already (whoever makes the database makes them); the revisions grant
    them what they need.

    Args:
        shipped: Other concepts than `concepts/*.yaml`.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    engine = open_engine(owner_url)
    try:
        with begin(engine) as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {PLATFORM}"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            ship(connection, shipped or load_definition(), datetime.now(UTC))
    finally:
        engine.dispose()
