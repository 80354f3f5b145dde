"""Looks for a personal value in every place that a run writes to, and that people or other tasks read."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from starlette.testclient import TestClient

from api.app import create_app
from include.access.requestor import Requestor
from include.collection.model import Collection
from include.notification.deliver import deliver
from include.wiring import Platform
from tests.fakes_engine import FakeEngine
from tests.interface import PAGES, sign_in
from tests.postgres import Database
from tests.security.personal_files import CANARY, MARKS


def marks_in(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text]


def everything_stored(database: Database) -> str:
    """Write every row of every table as text; bytes as the text that they may be."""
    with psycopg.connect(database.admin_url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname IN ('cdmp', 'data')"
        ).fetchall()
        rows = [row for (table,) in tables for row in connection.execute(f"SELECT * FROM {table}").fetchall()]
    return "\n".join(
        str([cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in row]) for row in rows
    )


def files_of_the_server(database: Database) -> Iterator[Path]:
    """Give the database server's own files that hold the value: tables, the write-ahead log, what it logged."""
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        (folder,) = connection.execute("SHOW data_directory").fetchone() or ("",)
    for path in Path(folder).rglob("*"):
        if path.is_file() and CANARY.encode() in path.read_bytes():
            yield path


def files_below(folder: Path, *, but: tuple[str, ...] = ("uploads",)) -> list[Path]:
    """Give files with a mark in their bytes or name; `but` are folders where it belongs: the owner's own files."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.relative_to(folder).parts[0] not in but
        and any(mark.encode() in path.read_bytes() or mark in path.name for mark in MARKS)
    ]


def client_of(platform: Platform, person: str = "owner") -> TestClient:
    app = create_app(lambda: platform, FakeEngine, sign_in, PAGES)
    return TestClient(app, headers={"Authorization": f"Bearer {person}"}, raise_server_exceptions=False)


def answers(platform: Platform, collection: Collection, run_id: str) -> dict[str, str]:
    """Ask the interface, as the owner, everything about a collection that can be asked without changing it."""
    client = client_of(platform)
    known = {"collection_id": collection.id, "dataset_id": collection.dataset_id, "run_id": run_id}
    batch = platform.runs.get(collection.id, run_id).batch_id
    known |= {"batch_id": batch} if batch else {}
    said: dict[str, str] = {}
    for path, methods in client.app.openapi()["paths"].items():  # type: ignore[attr-defined]
        needed = {each["name"] for each in methods.get("get", {}).get("parameters", []) if each["in"] == "path"}
        if "get" in methods and needed <= set(known):
            answer = client.get(path.format(**known))
            said[path] = f"{answer.status_code} {answer.text} {dict(answer.headers)}"
    return said


class Letters:
    """A mailer and the directory of its readers; keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, to: str, subject: str, text: str) -> None:
        self.sent.append(f"{to} {subject}\n{text}")

    def find(self, name: str) -> Requestor:
        raise NotImplementedError(name)

    def mail_address(self, requestor_id: str) -> str:
        return f"{requestor_id}@example.org"


def mails(platform: Platform) -> list[str]:
    """Send what waits in the outbox, and give it."""
    letters = Letters()
    deliver(platform.outbox, letters, letters, "http://127.0.0.1", platform.clock)
    return letters.sent


def everything_indexed(url: str) -> str:
    """Give every document of every index of an Elasticsearch, with the indexes' mappings."""
    found: list[Any] = []
    for path in ("_all/_mapping", "_all/_search?size=1000"):
        with urllib.request.urlopen(f"{url}/{path}", timeout=20) as answer:
            found.append(json.load(answer))
    return json.dumps(found, ensure_ascii=False)
