"""The REST interface over stores in memory, for tests of what HTTP adds."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials
from starlette.datastructures import State
from starlette.testclient import TestClient

from api.app import create_app
from include.access.requestor import STEWARD, Requestor
from include.batch import BatchRecord, RuleOutcome, ValidationReport
from include.catalog.search_document import Found, build_search_document
from include.cim.extension import Extension, Proposal
from include.collection.lineage import lineage_of
from include.collection.quarantine import RowKey
from include.collection.run import RunFailure, RunState, StageResult
from include.collection.upload import Incoming, Sample
from include.ports import Dataset
from include.quarantine_ports import QuarantinedRow
from tests.factories import COLLECTION_ID, DATASET_ID, NOON, a_collection, a_plain_config
from tests.fakes_engine import FakeEngine
from tests.fakes_stores import FakeServices

PEOPLE = {
    "owner": Requestor("7", "olive"),
    "stranger": Requestor("8", "sam"),
    "steward": Requestor("9", "stella", frozenset({STEWARD})),
}
RUN_ID = "manual__1"
BATCH_ID = UUID("00000000-0000-4000-8000-0000000000f3")
INCOMING_ID = UUID("00000000-0000-4000-8000-0000000000f1")
SAMPLE_ID = UUID("00000000-0000-4000-8000-0000000000f2")
EXTENSION_ID = UUID("00000000-0000-4000-8000-0000000000f4")
ROW = RowKey(BATCH_ID, 5)
METERS = Path(__file__).parent / "data" / "meters.csv"
PAGES = Path(__file__).parent.parent / "plugins" / "ui" / "dist"


async def sign_in(request: Request, bearer: HTTPAuthorizationCredentials | None) -> Requestor:
    """Stand in for Airflow: the token, or else the cookie, is the person's name in `PEOPLE`."""
    name = bearer.credentials if bearer else request.cookies.get("_token", "")
    if name not in PEOPLE:
        raise HTTPException(401, "Sign in.", {"WWW-Authenticate": "Bearer"})
    return PEOPLE[name]


@cache
def _built() -> FastAPI:
    """Build the routes, which are the same whatever is behind them: that takes half a second."""
    return create_app(FakeServices, FakeEngine, sign_in, PAGES)


@dataclass
class Interface:
    """The app, with a collection, a failed run, a dataset of three records, a row in quarantine, a sample, a proposal
    to the CIM and ten bytes to come, of `owner`.

    Attributes:
        upload: The id of the sample's file.
    """

    services: FakeServices = field(default_factory=FakeServices)
    engine: FakeEngine = field(default_factory=FakeEngine)
    upload: str = ""

    def __post_init__(self) -> None:
        self.services.collections.add(a_collection())
        self.services.runs.queue(a_collection(), RUN_ID, "olive", NOON)
        runs, batch = self.services.runs, BATCH_ID
        runs.add_stage(COLLECTION_ID, RUN_ID, batch, StageResult("ingest", NOON, 0.25, {"rows_read": 5}))
        rule = RuleOutcome("expect_column_values_to_not_be_null", "energy", "quarantine", 5, 2, (2, 4))
        runs.add_report(COLLECTION_ID, RUN_ID, ValidationReport(5, 3, 2, 0, 0, (rule,)))
        failure = RunFailure("load_postgres", "PostgreSQL", "it was away", "Run it again.")
        runs.finish(COLLECTION_ID, RUN_ID, RunState.FAILED, NOON, failure)
        self.services.datasets.rows[DATASET_ID] = Dataset(
            DATASET_ID, COLLECTION_ID, "7", "Meters", "meter_reading", 3, NOON, NOON, NOON, dcat=a_record()
        )
        found = Found("7", "olive", "Meters", "meter_reading", "Meter reading", NOON, 3, keywords=["electricity"])
        self.services.index.put(DATASET_ID, build_search_document(found))
        self.services.datasets.loaded[DATASET_ID, "d" * 64] = BatchRecord(
            BATCH_ID, DATASET_ID, RUN_ID, "d" * 64, 3, 0, 2, NOON, number=1
        )
        lineage = lineage_of(a_collection(), self.services.definition.concept("meter_reading"))
        self.services.datasets.lineages[BATCH_ID] = lineage.to_json() if lineage else {}
        cells = {"point": "p1", "energy_wh": "6ooo"}
        self.services.quarantine.put(
            DATASET_ID, QuarantinedRow(ROW, (("energy", "unreadable_number"),), cells, 0, NOON)
        )
        self.services.records.rows[DATASET_ID] = [
            {"usage_point_id": "=1+1", "register": "-a", "interval_start": NOON + timedelta(hours=h), "energy": h - 0.5}
            for h in range(3)
        ]
        coming = Incoming(INCOMING_ID, "7", "meters.csv", "text/csv", 10, None, False, NOON, NOON + timedelta(days=7))
        self.services.incoming.begin(coming)
        self.upload = self.services.uploads.add(METERS, "meters.csv", "7")
        document = {"dialect": {"kind": "csv"}}
        tomorrow = NOON + timedelta(days=1)
        self.services.samples.add(Sample(SAMPLE_ID, "7", "meters.csv", self.upload, document, NOON, tomorrow))
        proposal = Proposal.model_validate(a_plain_proposal())
        self.services.cim.add(Extension(EXTENSION_ID, proposal, "7", "olive", NOON))
        self.app = copy(_built())
        self.app.state = State({"services": lambda: self.services, "engine": lambda: self.engine, "sign_in": sign_in})

    def client(self, person: str | None = "owner", **options: Any) -> TestClient:
        headers = {"Authorization": f"Bearer {person}"} if person else {}
        return TestClient(self.app, headers=headers, raise_server_exceptions=False, **options)


def a_record() -> dict[str, Any]:
    return {
        "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dcterms": "http://purl.org/dc/terms/"},
        "@id": f"urn:uuid:{DATASET_ID}",
        "@type": "dcat:Dataset",
        "dcterms:title": "Meters",
    }


def a_plain_proposal(**changes: Any) -> dict[str, Any]:
    """Build the proposal of a field that the CIM has no other of; `changes` are of the field."""
    field = {
        "name": "standing_losses",
        "type": "float",
        "unit": "kWh",
        "description": "What the meter's own supply took.",
        **changes,
    }
    return {"concept": "meter_reading", "field": field, "reason": "Our meters tell it."}


def a_draft(**changes: Any) -> dict[str, Any]:
    """Build a document that needs no upload."""
    plain = a_plain_config(**changes)
    return {name: plain[name] for name in plain if name not in ("ingester", "mapper", "anonymization")}


def a_suite(**changes: Any) -> dict[str, Any]:
    """Build a suite of one rule of the owner's; `changes` are of the rule."""
    rule = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "energy", "min_value": 0},
        "meta": {"on_violation": "flag"},
    }
    return {"name": "mine", "expectations": [{**rule, **changes}]}


Call = Callable[[TestClient, UUID], Any]
