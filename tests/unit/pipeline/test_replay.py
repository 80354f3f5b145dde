"""Rows that come out of quarantine are mapped and judged alone: what only a batch could tell is not guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from include.cim.alone import map_alone, refuse_neighbours
from include.cim.mapping_config import MapperConfig, RepeatedHour
from include.collection.quarantine import Replay, RowKey, Selection
from include.collection.suite import suite_of
from include.errors import ConfigurationInvalid
from include.expectations.config import Action, CurationRule, CuratorConfig
from include.expectations.suite import BATCH_RULES, KEY_RULES, ROW_RULES, SERIES_RULES
from include.pipeline.outcome import Outcome
from include.pipeline.replay import ingest_quarantine, judge_alone
from include.quarantine_ports import QuarantinedRow
from include.storage.staging import ParquetStaging
from tests.factories import NOON, a_collection, a_concept, a_config
from tests.fakes_quarantine import FakeQuarantine

BETWEEN = "expect_column_values_to_be_between"
REPLAY, RELEASE = Replay(Selection()), Replay(Selection(), release=True, note="Right.")


def a_rule(kind: str = BETWEEN, **changes: Any) -> CurationRule:
    return CurationRule.model_validate({"type": kind, "kwargs": {"column": "energy", "max_value": 1}, **changes})


def alone(rule: CurationRule) -> CurationRule | None:
    judged = judge_alone([rule], REPLAY, a_concept())
    return judged[0] if judged else None


@pytest.mark.parametrize("kind", [*KEY_RULES, *SERIES_RULES, *BATCH_RULES])
def test_a_rule_about_more_than_one_row_does_not_judge_rows_alone(kind: str) -> None:
    assert alone(a_rule(kind)) is None


@pytest.mark.parametrize("action", [Action.QUARANTINE, Action.DROP, Action.SET_NULL, Action.CLAMP, Action.FLAG])
def test_what_a_rule_does_to_a_row_it_does_to_a_row_alone(action: Action) -> None:
    rule = a_rule(on_violation=action)
    assert alone(rule) == rule


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"on_violation": "fail"}, id="fail"),
        pytest.param({"on_violation": "hold"}, id="hold"),
        pytest.param({"on_violation": "fill", "fill": {"method": "linear", "within": "PT1H"}}, id="from neighbours"),
    ],
)
def test_what_needs_the_batch_keeps_the_row_back(changes: dict[str, Any]) -> None:
    assert alone(a_rule(**changes)) == a_rule()


def test_a_share_of_a_batch_is_none_of_a_few_rows() -> None:
    shared = {"column": "energy", "max_value": 1, "mostly": 0.9}
    assert alone(a_rule(on_violation="fail", kwargs=shared)) == a_rule()
    assert alone(a_rule(on_violation="drop", threshold=0.05)) == a_rule(on_violation="drop")


def test_a_constant_fills_a_row_alone() -> None:
    rule = a_rule(on_violation="fill", fill={"method": "constant", "value": 0})
    assert alone(rule) == rule


def test_a_release_asks_only_for_what_a_record_cannot_do_without() -> None:
    concept = a_concept()
    suite = suite_of(
        concept, CuratorConfig(rules=(a_rule(), a_rule("expect_column_values_to_not_be_null"))), concept.fields
    )
    judged = judge_alone(suite, RELEASE, concept)
    assert {rule.kwargs["column"] for rule in judged} == {
        name for name, field in concept.fields.items() if field.required
    }
    assert all(rule.type in ROW_RULES for rule in judged)


def test_which_of_two_hours_is_meant_is_not_told_by_the_order_of_rows() -> None:
    mapper = a_config().mapper
    assert mapper is not None
    asked = [{**rule.model_dump(mode="json", exclude_defaults=True)} for rule in mapper.rules]
    for hour, alone_hour in (("by_occurrence", "refuse"), ("later", "later")):
        asked[2] |= {"zone": "Europe/Brussels", "repeated_hour": hour}
        rule = map_alone(MapperConfig.model_validate({"concept": mapper.concept, "rules": asked})).rules[2]
        assert rule.repeated_hour is RepeatedHour(alone_hour)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        pytest.param({"merge_rows": True}, "mapper.merge_rows", id="several rows are one"),
        pytest.param({"difference": {"per": ["point"]}}, "mapper.rules[4]", id="a counter's difference"),
    ],
)
def test_values_of_several_rows_are_refused_with_the_place(changes: dict[str, Any], where: str) -> None:
    mapper = a_config().mapper
    assert mapper is not None
    plain = mapper.model_dump(mode="json", exclude_defaults=True)
    (plain if "merge_rows" in changes else plain["rules"][4]).update(changes)
    with pytest.raises(ConfigurationInvalid) as refused:
        refuse_neighbours(MapperConfig.model_validate(plain))
    assert [problem.where for problem in refused.value.problems] == [where]
    refuse_neighbours(mapper)


def read_again(
    folder: Path,
    cells: dict[str, str | None],
    *reasons: tuple[str, str],
    replay: Replay = REPLAY,
    vanish: str = "freeze",
) -> tuple[Outcome, list[tuple[Any, ...]]]:
    """Stage one row of quarantine; gives what comes of it, and its issues."""
    collection, quarantine = a_collection(config=a_config(contract={"vanish": vanish})), FakeQuarantine()
    quarantine.put(collection.dataset_id, QuarantinedRow(RowKey(uuid4(), 7), reasons, cells, 0, NOON))
    staging, mapper = ParquetStaging(folder), collection.config.mapper
    assert mapper is not None
    outcome = ingest_quarantine(collection, mapper, replay, (), "run", quarantine, staging)
    return outcome, [row for path in outcome.ref.issues for row in staging.read(path).rows()]


WHOLE: dict[str, str | None] = {"point": "p1", "register": "r", "start": "2024-01-01", "energy_wh": "1", "status": "ok"}
WITHOUT = {name: cell for name, cell in WHOLE.items() if name != "energy_wh"}
GONE = ("energy_wh", "missing_column")


def test_a_row_without_a_column_that_is_read_by_now_stays(tmp_path: Path) -> None:
    outcome, issues = read_again(tmp_path, WITHOUT, ("status", "unknown_value"))
    assert issues == [(7, *GONE)]
    assert outcome.notes == (
        "The mapping reads 'energy_wh', which some of these rows do not have: they stay. Write it into them (edit),"
        " or release them without it.",
    )


def test_a_row_that_was_set_aside_for_a_column_that_is_gone_stays_until_it_has_it(tmp_path: Path) -> None:
    assert read_again(tmp_path, {**WHOLE, "energy_wh": None}, GONE)[1] == [(7, *GONE)]
    assert read_again(tmp_path, WHOLE, GONE)[1] == []
    assert read_again(tmp_path, {**WHOLE, "energy_wh": None}, ("status", "unknown_value"))[1] == []


@pytest.mark.parametrize("changes", [{"vanish": "evolve"}, {"replay": RELEASE}], ids=["may vanish", "released"])
def test_a_field_stays_empty_where_its_column_may_be_missing(tmp_path: Path, changes: dict[str, Any]) -> None:
    outcome, issues = read_again(tmp_path, WITHOUT, **changes)
    assert issues == []
    assert outcome.notes == ("The mapping reads 'energy_wh', which some of these rows do not have: empty there.",)
