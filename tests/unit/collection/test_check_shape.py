"""What is wrong with the shape of rows is told on saving, with what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from include.cim.definition import load_definition
from include.collection.check import check_collection
from tests.factories import a_config

KEY = [
    {"field": "usage_point_id", "source": "point"},
    {"field": "register", "source": "register"},
    {"field": "interval_start", "source": "start", "format": "iso8601"},
]
ENERGY = {"field": "energy", "source": "reading", "unit": "kWh"}
GROUPS = {"label": "what", "groups": {"in": {"value": "A+"}, "out": {"value": "A-"}}}


def problems(*rules: dict[str, Any], key: list[dict[str, Any]] = KEY, **mapper: Any) -> list[str]:
    config = a_config(mapper={"concept": "meter_reading", "rules": [*key, *rules], **mapper})
    return [str(problem) for problem in check_collection(config, load_definition())]


GOOD = [
    pytest.param([{**ENERGY, "difference": {"per": ["meter"], "rollover": 1e6, "reset": True}}], {}, id="a counter"),
    pytest.param([{**ENERGY, "unit": "kW", "interval": "previous", "occurrence_per": ["x"]}], {}, id="power"),
    pytest.param([{**ENERGY, "source": "value"}], {"unpivot": {**GROUPS, "label": "register"}}, id="groups"),
    pytest.param([{**ENERGY, "where": {"quantity": "A+"}}], {"merge_rows": True}, id="long"),
    pytest.param([ENERGY], {"where": {"country": ["", "LU"]}}, id="some rows"),
]


@pytest.mark.parametrize(("rules", "mapper"), GOOD)
def test_what_is_right_is_not_complained_about(rules: list[dict[str, Any]], mapper: dict[str, Any]):
    assert problems(*rules, **mapper) == []


BEGUN = {"field": "interval_start", "source": "end", "format": "iso8601", "interval": "previous"}
WRONG = [
    pytest.param([ENERGY], {"where": {"country": []}}, "mapper.where.country: it lists no value", id="takes nothing"),
    pytest.param([ENERGY], {"unpivot": GROUPS}, "no rule reads the new column 'value'", id="unread"),
    pytest.param([{**ENERGY, "source": "value"}], {"unpivot": GROUPS}, "label: no rule reads 'what'", id="alike"),
    pytest.param(
        [{**ENERGY, "source": "value"}], {"unpivot": {**GROUPS, "label": "value"}}, "make a column 'value'", id="twice"
    ),
    pytest.param(
        [{**ENERGY, "source": "value"}],
        {"unpivot": {"label": "register", "groups": {"in": {"value": "A"}, "out": {"value": "A"}}}},
        "groups.out: 'in' and 'out' are made of the same columns", id="the same columns",
    ),
    pytest.param([ENERGY], {"merge_rows": True}, "mapper.merge_rows: no rule says by `where`", id="merged blindly"),
    pytest.param(
        [ENERGY], {"merge_rows": True, "key": [{**KEY[0], "where": {"a": "b"}}, *KEY[1:]]},
        "usage_point_id is part of the key", id="key in some rows",
    ),
    pytest.param(
        [ENERGY, {"field": "quality", "source": "q", "difference": {}}], {}, "is no measured number", id="no number"
    ),
    pytest.param([{**ENERGY, "unit": None, "difference": {}}], {}, "no unit says what. It may be kWh", id="no unit"),
    pytest.param([{**ENERGY, "difference": {}, "interval": "PT1H"}], {}, "needs no length of time", id="both"),
    pytest.param([{**ENERGY, "difference": {}, "values": {"a": 1}}], {}, "not looked up", id="looked up"),
    pytest.param(
        [{"field": "energy", "constant": 1, "difference": {}}], {}, "has no reading before. Name", id="constant"
    ),
    pytest.param([{**ENERGY, "interval": "previous"}], {}, "over time the one does not become the other", id="energy"),
    pytest.param([{**ENERGY, "unit": "kw/h", "interval": "previous"}], {}, "no unit is written 'kw/h'", id="unit"),
    pytest.param([{**ENERGY, "unit": None, "interval": "previous"}], {}, "Name the source's unit", id="power's unit"),
    pytest.param([ENERGY], {"key": [*KEY[:2], BEGUN]}, "Add `label: end`", id="label"),
    pytest.param(
        [{**ENERGY, "unit": "kW", "interval": "row"}], {"key": [*KEY[:2], {**BEGUN, "label": "end"}]},
        "Write `interval: previous` here as well", id="row of a moved start",
    ),
    pytest.param(
        [{**ENERGY, "difference": {}}], {"key": KEY[:2]}, "no timestamp is mapped, so no row is before", id="no time"
    ),
    pytest.param(
        [ENERGY, {"field": "quality", "source": "q", "interval": "previous"}], {}, "neither a time nor", id="text"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "mapper", "says"), WRONG)
def test_what_is_wrong_says_what_would_be_right(rules: list[dict[str, Any]], mapper: dict[str, Any], says: str):
    assert any(says in problem for problem in problems(*rules, **mapper)), problems(*rules, **mapper)
