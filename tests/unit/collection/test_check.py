"""What is wrong with a collection is found before it runs."""

from __future__ import annotations

from typing import Any

import pytest

from include.cim.definition import load_definition
from include.collection.check import check_collection, missing_steps
from tests.factories import a_config, a_plain_config


def found(**changes: Any) -> dict[str, str]:
    return {
        each.where: f"{each.what}. {each.remedy}" for each in check_collection(a_config(**changes), load_definition())
    }


def with_rule(field: str, **rule: Any) -> dict[str, Any]:
    """The whole collection's mapper, with the rule of one field replaced or added at the end."""
    rules = [each for each in a_plain_config()["mapper"]["rules"] if each["field"] != field]
    return {"concept": "meter_reading", "rules": [*rules, {"field": field, **rule}]}


def found_in_rule(field: str, **rule: Any) -> dict[str, str]:
    mapper = with_rule(field, **rule)
    last = f"mapper.rules[{len(mapper['rules']) - 1}]"
    return {where.removeprefix(last).lstrip("."): what for where, what in found(mapper=mapper).items()}


def test_a_whole_collection_has_no_problem_and_a_draft_neither() -> None:
    assert found() == {}
    assert found(ingester=None, mapper=None, metadata=None) == {}


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("  ", "blank"),
        ("\u00a0\u200b", "blank"),
        ("a\nb", "line end"),
        ("a\x1b[31m", "not print"),
        ("a\u202eb", "not print"),
    ],
)
def test_a_title_is_one_line_that_can_be_read(title: str, says: str) -> None:
    assert says in found(title=title)["title"]
    assert found(title="Zähler 👨‍👩‍👧, 100 %") == {}


def test_what_is_missing_is_told_apart_from_what_is_wrong() -> None:
    assert missing_steps(a_config()) == ["ingester.upload"]
    assert missing_steps(a_config(ingester=None, mapper=None, metadata=None)) == ["ingester", "mapper", "metadata"]
    assert missing_steps(a_config(ingester={"kind": "rest", "url": "https://example.org"})) == []
    uploaded = {"kind": "file", "upload": "a" * 64, "format": {"kind": "csv"}}
    assert missing_steps(a_config(ingester=uploaded)) == []


@pytest.mark.parametrize(
    ("field", "rule", "where", "says"),
    [
        pytest.param("enrgy", {"source": "c"}, "field", "Did you mean energy", id="unknown field"),
        pytest.param("energy", {"source": "c", "unit": "kwhh"}, "unit", "no unit is written 'kwhh'. Close", id="unit"),
        pytest.param("energy", {"source": "c", "unit": "mwh"}, "unit", "'MWh', 'mWh'", id="unit but for case"),
        pytest.param("energy", {"source": "c", "unit": "kW"}, "unit", "unit of power", id="unit of another dimension"),
        pytest.param("energy", {"source": "c"}, "unit", "It may be kWh", id="no unit where one is needed"),
        pytest.param("register", {"source": "c", "unit": "kWh"}, "unit", "no measured number", id="unit of a text"),
        pytest.param("register", {"source": "c", "negate": True}, "negate", "no measured number", id="a text negated"),
        pytest.param("energy", {"constant": "much"}, "constant", "energy is never 'much'", id="of another type"),
        pytest.param("quality", {"constant": "good"}, "constant", "It takes measured", id="a constant, no value"),
        pytest.param("quality", {"source": "c", "values": {"x": "good"}}, "values.x", "It takes measured", id="values"),
        pytest.param(
            "quality", {"source": "c", "values": {"x": "measured"}, "otherwise": "good"}, "otherwise", "takes", id="-"
        ),
        pytest.param("register", {"source": "c", "format": "iso8601"}, "format", "no timestamp", id="format of a text"),
        pytest.param("interval_start", {"source": "c"}, "format", "missing", id="timestamp without a format"),
        pytest.param(
            "interval_start", {"source": "c", "format": "%Y-%m-%d"}, "zone", "Europe/Brussels", id="no zone, no offset"
        ),
        pytest.param(
            "interval_start", {"source": "c", "format": "dd.mm.yyyy", "zone": "UTC"}, "format", "directive", id="format"
        ),
        pytest.param("interval_start", {"source": "c", "format": "%Q", "zone": "UTC"}, "format", "%Q", id="directive"),
        pytest.param(
            "interval_start", {"source": "c", "format": "%H%M%S%f", "zone": "UTC"}, "format", "%S.%f", id="fractions"
        ),
        pytest.param(
            "interval_start", {"source": "c", "format": "iso8601", "zone": "Brussels"}, "zone", "Close:", id="zone"
        ),
        pytest.param("interval_start", {"constant": "2024-01-01"}, "", "takes neither", id="a constant timestamp"),
        pytest.param(
            "interval_start",
            {"source": "c", "format": "iso8601", "occurrence_per": ["r"]},
            "occurrence_per",
            "by_occurrence",
            id="registers without a reason",
        ),
        pytest.param(
            "interval_end", {"after": {"field": "begin", "duration": "PT1H"}}, "after.field", "begin", id="to nothing"
        ),
        pytest.param(
            "interval_end",
            {"after": {"field": "energy", "duration": "PT1H"}},
            "after.field",
            "no column fills the timestamp",
            id="after a number",
        ),
        pytest.param(
            "energy", {"after": {"field": "interval_start", "duration": "PT1H"}}, "after", "no timestamp", id="end"
        ),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_work_says_so_at_its_place(field: str, rule: dict[str, Any], where: str, says: str) -> None:
    problems = found_in_rule(field, **rule)
    assert list(problems) == [where]
    assert says in problems[where]


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ("energy", {"constant": 1.5}),
        ("energy", {"source": "c", "unit": "MWh", "negate": True}),
        ("interval_start", {"source": ["d", "t"], "format": "%d-%m-%Y %H:%M:%S.%f", "zone": "Europe/Brussels"}),
        ("interval_start", {"source": "c", "format": "%Y-%m-%dT%H:%M%z"}),
        ("interval_start", {"source": "c", "format": "iso8601"}),
        ("quality", {"source": "c"}),
        ("commodity", {"constant": "gas"}),
    ],
)
def test_a_rule_that_works_is_let_through(field: str, rule: dict[str, Any]) -> None:
    assert found_in_rule(field, **rule) == {}


