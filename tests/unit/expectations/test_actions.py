"""Each action does what it says, and a row that can be looked at later is not destroyed."""

from __future__ import annotations

import polars as pl
import pytest

from include.batch import ROW_ID, RuleOutcome
from include.errors import BatchRefused
from include.expectations.actions import Verdict, apply_actions, refuse_batch
from include.expectations.config import Action, CurationRule
from include.expectations.run_suite import Breach

FRAME = pl.DataFrame({ROW_ID: [1, 2, 3, 4], "energy": [1.0, 2.0, None, 4.0], "note": ["a", "b", "c", "d"]})


def act(*breaches: tuple[Action, str, list[int]]) -> Verdict:
    return apply_actions(
        FRAME,
        [
            Breach(f"rule {place}", (field,), action, place, 4, pl.Series(ROW_ID, ids, dtype=pl.Int64))
            for place, (action, field, ids) in enumerate(breaches)
        ],
    )


def test_quarantine_takes_the_row_out_and_keeps_every_reason() -> None:
    verdict = act((Action.QUARANTINE, "energy", [2, 4]), (Action.QUARANTINE, "note", [4]))
    assert verdict.rows[ROW_ID].to_list() == [1, 3]
    assert verdict.reasons.rows() == [(2, "energy", "rule 0"), (4, "energy", "rule 0"), (4, "note", "rule 1")]
    assert verdict.dropped == 0


def test_drop_takes_the_row_out_and_keeps_nothing() -> None:
    verdict = act((Action.DROP, "energy", [2]), (Action.DROP, "note", [2, 3]))
    assert verdict.rows[ROW_ID].to_list() == [1, 4]
    assert (verdict.dropped, verdict.reasons.height) == (2, 0)


def test_quarantine_wins_over_drop() -> None:
    verdict = act((Action.DROP, "energy", [2, 3]), (Action.QUARANTINE, "note", [2]))
    assert verdict.rows[ROW_ID].to_list() == [1, 4]
    assert (verdict.dropped, verdict.reasons[ROW_ID].to_list()) == (1, [2])


def test_set_null_empties_the_cell_and_counts_only_what_it_changed() -> None:
    verdict = act((Action.SET_NULL, "energy", [1, 3, 4]), (Action.SET_NULL, "energy", [1]), (Action.DROP, "note", [4]))
    assert verdict.rows.rows() == [(1, None, "a"), (2, 2.0, "b"), (3, None, "c")]
    assert verdict.rows.schema == FRAME.schema
    assert verdict.cells_set_null == 1


def test_fail_leaves_the_rows_to_the_decision_over_the_batch() -> None:
    assert act((Action.FAIL, "energy", [1])).rows.equals(FRAME)


def found(failed: int, **kwargs: float) -> list[tuple[CurationRule, RuleOutcome]]:
    rule = CurationRule(type="expect_it", kwargs={"column": "energy", **kwargs}, on_violation=Action.FAIL)
    return [(rule, RuleOutcome("expect_it", "energy", "fail", 100, failed, tuple(range(1, failed + 1))))]


def test_a_batch_is_refused_with_counts_and_rows() -> None:
    with pytest.raises(BatchRefused, match=r"7 of 100 rows break expect_it on energy \(rows 1, 2, 3, 4, 5 …\)"):
        refuse_batch(found(7))


def test_a_batch_may_break_a_rule_by_the_share_that_mostly_leaves() -> None:
    refuse_batch(found(5, mostly=0.95))
    with pytest.raises(BatchRefused):
        refuse_batch(found(6, mostly=0.95))


def test_a_rule_that_nothing_broke_refuses_nothing() -> None:
    refuse_batch(found(0))
