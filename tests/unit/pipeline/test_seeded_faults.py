"""Every kind of fault, put into each of the ten samples: found where it is, and nothing else is, in any rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
import pytest

from include.batch import ROW_ID, ValidationReport
from include.cim.concept import time_field
from include.expectations.config import Action, CurationRule
from include.pipeline import sorting
from tests.faults import AFTER, AT_LEAST, GAP, GROUPS, SAMPLES, UNIQUE, give_a_count, put_in, rules_of
from tests.plain_rules import find_all
from tests.seeded import Sample, take_sample


@dataclass
class Seeded:
    sample: Sample
    rows: pl.DataFrame
    rules: list[CurationRule]

    def judge(self, rows: pl.DataFrame) -> dict[str, set[int]]:
        report = self.sample.curate(self.rules, rows, cuts=[rows.height // 3, rows.height // 2 + 1])
        return found(report)

    def judge_plainly(self, rows: pl.DataFrame) -> dict[str, set[int]]:
        return find_all(rows.to_dicts(), self.sample.concept, self.rules)


def found(report: ValidationReport) -> dict[str, set[int]]:
    rows: dict[str, set[int]] = {}
    for one in report.outcomes:
        if one.failed:
            assert one.failed == len(one.row_ids)
            kind = UNIQUE if one.rule.endswith("to_be_unique") else one.rule
            rows.setdefault(kind, set()).update(one.row_ids)
    return rows


@pytest.fixture(autouse=True)
def name_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "_REPORTED_ROWS", 1_000)


@pytest.fixture(scope="module", params=SAMPLES)
def seeded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    sample = take_sample(request.param, tmp_path_factory.mktemp("sample"))
    faults = SAMPLES[request.param]
    yield Seeded(sample, give_a_count(sample, faults), rules_of(sample, faults))


JOINS = {1, 745, 1417, 2881, 4345, 5089, 5833, 6553, 7297, 8017}
NATURAL = {
    # two instants come twice; the device was away for seven hours, and left out one report five times
    "14_battery_givenergy": {UNIQUE: {258, 404}, GAP: {8, 18, 71, 105, 109, 199}},
    # months of different years, of which two follow one another
    "tmy3_ends_at_24": {GAP: {*JOINS, 3625}},
    "27_weather_pvgis": {GAP: {*JOINS, 2161}},
    # the night
    "forecast_solar": {GAP: {17}},
}
"""What the samples break as they are."""


def test_what_a_sample_breaks_by_itself_is_known(seeded: Seeded, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["seeded"]
    assert seeded.judge(seeded.rows) == seeded.judge_plainly(seeded.rows) == NATURAL.get(name, {})


@pytest.mark.parametrize("kinds", GROUPS, ids=["alone", "in order", "among neighbours"])
def test_every_fault_is_found_and_nothing_else(
    seeded: Seeded, kinds: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["seeded"]
    rows, told = put_in(seeded.sample, SAMPLES[name], seeded.rows, kinds)
    judged = seeded.judge(rows)
    for kind in kinds:
        rule = (AT_LEAST if SAMPLES[name].pair else AFTER) if kind == "pair" else kind
        assert told[kind] <= judged.get(rule, set()), kind
    assert judged == seeded.judge_plainly(rows)


COUNT, RECENT = "expect_table_row_count_to_be_between", "expect_column_max_to_be_recent"
SHARE, DRIFT = (
    "expect_column_proportion_of_non_null_values_to_be_between",
    "expect_column_distribution_to_be_stable",
)


@pytest.mark.parametrize("fault", [None, COUNT, RECENT, SHARE, DRIFT])
def test_a_fault_of_the_batch_is_told_and_nothing_else(
    seeded: Seeded, fault: str | None, request: pytest.FixtureRequest
) -> None:
    """Fewer rows, a batch that comes late, cells that are gone, and numbers that have grown by their whole range."""
    number = SAMPLES[request.node.callspec.params["seeded"]].number
    time, rows = time_field(seeded.sample.concept), seeded.rows.filter(~pl.col(ROW_ID).is_in([258, 404]))
    there, newest = rows[number].count() / rows.height, rows[time].max()
    assert time is not None and isinstance(newest, datetime)
    kwargs = {
        COUNT: {"min_value": rows.height * 19 // 20},
        RECENT: {"column": time, "within": "PT6H"},
        SHARE: {"column": number, "min_value": 0.9 * there},
        DRIFT: {"column": number},
    }
    rules = [CurationRule(type=kind, kwargs=one, on_violation=Action.HOLD) for kind, one in kwargs.items()]
    now = newest + timedelta(hours=7 if fault == RECENT else 1)
    profiles = seeded.sample.curate(rules, rows, now=now).profiles
    value, place = pl.col(number), pl.col(ROW_ID)
    match fault:
        case "expect_table_row_count_to_be_between":
            rows = rows.filter((place % 3 != 0) | (pl.col(time) == newest))
        case "expect_column_proportion_of_non_null_values_to_be_between":
            rows = rows.with_columns(pl.when(place % 3 != 0).then(value).alias(number))
        case "expect_column_distribution_to_be_stable":
            rows = rows.with_columns(value * 0.5 + value.max() * 0.5)
    report = seeded.sample.curate(rules, rows, [rows.height // 2], now=now, earlier=[profiles] * 5)
    assert [one.rule for one in report.outcomes if one.failed] == ([fault] if fault else [])
    assert len(report.held) == (fault is not None)
