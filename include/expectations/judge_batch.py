"""Judges a batch as a whole: its rows after curation, one column at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from include.batch import ROW_ID, Profile
from include.expectations.config import CurationRule
from include.expectations.drift import profile_numbers, refer_to
from include.expectations.run_suite import holds
from include.expectations.suite import columns_of

FRESHNESS = "expect_column_max_to_be_recent"
DRIFT = "expect_column_distribution_to_be_stable"
COUNTING = "expect_table_row_count_to_be_between"
DRIFT_BATCHES = 5
MOST_EARLIER = 20
"""Batches that one is held against."""


def judge_batch(
    parts: Sequence[pl.LazyFrame], rule: CurationRule, now: datetime, earlier: Sequence[Mapping[str, Profile]]
) -> tuple[bool, str | None]:
    """Ask whether a batch keeps a rule of `BATCH_RULES`; of a batch without rows only their number is judged.

    Args:
        earlier: How the fields of earlier batches are spread, the newest first.

    Returns:
        The answer, and why it is none, where nothing could be judged.
    """
    name = next(iter(columns_of(rule)), ROW_ID)
    column = pl.concat([part.select(name) for part in parts]).collect() if parts else pl.DataFrame({name: []})
    if not column.height and rule.type != COUNTING:
        return True, None
    kwargs = dict(rule.kwargs)
    if rule.type == FRESHNESS:
        kwargs["now"] = now.isoformat()
    elif rule.type == DRIFT:
        wanted = kwargs.get("batches", DRIFT_BATCHES)
        known = [profiles[name] for profiles in earlier if name in profiles][:MOST_EARLIER]
        if len(known) < wanted:
            return True, f"{rule.type} on {name} was not judged: {len(known)} batches came before, {wanted} are needed"
        reference = refer_to(known)
        kwargs |= {"edges": list(reference.edges), "shares": list(reference.shares), "rows": reference.rows}
    return holds(column, rule.model_copy(update={"kwargs": kwargs})), None


def profile_batch(parts: Sequence[pl.LazyFrame], rules: Sequence[CurationRule]) -> dict[str, Profile]:
    """Describe how the fields are spread that a rule about drift looks at: later batches are held against it."""
    names = dict.fromkeys(name for rule in rules if rule.type == DRIFT for name in columns_of(rule))
    found = {}
    for name in names if parts else ():
        column = pl.concat([part.select(name) for part in parts]).collect()[name].drop_nulls().drop_nans()
        profile = profile_numbers(column.cast(pl.Float64).to_numpy())
        if profile is not None:
            found[name] = profile
    return found
