"""What happens to rows that break rules: quarantine, drop, set null, flag; hold or fail the batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from include.batch import FLAGS, ROW_ID, RuleOutcome
from include.errors import BatchRefused
from include.expectations.config import Action, CurationRule
from include.expectations.run_suite import Breach

_REASONS: Final = {ROW_ID: pl.Int64(), "field": pl.String(), "rule": pl.String()}

_LIMITS: Final = ("min_value", "max_value", "within")
"""What of a rule is told with its breach: what its owner allows, and nothing that may be a value of the rows."""

MARKING: Final = frozenset({Action.FLAG, Action.HOLD})
"""Actions that mark rows: who looks at a batch that is held sees which rows it is about."""


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
    """Take broken rows out of a frame, empty broken cells, and mark rows.

    A row that one rule quarantines and another drops is quarantined: what can be looked at later is not destroyed.

    Args:
        frame: With the column `FLAGS` where a breach is to be marked.
    """
    acted = [one for one in breaches if one.acted]
    reasons = _reasons(one for one in acted if one.action is Action.QUARANTINE)
    rows = _without(frame, reasons[ROW_ID])
    dropped = pl.concat(
        [pl.Series(ROW_ID, [], dtype=pl.Int64)] + [one.row_ids for one in acted if one.action is Action.DROP]
    )
    kept = _without(rows, dropped)
    cells = 0
    for field in dict.fromkeys(one.cell for one in acted if one.action is Action.SET_NULL):
        broken = pl.concat([one.row_ids for one in acted if one.action is Action.SET_NULL and one.cell == field])
        emptied = kept.select((pl.col(ROW_ID).is_in(broken.implode()) & pl.col(field).is_not_null()).alias("emptied"))
        cells += int(emptied["emptied"].sum())
        kept = kept.with_columns(pl.when(~emptied["emptied"]).then(pl.col(field)).alias(field))
    marked = _mark(kept, _reasons(one for one in acted if one.action in MARKING))
    return Verdict(marked, reasons, rows.height - kept.height, cells)


def list_reasons(reasons: pl.DataFrame, name: str) -> pl.DataFrame:
    """Gather the reasons of each row to a JSON list of {field, rule}, in a column of this name."""
    return (
        reasons.select(ROW_ID, reason=pl.struct("field", "rule").struct.json_encode())
        .group_by(ROW_ID)
        .agg(pl.col("reason"))
        .select(ROW_ID, pl.format("[{}]", pl.col("reason").list.join(",")).alias(name))
    )


def _reasons(breaches: Iterator[Breach]) -> pl.DataFrame:
    return pl.concat(
        [pl.DataFrame(schema=_REASONS)]
        + [
            one.row_ids.to_frame(ROW_ID).with_columns(field=pl.lit(one.field), rule=pl.lit(one.rule))
            for one in breaches
            if not one.row_ids.is_empty()
        ]
    )


def _mark(rows: pl.DataFrame, reasons: pl.DataFrame) -> pl.DataFrame:
    if reasons.is_empty():
        return rows
    marks = list_reasons(reasons, "mark")
    joined = rows.join(marks, on=ROW_ID, how="left", maintain_order="left")
    before, mark = pl.col(FLAGS), pl.col("mark")
    both = pl.format("{},{}", before.str.strip_suffix("]"), mark.str.strip_prefix("["))
    return joined.with_columns(pl.coalesce(both, before, mark).alias(FLAGS)).drop("mark")


def _without(frame: pl.DataFrame, row_ids: pl.Series) -> pl.DataFrame:
    return frame if row_ids.is_empty() else frame.filter(~pl.col(ROW_ID).is_in(row_ids.implode()))


def breaks_threshold(rule: CurationRule, outcome: RuleOutcome) -> bool:
    """Whether so many rows of a batch break a rule that something happens."""
    if not outcome.failed:
        return False
    if "mostly" in rule.kwargs:
        return bool((outcome.checked - outcome.failed) / outcome.checked < rule.kwargs["mostly"])
    return outcome.failed / outcome.checked > (rule.threshold or 0.0)


def refuse_batch(found: Sequence[tuple[CurationRule, RuleOutcome]]) -> None:
    """Raise where a rule with action `fail` was broken by more of the batch than it allows.

    Args:
        found: Each rule with its outcome, counted over all parts.

    Raises:
        BatchRefused: Names the rules, the counts and the first rows.
    """
    broken = [each for each in found if each[0].on_violation is Action.FAIL and breaks_threshold(*each)]
    if broken:
        raise BatchRefused(
            "curation",
            "; ".join(_sentence(*each) for each in broken),
            "Such a batch is not loaded at all: correct the source, or choose another on_violation for the rule",
        )


def hold_batch(found: Sequence[tuple[CurationRule, RuleOutcome]]) -> tuple[str, ...]:
    """Say why a batch waits for a person: a sentence for each rule with action `hold` that was broken."""
    return tuple(
        _sentence(rule, outcome)
        for rule, outcome in found
        if rule.on_violation is Action.HOLD and breaks_threshold(rule, outcome)
    )


def _sentence(rule: CurationRule, one: RuleOutcome) -> str:
    if not one.row_ids:
        limits = ", ".join(f"{name} {rule.kwargs[name]}" for name in _LIMITS if rule.kwargs.get(name) is not None)
        on, told = f" on {one.field}" if one.field else "", f" ({limits})" if limits else ""
        return f"the batch breaks {one.rule}{on}{told}"
    first = ", ".join(map(str, one.row_ids[:5]))
    return (
        f"{one.failed} of {one.checked} rows break {one.rule} on {one.field} "
        f"(rows {first}{' …' if one.failed > 5 else ''})"
    )
