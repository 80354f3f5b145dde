"""The platform over the module's database, and a terminal that speaks to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import commands
from cli.commands import Session
from include.wiring import Platform
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE
from tests.postgres import Database
from tests.whole_runs import a_platform


@pytest.fixture
def platform(database: Database, tmp_path: Path) -> Platform:
    return a_platform(database, tmp_path / "platform")


@pytest.fixture
def terminal(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Let `cdmp` speak to the platform, as the person that it is told; gives what stands in for Airflow."""
    engine = FakeEngine()

    def open_session(user: str) -> Session:
        return Session(platform, lambda: engine, PEOPLE[user])

    monkeypatch.setattr(commands, "open_session", open_session)
    return engine
