"""A batch as a whole is judged after its rows: their number, what they come to, how new and how spread they are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from include.batch import Profile, ValidationReport
from include.collection.suite import suite_of
from include.errors import BatchRefused
from include.expectations.config import Action, CurationRule, CuratorConfig
from include.expectations.drift import instability, profile_numbers, refer_to
from include.pipeline.validate import validate
from tests.fakes import FolderStaging
from tests.staged import MIDNIGHT, READING, a_row, stage_batch

DRIFT = "expect_column_distribution_to_be_stable"
RECENT = "expect_column_max_to_be_recent"


def run(folder: Path, rows: list[dict[str, Any]], one: CurationRule, **how: Any) -> tuple[Any, ValidationReport]:
    staging = FolderStaging(folder)
    mapped, raw = stage_batch(staging, rows, cuts=[1])
    suite = suite_of(READING, CuratorConfig(rules=(one,)), list(READING.fields))
    return validate(mapped, raw, suite, READING, staging, seal=bytes, **how)


def rule(kind: str, action: Action = Action.HOLD, **kwargs: Any) -> CurationRule:
    return CurationRule(type=kind, kwargs=kwargs, on_violation=action)


ROWS = [a_row(0, energy=1.0), a_row(1, energy=2.0), a_row(2, energy=6.0, note="x"), a_row(3, energy=-1.0)]


@pytest.mark.parametrize(
    ("kind", "kept", "broken"),
    [
        pytest.param("expect_table_row_count_to_be_between", {"min_value": 3}, {"min_value": 4}, id="rows that go on"),
        pytest.param(
            "expect_column_mean_to_be_between",
            {"column": "energy", "min_value": 3, "max_value": 3},
            {"column": "energy", "max_value": 2.9},
            id="mean",
        ),
        pytest.param(
            "expect_column_median_to_be_between",
            {"column": "energy", "min_value": 2, "max_value": 2},
            {"column": "energy", "min_value": 2.1},
            id="median",
        ),
        pytest.param(
            "expect_column_sum_to_be_between",
            {"column": "energy", "min_value": 9, "max_value": 9},
            {"column": "energy", "max_value": 8},
            id="sum",
        ),
        pytest.param(
            "expect_column_stdev_to_be_between",
            {"column": "energy", "max_value": 3},
            {"column": "energy", "max_value": 1},
            id="spread",
        ),
        pytest.param(
            "expect_column_min_to_be_between",
            {"column": "energy", "min_value": 1},
            {"column": "energy", "min_value": 1.5},
            id="least",
        ),
        pytest.param(
            "expect_column_proportion_of_non_null_values_to_be_between",
            {"column": "note", "min_value": 0.3},
            {"column": "note", "min_value": 0.5},
            id="share of nulls",
        ),
        pytest.param(
            "expect_column_unique_value_count_to_be_between",
            {"column": "meter_id", "max_value": 1},
            {"column": "meter_id", "min_value": 2},
            id="distinct values",
        ),
        pytest.param(RECENT, {"column": "start", "within": "PT2H"}, {"column": "start", "within": "PT1H"}, id="newest"),
    ],
)
def test_a_rule_about_the_batch(tmp_path: Path, kind: str, kept: dict[str, Any], broken: dict[str, Any]) -> None:
    now = MIDNIGHT + timedelta(hours=2)
    _, report = run(tmp_path, ROWS, rule(kind, **kept), now=now)
    assert (report.held, report.outcomes[-1].failed, report.outcomes[-1].checked) == ((), 0, 1)
    _, report = run(tmp_path, ROWS, rule(kind, **broken), now=now)
    field = f" on {broken['column']}" if "column" in broken else ""
    (limit,) = [f"{name} {value}" for name, value in broken.items() if name != "column"]
    assert report.held == (f"the batch breaks {kind}{field} ({limit})",)
    _, report = run(tmp_path, ROWS, rule(kind, Action.FLAG, **broken), now=now)
    assert (report.held, report.outcomes[-1].failed, report.rows_flagged) == ((), 1, 0)
    with pytest.raises(BatchRefused, match=f"the batch breaks {kind}"):
        run(tmp_path, ROWS, rule(kind, Action.FAIL, **broken), now=now)


def test_of_a_batch_without_rows_only_their_number_is_judged(tmp_path: Path) -> None:
    _, report = run(tmp_path, [], rule("expect_column_mean_to_be_between", column="energy", min_value=3))
    assert report.held == ()
    _, report = run(tmp_path, [], rule("expect_table_row_count_to_be_between", min_value=1))
    assert len(report.held) == 1


def batch(mean: float, seed: int, rows: int = 200) -> list[dict[str, Any]]:
    random = Random(seed)
    return [a_row(number, energy=random.gauss(mean, 3)) for number in range(rows)]


def test_drift_is_told_from_the_profiles_of_the_batches_before(tmp_path: Path) -> None:
    stable = rule(DRIFT, column="energy", batches=3)
    earlier: list[dict[str, Profile]] = []
    for seed in range(4):
        outcome, report = run(tmp_path, batch(50, seed), stable, earlier=earlier)
        assert report.held == ()
        assert bool(outcome.notes) == (seed < 3)
        earlier.insert(0, dict(report.profiles))
    assert outcome.notes == ()
    _, report = run(tmp_path, batch(56, 9), stable, earlier=earlier)
    assert report.held == (f"the batch breaks {DRIFT} on energy",)


def test_too_few_batches_before_are_told(tmp_path: Path) -> None:
    outcome, _ = run(tmp_path, ROWS, rule(DRIFT, column="energy"))
    assert outcome.notes == (f"{DRIFT} on energy was not judged: 0 batches came before, 5 are needed",)


@pytest.mark.parametrize("rows", [24, 96, 2000])
def test_chance_is_no_drift_however_few_the_rows(rows: int) -> None:
    random = np.random.default_rng(1)
    reference = refer_to([p for p in (profile_numbers(random.normal(5, 1, rows)) for _ in range(10)) if p])
    alike = [instability(random.normal(5, 1, rows), reference) for _ in range(200)]
    moved = [instability(random.normal(6.5, 1, rows), reference) for _ in range(200)]
    assert np.mean([one > 0.25 for one in alike]) < 0.08
    assert np.mean([one > 0.25 for one in moved]) > 0.95


def test_a_profile_tells_no_value_of_a_row() -> None:
    values = np.random.default_rng(2).normal(293.15, 2.0, 500)
    profile = profile_numbers(values)
    assert profile is not None
    assert profile.rows == 500
    assert not set(profile.edges) & set(values.tolist())
    assert all(len(str(one)) <= 6 for one in profile.edges)


def test_many_equal_values_are_no_drift_and_a_change_of_their_share_is() -> None:
    random = np.random.default_rng(3)

    def nights(share: float) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.where(random.random(1000) < share, 0.0, random.uniform(1, 9, 1000))

    reference = refer_to([p for p in (profile_numbers(nights(0.5)) for _ in range(5)) if p])
    assert instability(nights(0.5), reference) < 0.1
    assert instability(nights(0.9), reference) > 0.25


def test_a_value_that_many_rows_have_is_no_drift_where_rounding_moves_it() -> None:
    """Standby of a battery: -16 W and -19 W beside thousands."""
    random = np.random.default_rng(4)

    def day() -> np.ndarray[Any, np.dtype[np.float64]]:
        standby = random.choice([-16.0, -17.0, -19.0], 300)
        return np.concatenate([standby, random.normal(-300, 800, 160)])

    reference = refer_to([p for p in (profile_numbers(day()) for _ in range(5)) if p])
    assert max(instability(day(), reference) for _ in range(20)) < 0.1
    assert min(instability(day() - 500, reference) for _ in range(20)) > 0.25