def test_an_unknown_concept_is_answered_with_the_nearest() -> None:
    mapper = {"concept": "meter_readings", "rules": [{"field": "x", "source": "c"}]}
    assert "Did you mean meter_reading" in found(mapper=mapper)["mapper.concept"]


def test_a_field_mapped_twice_and_a_required_field_left_out_are_told() -> None:
    plain = a_plain_config()["mapper"]
    rules = [rule for rule in plain["rules"] if rule["field"] != "register"]
    problems = found(mapper={**plain, "rules": [*rules, {"field": "quality", "source": "c"}]})
    assert "register is not mapped" in problems["mapper.rules"]
    assert [where for where, what in problems.items() if "mapped 2 times" in what] == [
        "mapper.rules[4].field",
        "mapper.rules[5].field",
    ]


def test_personal_fields_need_a_method_or_a_reason() -> None:
    assert "usage_point_id names a person" in found(anonymization={})["anonymization.fields"]
    kept = {"fields": {"usage_point_id": {"method": "keep", "reason": "made up for a test"}}}
    assert found(anonymization=kept) == {}


@pytest.mark.parametrize(
    ("field", "method", "says"),
    [
        ("meter_id", "pseudonym", "the mapping fills no field 'meter_id'"),
        ("usage_point_id", "drop", "rows cannot be told apart"),
        ("usage_point_id", "redact", "rows cannot be told apart"),
        ("energy", "pseudonym", "energy holds float, and cannot hold"),
        ("quality", "redact", "quality holds enum, and cannot hold"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_told(field: str, method: str, says: str) -> None:
    plan = {"fields": {"usage_point_id": {"method": "pseudonym"}, field: {"method": method}}}
    (problem,) = found(anonymization=plan).values()
    assert says in problem


@pytest.mark.parametrize(
    ("rule", "where", "says"),
    [
        ({"type": "expect_something"}, "type", "is not a rule that can be used here"),
        ({"kwargs": {"column": "volume", "min_value": 0}}, "kwargs.column", "field 'volume' is not mapped"),
        ({"kwargs": {"column": "quality", "min_value": 0}}, "kwargs.column", "is for fields of float or integer"),
        ({"kwargs": {"column": "energy", "min_value": "zero"}}, "kwargs.min_value", "Write a number"),
        ({"kwargs": {"column": "energy", "min": 0}}, "kwargs.min", "has no argument 'min'"),
    ],
)
def test_a_curation_rule_that_cannot_work_is_told(rule: dict[str, Any], where: str, says: str) -> None:
    usual = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "energy", "min_value": 0}}
    problems = found(curator={"rules": [usual, usual | rule]})
    assert says in problems[f"curator.rules[1].{where}"]


def test_schedules_and_formats_are_looked_at() -> None:
    assert "15 6 * * *" in found(schedule={"cron": "99 6 * * *"})["schedule.cron"]
    assert found(schedule={"cron": "*/15 6-9 * * mon-fri"}) == {}


@pytest.mark.parametrize(("cron", "says"), [("0 6 31 2 *", "never comes"), ("0 6 31 4,6 *", "never comes")])
def test_a_day_that_no_month_has_never_comes(cron: str, says: str) -> None:
    assert says in found(schedule={"cron": cron})["schedule.cron"]
    assert found(schedule={"cron": "0 6 29 2 *"}) == {}


def test_a_theme_is_one_of_the_vocabulary() -> None:
    metadata = a_plain_config()["metadata"] | {"themes": ["ENER", "ENVIR"]}
    assert found(metadata=metadata) == {
        "metadata.themes[1]": "the EU's data themes have no 'ENVIR'. Did you mean ENVI or ENER?"
    }
    for encoding in ("utf-9", "hex"):
        for kind in ("csv", "json"):
            source = {"kind": "file", "format": {"kind": kind, "encoding": encoding}}
            assert "no encoding" in found(ingester=source)["ingester.format.encoding"]
    source = {"kind": "file", "format": {"kind": "csv", "delimiter": "，"}}
    assert "no ASCII" in found(ingester=source)["ingester.format.delimiter"]
    source = {"kind": "file", "format": {"kind": "csv", "delimiter": '"'}}
    assert "quote" in found(ingester=source)["ingester.format.delimiter"]
