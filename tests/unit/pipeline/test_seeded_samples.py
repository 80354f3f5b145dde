"""Faults that are put into real samples are found, every one, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from include.batch import ROW_ID, ValidationReport
from include.expectations.config import Action, CurationRule
from tests.seeded import Sample, take_sample

BETWEEN = "expect_column_values_to_be_between"
NOT_NULL = "expect_column_values_to_not_be_null"
MATCH = "expect_column_values_to_match_regex"
IN_SET = "expect_column_values_to_be_in_set"
UNIQUE = "expect_compound_columns_to_be_unique"
AFTER = "expect_column_pair_values_a_to_be_greater_than_b"
GAP = "expect_series_intervals_to_leave_no_gap"
OVERLAP = "expect_series_intervals_to_not_overlap"
STUCK = "expect_series_values_to_not_be_stuck"
SPIKE = "expect_series_values_to_not_spike"
COUNTER = "expect_series_values_to_never_step_back"
QUARTER = timedelta(minutes=15)


def flag(kind: str, **kwargs: Any) -> CurationRule:
    return CurationRule(type=kind, kwargs=kwargs, on_violation=Action.FLAG)


LOAD = (
    flag(NOT_NULL, column="energy"),
    flag(BETWEEN, column="energy", min_value=0, max_value=400),
    flag(MATCH, column="area_id", regex="^[A-Z0-9_-]{2,20}$"),
    flag(IN_SET, column="psr_type", value_set=["A05"]),
    flag(GAP),
    flag(OVERLAP),
    flag(STUCK, column="energy", readings=8),
    flag(SPIKE, column="energy", window=9, factor=6, at_least=80),
)


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """The load of Luxembourg in quarter hours: 35,616 rows of one series, in MWh."""
    yield take_sample("32_grid_load_smard", tmp_path_factory.mktemp("load"))


def found(report: ValidationReport) -> dict[str, list[int]]:
    return {one.rule: list(one.row_ids) for one in report.outcomes if one.failed}


DIPS = [12_964, 32_830]
"""Two quarter hours of the real sample in which the load is told as a fraction of what it was before and after."""


def with_dips(expected: dict[str, list[int]]) -> dict[str, list[int]]:
    return {**expected, SPIKE: sorted([*expected.get(SPIKE, []), *DIPS])}


def at(*row_ids: int) -> pl.Expr:
    return pl.col(ROW_ID).is_in(row_ids)


def put(value: Any, name: str, *row_ids: int) -> pl.Expr:
    return pl.when(at(*row_ids)).then(value).otherwise(pl.col(name)).alias(name)


def repeat(rows: pl.DataFrame, row_id: int) -> pl.DataFrame:
    """Write a row once more at the end of the sample, under a number of its own."""
    again = rows.filter(at(row_id)).with_columns(pl.lit(rows.height + 1, pl.Int64).alias(ROW_ID))
    return pl.concat([rows, again])


def test_the_sample_as_it_is_breaks_no_rule_but_for_its_dips(load: Sample) -> None:
    report = load.curate(LOAD, load.rows, cuts=[9_000, 20_001])
    assert found(report) == with_dips({})
    assert (report.rows_in, report.rows_out, report.rows_flagged) == (35_616, 35_616, 2)


ENERGY, START = pl.col("energy"), pl.col("interval_start")
RUN = tuple(range(20_000, 20_008))  # over a cut


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        pytest.param([put(None, "energy", 5, 30_000)], {NOT_NULL: [5, 30_000]}, id="nulls"),
        pytest.param(
            [put(-1.0, "energy", 7), put(401.0, "energy", 9_001)],
            {BETWEEN: [7, 9_001], SPIKE: [7, 9_001]},
            id="out of range, and so out of their neighbourhood",
        ),
        pytest.param([put(pl.lit("l u?"), "area_id", 12)], {MATCH: [12], GAP: [13]}, id="a text of another pattern"),
        pytest.param(
            [put(START + QUARTER, "interval_end", 3), put(START, "interval_end", 77)],
            {AFTER: [77], GAP: [78]},
            id="an interval that ends when it begins",
        ),
        pytest.param([put(START + 2 * QUARTER, "interval_end", 9_000)], {OVERLAP: [9_001]}, id="an overlap over a cut"),
        pytest.param(
            [put(pl.lit(140.0), "energy", *RUN)], {STUCK: list(RUN[1:])}, id="a run of equal readings over a cut"
        ),
        pytest.param(
            [put(ENERGY + 130, "energy", 1, 100, 20_001, 35_616)], {SPIKE: [1, 100, 20_001, 35_616]}, id="spikes"
        ),
    ],
)
def test_what_is_put_in_is_found_and_nothing_else(
    load: Sample, seed: list[pl.Expr], expected: dict[str, list[int]]
) -> None:
    rows = load.rows
    for one in seed:
        rows = rows.with_columns(one)
    report = load.curate(LOAD, rows, cuts=[9_000, 20_001])
    assert found(report) == with_dips(expected)


def test_rows_that_are_missing_are_told_at_the_rows_that_follow(load: Sample) -> None:
    missing = load.rows.filter(~at(50, 9_000, 9_001, 30_000))
    assert found(load.curate(LOAD, missing, cuts=[8_000])) == with_dips({GAP: [51, 9_002, 30_001]})


def test_a_row_that_comes_twice_is_set_aside_once(load: Sample) -> None:
    report = load.curate(LOAD, repeat(load.rows, 123), cuts=[9_000])
    assert found(report) == with_dips({UNIQUE: [35_617]})
    assert report.rows_quarantined == 1


def test_the_order_of_the_file_changes_nothing(load: Sample) -> None:
    seeded = load.rows.filter(~at(50)).with_columns(put(ENERGY + 130, "energy", 100, 20_001))
    shuffled = seeded.sample(fraction=1.0, shuffle=True, seed=1)
    assert found(load.curate(LOAD, shuffled, cuts=[10_000])) == with_dips({GAP: [51], SPIKE: [100, 20_001]})


def test_a_counter_that_steps_back(load: Sample) -> None:
    counter = load.rows.with_columns(ENERGY.cum_sum())
    rules = [flag(COUNTER, column="energy")]
    assert found(load.curate(rules, counter)) == {}
    stepped = counter.with_columns(put(ENERGY - 1e3, "energy", 500, 9_001))
    stepped = stepped.with_columns(put(ENERGY + 1e4, "energy", 800))
    assert found(load.curate(rules, stepped, cuts=[9_000])) == {COUNTER: [500, 800, 9_001]}


def test_what_is_filled_on_the_line_is_near_what_was_there(load: Sample) -> None:
    lost = (40, 41, 9_000, 9_001, 30_000)
    fill = {"method": "linear", "within": "PT1H"}
    rule = CurationRule.model_validate(
        {"type": NOT_NULL, "kwargs": {"column": "energy"}, "on_violation": "fill", "fill": fill}
    )
    report = load.curate([rule], load.rows.with_columns(put(None, "energy", *lost)), cuts=[9_000])
    assert (report.cells_filled, found(report)) == (5, {NOT_NULL: list(lost)})


def test_the_months_of_a_typical_year_do_not_follow_one_another(tmp_path: Path) -> None:
    """PVGIS takes each month from another year: eleven joins where time is missing, which the rule finds."""
    weather = take_sample("27_weather_pvgis", tmp_path)
    rules = [
        flag(GAP, every="PT1H"),
        flag(BETWEEN, column="air_temperature", min_value=-20, max_value=45),
        flag(STUCK, column="air_temperature", readings=5),
        flag(SPIKE, column="air_temperature", window=7, factor=8, at_least=8),
    ]
    joins = [1, 745, 1417, 2161, 2881, 3625, 4345, 5089, 5833, 6553, 7297, 8017]
    report = weather.curate(rules, weather.rows, cuts=[4_000])
    assert set(found(report)) == {GAP}
    assert set(found(report)[GAP]) <= set(joins)
    assert len(found(report)[GAP]) == 11
    seeded = weather.rows.filter(~at(100)).with_columns(
        put(pl.col("air_temperature") + 25, "air_temperature", 3_999, 6_000)
    )
    again = found(weather.curate(rules, seeded, cuts=[4_000]))
    assert again[GAP] == sorted([*found(report)[GAP], 101])
    assert again[SPIKE] == [3_999, 6_000]


def test_the_registers_of_a_meter_take_turns(tmp_path: Path) -> None:
    """Fluvius writes the night register only at night: its series have gaps, and are judged one by one."""
    meter = take_sample("01_smart_meter_fluvius", tmp_path)
    whole = [flag(GAP, series=["usage_point_id", "flow_direction"]), flag(OVERLAP, series=["usage_point_id"])]
    clean = found(meter.curate(whole[:1], meter.rows))
    assert clean == {}
    by_register = meter.curate([flag(GAP)], meter.rows)
    assert next(one.failed for one in by_register.outcomes if one.rule == GAP) == 54
    gone = meter.rows.filter(~at(1_001, 1_002))
    assert len(found(meter.curate(whole[:1], gone))[GAP]) == 2
