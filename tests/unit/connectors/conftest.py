"""A source that every test of a REST connector asks: one for a module, with nothing asked at the begin of a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.source_server import SourceServer, serve


@pytest.fixture(scope="module")
def listener() -> Iterator[SourceServer]:
    with serve() as server:
        yield server


@pytest.fixture
def server(listener: SourceServer) -> SourceServer:
    listener.asked.clear()
    return listener
