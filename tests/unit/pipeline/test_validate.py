"""Validation loses no row, explains every one that it holds back, and does not depend on where a batch is cut."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from include.batch import ROW_ID, BatchRef, Stage, ValidationReport
from include.collection.suite import suite_of
from include.errors import BatchRefused, ConfigurationInvalid
from include.expectations.config import Action, CurationRule, CuratorConfig
from include.pipeline.validate import validate
from tests.fakes import FolderStaging
from tests.staged import BATCH, COLLECTION, MIDNIGHT, READING, a_row, stage_batch

BETWEEN = "expect_column_values_to_be_between"


def run(
    staging: FolderStaging, rows: list[dict[str, Any]], *rules: CurationRule, **how: Any
) -> tuple[BatchRef, ValidationReport]:
    mapped, raw = stage_batch(staging, rows, **how)
    suite = suite_of(READING, CuratorConfig(rules=rules), list(READING.fields))
    outcome, report = validate(mapped, raw, suite, READING, staging, seal=bytes)
    assert outcome.counts == {
        "rows_curated": report.rows_out,
        "rows_quarantined": report.rows_quarantined,
        "rows_dropped": report.rows_dropped,
    }
    return outcome.ref, report


def ids(staging: FolderStaging, paths: tuple[str, ...]) -> list[int]:
    return [row_id for path in paths for row_id in staging.read(path)[ROW_ID]]


@pytest.fixture
def staging(tmp_path: Path) -> FolderStaging:
    return FolderStaging(tmp_path)


def test_good_rows_go_on_as_they_are(staging: FolderStaging) -> None:
    ref, report = run(staging, [a_row(0), a_row(1)])
    assert (ref.stage, ref.rows, ref.aside) == (Stage.CURATED, 2, ())
    assert staging.read(ref.parts[0]).drop(ROW_ID).to_dicts() == [a_row(0), a_row(1)]
    assert {one.failed for one in report.outcomes} == {0}


def test_a_quarantined_row_is_kept_as_it_was_read_with_every_reason(staging: FolderStaging) -> None:
    ref, _ = run(staging, [a_row(0), a_row(1, energy=-1.0, direction="up")])
    (aside,) = staging.read(ref.aside[0]).to_dicts()
    assert aside[ROW_ID] == 2
    assert json.loads(aside["reasons"]) == [
        {"field": "energy", "rule": BETWEEN},
        {"field": "direction", "rule": "expect_column_values_to_be_in_set"},
    ]
    row = json.loads(aside["sealed"])
    assert (row["energy"], row["direction"], row["note"]) == ("-1.0", "up", None)
    assert list(row) == list(READING.fields)


def test_what_mapping_could_not_read_is_quarantined_for_that_reason_alone(staging: FolderStaging) -> None:
    ref, report = run(staging, [a_row(0), a_row(1, energy=None)], issues=[(2, "energy", "unreadable_number")])
    (aside,) = staging.read(ref.aside[0]).to_dicts()
    assert json.loads(aside["reasons"]) == [{"field": "energy", "rule": "unreadable_number"}]
    first = report.outcomes[0]
    assert (first.rule, first.field, first.failed, first.checked, first.row_ids) == (
        "unreadable_number",
        "energy",
        1,
        2,
        (2,),
    )
    assert all(one.failed == 0 for one in report.outcomes[1:])


def test_a_good_row_is_not_refused_because_a_bad_one_had_its_key(staging: FolderStaging) -> None:
    ref, _ = run(staging, [a_row(0, energy=-1.0), a_row(0), a_row(0, energy=2.0)])
    assert ids(staging, ref.parts) == [2]
    assert ids(staging, ref.aside) == [1, 3]


def test_repeats_in_a_later_part_join_those_that_were_set_aside_before(staging: FolderStaging) -> None:
    ref, report = run(staging, [a_row(0), a_row(1), a_row(2), a_row(0), a_row(3, energy=-1.0)], cuts=[2])
    assert [staging.read(path)[ROW_ID].to_list() for path in ref.parts] == [[1, 2], [3]]
    assert ids(staging, ref.aside) == [4, 5]
    assert (report.rows_in, report.rows_out, report.rows_quarantined) == (5, 3, 2)
    unique = next(one for one in report.outcomes if "unique" in one.rule)
    assert (unique.field, unique.checked, unique.failed, unique.row_ids) == ("meter_id, start", 4, 1, (4,))


def test_the_owners_actions_drop_rows_and_empty_cells(staging: FolderStaging) -> None:
    ref, report = run(
        staging,
        [a_row(0, note="x"), a_row(1), a_row(2, energy=90.0)],
        CurationRule(type="expect_column_values_to_be_null", kwargs={"column": "note"}, on_violation=Action.SET_NULL),
        CurationRule(type=BETWEEN, kwargs={"column": "energy", "max_value": 50}, on_violation=Action.DROP),
    )
    assert staging.read(ref.parts[0])["note"].to_list() == [None, None]
    assert (report.rows_out, report.rows_dropped, report.rows_quarantined, report.cells_set_null) == (2, 1, 0, 1)


def test_a_report_names_at_most_twenty_rows_of_a_rule(staging: FolderStaging) -> None:
    _, report = run(staging, [a_row(number, energy=-1.0) for number in range(50)], cuts=[7, 30])
    broken = next(one for one in report.outcomes if one.rule == BETWEEN)
    assert broken.failed == 50
    assert broken.row_ids == tuple(range(1, 21))


def test_fail_refuses_the_batch_when_the_share_over_all_parts_is_too_small(staging: FolderStaging) -> None:
    rule = CurationRule(
        type=BETWEEN, kwargs={"column": "energy", "max_value": 50, "mostly": 0.5}, on_violation=Action.FAIL
    )
    rows = [a_row(0, energy=90.0), a_row(1, energy=90.0), a_row(2), a_row(3)]
    ref, _ = run(staging, rows, rule, cuts=[2])
    assert ref.rows == 4
    with pytest.raises(BatchRefused, match=r"3 of 5 rows break .* on energy \(rows 1, 2, 5\)"):
        run(staging, [*rows, a_row(4, energy=90.0)], rule, cuts=[2])


def test_a_rule_that_cannot_work_stops_before_anything_is_written(staging: FolderStaging, tmp_path: Path) -> None:
    rule = CurationRule(type=BETWEEN, kwargs={"column": "energie", "min_value": 0})
    with pytest.raises(ConfigurationInvalid, match="Did you mean energy"):
        run(staging, [a_row()], rule)
    assert list(tmp_path.rglob("curated")) == []


def test_a_batch_without_rows_and_one_without_parts_pass(staging: FolderStaging) -> None:
    ref, report = run(staging, [])
    assert (ref.rows, report.rows_in, len(ref.parts)) == (0, 0, 1)
    mapped, raw = stage_batch(staging, [])
    outcome, _ = validate(
        replace(mapped, parts=()),
        replace(raw, parts=()),
        suite_of(READING, CuratorConfig(), []),
        READING,
        staging,
        seal=bytes,
    )
    assert outcome.ref.parts == ()


def test_a_second_run_gives_the_same_files(staging: FolderStaging) -> None:
    rows = [a_row(0), a_row(0), a_row(1, energy=-1.0)]
    first, _ = run(staging, rows)
    before = [staging.read(path) for path in (*first.parts, *first.aside)]
    second, _ = run(staging, rows)
    assert first == second
    assert all(old.equals(staging.read(path)) for old, path in zip(before, (*second.parts, *second.aside), strict=True))


ROWS = st.lists(
    st.builds(
        lambda number, meter, energy, direction, note, late: a_row(
            number, meter_id=meter, energy=energy, direction=direction, note=note, **({"end": MIDNIGHT} if late else {})
        ),
        st.integers(0, 3),
        st.sampled_from(["a", "b", None]),
        st.sampled_from([1.0, 60.0, -1.0, None]),
        st.sampled_from(["import", "export", "up", None]),
        st.sampled_from(["seen", None]),
        st.booleans(),
    ),
    max_size=24,
)
OWN_RULES = (
    CurationRule(type=BETWEEN, kwargs={"column": "energy", "max_value": 50}, on_violation=Action.DROP),
    CurationRule(type="expect_column_values_to_be_null", kwargs={"column": "note"}, on_violation=Action.SET_NULL),
)


def what_should_happen(rows: list[dict[str, Any]], unread: set[int]) -> tuple[list[int], list[int], list[int]]:
    """Decide in plain Python, row after row, what the rules above mean: row ids out, quarantined, dropped."""
    out: list[int] = []
    quarantined: list[int] = []
    dropped: list[int] = []
    keys = set()
    for number, row in enumerate(rows, start=1):
        energy = row["energy"]
        bad = (
            number in unread
            or row["meter_id"] is None
            or energy is None
            or energy < 0
            or row["direction"] == "up"
            or row["end"] <= row["start"]
        )
        key = row["meter_id"], row["start"]
        if bad:
            quarantined.append(number)
        elif energy > 50:
            dropped.append(number)
        elif key in keys:
            quarantined.append(number)
        else:
            keys.add(key)
            out.append(number)
    return out, quarantined, dropped


# each example runs Great Expectations several times: to shrink a failure would take minutes
@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(ROWS, st.sets(st.integers(0, 24), max_size=4), st.sets(st.integers(1, 24), max_size=3))
def test_no_row_is_lost_and_the_place_of_a_cut_changes_nothing(
    rows: list[dict[str, Any]], cuts: set[int], unread: set[int]
) -> None:
    issues = [(row_id, "note", "unreadable_text") for row_id in sorted(unread) if row_id <= len(rows)]
    out, quarantined, dropped = what_should_happen(rows, unread)
    reports = []
    for places in ([], [cut for cut in sorted(cuts) if cut <= len(rows)]):
        with TemporaryDirectory() as folder:
            staging = FolderStaging(Path(folder))
            ref, report = run(staging, rows, *OWN_RULES, cuts=places, issues=issues)
            assert ids(staging, ref.parts) == out
            assert ids(staging, ref.aside) == quarantined
            assert report.rows_in == report.rows_out + report.rows_quarantined + report.rows_dropped == len(rows)
            assert report.rows_dropped == len(dropped)
            reports.append(report)
    assert reports[0] == reports[1]
    assert (ref.collection_id, ref.batch_id) == (COLLECTION, BATCH)
