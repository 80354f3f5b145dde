"""Secrets belong to one owner, go in, and never come out."""

from __future__ import annotations

from typing import Any

import pytest

from include.access.requestor import STEWARD, Requestor
from include.collection.check import check_collection
from include.errors import ConfigurationInvalid, NotFound
from include.operations.collection_life import create_collection
from include.operations.secret_keeping import list_secrets, remove_secret, store_secret
from tests.factories import a_config
from tests.fakes_engine import FakeEngine
from tests.fakes_stores import FakeServices

OLIVE, SAM, STELLA = Requestor("7", "olive"), Requestor("8", "sam"), Requestor("9", "stella", frozenset({STEWARD}))


def a_source(**changes: Any) -> dict[str, Any]:
    return {"kind": "rest", "url": "https://data.example.org/load", **changes}


def test_a_secret_is_stored_replaced_listed_and_removed() -> None:
    services = FakeServices()
    first, new = store_secret(services, OLIVE, "eia", "hush")
    assert (first.name, new) == ("eia", True)
    again, new = store_secret(services, OLIVE, "eia", "hush hush")
    assert new is False
    assert again.created == first.created < again.updated
    assert [entry.name for entry in list_secrets(services, OLIVE)] == ["eia"]
    assert list_secrets(services, SAM) == list_secrets(services, STELLA) == []
    for other in (SAM, STELLA):
        with pytest.raises(NotFound):
            remove_secret(services, other, "eia")
    remove_secret(services, OLIVE, "eia")
    assert list_secrets(services, OLIVE) == []


@pytest.mark.parametrize("name", ["", "1a", "a b", "../x", "a" * 65, "ä", "a\n"])
def test_a_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="no name of a secret"):
        store_secret(FakeServices(), OLIVE, name, "hush")


@pytest.mark.parametrize("value", ["", "canary\n", "canary\r\nX-Evil: 1", "canary\0", "canary\ud800", "c" * 8193])
def test_a_value_fits_into_a_header_and_is_not_repeated(value: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="value") as raised:
        store_secret(FakeServices(), OLIVE, "eia", value)
    assert "canary" not in str(raised.value)


def test_a_source_names_only_secrets_that_its_owner_has() -> None:
    services = FakeServices()
    store_secret(services, SAM, "sams", "hush")
    store_secret(services, OLIVE, "olives", "hush")
    messages = []
    for name in ("sams", "nobodys"):
        config = a_config(ingester=a_source(authentication={"kind": "bearer", "secret_ref": name}))
        with pytest.raises(ConfigurationInvalid) as raised:
            create_collection(services, FakeEngine(), OLIVE, config)
        assert raised.value.where == "ingester.authentication.secret_ref"
        messages.append(str(raised.value).replace(name, "NAME"))
    assert messages[0] == messages[1], "another's is as absent as none"
    config = a_config(ingester=a_source(authentication={"kind": "bearer", "secret_ref": "olives"}))
    assert create_collection(services, FakeEngine(), OLIVE, config)[1]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"parameters": {"api_key": "x"}}, "ingester.parameters.api_key"),
        ({"parameters": {"securityToken": "x"}}, "ingester.parameters.securityToken"),
        ({"headers": {"Authorization": "Bearer x"}}, "ingester.headers.Authorization"),
        ({"headers": {"Cookie": "x"}}, "ingester.headers.Cookie"),
        ({"headers": {"X-Api-Key": "x"}}, "ingester.headers.X-Api-Key"),
        ({"headers": {"Host": "x"}}, "ingester.headers.Host"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "ingester.headers.X-A"),
        ({"headers": {"X A": "a"}}, "ingester.headers.X A"),
        ({"url": "https://data.example.org/load?access_token=x"}, "ingester.url"),
        ({"url": "https://me:x@data.example.org/load"}, "ingester.url"),
        ({"url": "https:///load"}, "ingester.url"),
        ({"url": "https://[::1/load"}, "ingester.url"),
        ({"url": "https://a b/"}, "ingester.url"),
        ({"method": "POST", "body": {"login": [{"password": "x"}]}}, "ingester.body.login[0].password"),
        ({"total": "not a header"}, "ingester.total"),
        ({"total": "$total"}, "ingester.total"),
        ({"total": "$.data[0].total"}, "ingester.total"),
        ({"authentication": {"kind": "api_key", "name": "Host", "secret_ref": "a"}}, "ingester.authentication.name"),
    ],
)
def test_a_document_holds_no_credential_and_no_header_that_is_ours(changes: Any, where: str) -> None:
    problems = check_collection(a_config(ingester=a_source(**changes)), FakeServices().definition)
    assert where in [problem.where for problem in problems]


def test_an_ordinary_source_has_no_problem() -> None:
    source = a_source(parameters={"limit": 100, "key": "load", "active": True}, headers={"Accept": "text/csv"})
    config = a_config(ingester=source)
    assert check_collection(config, FakeServices().definition) == []
    assert config.ingester.parameters == {"limit": "100", "key": "load", "active": "true"}
