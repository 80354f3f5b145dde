"""Great Expectations' answers become row ids; a rule that could not be applied is never taken for one that holds."""

from __future__ import annotations

import socket
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.batch import ROW_ID
from include.errors import ConfigurationInvalid
from include.expectations import run_suite
from include.expectations.config import CurationRule
from include.expectations.find_repeats import find_repeats
from include.expectations.run_suite import Breach, Memory, find_breaches
from tests.factories import NOON
from tests.staged import a_frame, a_row

BETWEEN = "expect_column_values_to_be_between"
NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = CurationRule(type="expect_compound_columns_to_be_unique", kwargs={"column_list": ["meter_id", "start"]})


def rule(kind: str, **kwargs: Any) -> CurationRule:
    return CurationRule(type=kind, kwargs=kwargs)


def test_answers_come_in_the_order_of_the_rules_with_row_ids() -> None:
    frame = a_frame([a_row(0), a_row(1, energy=-1.0), a_row(2, energy=None), a_row(3, meter_id=None)], first=10)
    found = find_breaches(
        frame,
        [
            rule(BETWEEN, column="energy", min_value=0),
            rule(NOT_NULL, column="meter_id"),
            rule(BETWEEN, column="energy", max_value=1),
            rule(NOT_NULL, column="energy"),
        ],
    )
    assert [one.row_ids.to_list() for one in found] == [[11], [13], [10, 13], [12]]
    assert [one.checked for one in found] == [3, 4, 3, 4]
    assert [one.place for one in found] == [0, 1, 2, 3]


def test_the_same_rule_twice_is_answered_twice() -> None:
    found = find_breaches(a_frame([a_row(energy=-1.0)]), [rule(BETWEEN, column="energy", min_value=0)] * 2)
    assert [one.row_ids.to_list() for one in found] == [[1], [1]]


def test_every_broken_row_is_named_however_many_there_are() -> None:
    frame = pl.DataFrame({ROW_ID: range(1, 5_001), "energy": [-1.0] * 5_000})
    (found,) = find_breaches(frame, [rule(BETWEEN, column="energy", min_value=0)])
    assert found.row_ids.to_list() == list(range(1, 5_001))


def test_whole_numbers_beside_nulls_keep_all_their_digits() -> None:
    frame = pl.DataFrame({ROW_ID: [1, 2, 3], "count": [2**53 + 1, None, 2**53]})
    (found,) = find_breaches(frame, [rule("expect_column_values_to_be_in_set", column="count", value_set=[2**53])])
    assert found.row_ids.to_list() == [1]


def test_times_are_compared_as_instants() -> None:
    frame = a_frame([a_row(0), a_row(8)])
    (found,) = find_breaches(frame, [rule(BETWEEN, column="start", max_value="2026-01-01T02:00:00+01:00")])
    assert found.row_ids.to_list() == [2]


def test_an_empty_frame_breaks_nothing() -> None:
    (found,) = find_breaches(a_frame([]), [rule(NOT_NULL, column="energy")])
    assert (found.checked, found.row_ids.to_list()) == (0, [])


def test_a_rule_that_raises_stops_the_run_and_tells_no_value() -> None:
    frame = a_frame([a_row(note="Anna Claes")])
    with pytest.raises(ConfigurationInvalid, match="could not apply this rule") as caught:
        find_breaches(
            frame,
            [
                rule(NOT_NULL, column="note"),
                rule("expect_multicolumn_sum_to_equal", column_list=["note", "energy"], sum_total=1),
            ],
        )
    assert "note, energy" in str(caught.value)
    assert "Anna" not in repr(caught.value) + repr(caught.value.__cause__) + repr(caught.value.__context__)


def test_validation_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: opened.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address, **_: opened.append(address))
    find_breaches(a_frame([a_row()]), [rule(NOT_NULL, column="energy")])
    assert opened == []


