"""The stage that checks mapped rows against the curation suite and parts the good from the bad."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from include.batch import BatchRef, Profile, ValidationReport
from include.cim.concept import Concept
from include.collection.suite import series_of
from include.errors import ConfigurationInvalid
from include.expectations.actions import refuse_batch
from include.expectations.check_rules import check_rules
from include.expectations.config import CurationRule
from include.pipeline.outcome import Outcome
from include.pipeline.sorting import Sorting
from include.ports import Staging

logger = logging.getLogger(__name__)


def validate(
    mapped: BatchRef,
    raw: BatchRef,
    suite: Sequence[CurationRule],
    concept: Concept,
    staging: Staging,
    *,
    now: datetime | None = None,
    earlier: Sequence[Mapping[str, Profile]] = (),
) -> tuple[Outcome, ValidationReport]:
    """Curate a batch part by part; rows that mapping could not read are quarantined with the reason.

    First every part by itself, with the rules that judge one row; then, over all parts, the rules that compare rows:
    among the rows that are still there, so that a good row is not refused because a bad one had its key; at last what
    goes on, by the rules about the batch as a whole.

    Args:
        mapped: Part i holds the rows of `raw`'s part i, under the same row ids.
        suite: From `include.collection.suite.suite_of`.
        now: What freshness is told by; None: the clock's time.
        earlier: `ValidationReport.profiles` of the batches before, the newest first.

    Returns:
        The curated batch (its `aside` holds the quarantined rows as they were read), and the report.

    Raises:
        ConfigurationInvalid: A rule cannot be applied to these fields.
        BatchRefused: A rule with action `fail` was broken.
    """
    _check(mapped, suite, concept, staging)
    sorting = Sorting(mapped, raw, staging, suite, series_of(concept))
    sorting.sort()
    notes = sorting.judge_whole(now or datetime.now(UTC), earlier)
    report = sorting.report()
    logger.info(
        "collection %s batch %s: %s rows validated, %s go on, %s of them flagged, %s quarantined, %s dropped; "
        "cells: %s emptied, %s filled, %s clamped",
        mapped.collection_id,
        mapped.batch_id,
        report.rows_in,
        report.rows_out,
        report.rows_flagged,
        report.rows_quarantined,
        report.rows_dropped,
        report.cells_set_null,
        report.cells_filled,
        report.cells_clamped,
    )
    refuse_batch([(rule, sorting.outcomes[place]) for place, rule in enumerate(suite) if place in sorting.outcomes])
    counts = {
        "rows_curated": report.rows_out,
        "rows_quarantined": report.rows_quarantined,
        "rows_dropped": report.rows_dropped,
    }
    return Outcome(sorting.ref(), counts, notes), report


def _check(mapped: BatchRef, suite: Sequence[CurationRule], concept: Concept, staging: Staging) -> None:
    if not mapped.parts:
        return
    columns = staging.scan(mapped.parts[0]).collect_schema().names()
    fields = {name: str(concept.fields[name].type) for name in columns if name in concept.fields}
    required = [name for name, one in concept.fields.items() if one.required]
    problems = check_rules(suite, fields, required=required, where="suite")
    if problems:
        raise ConfigurationInvalid(problems)
