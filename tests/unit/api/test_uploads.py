"""Uploads over HTTP: what tus asks for, and what a client may say of a file."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.interface import INCOMING_ID, Interface

BODY = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = b"point;energy\n" * 10


def b64(content: bytes | str) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def begin(client: TestClient, content: bytes = CONTENT, metadata: str = "", **headers: str) -> Any:
    sent = {**TUS, "Upload-Length": str(len(content)), **headers}
    return client.post("/upload/", headers={**sent, "Upload-Metadata": metadata} if metadata else sent)


def patch(client: TestClient, where: str, content: bytes, offset: int = 0, **headers: str) -> Any:
    return client.patch(
        where, content=content, headers={**TUS, "Upload-Offset": str(offset), "Content-Type": BODY, **headers}
    )


def test_a_file_arrives_in_pieces_and_becomes_an_upload():
    client = Interface().client()
    begun = begin(client, metadata=f"filename {b64('Zähler 1.csv')},filetype {b64('text/csv')}")
    assert begun.status_code == 201
    assert begun.headers["upload-expires"].endswith(" GMT")
    where = begun.headers["location"]
    first = patch(client, where, CONTENT[:50])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "50")
    assert "cdmp-upload" not in first.headers
    asked = client.head(where, headers=TUS)
    assert (asked.headers["upload-offset"], asked.headers["upload-length"]) == ("50", str(len(CONTENT)))
    assert asked.headers["cache-control"] == "no-store"
    assert asked.headers["upload-metadata"] == f"filename {b64('Zähler 1.csv')},filetype {b64('text/csv')}"
    last = patch(client, where, CONTENT[50:], 50)
    assert last.headers["cdmp-upload"] == hashlib.sha256(CONTENT).hexdigest()
    told = client.get(where).json()
    assert (told["name"], told["received"], told["repeats"]) == ("Zähler 1.csv", len(CONTENT), False)
    assert told["upload"]["upload"] == last.headers["cdmp-upload"]


def test_one_request_is_enough_where_the_file_comes_along():
    answer = (
        Interface()
        .client()
        .post("/upload/", content=CONTENT, headers={**TUS, "Upload-Length": str(len(CONTENT)), "Content-Type": BODY})
    )
    assert answer.status_code == 201
    assert answer.headers["cdmp-upload"] == hashlib.sha256(CONTENT).hexdigest()


def test_the_same_content_again_is_noticed_and_welcome_only_where_that_is_said():
    client = Interface().client()
    assert patch(client, begin(client, metadata=f"filename {b64('first.csv')}").headers["location"], CONTENT).is_success
    where = begin(client).headers["location"]
    again = patch(client, where, CONTENT)
    assert again.status_code == 409
    assert "2026-11-20 at 12:00 UTC as 'first.csv'" in again.json()["detail"]
    assert hashlib.sha256(CONTENT).hexdigest() in again.json()["detail"]
    assert client.get(where).json()["repeats"] is True
    welcome = patch(client, begin(client, metadata="append").headers["location"], CONTENT)
    assert welcome.status_code == 204
    assert welcome.headers["cdmp-upload"] == hashlib.sha256(CONTENT).hexdigest()


def test_a_repeat_is_told_before_anything_is_sent_where_the_sha256_is_known():
    client = Interface().client()
    metadata = f"sha256 {b64(hashlib.sha256(CONTENT).hexdigest())}"
    assert patch(client, begin(client, metadata=metadata).headers["location"], CONTENT).is_success
    assert begin(client, metadata=metadata).status_code == 409
    stranger = begin(client, metadata=metadata, Authorization="Bearer stranger")
    assert stranger.status_code == 201, "what others handed over is nobody's to know of"
    assert patch(client, stranger.headers["location"], CONTENT, Authorization="Bearer stranger").status_code == 204


def test_what_is_not_the_announced_file_is_refused():
    client = Interface().client()
    where = begin(client, metadata=f"sha256 {b64('0' * 64)}").headers["location"]
    assert patch(client, where, CONTENT).status_code == 460
    assert client.head(where, headers=TUS).status_code == 404


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_piece_that_does_not_add_up_is_not_kept(algorithm: str):
    client = Interface().client()
    where = begin(client).headers["location"]
    checksum = f"{algorithm} {b64(hashlib.new(algorithm, CONTENT).digest())}"
    wrong = patch(client, where, CONTENT[::-1], **{"Upload-Checksum": checksum})
    assert wrong.status_code == 460
    assert wrong.headers["content-type"] == "application/problem+json"
    assert client.head(where, headers=TUS).headers["upload-offset"] == "0"
    assert patch(client, where, CONTENT, **{"Upload-Checksum": checksum}).status_code == 204


def test_the_protocol_is_said_in_every_answer():
    client = Interface().client()
    told = client.options("/upload/").headers
    assert told["tus-version"] == "1.0.0"
    assert told["tus-max-size"] == "1000"
    assert told["tus-checksum-algorithm"] == "sha256,sha1"
    assert set(told["tus-extension"].split(",")) >= {"creation", "termination", "checksum", "expiration"}
    for answer in (begin(client), begin(client, **{"Tus-Resumable": "0.2.2"}), client.get("/upload/0")):
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert "Upload-Offset" in answer.headers["access-control-expose-headers"]
    assert "tus-resumable" not in client.get("/dataset/").headers


WRONG = [
    pytest.param("POST", {"Tus-Resumable": "2.0.0"}, 412, id="another version"),
    pytest.param("POST", {"Upload-Length": ""}, 400, id="no length"),
    pytest.param("POST", {"Upload-Length": "-1"}, 400, id="a negative length"),
    pytest.param("POST", {"Upload-Length": "1e3"}, 400, id="a length with an exponent"),
    pytest.param("POST", {"Upload-Length": "9" * 4000}, 400, id="a length of thousands of digits"),
    pytest.param("POST", {"Upload-Length": "1001"}, 413, id="more than a file may have"),
    pytest.param("POST", {"Upload-Length": "0"}, 422, id="an empty file"),
    pytest.param("POST", {"Upload-Metadata": "filename"}, 422, id="an empty name"),
    pytest.param("POST", {"Upload-Metadata": f"filetype {b64(chr(0))}"}, 422, id="NUL for a type"),
    pytest.param("POST", {"Upload-Metadata": "filename %%%"}, 422, id="a name that is no base64"),
    pytest.param("POST", {"Upload-Metadata": f"filename {b64(bytes([255, 254]))}"}, 422, id="a name in no UTF-8"),
    pytest.param("POST", {"Upload-Metadata": "filename YQ==,filename YQ=="}, 422, id="two names"),
    pytest.param("POST", {"Upload-Metadata": f"owner_id {b64('9')}"}, 422, id="an owner of one's choice"),
    pytest.param("POST", {"Upload-Metadata": f"sha256 {b64('F' * 64)}"}, 422, id="a digest in capitals"),
    pytest.param("POST", {"Upload-Metadata": f"append {b64('perhaps')}"}, 422, id="neither yes nor no"),
    pytest.param("PATCH", {"Content-Type": "application/octet-stream"}, 415, id="another media type"),
    pytest.param("PATCH", {"Content-Type": "application/json"}, 415, id="JSON"),
    pytest.param("PATCH", {"Upload-Offset": "3"}, 409, id="another offset"),
    pytest.param("PATCH", {"Upload-Offset": "x"}, 400, id="an offset that is no number"),
    pytest.param("PATCH", {"Upload-Checksum": "md5 YQ=="}, 400, id="an algorithm that is not offered"),
    pytest.param("PATCH", {"Upload-Checksum": "sha1 %"}, 400, id="a digest that is no base64"),
    pytest.param("PATCH", {"Tus-Resumable": ""}, 412, id="no version"),
]


@pytest.mark.parametrize(("method", "headers", "status"), WRONG)
def test_what_a_client_says_wrongly_is_refused_with_a_sentence(method: str, headers: dict[str, str], status: int):
    interface = Interface()
    client = interface.client()
    where, sent = "/upload/", {**TUS, "Upload-Length": "10", **headers}
    if method == "PATCH":
        where, sent = f"/upload/{INCOMING_ID}", {**TUS, "Upload-Offset": "0", "Content-Type": BODY, **headers}
    answer = client.request(method, where, headers=sent, content=b"0123456789")
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert list(interface.services.incoming.rows) == [INCOMING_ID]
    assert interface.services.incoming.content[INCOMING_ID] == b""
    assert not interface.services.incoming.locked


def test_more_than_was_announced_is_refused():
    client = Interface().client()
    assert patch(client, f"/upload/{INCOMING_ID}", b"0123456789X").status_code == 413
    assert client.head(f"/upload/{INCOMING_ID}", headers=TUS).headers["upload-offset"] == "0"


def test_a_file_that_somebody_is_writing_is_locked():
    interface = Interface()
    interface.services.incoming.locked.add(INCOMING_ID)
    assert patch(interface.client(), f"/upload/{INCOMING_ID}", b"0123456789").status_code == 423


def test_post_goes_on_only_where_it_stands_for_patch():
    client = Interface().client()
    headers = {**TUS, "Upload-Offset": "0", "Content-Type": BODY}
    refused = client.post(f"/upload/{INCOMING_ID}", headers=headers, content=b"0123456789")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, PATCH, DELETE")
    headers["X-HTTP-Method-Override"] = "PATCH"
    assert client.post(f"/upload/{INCOMING_ID}", headers=headers, content=b"0123456789").status_code == 204


def test_an_upload_is_deleted_by_its_address_or_its_id_unless_a_collection_reads_it():
    interface = Interface()
    client = interface.client()
    assert client.delete(f"/upload/{INCOMING_ID}", headers=TUS).status_code == 204
    assert client.head(f"/upload/{INCOMING_ID}", headers=TUS).status_code == 404
    where = begin(client).headers["location"]
    upload = patch(client, where, CONTENT).headers["cdmp-upload"]
    interface.services.uploads.read.add(upload)
    assert client.delete(where, headers=TUS).status_code == 409
    assert client.delete(f"/upload/{upload}").status_code == 409
    interface.services.uploads.read.clear()
    assert client.delete(f"/upload/{upload}", headers={"Authorization": "Bearer steward"}).status_code == 404
    assert client.delete(f"/upload/{upload}").status_code == 204
    assert client.delete(f"/upload/{upload}").status_code == 404
    assert client.delete("/upload/..%2f..%2fetc").status_code == 404


def test_the_list_is_the_owners_own_page_by_page():
    interface = Interface()
    interface.services.uploads.rows.clear()
    client = interface.client()
    for number in range(3):
        patch(client, begin(client, CONTENT + bytes([number])).headers["location"], CONTENT + bytes([number]))
    first = client.get("/upload/?limit=2").json()
    assert len(first["uploads"]) == 2
    assert [each["id"] for each in first["unfinished"]] == [str(INCOMING_ID)]
    assert (first["used_bytes"], first["quota_bytes"]) == (3 * 131 + 10, 5000)
    second = client.get(f"/upload/?limit=2&cursor={first['cursor']}").json()
    assert len(second["uploads"]) == 1
    assert second["cursor"] is None
    assert client.get("/upload/?cursor=AAAA").status_code == 422
    nothing = client.get("/upload/", headers={"Authorization": "Bearer stranger"}).json()
    assert (nothing["uploads"], nothing["unfinished"], nothing["used_bytes"]) == ([], [], 0)


NAMES = ["../../etc/passwd", "/etc/passwd", "..\\..\\windows\\system.ini", "C:\\a.csv", "a/../b", "%2e%2e%2f", "~/x"]
NAMES += ["-rf", "$(id)", "{{ 7*7 }}", "'; DROP TABLE upload; --", "<script>", "CON", "…/…", ".", ".."]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_and_never_a_path(name: str):
    client = Interface().client()
    where = begin(client, metadata=f"filename {b64(name)}").headers["location"]
    assert client.get(where).json()["name"] == name


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "\x1b[2J", "\u202egnp.exe", "x" * 256, " ", "\u2028", "a\x9bb"])
def test_a_name_that_does_not_print_is_refused(name: str):
    answer = begin(Interface().client(), metadata=f"filename {b64(name)}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "filename"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
def test_no_metadata_makes_it_fail(text: str):
    headers = {**TUS, "Upload-Length": "10", "Upload-Metadata": text.encode("latin-1")}
    assert CLIENT.post("/upload/", headers=headers).status_code in (201, 413, 422)


CLIENT = Interface().client()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_a_foreign_page_hands_over_nothing_with_the_cookie(headers: dict[str, str]):
    client = Interface().client(None, cookies={"_token": "owner"})
    sent = {**TUS, "Upload-Offset": "0", "Content-Type": BODY, **headers}
    assert client.patch(f"/upload/{INCOMING_ID}", headers=sent, content=b"0123456789").status_code == 403
    own = {**sent, "Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert client.patch(f"/upload/{INCOMING_ID}", headers=own, content=b"0123456789").status_code == 204


def test_bodies_elsewhere_stay_json_whatever_they_are_called():
    client = Interface().client()
    answer = client.post("/data-collection/", content=b"x" * 2_000_000, headers={"Content-Type": BODY})
    assert answer.status_code == 413
