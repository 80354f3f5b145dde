"""What happens to rows that break rules: quarantine, drop, set null, or fail the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from include.batch import ROW_ID, RuleOutcome
from include.errors import BatchRefused
from include.expectations.config import Action, CurationRule
from include.expectations.run_suite import Breach

_REASONS = {ROW_ID: pl.Int64(), "field": pl.String(), "rule": pl.String()}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A frame after its rules' actions.

    Attributes:
        rows: The rows that go on.
        reasons: Why rows are quarantined: row_id, field, rule; one line a reason.
    """

    rows: pl.DataFrame
    reasons: pl.DataFrame
    dropped: int
    cells_set_null: int


def apply_actions(frame: pl.DataFrame, breaches: Sequence[Breach]) -> Verdict:
    """Take broken rows out of a frame and empty broken cells.

    A row that one rule quarantines and another drops is quarantined: what can be looked at later is not destroyed.
    """
    reasons = pl.concat(
        [pl.DataFrame(schema=_REASONS)]
        + [
            breach.row_ids.to_frame(ROW_ID).with_columns(field=pl.lit(breach.field), rule=pl.lit(breach.rule))
            for breach in breaches
            if breach.action is Action.QUARANTINE
        ]
    )
    rows = _without(frame, reasons[ROW_ID])
    dropped = pl.concat(
        [pl.Series(ROW_ID, [], dtype=pl.Int64)] + [one.row_ids for one in breaches if one.action is Action.DROP]
    )
    kept = _without(rows, dropped)
    cells = 0
    for field in dict.fromkeys(one.field for one in breaches if one.action is Action.SET_NULL):
        broken = pl.concat([one.row_ids for one in breaches if one.action is Action.SET_NULL and one.field == field])
        emptied = kept.select((pl.col(ROW_ID).is_in(broken.implode()) & pl.col(field).is_not_null()).alias("emptied"))
        cells += int(emptied["emptied"].sum())
        kept = kept.with_columns(pl.when(~emptied["emptied"]).then(pl.col(field)).alias(field))
    return Verdict(rows=kept, reasons=reasons, dropped=rows.height - kept.height, cells_set_null=cells)


def _without(frame: pl.DataFrame, row_ids: pl.Series) -> pl.DataFrame:
    return frame if row_ids.is_empty() else frame.filter(~pl.col(ROW_ID).is_in(row_ids.implode()))


def refuse_batch(found: Sequence[tuple[CurationRule, RuleOutcome]]) -> None:
    """Raise where a rule with action `fail` was broken by more rows of the batch than `mostly` allows.

    Args:
        found: Each rule with its outcome, counted over all parts.

    Raises:
        BatchRefused: Names the rules, the counts and the first rows.
    """
    broken = [
        outcome
        for rule, outcome in found
        if rule.on_violation is Action.FAIL
        and outcome.failed
        and (outcome.checked - outcome.failed) / outcome.checked < rule.kwargs.get("mostly", 1.0)
    ]
    if broken:
        raise BatchRefused(
            "curation",
            "; ".join(
                f"{one.failed} of {one.checked} rows break {one.rule} on {one.field} "
                f"(rows {', '.join(map(str, one.row_ids[:5]))}{' …' if one.failed > 5 else ''})"
                for one in broken
            ),
            "Such a batch is not loaded at all: correct the source, or choose another on_violation for the rule",
        )
