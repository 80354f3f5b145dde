"""Rules about neighbours find what they are for and nothing else, in any order of rows, wherever a batch is cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.batch import ROW_ID
from include.expectations.config import CurationRule
from include.expectations.library import load_library
from include.expectations.run_suite import find_breaches
from include.expectations.series import find_in_series
from include.expectations.suite import SERIES_RULES, build_suite

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
COUNTER = "expect_series_values_to_never_step_back"
GAP = "expect_series_intervals_to_leave_no_gap"
OVERLAP = "expect_series_intervals_to_not_overlap"
STUCK = "expect_series_values_to_not_be_stuck"
SPIKE = "expect_series_values_to_not_spike"


def rule(kind: str, *columns: str, **kwargs: Any) -> CurationRule:
    return CurationRule(type=kind, kwargs={"column_list": list(columns), **kwargs})


def a_series(values: list[float | None], meter: str = "a", first: int = 1) -> pl.DataFrame:
    """Quarter hours of one meter."""
    starts = [MIDNIGHT + timedelta(minutes=15 * number) for number in range(len(values))]
    frame = pl.DataFrame(
        {"value": values, "start": starts, "meter": [meter] * len(values)},
        schema={"value": pl.Float64, "start": pl.Datetime("us", "UTC"), "meter": pl.String},
    )
    ids = pl.int_range(first, first + len(values), dtype=pl.Int64, eager=True).alias(ROW_ID)
    return frame.with_columns(end=pl.col("start").dt.offset_by("15m")).insert_column(0, ids)


def found(frame: pl.DataFrame, one: CurationRule) -> list[int]:
    (breach,) = find_breaches(frame, [one])
    return sorted(breach.row_ids)


@pytest.mark.parametrize(
    ("values", "kwargs", "broken"),
    [
        pytest.param([1, 2, 2, 3], {}, [], id="it rises or rests"),
        pytest.param([1, 5, 3, 6], {}, [3], id="a reading too low"),
        pytest.param([10, 9999, 11, 12], {}, [2], id="a reading too high is the one that is wrong"),
        pytest.param([5, 6, 1, 2], {}, [3], id="it stays low"),
        pytest.param([5, None, 4, 6], {}, [3], id="a reading that is missing is passed over"),
        pytest.param([9990, 9998, 3, 8], {"rollover": 10000}, [], id="it begins again at its rollover"),
        pytest.param([9990, 9998, 9900, 9999], {"rollover": 10000}, [3], id="a small step back is no rollover"),
        pytest.param([500, 510, 0, 3], {"reset": True}, [], id="it may be reset"),
        pytest.param([500, 510, 505, 511], {"reset": True}, [3], id="a small step back is no reset"),
        pytest.param([10, 9999, 11, 12], {"reset": True}, [2], id="a peak is none either"),
    ],
)
def test_a_counter(values: list[float | None], kwargs: dict[str, Any], broken: list[int]) -> None:
    assert found(a_series(values), rule(COUNTER, "value", "start", "meter", **kwargs)) == broken


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(rule(COUNTER, "value", "start", "meter"), id="counter"),
        pytest.param(rule(STUCK, "value", "start", "meter", readings=2, duration="PT30M"), id="stuck"),
        pytest.param(rule(SPIKE, "value", "start", "meter"), id="spike"),
    ],
)
def test_where_no_reading_has_a_value_none_is_wrong(one: CurationRule) -> None:
    assert found(a_series([None, None, None]), one) == []


def test_each_series_is_judged_by_itself_in_the_order_of_time() -> None:
    frame = pl.concat([a_series([1, 2, 3]), a_series([7, 8, 5], "b", 4)])
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=3)
    assert found(shuffled, rule(COUNTER, "value", "start", "meter")) == [6]
    assert found(shuffled.drop("meter"), rule(COUNTER, "value", "start")) != [6]


@pytest.mark.parametrize("every", [None, "PT15M"])
def test_a_gap_is_told_at_the_row_that_follows_it(every: str | None) -> None:
    frame = pl.concat([a_series([0.0] * 6), a_series([0.0] * 6, "b", 7)]).filter(~pl.col(ROW_ID).is_in([3, 4, 8]))
    columns = ["start", "meter"] if every else ["start", "end", "meter"]
    limits = {"every": every} if every else {}
    assert found(frame, rule(GAP, *columns, **limits)) == [5, 9]
    assert found(frame, rule(GAP, *columns, tolerance="PT15M", **limits)) == [5]


def test_an_interval_overlaps_any_before_it_that_has_not_ended() -> None:
    frame = a_series([0.0] * 5).with_columns(
        end=pl.when(pl.col(ROW_ID) == 2).then(pl.col("end") + timedelta(minutes=20)).otherwise(pl.col("end"))
    )
    assert found(frame, rule(OVERLAP, "start", "end", "meter")) == [3, 4]
    assert found(frame, rule(OVERLAP, "start", "end", "meter", tolerance="PT10M")) == [3]
    assert found(frame, rule(GAP, "start", "end", "meter")) == []


@pytest.mark.parametrize(
    ("values", "kwargs", "broken"),
    [
        pytest.param([1, 1, 1, 2, 2], {"readings": 3}, [2, 3], id="the first reading of a run is real"),
        pytest.param([1, 1, 1, 2, 2], {"readings": 4}, [], id="a short run"),
        pytest.param([1, 1, 1, 2, 2], {"duration": "PT30M"}, [2, 3], id="for so long"),
        pytest.param([1, 1, 1, 2, 2], {"duration": "PT31M"}, [], id="not so long"),
        pytest.param([0, 0, 0, 0, 2], {"readings": 3, "except_values": [0]}, [], id="zero may last"),
        pytest.param([1, 1, 1, 2, 2], {"readings": 2, "duration": "PT30M"}, [2, 3], id="both"),
    ],
)
def test_a_stuck_reading(values: list[float | None], kwargs: dict[str, Any], broken: list[int]) -> None:
    assert found(a_series(values), rule(STUCK, "value", "start", "meter", **kwargs)) == broken


@pytest.mark.parametrize("place", [0, 1, 15, 29])
def test_a_spike_at_any_place_of_a_series(place: int) -> None:
    random = Random(1)
    values: list[float | None] = [10 + random.uniform(-1, 1) for _ in range(30)]
    spike = rule(SPIKE, "value", "start", "meter", window=7, factor=6, at_least=5)
    assert found(a_series(values), spike) == []
    values[place] = 40.0
    assert found(a_series(values), spike) == [place + 1]


def test_a_flat_series_has_no_spikes_below_the_least_distance_and_a_short_one_is_not_judged() -> None:
    flat = a_series([5.0] * 5 + [5.4] + [5.0] * 5)
    assert found(flat, rule(SPIKE, "value", "start", "meter", at_least=0.5)) == []
    assert found(flat, rule(SPIKE, "value", "start", "meter", at_least=0.3)) == [6]
    assert found(a_series([5.0, 99.0, 5.0]), rule(SPIKE, "value", "start", "meter")) == []


RULES = (
    rule(COUNTER, "value", "start", "meter", "register"),
    rule(GAP, "start", "end", "meter", "register"),
    rule(OVERLAP, "start", "end", "meter", "register"),
    rule(STUCK, "value", "start", "meter", "register", readings=2),
    rule(SPIKE, "value", "start", "meter", "register", window=3, factor=1),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([1.0, 2.0, 3.0, 50.0, None]),
        st.integers(0, 8) | st.none(),
        st.integers(1, 3),
        st.sampled_from(["a", "b", None]),
        st.sampled_from(["day", "night"]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, st.sets(st.integers(0, 30), max_size=4), st.integers(1, 9), st.sampled_from(RULES))
def test_the_place_of_a_cut_and_the_size_of_a_bucket_change_nothing(
    rows: list[tuple[Any, ...]], cuts: set[int], bucket: int, one: CurationRule
) -> None:
    moment = [None if row[1] is None else MIDNIGHT + timedelta(hours=row[1]) for row in rows]
    frame = pl.DataFrame(
        {
            ROW_ID: range(1, len(rows) + 1),
            "value": [row[0] for row in rows],
            "start": moment,
            "end": [start and start + timedelta(hours=row[2]) for start, row in zip(moment, rows, strict=True)],
            "meter": [row[3] for row in rows],
            "register": [row[4] for row in rows],
        },
        schema={
            ROW_ID: pl.Int64,
            "value": pl.Float64,
            "start": pl.Datetime("us", "UTC"),
            "end": pl.Datetime("us", "UTC"),
            "meter": pl.String,
            "register": pl.String,
        },
    )
    places = [0, *sorted(cut for cut in cuts if cut <= len(rows)), len(rows)]
    parts = [frame[begin:end].lazy() for begin, end in pairwise(places)]
    checked, whole = find_in_series([frame.lazy()], one)
    checked_in_parts, broken = find_in_series(parts, one, rows=bucket)
    assert checked_in_parts == checked
    assert pl.concat(broken).sort().to_list() == whole[0].to_list()
    for part, row_ids in zip(parts, broken, strict=True):
        assert set(row_ids) <= set(part.collect()[ROW_ID])


def test_a_suite_of_them_is_one_that_great_expectations_writes_and_reads() -> None:
    load_library()
    from great_expectations.core.expectation_suite import ExpectationSuite

    plain = build_suite(RULES).to_json_dict()
    assert [one["type"] for one in plain["expectations"]] == [one.type for one in RULES]
    assert {one.type for one in RULES} == set(SERIES_RULES)
    again = ExpectationSuite(name=plain["name"], expectations=plain["expectations"]).to_json_dict()
    assert again["expectations"] == plain["expectations"]
