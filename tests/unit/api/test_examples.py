"""What the documentation page proposes as a body is taken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import COLLECTION_ID, DATASET_ID
from tests.interface import PEOPLE, SAMPLE_ID, Interface

QUARANTINE = "/dataset/{dataset_id}/quarantine"
SHOWN = {
    "/data-collection/": ["file", "draft"],
    "/sample/{sample_id}/preview": ["draft"],
    "/source/dry-run": ["rest", "preset"],
    "/cim/extension": ["field", "change"],
    f"{QUARANTINE}/replay": ["rows", "all"],
    f"{QUARANTINE}/release": ["rows", "all"],
    f"{QUARANTINE}/discard": ["rows", "all"],
}


@pytest.fixture
def interface() -> Interface:
    return Interface()


def examples(interface: Interface, path: str) -> dict[str, Any]:
    body = interface.app.openapi()["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return {name: each["value"] for name, each in body["examples"].items()}


@pytest.mark.parametrize("path", SHOWN)
def test_no_body_that_is_shown_is_refused(interface: Interface, path: str, tmp_path) -> None:
    (tmp_path / "meters.csv").write_text("Zählpunkt;Zeit;Bezug\n")
    upload = interface.services.uploads.add(tmp_path / "meters.csv", "meters.csv", PEOPLE["owner"].id)
    address = path.format(dataset_id=DATASET_ID, collection_id=COLLECTION_ID, sample_id=SAMPLE_ID)
    shown = examples(interface, path)
    assert list(shown) == SHOWN[path]
    for name, body in shown.items():
        if body.get("ingester", {}).get("kind") == "file":
            body["ingester"]["upload"] = upload
        answer = interface.client().post(address, json=body)
        # a row or a run may be none; the body itself is what it should be
        assert answer.status_code in (200, 201, 404, 409), (name, answer.text)