def test_a_validation_leaves_nothing_in_temporary_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    find_breaches(a_frame([a_row()]), [rule(NOT_NULL, column="energy")])  # what the import writes is not meant
    made: list[object] = []
    sys.addaudithook(lambda event, given: made.append(given) if event in ("os.mkdir", "tempfile.mkdtemp") else None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    find_breaches(a_frame([a_row(energy=-1.0)]), [rule(BETWEEN, column="energy", min_value=0)])
    seen = list(made)
    assert (seen, list(tmp_path.iterdir())) == ([], [])


def repeats(*parts: list[dict[str, Any]], by: CurationRule = UNIQUE) -> list[list[int]]:
    frames, first = [], 1
    for rows in parts:
        frames.append(a_frame(rows, first=first).lazy())
        first += len(rows)
    return [ids.to_list() for ids in find_repeats(frames, by)]


def test_the_first_row_of_a_key_stands_and_the_others_repeat_it() -> None:
    assert repeats([a_row(0), a_row(1), a_row(0), a_row(0)]) == [[3, 4]]


def test_a_key_repeats_across_parts() -> None:
    assert repeats([a_row(0), a_row(1)], [a_row(2), a_row(1)], [a_row(1)]) == [[], [4], [5]]


def test_a_part_of_a_key_may_repeat() -> None:
    assert repeats([a_row(0), a_row(1), a_row(0, meter_id="other")]) == [[]]


def test_nulls_do_not_repeat_one_another_in_a_single_key() -> None:
    unique = rule("expect_column_values_to_be_unique", column="note")
    assert repeats([a_row(0), a_row(1), a_row(2, note="x"), a_row(3, note="x")], by=unique) == [[4]]


def test_no_parts_have_no_repeats() -> None:
    assert repeats() == []


NUMBERS = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.5, -3.0, float("nan"), float("inf")]))
TEXTS = st.one_of(st.none(), st.sampled_from(["", "a", "A", "ab", "é"]))
GREATER = "expect_column_pair_values_a_to_be_greater_than_b"
EQUAL = "expect_column_pair_values_to_be_equal"
SAME = "expect_multicolumn_values_to_be_equal"
CELLS = st.lists(st.tuples(NUMBERS, NUMBERS, TEXTS), min_size=12, max_size=40)


@settings(max_examples=15, deadline=None)
@given(CELLS)
def test_asking_once_per_distinct_value_changes_no_answer(
    cells: list[tuple[float | None, float | None, str | None]],
) -> None:
    frame = pl.DataFrame(cells, schema={"energy": pl.Float64, "limit": pl.Float64, "quality": pl.String}, orient="row")
    frame = frame.with_row_index(ROW_ID).cast({ROW_ID: pl.Int64})
    rules = [
        *(rule(NOT_NULL, column=name) for name in ("energy", "quality")),
        rule(BETWEEN, column="energy", min_value=0, max_value=2),
        rule("expect_column_values_to_be_in_set", column="quality", value_set=["a", "é"]),
        rule("expect_column_values_to_match_regex", column="quality", regex="^[a-z]+$"),
        rule("expect_column_value_lengths_to_be_between", column="quality", min_value=1),
        rule(GREATER, column_A="energy", column_B="limit"),
        rule(GREATER, column_A="energy", column_B="limit", ignore_row_if="either_value_is_missing"),
        rule(SAME, column_list=["limit", "energy"], ignore_row_if="any_value_is_missing"),
        *(
            rule(kind, column_A="limit", column_B="energy", ignore_row_if="either_value_is_missing", **further)
            for kind, further in ((GREATER, {}), (GREATER, {"or_equal": True}), (EQUAL, {}))
        ),
    ]
    once = find_breaches(frame, rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_suite, "_MOST_DISTINCT", 0)
        every = find_breaches(frame, rules)
    assert told(once) == told(every)
    memory = Memory()
    parts = [find_breaches(part, rules, memory) for part in frame.iter_slices(9)]
    for place, one in enumerate(every):
        mine = [part[place] for part in parts]
        assert sum(part.checked for part in mine) == one.checked
        assert [row_id for part in mine for row_id in part.row_ids] == one.row_ids.to_list()


