"""Every route of the OpenAPI document, asked by nobody, a stranger, the owner and a steward: no route without a row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from include.collection.quarantine import RowKey
from tests.factories import COLLECTION_ID, DATASET_ID
from tests.interface import (
    BATCH_ID,
    EXTENSION_ID,
    INCOMING_ID,
    METERS,
    ROW,
    RUN_ID,
    SAMPLE_ID,
    Interface,
    a_draft,
    a_plain_proposal,
    a_suite,
)

WHO = ("nobody", "stranger", "owner", "steward")

# status for each of WHO
TABLE: dict[tuple[str, str], tuple[int, int, int, int]] = {
    ("POST", "/data-collection/"): (401, 201, 201, 201),
    ("GET", "/data-collection/"): (401, 200, 200, 200),
    ("GET", "/data-collection/{collection_id}"): (401, 404, 200, 200),
    ("DELETE", "/data-collection/{collection_id}"): (401, 404, 200, 403),
    ("GET", "/data-collection/data-curator-config/{collection_id}"): (401, 404, 200, 200),
    ("POST", "/data-collection/data-curator-config/{collection_id}"): (401, 404, 201, 403),
    ("POST", "/data-collection/{collection_id}/run"): (401, 404, 201, 403),
    ("POST", "/data-collection/{collection_id}/backfill"): (401, 404, 422, 403),
    ("POST", "/data-collection/{collection_id}/pause"): (401, 404, 200, 403),
    ("POST", "/data-collection/{collection_id}/resume"): (401, 404, 200, 403),
    ("GET", "/data-collection/{collection_id}/run"): (401, 404, 200, 200),
    ("GET", "/data-collection/{collection_id}/run/{run_id}"): (401, 404, 200, 200),
    # the run has ended: there is nothing to decide
    ("POST", "/data-collection/{collection_id}/run/{run_id}/review"): (401, 404, 409, 409),
    ("POST", "/data-collection/{collection_id}/append"): (401, 404, 201, 403),
    ("POST", "/data-collection/{collection_id}/append-preview"): (401, 404, 200, 403),
    ("POST", "/sample"): (401, 404, 201, 404),
    ("GET", "/sample/{sample_id}"): (401, 404, 200, 404),
    ("POST", "/sample/{sample_id}/preview"): (401, 404, 200, 404),
    ("GET", "/dataset/"): (401, 200, 200, 200),
    ("GET", "/dataset/{dataset_id}"): (401, 404, 200, 200),
    ("GET", "/dataset/{dataset_id}/records"): (401, 404, 200, 200),
    ("GET", "/dataset/{dataset_id}/dcat"): (401, 404, 200, 200),
    ("GET", "/dataset/{dataset_id}/batch"): (401, 404, 200, 200),
    ("GET", "/dataset/{dataset_id}/batch/{batch_id}"): (401, 404, 200, 200),
    ("GET", "/dataset/{dataset_id}/key"): (401, 404, 200, 403),
    ("POST", "/dataset/{dataset_id}/key"): (401, 404, 201, 403),
    ("DELETE", "/dataset/{dataset_id}/key/{key_id}"): (401, 404, 200, 403),
    # what broke a rule is as it was read, before any plan: not even a steward
    ("GET", "/dataset/{dataset_id}/quarantine"): (401, 404, 200, 404),
    ("GET", "/dataset/{dataset_id}/quarantine/departures"): (401, 404, 200, 404),
    ("GET", "/dataset/{dataset_id}/quarantine/{row}"): (401, 404, 200, 404),
    ("PATCH", "/dataset/{dataset_id}/quarantine/{row}"): (401, 404, 200, 404),
    ("POST", "/dataset/{dataset_id}/quarantine/replay"): (401, 404, 201, 404),
    ("POST", "/dataset/{dataset_id}/quarantine/release"): (401, 404, 201, 404),
    ("POST", "/dataset/{dataset_id}/quarantine/discard"): (401, 404, 200, 404),
    # whoever asks: of what is another's nothing is found
    ("GET", "/search"): (401, 200, 200, 200),
    ("GET", "/suggest"): (401, 200, 200, 200),
    ("OPTIONS", "/upload/"): (204, 204, 204, 204),
    ("POST", "/upload/"): (401, 201, 201, 201),
    ("GET", "/upload/"): (401, 200, 200, 200),
    ("HEAD", "/upload/{upload_id}"): (401, 404, 200, 404),
    ("GET", "/upload/{upload_id}"): (401, 404, 200, 404),
    ("PATCH", "/upload/{upload_id}"): (401, 404, 204, 404),
    ("POST", "/upload/{upload_id}"): (401, 404, 204, 404),
    ("DELETE", "/upload/{upload_id}"): (401, 404, 204, 404),
    # one's own, whoever one is: nobody's are another's
    ("PUT", "/secret/{name}"): (401, 201, 201, 201),
    ("GET", "/secret/"): (401, 200, 200, 200),
    ("DELETE", "/secret/{name}"): (401, 404, 404, 404),
    ("POST", "/source/dry-run"): (401, 200, 200, 200),
    ("GET", "/source/preset"): (401, 200, 200, 200),
    ("GET", "/cim/"): (401, 200, 200, 200),
    ("GET", "/cim/version"): (401, 200, 200, 200),
    ("GET", "/cim/{concept}"): (401, 200, 200, 200),
    ("GET", "/cim/{concept}/usage"): (401, 200, 200, 200),
    ("POST", "/cim/extension"): (401, 201, 201, 201),
    ("GET", "/cim/extension"): (401, 200, 200, 200),
    ("GET", "/cim/extension/{extension_id}"): (401, 404, 200, 200),
    ("DELETE", "/cim/extension/{extension_id}"): (401, 404, 200, 403),
    ("POST", "/cim/extension/{extension_id}/review"): (401, 404, 403, 200),
    ("GET", "/health"): (200, 200, 200, 200),
}
SPAN = {"start": "2024-01-01T00:00:00Z", "end": "2024-02-01T00:00:00Z"}
UPLOAD = hashlib.sha256(METERS.read_bytes()).hexdigest()
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/data-collection/"): a_draft(),
    ("POST", "/data-collection/data-curator-config/{collection_id}"): a_suite(),
    ("POST", "/data-collection/{collection_id}/append"): {"upload": UPLOAD},
    ("POST", "/data-collection/{collection_id}/append-preview"): {"upload": UPLOAD},
    ("POST", "/data-collection/{collection_id}/run/{run_id}/review"): {"decision": "approve"},
    ("PATCH", "/dataset/{dataset_id}/quarantine/{row}"): {"row": {"energy_wh": "6000"}},
    ("POST", "/dataset/{dataset_id}/quarantine/replay"): {"all": True},
    ("POST", "/dataset/{dataset_id}/quarantine/release"): {"all": True, "note": "It is right."},
    ("POST", "/dataset/{dataset_id}/quarantine/discard"): {"rows": [str(ROW)]},
    ("POST", "/sample"): {"upload": UPLOAD, "set": {"kind": "csv"}},
    ("POST", "/sample/{sample_id}/preview"): {},
    ("POST", "/data-collection/{collection_id}/backfill"): SPAN,
    ("PUT", "/secret/{name}"): {"value": "hush"},
    ("POST", "/cim/extension"): a_plain_proposal(name="own_supply"),
    ("POST", "/cim/extension/{extension_id}/review"): {"decision": "accept"},
    ("POST", "/source/dry-run"): {"ingester": {"kind": "rest", "url": "https://data.example.org/"}},
}
TUS = {
    "Tus-Resumable": "1.0.0",
    "Upload-Length": "10",
    "Upload-Offset": "0",
    "Content-Type": "application/offset+octet-stream",
    "X-HTTP-Method-Override": "PATCH",
}

OPEN_PAGES = {"/docs", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/openapi.json", "/ui"}
"""What everybody may read and what stands in no OpenAPI document: it holds nothing of anybody."""

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


def routes() -> list[tuple[str, str]]:
    paths = Interface().app.openapi()["paths"]
    return [(method.upper(), path) for path, item in paths.items() for method in item if method in METHODS]


IDS = {
    "batch_id": BATCH_ID,
    "collection_id": COLLECTION_ID,
    "dataset_id": DATASET_ID,
    "run_id": RUN_ID,
    "upload_id": INCOMING_ID,
    "sample_id": SAMPLE_ID,
    "extension_id": EXTENSION_ID,
    "name": "key",
    "key_id": "p1",
    "concept": "meter_reading",
    "row": str(ROW),
}
ABSENT = {
    "batch_id": uuid4(),
    "collection_id": uuid4(),
    "dataset_id": uuid4(),
    "run_id": "manual__2",
    "upload_id": uuid4(),
    "sample_id": uuid4(),
    "extension_id": uuid4(),
    "name": "key",
    "key_id": "p1",
    "concept": "meter_reading",
    "row": str(RowKey(uuid4(), 1)),
}


def ask(client: TestClient, method: str, path: str, ids: Mapping[str, UUID | str] = IDS) -> Any:
    """Send what the route takes."""
    address = path.format(**ids)
    if path.startswith("/upload/"):
        content = b"0123456789" if method in ("POST", "PATCH") else None
        return client.request(method, address, headers=TUS, content=content)
    return client.request(method, address, json=BODIES.get((method, path)))


def test_every_route_has_a_row_and_every_row_a_route():
    assert set(routes()) == set(TABLE)


def test_nothing_is_served_beside_the_document_but_open_pages():
    documented = {re.sub(r"/$", "", path) or "/" for _, path in routes()}

    def paths(routes_: Any) -> set[str]:
        found: set[str] = set()
        for route in routes_:
            inner = getattr(getattr(route, "original_router", None), "routes", None)
            if inner is not None:
                found |= paths(inner)
            else:
                found.add(re.sub(r"/$", "", route.path) or "/")
        return found

    served = paths(Interface().app.routes)
    assert served - documented == OPEN_PAGES


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
def test_each_gets_what_is_theirs(method: str, path: str, who: str):
    client = Interface().client(None if who == "nobody" else who)
    answer = ask(client, method, path)
    assert answer.status_code == TABLE[method, path][WHO.index(who)]
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), [row for row in sorted(TABLE) if "_id}" in row[1]])
def test_what_is_foreign_answers_exactly_like_what_is_absent(method: str, path: str):
    client = Interface().client("stranger")
    foreign, absent = ask(client, method, path), ask(client, method, path, ABSENT)

    def shape(answer: Any) -> tuple[int, dict[str, str], str]:
        text = answer.text
        for ids in (IDS, ABSENT):
            for name, identity in ids.items():
                text = text.replace(str(identity), name)
        return answer.status_code, {n: v for n, v in answer.headers.items() if n != "date"}, text

    assert shape(foreign) == shape(absent)
    assert foreign.status_code == 404


def test_lists_show_a_stranger_nothing_of_others():
    client = Interface().client("stranger")
    assert client.get("/data-collection/").json() == {"collections": [], "cursor": None}
    assert client.get("/dataset/").json() == {"datasets": [], "cursor": None}
    assert client.get("/cim/extension").json() == {"extensions": [], "cursor": None}


@pytest.mark.parametrize("token", ["", "forged", "owner "], ids=["empty", "forged", "almost"])
def test_a_token_that_is_none_signs_nobody_in(token: str):
    client = Interface().client(None)
    assert client.get("/dataset/", headers={"Authorization": f"Bearer {token}x"}).status_code == 401
    assert client.get("/dataset/").headers["www-authenticate"].startswith("Bearer")


CROSS_SITE = [
    pytest.param({"Sec-Fetch-Site": "cross-site"}, id="a browser says cross-site"),
    pytest.param({"Sec-Fetch-Site": "same-site"}, id="a neighbour on a subdomain"),
    pytest.param({"Origin": "https://evil.example"}, id="an older browser names the origin"),
    pytest.param({"Origin": "null"}, id="a sandboxed frame"),
]


@pytest.mark.parametrize("headers", CROSS_SITE)
def test_a_foreign_page_changes_nothing_with_the_cookie(headers: dict[str, str]):
    interface = Interface()
    client = interface.client(None, cookies={"_token": "owner"})
    assert client.delete(f"/data-collection/{COLLECTION_ID}", headers=headers).status_code == 403
    assert client.get(f"/data-collection/{COLLECTION_ID}", headers=headers).status_code == 200


def test_our_own_page_changes_what_is_its_users():
    client = Interface().client(None, cookies={"_token": "owner"})
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert client.delete(f"/data-collection/{COLLECTION_ID}", headers=headers).status_code == 200
