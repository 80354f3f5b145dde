"""Messages of flexibility through the whole pipeline into PostgreSQL, and out of the interface as the same messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shapeshifter_uftp.transport import from_xml, to_xml
from starlette.testclient import TestClient

from api.app import create_app
from include.operations.collection_life import create_collection
from include.operations.uploading import upload_file
from include.wiring import Platform
from tests.factories import a_config
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE, sign_in
from tests.messages import EVENT, PROGRAM, REPORT, a_message_config, an_order, meaning, order_meaning
from tests.whole_runs import run_stages

OWNER = PEOPLE["owner"]


def records_of(platform: Platform, folder: Path, text: str, preset: str, asked: str) -> Any:
    """Load messages and ask the interface for them."""
    (folder / "messages").write_text(text)
    upload = upload_file(platform, OWNER, folder / "messages")
    plain = a_message_config(preset, {"kind": preset.partition("_")[0]})
    plain["ingester"] |= {"upload": upload}
    config = a_config(title=f"Messages {folder.name}", **plain)
    collection, _ = create_collection(platform, FakeEngine(), OWNER, config)
    latest = platform.runs.latest([collection.id])[collection.id]
    counts = run_stages(platform, collection, latest.run_id)
    assert counts["rows_quarantined"] == 0
    client = TestClient(create_app(lambda: platform, FakeEngine, sign_in))
    client.headers["Authorization"] = "Bearer owner"
    return client.get(f"/dataset/{collection.dataset_id}/records", params={"format": asked, "limit": 2})


@pytest.mark.parametrize(
    ("message", "preset"),
    [
        pytest.param(EVENT, "openadr3_events", id="an event"),
        pytest.param(REPORT, "openadr3_reports", id="a report"),
        pytest.param(PROGRAM, "openadr3_programs", id="a program"),
    ],
)
def test_an_object_of_openadr_is_loaded_and_read_as_the_same(
    platform: Platform, tmp_path: Path, message: dict[str, Any], preset: str
) -> None:
    answer = records_of(platform, tmp_path, json.dumps([message]), preset, "openadr3")
    assert answer.headers["content-type"] == "application/json"
    (written,) = answer.json()
    assert meaning(written) == meaning(message)


def test_an_order_of_uftp_is_loaded_and_read_as_the_same(platform: Platform, tmp_path: Path) -> None:
    order = an_order()
    answer = records_of(platform, tmp_path, to_xml(order), "uftp_events", "uftp")
    assert answer.headers["content-type"].startswith("application/xml")
    assert order_meaning(from_xml(answer.text)) == order_meaning(order)
