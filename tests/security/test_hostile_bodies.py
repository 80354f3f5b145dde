"""Bodies and parameters that break parsers, databases or logs are refused with 4xx; nothing answers 5xx."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.strict_json import DEEPEST, MOST_BYTES, BodyRefused, check_json
from tests.factories import COLLECTION_ID, DATASET_ID
from tests.interface import Interface, a_draft, a_plain_proposal

JSON = {"Content-Type": "application/json"}


def draft_with(text: str) -> bytes:
    """A draft whose description is this raw JSON."""
    return json.dumps(a_draft(description="HERE")).replace('"HERE"', text).encode("utf-8", "surrogatepass")


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


CORPUS = [
    pytest.param(draft_with("NaN"), 400, id="NaN"),
    pytest.param(draft_with("Infinity"), 400, id="Infinity"),
    pytest.param(draft_with("-Infinity"), 400, id="-Infinity"),
    pytest.param(draft_with("1e999"), 400, id="a float beyond 64 bits"),
    pytest.param(draft_with("9223372036854775808"), 400, id="an integer beyond bigint"),
    pytest.param(draft_with("1" * 5000), 400, id="an integer of 5,000 digits"),
    pytest.param(draft_with(r'"\ud800"'), 400, id="a lone surrogate, escaped"),
    pytest.param(draft_with('"\ud800"'), 400, id="a lone surrogate, encoded"),
    pytest.param(draft_with(r'"a\u0000b"'), 400, id="NUL, escaped"),
    pytest.param(draft_with('"a\0b"'), 400, id="NUL, raw"),
    pytest.param(draft_with(r'{"a\u0000": 1}'), 400, id="NUL in a key"),
    pytest.param(json.dumps(a_draft()).encode("utf-16"), 400, id="UTF-16"),
    pytest.param(json.dumps(a_draft()).encode("utf-16-le"), 400, id="UTF-16 without a mark"),
    pytest.param(json.dumps(a_draft()).encode("utf-32"), 400, id="UTF-32"),
    pytest.param(json.dumps(a_draft(title="Zähler"), ensure_ascii=False).encode("latin-1"), 400, id="latin-1"),
    pytest.param(json.dumps(a_draft()).encode("utf-8-sig"), 400, id="a byte order mark"),
    pytest.param(draft_with(nested(DEEPEST)), 400, id="nested 65 deep"),
    pytest.param(draft_with(nested(100_000)), 400, id="nested 100,000 deep"),
    pytest.param(draft_with('{"a":' * 900 + "1" + "}" * 900), 400, id="objects nested 900 deep"),
    pytest.param(draft_with(nested(DEEPEST - 1)), 422, id="nested 64 deep, and no text"),
    pytest.param(b'{"title": "a", "title": "b"}', 400, id="a key twice"),
    pytest.param(b'{"title": ', 400, id="half a document"),
    pytest.param(b"[]", 422, id="a list"),
    pytest.param(b'"text"', 422, id="a text"),
    pytest.param(b"null", 422, id="null"),
    pytest.param(b"", 422, id="nothing"),
    pytest.param(b" " * (MOST_BYTES + 1), 413, id="larger than 1 MiB"),
    pytest.param(json.dumps(a_draft(owner_id="9")).encode(), 422, id="an owner"),
    pytest.param(json.dumps({**a_draft(), "id": str(COLLECTION_ID)}).encode(), 422, id="an id of one's choice"),
    pytest.param(json.dumps({**a_draft(), "status": "ready"}).encode(), 422, id="a status"),
    pytest.param(json.dumps({**a_draft(), "start": "perhaps"}).encode(), 422, id="start that is no truth value"),
    pytest.param(json.dumps({**a_draft(), "policies": []}).encode(), 422, id="a step that is not there yet"),
]


@pytest.mark.parametrize(
    ("body", "headers", "status", "what"),
    [
        pytest.param(draft_with("1" * 5000), {}, 400, "holds a number beyond 64 bits", id="5,000 digits"),
        pytest.param(json.dumps(a_draft()).encode("utf-8-sig"), {}, 400, "begins with a byte order mark", id="a mark"),
        pytest.param(b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}, 415, "is packed", id="gzip"),
    ],
)
def test_why_a_body_is_refused_is_true(body: bytes, headers: dict[str, str], status: int, what: str):
    answer = Interface().client().post("/data-collection/", content=body, headers=JSON | headers)
    assert (answer.status_code, answer.json()["errors"][0]["what"]) == (status, what)


@pytest.mark.parametrize(("body", "status"), CORPUS)
def test_what_cannot_be_stored_is_refused_with_a_sentence(body: bytes, status: int):
    interface = Interface()
    answer = interface.client().post("/data-collection/", content=body, headers=JSON)
    assert answer.status_code == status
    problem = answer.json()
    assert problem["status"] == status
    assert all(part["where"] and part["what"] for part in problem["errors"])
    assert problem["errors"]
    assert len(interface.services.collections.versions) == 1


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_site_is_no_json(media: str):
    body = json.dumps(a_draft()).encode()
    answer = Interface().client().post("/data-collection/", content=body, headers={"Content-Type": media})
    assert answer.status_code == 415


def test_exactly_64_deep_and_the_largest_numbers_pass():
    check_json(nested(DEEPEST).encode())
    check_json(b'{"a": [9223372036854775807, -9223372036854775808, 1.7976931348623157e308, "\\ud83d\\ude00"]}')
    with pytest.raises(BodyRefused):
        check_json(nested(DEEPEST + 1).encode())
    with pytest.raises(BodyRefused):
        check_json(b"[-9223372036854775809]")


PATHS = [
    f"/data-collection/{COLLECTION_ID}/run/a%00b",
    f"/data-collection/{COLLECTION_ID}/run/{'x' * 300}",
    f"/data-collection/{COLLECTION_ID}/run/..%2f..%2fetc",
    f"/data-collection/{COLLECTION_ID}/run/%ff%fe",
    "/data-collection/1",
    "/data-collection/%00",
    "/dataset/..%2f",
    "/dataset/None/records",
    "/cim/%00",
    "/cim/..%2f",
    "/cim/meter_reading%0a",
    "/cim/no_such_concept",
    "/cim/meter_reading?version=99",
    "/nothing",
    "/ui/..%2f..%2fpackage.json",
    "/ui/%00",
    "/docs/../plugins",
]


@pytest.mark.parametrize("path", PATHS)
def test_an_odd_path_is_simply_absent(path: str):
    answer = Interface().client().get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


PROPOSALS = [
    pytest.param(json.dumps(a_plain_proposal(description="HERE")).replace('"HERE"', raw).encode(), status, id=raw)
    for raw, status in [
        ("NaN", 400),
        (r'"\ud800"', 400),
        (r'"a\u0000b"', 400),
        ('""', 422),
        ("[1]", 422),
        ('"' + "x" * 501 + '"', 422),
    ]
] + [
    pytest.param(json.dumps(a_plain_proposal(**{name: value})).encode(), 422, id=f"{name} {str(value)[:30]}")
    for name, value in [
        ("name", "x'; DROP TABLE cdmp.cim_version; --"),
        ("name", "_row_id"),
        ("name", "Row"),
        ("name", "énergie"),
        ("name", "a" * 64),
        ("name", "ctid"),
        ("name", "row_id"),
        ("name", "energy\n"),
        ("description", "a\x1b[2Jb"),
        ("description", "a\u202eb"),
        ("synonyms", ["a\nb"]),
        ("type", "money"),
        ("unit", "parsec"),
        ("unit", "kwh"),
        ("required", True),
        ("minimum", "-inf"),
        ("values", ["a"]),
        ("synonyms", ["x"] * 51),
        ("terms", [{"term": "javascript:alert(1)>", "standard": "x"}]),
        ("terms", [{"term": "http://a/<b>", "standard": "x"}]),
        ("terms", [{"term": "x", "standard": "y", "verified": True}]),
    ]
]


@pytest.mark.parametrize(("body", "status"), PROPOSALS)
def test_a_proposal_that_cannot_be_one_is_refused_with_its_place(body: bytes, status: int):
    interface = Interface()
    answer = interface.client().post("/cim/extension", content=body, headers=JSON)
    assert answer.status_code == status
    assert all(part["where"] and part["what"] for part in answer.json()["errors"])
    assert answer.json()["errors"]
    assert len(interface.services.cim.extensions) == 1


QUERIES = [
    "cursor=%00",
    "cursor=AAAA",
    "cursor=%ff",
    "cursor=" + "A" * 5000,
    "limit=0",
    "limit=1001",
    "limit=99999999999999999999999",
    "limit=NaN",
    "limit=",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize(
    "path",
    [
        "/data-collection/",
        f"/data-collection/{COLLECTION_ID}/run",
        "/dataset/",
        f"/dataset/{DATASET_ID}/records",
        "/cim/version",
        "/cim/extension",
    ],
)
def test_an_odd_page_is_refused(path: str, query: str):
    assert Interface().client().get(f"{path}?{query}").status_code == 422


@pytest.mark.parametrize("query", ["fields=%00", "fields=energy,nope", "format=exe", f"fields={'a,' * 6000}"])
def test_odd_record_parameters_are_refused(query: str):
    assert Interface().client().get(f"/dataset/{DATASET_ID}/records?{query}").status_code == 422


plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "title",
    "description",
    "tags",
    "ingester",
    "mapper",
    "curator",
    "anonymization",
    "metadata",
    "schedule",
    "start",
]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), plain_json, max_size=5))
def test_no_document_makes_it_fail(document: dict[str, Any]):
    body = json.dumps(document).encode()
    assert CLIENT.post("/data-collection/", content=body, headers=JSON).status_code < 500


PARTS = ["concept", "field", "new_concept", "change", "reason", "sample"]
INNER = ["name", "type", "unit", "description", "minimum", "values", "terms", "key", "fields", "id", "column", "field"]


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(PARTS), plain_json | st.dictionaries(st.sampled_from(INNER), plain_json, max_size=6), max_size=3
    )
)
def test_no_proposal_makes_it_fail(document: dict[str, Any]):
    body = json.dumps(document).encode()
    assert CLIENT.post("/cim/extension", content=body, headers=JSON).status_code < 500


CLIENT = Interface().client()
