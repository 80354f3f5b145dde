"""A counter goes on where the batch before left it, whatever order the files come in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reshaping import MemoryStaging, Shaped, shape
from tests.unit.pipeline.test_taking_steps import gas, readings, solar


def in_turn(tables: Sequence[pl.DataFrame], *configs: dict[str, Any], **options: Any) -> list[Shaped]:
    """Map tables one after the other, each knowing what the ones before have counted."""
    counted, made = None, []
    for number, table in enumerate(tables):
        staging = MemoryStaging()
        config = configs[min(number, len(configs) - 1)]
        made.append(shape(table, config, staging=staging, counted=counted, **options))
        assert made[-1].ref.counted is not None
        counted = staging.read(made[-1].ref.counted)
    return made


def volumes(*made: Shaped) -> list[list[float | None]]:
    return [each.column("volume") for each in made]


def test_the_first_reading_of_a_file_is_held_against_the_last_of_the_file_before():
    first, second = in_turn([readings("10", "12"), readings("15", "15.5", hours=(2, 3))], gas())
    assert volumes(first, second) == [[None, 2], [3, 0.5]]
    assert (first.counts["cells_without_previous"], second.counts["cells_without_previous"]) == (1, 0)
    assert "cells_counted_before" not in second.counts


@pytest.mark.parametrize("backwards", [False, True], ids=["oldest first", "newest first"])
def test_a_counter_rolls_over_between_two_files(backwards: bool):
    tables = [readings("99998", "99999"), readings("1.5", "2", hours=(2, 3))]
    made = in_turn([table.reverse() if backwards else table for table in tables], gas(rollover=100000))
    expected = [[None, 1], [2.5, 0.5]]
    assert volumes(*made) == ([each[::-1] for each in expected] if backwards else expected)


def test_what_went_back_between_two_files_is_an_issue_and_the_next_is_held_against_the_last_good_one():
    _, second = in_turn([readings("10", "12"), readings("11", "11.5", "13", hours=(2, 3, 4))], gas())
    assert second.issues == [(1, "volume", "counter_went_back"), (2, "volume", "counter_went_back")]
    assert second.column("volume") == [None, None, 1]


def test_a_file_that_overlaps_the_one_before_counts_nothing_twice():
    first, second = in_turn([readings("10", "12", "15"), readings("12", "15", "19", hours=(1, 2, 3))], gas())
    assert volumes(first, second) == [[None, 2, 3], [None, None, 4]]
    assert second.counts["cells_counted_before"] == 2


def test_a_file_that_comes_late_is_not_counted_again_where_the_next_one_had_counted_over_it():
    january, march = readings("10", "12"), readings("20", "21", hours=(10, 11))
    february = readings("13", "18", hours=(4, 6))
    made = in_turn([january, march, february], gas())
    assert volumes(*made) == [[None, 2], [8, 1], [None, None]]
    assert sum(value or 0 for each in made for value in each.column("volume")) == 21 - 10


def test_history_that_is_added_later_is_counted_within_itself():
    march, january, february = readings("20", "21", hours=(10, 11)), readings("10", "12"), readings("13", hours=(4,))
    made = in_turn([march, january, february], gas())
    assert volumes(*made) == [[None, 1], [None, 2], [1]], "what lies between February and March is not known"


def test_a_file_around_one_that_was_there_counts_what_is_before_and_after_it():
    middle, whole = readings("12", "15", hours=(1, 2)), readings("10", "11", "12", "15", "19", hours=(-1, 0, 1, 2, 3))
    made = in_turn([middle, whole], gas())
    assert made[1].column("volume") == [None, 1, None, None, 4]


def test_counters_are_told_apart_and_one_that_is_not_in_a_file_is_remembered():
    config = gas(per=["meter"])
    tables = [
        pl.concat([readings("10", point="p"), readings("100", point="q")]),
        readings("11", hours=(1,), point="p"),
        pl.concat([readings("12", hours=(2,), point="p"), readings("130", hours=(2,), point="q")]),
        readings("5", hours=(3,), point="p", meter="another"),
    ]
    assert volumes(*in_turn(tables, config)) == [[None, None], [1], [1, 30], [None]]


def test_readings_whose_units_differ_are_held_against_one_another_in_the_fields():
    config = gas()
    config["rules"][-1].update(unit="l", unit_column="unit", negate=True)
    tables = [
        readings("1", "1.5", "1750", "9").with_columns(pl.Series("unit", ["m3", "m3", None, "x"])),
        readings("2000", "2.5", hours=(4, 5)).with_columns(pl.Series("unit", ["l", "m3"])),
    ]
    first, second = in_turn(tables, config)
    assert volumes(first, second) == [[None, -0.5, -0.25, None], [-0.25, -0.5]]
    assert first.issues == [(4, "volume", "unknown_unit")]


def test_a_rule_that_reads_something_else_begins_anew_and_another_rollover_does_not():
    tables = [readings("10", "12"), readings("15", hours=(2,))]
    litres = gas()
    litres["rules"][-1]["unit"] = "L"
    assert in_turn(tables, gas(), litres)[1].column("volume") == [None]
    assert in_turn(tables, gas(), gas(rollover=100000))[1].column("volume") == [3]


def test_the_interval_of_a_first_reading_begins_with_the_last_of_the_file_before():
    tables = [readings("2", "2"), readings("2", "2", "2", hours=(1, 3, 4))]
    _, second = in_turn(tables, solar())
    starts = [start.hour if start else None for start in second.column("interval_start")]
    assert starts == [None, 1, 3], "01:00 had its interval from the file before"
    assert second.column("energy") == [None, 4, 2]
    (_, third) = in_turn([tables[0], readings("2", "3", hours=(2, 3))], solar())
    assert (third.column("energy"), third.column("interval_start")[0].hour) == ([2, 3], 1)


@settings(max_examples=30, deadline=None)
@given(
    steps=st.lists(st.integers(0, 400), min_size=2, max_size=14),
    cuts=st.sets(st.integers(1, 13), max_size=5),
    overlap=st.integers(0, 3),
    backwards=st.booleans(),
)
def test_files_in_sequence_count_what_one_file_counts(steps: list[int], cuts: set[int], overlap: int, backwards: bool):
    shown, values = 700, []
    for step in steps:
        shown = (shown + step) % 1000
        values.append(str(shown))
    table = readings(*values)
    ends = [*sorted(cut for cut in cuts if cut < table.height), table.height]
    files = [table[max(begin - overlap, 0) : end] for begin, end in pairwise([0, *ends])]
    config = gas(rollover=1000)
    (one,) = in_turn([table], config)
    many = in_turn([file.reverse() if backwards else file for file in files], config)
    found: dict[Any, float | None] = {}
    for each in many:
        for time, volume in each.column("interval_start", "volume"):
            found.setdefault(time, volume)  # a row that is there already stays as it is
    assert found == dict(one.column("interval_start", "volume"))