def told(breaches: list[Breach]) -> list[tuple[int, list[int]]]:
    return [(one.checked, one.row_ids.to_list()) for one in breaches]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows Great Expectations was asked about, time after time."""
    heights: list[int] = []
    validate = run_suite._validate

    def listen(frame: pl.DataFrame, *further: Any) -> list[Any]:
        heights.append(frame.height)
        return validate(frame, *further)

    monkeypatch.setattr(run_suite, "_validate", listen)
    return heights


def test_what_is_known_is_not_asked_again(asked: list[int]) -> None:
    rules = [rule("expect_column_values_to_be_in_set", column="quality", value_set=["a"])]
    memory = Memory()
    for cells in (["a", "b", "a", "a", "b"], ["b", "a", "a", "b"], ["a", "c", "a", "a"]):
        frame = pl.DataFrame({"quality": cells}).with_row_index(ROW_ID).cast({ROW_ID: pl.Int64})
        (breach,) = find_breaches(frame, rules, memory)
        assert breach.row_ids.to_list() == [row for row, cell in enumerate(cells) if cell != "a"]
    assert asked == [2, 1]


def test_what_follows_from_other_values_is_not_asked(asked: list[int]) -> None:
    rules = [
        rule(BETWEEN, column="energy", min_value=0, max_value=10),
        rule(NOT_NULL, column="energy"),
        rule(NOT_NULL, column="interval_start"),
    ]
    memory, nan = Memory(), float("nan")
    parts: list[tuple[list[float | None], set[int], set[int]]] = [
        ([1.0, 5.0, -1.0, 1.0, 5.0, -1.0], {2, 5}, set()),
        ([2.0, 3.0, nan, 2.0, 3.0, nan], set(), {2, 5}),
        ([4.0, 12.0, None, 4.0, 12.0, None], {1, 4}, {2, 5}),
        ([4.5, 4.5], set(), set()),
    ]
    for number, (cells, outside, empty) in enumerate(parts):
        times = [NOON + timedelta(hours=number)] * len(cells)
        frame = pl.DataFrame({"energy": cells, "interval_start": times}).with_row_index(ROW_ID).cast({ROW_ID: pl.Int64})
        bounds, held, timed = find_breaches(frame, rules, memory)
        assert [set(each.row_ids) for each in (bounds, held, timed)] == [outside, empty, set()]
    # three values and a time; NaN; what lies outside, and null; nothing
    assert asked == [4, 1, 2]


def test_of_two_times_it_is_asked_once_which_may_be_the_later_one(asked: list[int]) -> None:
    rules = [rule(GREATER, column_A="interval_end", column_B="interval_start", ignore_row_if="either_value_is_missing")]
    memory = Memory()
    for day, hours in enumerate(([1, 1, 0, 0, 1, 1], [2, 3, -1, 0, None, 4, 5, 6], [7, 8, -2, 0, None, 9, 9, 9])):
        begins = [NOON + timedelta(days=day, minutes=row) for row in range(len(hours))]
        lengths = [None if length is None else timedelta(hours=length) for length in hours]
        ends = pl.Series(begins) + pl.Series(lengths, dtype=pl.Duration("us"))
        frame = pl.DataFrame({"interval_start": begins, "interval_end": ends}).with_row_index(ROW_ID)
        (breach,) = find_breaches(frame.cast({ROW_ID: pl.Int64}), rules, memory)
        assert breach.row_ids.to_list() == [2, 3]
        assert breach.checked == sum(length is not None for length in hours)
    # later, and at the same time; earlier, and none; nothing
    assert asked == [2, 2]


@pytest.mark.parametrize("ignored", [{}, {"ignore_row_if": "either_value_is_missing"}])
def test_a_pair_beside_nulls_is_judged_again_where_there_are_none(ignored: dict[str, str]) -> None:
    rules = [
        rule(GREATER, column_A="energy", column_B="limit", **ignored),
        rule(GREATER, column_A="energy", column_B="limit", ignore_row_if="either_value_is_missing"),
    ]
    memory = Memory()
    for energy in ([1.0, 1.0, 3.0, 3.0, None, None], [1.0, 3.0, 1.0, 3.0, 1.0], [3.0, 1.0, 1.0, 0.5, 0.5, 0.5]):
        frame = pl.DataFrame({"energy": energy, "limit": [2.0] * len(energy)}).with_row_index(ROW_ID)
        found = find_breaches(frame.cast({ROW_ID: pl.Int64}), rules, memory)
        low = [row for row, one in enumerate(energy) if one is not None and one < 2]
        assert [set(low) - set(each.row_ids) for each in found] == [set(), set()]
