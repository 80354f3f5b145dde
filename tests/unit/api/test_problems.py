"""Errors are problem+json, whatever goes wrong; nothing of the inside goes out."""

from __future__ import annotations

import logging

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from include.errors import ConfigurationInvalid, Problem, StoreUnavailable
from tests.factories import COLLECTION_ID
from tests.fakes_engine import FakeEngine
from tests.interface import Interface, sign_in

COLLECTION = f"/data-collection/{COLLECTION_ID}"


def break_store(interface: Interface, error: Exception) -> None:
    def get(*_: object) -> None:
        raise error

    interface.services.collections.get = get  # type: ignore[method-assign, assignment]
    interface.services.collections.find = lambda *_, **__: get()  # type: ignore[method-assign, assignment]


def test_a_store_that_is_away_is_503_with_a_time_to_come_back():
    interface = Interface()
    break_store(interface, StoreUnavailable("postgresql://cdmp_loader:secret@db", "connection refused"))
    for path in (COLLECTION, "/health"):
        answer = interface.client().get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "secret" not in answer.text
        assert "db" not in answer.text


def test_a_mistake_of_ours_is_500_with_a_reference_that_the_log_knows(caplog: pytest.LogCaptureFixture):
    interface = Interface()
    break_store(interface, RuntimeError("row 7 holds 12345"))
    with caplog.at_level(logging.ERROR, "api.problems"):
        answer = interface.client().get(COLLECTION)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "12345" not in answer.text
    reference = answer.json()["detail"].rsplit(" ", 1)[1].rstrip(".")
    assert reference in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("PUT", "/data-collection/", 405), ("PATCH", "/health", 405)],
)
def test_what_is_not_there_is_a_problem_too(method: str, path: str, status: int):
    answer = Interface().client().request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert answer.headers["allow"]


def test_a_platform_without_settings_says_nothing_of_them():
    def unconfigured() -> None:
        raise ConfigurationInvalid([Problem("CDMP_MASTER_KEYS", "is not set", "Set it")])

    client = TestClient(create_app(unconfigured, FakeEngine, sign_in))  # type: ignore[arg-type]
    answer = client.get("/health")
    assert answer.status_code == 503
    assert "MASTER" not in answer.text


def test_a_half_written_surrogate_in_a_parameter_comes_back_readable():
    answer = Interface().client().get("/data-collection/?status=%ed%a0%80")
    assert answer.status_code == 422
