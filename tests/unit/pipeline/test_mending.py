"""Cells are filled and clamped, rows flagged, batches held, as the owner says; wherever a batch is cut."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from include.batch import FLAGS, ROW_ID, ValidationReport
from include.collection.suite import suite_of
from include.errors import BatchRefused
from include.expectations.config import Action, CurationRule, CuratorConfig
from include.pipeline.validate import validate
from tests.fakes import FolderStaging
from tests.staged import READING, a_row, stage_batch

BETWEEN = "expect_column_values_to_be_between"
NOT_NULL = "expect_column_values_to_not_be_null"


def run(folder: Path, rows: list[dict[str, Any]], *rules: CurationRule, **how: Any) -> tuple[list[Any], Any]:
    staging = FolderStaging(folder)
    mapped, raw = stage_batch(staging, rows, **how)
    suite = suite_of(READING, CuratorConfig(rules=rules), list(READING.fields))
    outcome, report = validate(mapped, raw, suite, READING, staging, seal=bytes)
    rows_out = [row for path in outcome.ref.parts for row in staging.read(path).to_dicts()]
    return rows_out, report


def rule(action: Action, kind: str = BETWEEN, /, **more: Any) -> CurationRule:
    plain = {name: more.pop(name) for name in ("fill", "threshold") if name in more}
    return CurationRule.model_validate({"type": kind, "kwargs": more, "on_violation": action} | plain)


def energies(rows: list[Any]) -> list[float | None]:
    return [row["energy"] for row in rows]


def test_a_value_is_brought_to_the_bound_that_is_nearest(tmp_path: Path) -> None:
    rows = [a_row(0, energy=-3.0), a_row(1, energy=500.0), a_row(2, energy=7.0)]
    out, report = run(tmp_path, rows, rule(Action.CLAMP, column="energy", min_value=0, max_value=90))
    assert energies(out) == [0.0, 90.0, 7.0]
    assert (report.cells_clamped, report.rows_quarantined) == (2, 0)


def test_a_mended_cell_is_judged_again_by_the_other_rules(tmp_path: Path) -> None:
    clamp = rule(Action.CLAMP, column="energy", max_value=90)
    drop = rule(Action.DROP, column="energy", max_value=50)
    out, report = run(tmp_path, [a_row(0, energy=500.0), a_row(1)], clamp, drop)
    assert energies(out) == [1.5]
    assert (report.cells_clamped, report.rows_dropped) == (0, 1)


def test_a_constant_fills_what_the_concept_requires(tmp_path: Path) -> None:
    fill = rule(Action.FILL, NOT_NULL, column="energy", fill={"method": "constant", "value": 0})
    out, report = run(tmp_path, [a_row(0, energy=None), a_row(1)], fill)
    assert energies(out) == [0.0, 1.5]
    assert (report.cells_filled, report.rows_quarantined) == (1, 0)


@pytest.mark.parametrize(
    ("method", "within", "filled"),
    [
        pytest.param("previous", "PT15M", [1.0, 1.0, None, None, 8.0], id="the value before, if it is near"),
        pytest.param("previous", "PT45M", [1.0, 1.0, 1.0, 1.0, 8.0], id="the value before, if it is not too far"),
        pytest.param("linear", "PT1H", [1.0, 2.75, 4.5, 6.25, 8.0], id="on the line"),
        pytest.param("linear", "PT45M", [1.0, None, None, None, 8.0], id="no line over a longer gap"),
        pytest.param("median", "PT1H", [1.0, 1.0, 4.5, 8.0, 8.0], id="the median of the window"),
        pytest.param("median", "PT30M", [1.0, 1.0, None, 8.0, 8.0], id="an empty window fills nothing"),
    ],
)
@pytest.mark.parametrize("cuts", [[], [1, 3]], ids=["whole", "in parts"])
def test_a_gap_is_filled_from_its_neighbours(
    tmp_path: Path, method: str, within: str, filled: list[float | None], cuts: list[int]
) -> None:
    rows = [a_row(number, energy=value) for number, value in enumerate([1.0, -1.0, None, 400.0, 8.0])]
    rows.append(a_row(1, energy=77.0, meter_id="another"))
    fills = [
        rule(Action.FILL, kind, column="energy", fill={"method": method, "within": within}, **limits)
        for kind, limits in ((NOT_NULL, {}), (BETWEEN, {"min_value": 0, "max_value": 100}))
    ]
    out, report = run(tmp_path, rows, *fills, cuts=cuts)
    # what nothing fills is empty, and the concept requires an energy
    assert energies(out) == [value for value in filled if value is not None] + [77.0]
    assert report.rows_quarantined == filled.count(None)
    assert report.cells_filled == 3 - filled.count(None)


def test_a_row_that_is_set_aside_fills_nothing(tmp_path: Path) -> None:
    fill = rule(Action.FILL, NOT_NULL, column="energy", fill={"method": "previous", "within": "PT1H"})
    rows = [a_row(0, energy=5.0), a_row(1, energy=9.0, direction="up"), a_row(2, energy=None)]
    out, _ = run(tmp_path, rows, fill)
    assert energies(out) == [5.0, 5.0]


def test_what_nothing_fills_is_emptied_where_it_may_be(tmp_path: Path) -> None:
    fill = rule(
        Action.FILL,
        "expect_column_values_to_match_regex",
        column="note",
        regex="^ok",
        fill={"method": "previous", "within": "PT15M"},
    )
    out, report = run(tmp_path, [a_row(0, note="bad"), a_row(1, note="ok 1"), a_row(2, note="x")], fill)
    assert [row["note"] for row in out] == [None, "ok 1", "ok 1"]
    assert (report.cells_filled, report.cells_set_null) == (1, 1)


def test_a_flagged_row_goes_on_with_the_rules_that_it_breaks(tmp_path: Path) -> None:
    flags = rule(Action.FLAG, column="energy", max_value=50), rule(Action.FLAG, column="energy", max_value=60)
    out, report = run(tmp_path, [a_row(0, energy=70.0), a_row(1), a_row(2, energy=55.0)], *flags, cuts=[1])
    one = {"field": "energy", "rule": BETWEEN}
    assert [json.loads(row[FLAGS]) if row[FLAGS] else None for row in out] == [[one, one], None, [one]]
    assert (report.rows_flagged, report.held) == (2, ())


def test_a_batch_is_held_with_a_sentence_for_each_rule(tmp_path: Path) -> None:
    out, report = run(tmp_path, [a_row(0, energy=70.0), a_row(1)], rule(Action.HOLD, column="energy", max_value=50))
    assert report.held == (f"1 of 2 rows break {BETWEEN} on energy (rows 1)",)
    assert [row[FLAGS] is not None for row in out] == [True, False]


@pytest.mark.parametrize("action", [Action.DROP, Action.FLAG, Action.HOLD, Action.QUARANTINE, Action.CLAMP])
def test_nothing_happens_up_to_the_threshold_which_is_of_the_batch_not_of_a_part(
    tmp_path: Path, action: Action
) -> None:
    rows = [a_row(0, energy=70.0), *(a_row(number) for number in range(1, 4))]
    at, above = (rule(action, column="energy", max_value=50, threshold=share) for share in (0.25, 0.2))
    out, report = run(tmp_path / "at", rows, at, cuts=[1])
    assert energies(out)[0] == 70.0
    assert (report.rows_flagged, report.held, report.outcomes[-1].acted) == (0, (), False)
    assert report.outcomes[-1].failed == 1
    _, report = run(tmp_path / "above", rows, above, cuts=[1])
    acted = report.rows_dropped, report.rows_flagged, report.rows_quarantined, report.cells_clamped
    assert sum(acted) == 1
    assert bool(report.held) == (action is Action.HOLD)


def test_a_threshold_decides_whether_a_batch_fails(tmp_path: Path) -> None:
    rows = [a_row(0, energy=70.0), *(a_row(number) for number in range(1, 4))]
    run(tmp_path, rows, rule(Action.FAIL, column="energy", max_value=50, threshold=0.25), cuts=[1])
    with pytest.raises(BatchRefused, match="1 of 4 rows"):
        run(tmp_path, rows, rule(Action.FAIL, column="energy", max_value=50, threshold=0.2), cuts=[1])


def test_repeated_keys_are_flagged_where_the_owner_has_them_go_on(tmp_path: Path) -> None:
    twice = rule(Action.FLAG, "expect_column_values_to_be_unique", column="note")
    out, report = run(tmp_path, [a_row(0, note="a"), a_row(1, note="b"), a_row(2, note="a")], twice, cuts=[1])
    assert [row[ROW_ID] for row in out if row[FLAGS]] == [3]
    assert report.rows_flagged == 1


READINGS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["a", "b"]),
        st.sampled_from([1.0, 2.0, 4.0, 70.0, -1.0, None]),
    ),
    max_size=14,
    unique_by=lambda one: one[:2],
)


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(READINGS, st.sets(st.integers(0, 14), max_size=4), st.sampled_from(["previous", "linear", "median"]))
def test_fills_are_the_same_wherever_a_batch_is_cut(
    readings: list[tuple[int, str, float | None]], cuts: set[int], method: str
) -> None:
    rows = [a_row(number, meter_id=meter, energy=energy) for number, meter, energy in readings]
    fills = [
        rule(Action.FILL, kind, column="energy", fill={"method": method, "within": timedelta(minutes=45)}, **limits)
        for kind, limits in ((NOT_NULL, {}), (BETWEEN, {"max_value": 60}))
    ]
    answers: list[tuple[list[Any], ValidationReport]] = []
    for places in ([], [cut for cut in sorted(cuts) if cut <= len(rows)]):
        with TemporaryDirectory() as folder:
            answers.append(run(Path(folder), rows, *fills, cuts=places))
    assert answers[0] == answers[1]
