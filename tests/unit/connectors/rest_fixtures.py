"""A REST source as tests set it up: a connector over a server on this machine, and patience that does not wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from include.batch import Window
from include.collection.rest_source import RestSource
from include.connectors.egress import Egress
from include.connectors.rest import RestApi
from include.connectors.rest_patience import Patience
from include.errors import NotFound
from include.ports import Reading
from tests.source_server import SourceServer

NOW = datetime(2024, 3, 10, 12, tzinfo=UTC)
SECRETS = {"key": "canary-s3cr3t/+ü", "plain": "hush-4711"}


def reveal(name: str) -> str:
    if name not in SECRETS:
        raise NotFound(f"secret {name!r}", "you have none of this name")
    return SECRETS[name]


class Naps:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now

    def patience(self, **changes: Any) -> Patience:
        return Patience(**{"sleep": self.sleep, "monotonic": self.monotonic, **changes})


def a_source(server: SourceServer, path: str = "/data", **changes: Any) -> RestSource:
    plain = {
        "kind": "rest",
        "url": server.url(path),
        "format": {"kind": "json", "records": "$.results"},
        "timeout_s": 1,
    }
    return RestSource.model_validate({**plain, **changes})


def a_connector(
    server: SourceServer,
    path: str = "/data",
    *others: SourceServer,
    span: Window | None = None,
    patience: Patience | None = None,
    now: datetime = NOW,
    **changes: Any,
) -> RestApi:
    egress = Egress(frozenset(each.here for each in (server, *others)))
    source = a_source(server, path, **changes)
    return RestApi(source, egress, reveal, lambda: now, span, patience or Naps().patience())


def rows_of(reading: Reading) -> list[dict[str, str | None]]:
    return [row for frame in reading.frames for row in frame.to_dicts()]


def column(reading: Reading, name: str) -> list[str | None]:
    return [row[name] for row in rows_of(reading)]


def records(first: int, count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"n": number, "at": f"2024-03-{1 + number % 28:02d}T00:00:00Z", **more}
        for number in range(first, first + count)
    ]
