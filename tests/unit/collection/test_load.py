"""How batches meet what is there is part of a collection, and what cannot work is refused on saving."""

from __future__ import annotations

from typing import Any

import pytest

from include.batch import BatchRef, LoadMode, LoadPlan, Window
from include.cim.definition import load_definition
from include.collection.check import check_collection
from include.collection.document import read_plain, write_yaml
from include.errors import ConfigurationInvalid
from tests.factories import NOON, a_batch_ref, a_config, a_plain_config

SESSIONS = {
    "concept": "ev_charging_session",
    "rules": [
        {"field": "session_id", "source": "id"},
        {"field": "connected_at", "source": "at", "format": "iso8601", "zone": "UTC"},
    ],
}
BUILDINGS = {"concept": "building", "rules": [{"field": "building_id", "source": "id"}]}
COUNTER = [
    *a_plain_config()["mapper"]["rules"][:4],
    {"field": "energy", "source": "counter", "unit": "kWh", "difference": {"per": ["point"]}},
]


def problems(load: dict[str, Any], mapper: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    changes = {"mapper": mapper, "anonymization": {}} if mapper else {}
    found = check_collection(a_config(load=load, **changes), load_definition())
    return [(each.where, each.what) for each in found if each.where.startswith("load")]


def test_a_collection_appends_unless_it_says_more() -> None:
    assert a_config().load.plan() == LoadPlan(LoadMode.APPEND)
    assert "load" not in write_yaml(a_config())
    assert a_config(load={"mode": "replace", "per": []}).load.plan() == LoadPlan(LoadMode.REPLACE, ())
    assert write_yaml(a_config(load={"mode": "upsert"})).endswith("load:\n  mode: upsert\n")


@pytest.mark.parametrize(
    ("load", "mapper"),
    [
        pytest.param({"mode": "upsert"}, None, id="upsert"),
        pytest.param({"mode": "replace"}, None, id="replace, for each series"),
        pytest.param({"mode": "replace", "per": ["usage_point_id"]}, None, id="for each point"),
        pytest.param({"mode": "replace", "per": []}, SESSIONS, id="the whole dataset"),
        pytest.param({"mode": "upsert"}, BUILDINGS, id="upsert of what has no time"),
    ],
)
def test_what_can_work_is_taken(load: dict[str, Any], mapper: dict[str, Any] | None) -> None:
    assert problems(load, mapper) == []


@pytest.mark.parametrize(
    ("load", "mapper", "where", "what"),
    [
        ({"mode": "replace"}, BUILDINGS, "load.mode", "building has no time, so a batch covers none"),
        ({"mode": "replace"}, SESSIONS, "load.per", "the key of ev_charging_session names no series"),
        ({"mode": "upsert", "per": []}, None, "load.per", "only `replace` covers a time; the mode is upsert"),
        ({"mode": "replace", "per": ["x"]}, None, "load.per[0]", "meter_reading has no field 'x'"),
        (
            {"mode": "replace", "per": ["register", "interval_start"]},
            None,
            "load.per[1]",
            "interval_start is the time that a batch covers",
        ),
        (
            {"mode": "upsert"},
            {"concept": "meter_reading", "rules": COUNTER},
            "load.mode",
            "energy is held against the reading before, and one that is read again has none: "
            "what is there would be replaced by nothing",
        ),
    ],
)
def test_what_cannot_work_is_told(load: dict[str, Any], mapper: dict[str, Any] | None, where: str, what: str) -> None:
    assert problems(load, mapper) == [(where, what)]


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        read_plain(a_plain_config(load={"mode": "overwrite"}))
    assert [each.where for each in refused.value.problems] == ["load.mode"]


def test_a_batch_carries_it_through_xcom() -> None:
    for plan in (LoadPlan(), LoadPlan(LoadMode.REPLACE, (), Window(NOON, NOON.replace(hour=13)))):
        ref = a_batch_ref(load=plan)
        assert BatchRef.from_json(ref.to_json()) == ref
    earlier = {name: each for name, each in a_batch_ref().to_json().items() if name != "load"}
    assert BatchRef.from_json(earlier).load == LoadPlan()
