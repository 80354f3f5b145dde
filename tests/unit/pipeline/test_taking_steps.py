"""A counter's readings become what it has counted; a reading's interval begins with the reading before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.batch import ROW_ID
from tests.reshaping import shape

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def gas(**difference: Any) -> dict[str, Any]:
    return {
        "concept": "meter_reading",
        "rules": [
            {"field": "usage_point_id", "source": "point"},
            {"field": "register", "constant": "7-0:3.0.0"},
            {"field": "interval_start", "source": "time", "format": "iso8601"},
            {"field": "volume", "source": "reading", "unit": "m3", "difference": difference},
        ],
    }


def readings(*values: str | None, point: str = "p", meter: str | Sequence[str] = "A", hours: Sequence[int] = ()) -> Any:
    hours = hours or range(len(values))
    return pl.DataFrame(
        {
            "time": [f"{BEGIN + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}" for hour in hours],
            "point": [point] * len(values),
            "meter": [meter] * len(values) if isinstance(meter, str) else list(meter),
            "reading": list(values),
        },
        schema_overrides={"reading": pl.String},
    )


EVERY_CUT = [pytest.param((), id="whole"), pytest.param(tuple(range(1, 10)), id="each row a part")]


@pytest.mark.parametrize("cuts", EVERY_CUT)
@pytest.mark.parametrize("backwards", [False, True], ids=["oldest first", "newest first"])
def test_a_gas_meter_rolls_over_at_99999_999_and_is_replaced(cuts: tuple[int, ...], backwards: bool):
    table = readings(
        "99998.5", "99999.5", "0.25", "0.75", "0.125", "2.125",
        meter=["old", "old", "old", "old", "new", "new"],
    )  # fmt: skip
    expected = [
        None,
        1.0,
        0.75,
        0.5,
        None,
        2.0,
    ]  # 99999.5 → 100000 is 0.5, and 0.25 more; the new meter begins at 0.125
    config = gas(per=["meter"], rollover=100000)
    shaped = shape(table.reverse() if backwards else table, config, cuts=cuts)
    assert shaped.column("volume") == (expected[::-1] if backwards else expected)
    assert shaped.counts["cells_without_previous"] == 2
    assert shaped.issues == []


def test_where_a_meter_rolls_over_is_said_in_the_sources_unit_and_differences_are_converted():
    config = gas(rollover=99999999)
    config["rules"][-1]["unit"] = "L"
    shaped = shape(readings("99999000", "99999998", "1001"), config)
    assert shaped.column("volume") == [None, 0.998, 1.002]


@pytest.mark.parametrize("cuts", EVERY_CUT)
def test_a_reading_that_goes_back_is_an_issue_and_the_next_is_held_against_the_one_before(cuts: tuple[int, ...]):
    table = readings("10", "12", "11", "15", "12", "16", None, "20", "x")
    shaped = shape(table, gas(), cuts=cuts)
    assert shaped.column("volume") == [None, 2, None, 3, None, 1, None, 4, None]
    assert shaped.issues == [
        (3, "volume", "counter_went_back"), (5, "volume", "counter_went_back"), (9, "volume", "unreadable_number")
    ]  # fmt: skip
    assert shaped.counts["cells_without_previous"] == 1


@pytest.mark.parametrize("cuts", EVERY_CUT)
def test_a_reset_has_no_difference_and_is_no_issue(cuts: tuple[int, ...]):
    shaped = shape(readings("10", "12", "0", "3"), gas(reset=True), cuts=cuts)
    assert shaped.column("volume") == [None, 2, None, 3]
    assert (shaped.issues, shaped.counts["cells_without_previous"]) == ([], 2)


def test_a_little_step_back_is_no_rollover():
    table = readings("500.2", "500.1", "501", "99000", "5")
    shaped = shape(table, gas(rollover=100000))
    assert shaped.issues == [(2, "volume", "counter_went_back")]
    assert shaped.column("volume") == pytest.approx([None, None, 0.8, 98499.0, 1005.0], nan_ok=True)
    both = shape(table, gas(rollover=100000, reset=True))
    assert both.issues == []
    assert both.column("volume") == pytest.approx([None, None, 0.9, 98499.0, 1005.0], nan_ok=True)


@pytest.mark.parametrize("cuts", EVERY_CUT)
@pytest.mark.parametrize("backwards", [False, True], ids=["oldest first", "newest first"])
def test_readings_out_of_order_are_issues_and_nothing_is_counted_twice(cuts: tuple[int, ...], backwards: bool):
    table = readings("1", "2", "5", "3", "6", "6", hours=(0, 1, 3, 2, 4, 4))
    table = table.reverse() if backwards else table
    shaped = shape(table, gas(), cuts=cuts)
    if backwards:  # 6 6 3 5 2 1: read from the last row, the second 6 and the 3 come too late
        assert shaped.issues == [(1, "volume", "out_of_order"), (3, "volume", "out_of_order")]
        assert shaped.column("volume") == [None, 1, None, 3, 1, None]
    else:
        assert shaped.issues == [(4, "volume", "out_of_order"), (6, "volume", "out_of_order")]
        assert shaped.column("volume") == [None, 1, 3, None, 1, None]


def test_points_are_told_apart_by_the_key_and_rows_without_a_time_are_passed_over():
    one, other = readings("1", "2", "4", point="p"), readings("100", "150", "151", point="q")
    table = pl.concat([pl.concat([one[at : at + 1], other[at : at + 1]]) for at in range(3)])
    shaped = shape(table, gas(), cuts=(1, 4))
    assert shaped.column("volume") == [None, None, 1, 50, 2, 1]
    table = table.with_columns(pl.when(pl.int_range(6) != 2).then(pl.col("time")).alias("time"))
    assert shape(table, gas()).column("volume") == [None, None, None, 50, 3, 1]


def test_a_counter_that_counts_the_other_way_and_is_read_in_some_rows_only():
    config = gas()
    config["rules"][-1] |= {"where": {"meter": "A"}, "negate": True}
    table = readings("1", "9", "3", "8", meter=["A", "B", "A", "B"])
    assert shape(table, config).column("volume") == [None, None, -2, None]


def solar(**changes: Any) -> dict[str, Any]:
    return {
        "concept": "meter_reading",
        "rules": [
            {"field": "usage_point_id", "source": "point"},
            {"field": "register", "constant": "solar"},
            {
                "field": "interval_start", "source": "time", "format": "iso8601", "label": "end",
                "interval": "previous",
            },
            {"field": "interval_end", "source": "time", "format": "iso8601"},
            {"field": "energy", "source": "reading", "unit": "kW", "interval": "previous", **changes},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("cuts", EVERY_CUT)
@pytest.mark.parametrize("backwards", [False, True], ids=["oldest first", "newest first"])
def test_the_interval_of_a_reading_is_since_the_reading_before(cuts: tuple[int, ...], backwards: bool):
    table = readings("4", "2", "6", "1", hours=(0, 1, 3, 4))
    order = slice(None, None, -1) if backwards else slice(None)
    shaped = shape(table[::-1] if backwards else table, solar(), cuts=cuts)
    ends = [BEGIN + timedelta(hours=hour) for hour in (0, 1, 3, 4)]
    assert shaped.column("interval_end") == ends[order]
    assert shaped.column("interval_start") == [None, *ends[:-1]][order]
    assert shaped.column("energy") == [None, 2, 12, 1][order]
    assert shaped.counts["cells_without_previous"] == 2
    assert shaped.issues == []


def test_registers_are_told_apart_and_what_comes_too_late_is_an_issue():
    table = readings("4", "2", "6", "1", hours=(0, 0, 2, 1), meter=["A", "B", "A", "A"])
    config = solar(occurrence_per=["meter"], negate=True)
    config["rules"][2]["occurrence_per"] = ["meter"]
    shaped = shape(table, config)
    assert shaped.column("energy") == [None, None, -12, None]
    assert shaped.issues == [(4, "energy", "out_of_order"), (4, "interval_start", "out_of_order")]


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.tuples(st.sampled_from("pq"), st.integers(-1, 5), st.integers(0, 400)), min_size=1, max_size=30),
    st.sets(st.integers(1, 29)),
    st.sampled_from([{}, {"reset": True}, {"rollover": 300}, {"rollover": 300, "reset": True}]),
    st.booleans(),
    st.permutations(["time", "point", "meter", "reading"]),
)
def test_neither_cuts_nor_the_order_of_columns_change_anything(
    rows: list[tuple[str, int, int]], cuts: set[int], difference: dict[str, Any], backwards: bool, order: list[str]
):
    at, taken = 100, []
    for point, hours, value in rows:
        at += hours
        taken.append((f"{BEGIN + timedelta(hours=at):%Y-%m-%dT%H:%M:%SZ}", point, "A", str(value)))
    table = pl.DataFrame(taken, schema=["time", "point", "meter", "reading"], orient="row")
    table = table.reverse() if backwards else table
    whole, cut = shape(table, gas(**difference)), shape(table.select(order), gas(**difference), cuts=sorted(cuts))
    assert whole.rows.equals(cut.rows)
    assert (whole.issues, whole.counts) == (cut.issues, cut.counts)
    read = table.rows()[::-1] if is_newest_first(table.rows()) else table.rows()
    expected, faults = one_by_one(read, **difference)
    if is_newest_first(table.rows()):
        expected, faults = expected[::-1], faults[::-1]
    assert whole.column("volume") == expected
    assert whole.issues == [(number, "volume", fault) for number, fault in enumerate(faults, start=1) if fault]


def is_newest_first(rows: Sequence[tuple[str, ...]]) -> bool:
    last: dict[str, str] = {}
    later = 0
    for time, point, *_ in rows:
        later += (time > last.get(point, time)) - (time < last.get(point, time))
        last[point] = time
    return later < 0


def one_by_one(
    rows: Sequence[tuple[str, ...]], rollover: float | None = None, reset: bool = False
) -> tuple[list[float | None], list[str | None]]:
    """What readings come to, in plain Python, oldest first: the differences, and what is wrong."""
    last: dict[str, tuple[str, float]] = {}
    steps: list[float | None] = []
    faults: list[str | None] = []
    for time, point, _, text in rows:
        value, step, fault = float(text), None, None
        if point in last:
            before, reading = last[point]
            around = value - reading + rollover if rollover else None
            if time <= before:
                fault = "out_of_order"
            elif value >= reading:
                step = value - reading
            elif around is not None and 0 <= around < (rollover or 0) / 2:
                step = around
            elif not reset:
                fault = "counter_went_back"
        if fault is None:
            last[point] = time, value
        steps.append(step)
        faults.append(fault)
    return steps, faults


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("pq"), st.integers(0, 10**6)), min_size=1, max_size=40),
    st.sets(st.integers(1, 39)),
    st.booleans(),
)
def test_what_a_counter_counted_is_given_back(increments: list[tuple[str, int]], cuts: set[int], backwards: bool):
    sums, rows = {"p": 0, "q": 0}, []
    for number, (point, increment) in enumerate(increments):
        sums[point] += increment
        rows.append((f"{BEGIN + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}", point, "A", str(sums[point])))
    table = pl.DataFrame(rows, schema=["time", "point", "meter", "reading"], orient="row")
    config = gas(rollover=10**9)
    config["rules"][-1]["unit"] = "L"
    shaped = shape(table.reverse() if backwards else table, config, cuts=sorted(cuts))
    firsts = {point: next((at for at, (each, _) in enumerate(increments) if each == point), None) for point in "pq"}
    expected = [None if at in firsts.values() else each / 1000 for at, (_, each) in enumerate(increments)]
    assert shaped.rows.sort("interval_start")["volume"].to_list() == expected
    assert shaped.issues == []
    assert shaped.rows[ROW_ID].is_sorted()
