"""The stage that checks mapped rows against the curation suite and parts the good from the bad."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
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
from include.pipeline.step import Part, Place, carry_out
from include.ports import Staging

logger = logging.getLogger(__name__)


def validate(
    mapped: BatchRef,
    raw: BatchRef,
    suite: Sequence[CurationRule],
    concept: Concept,
    staging: Staging,
    *,
    seal: Callable[[bytes], bytes],
    now: datetime | None = None,
    earlier: Sequence[Mapping[str, Profile]] = (),
) -> tuple[Outcome, ValidationReport]:
    """Curate a staged batch; gives the report as well. See `CurateStep`.

    Args:
        mapped: Part i holds the rows of `raw`'s part i, under the same row ids.
    """
    reports: list[ValidationReport] = []
    step = CurateStep(
        Place.of(mapped, staging), suite, concept, seal=seal, now=now, earlier=earlier, keep=reports.append
    )
    return carry_out(step, mapped, raw), reports[0]


class CurateStep:
    """Curates a batch part by part; rows that mapping could not read are quarantined with the reason.

    First every part by itself, with the rules that judge one row; then, over all parts, the rules that compare rows:
    among the rows that are still there, so that a good row is not refused because a bad one had its key; at last what
    goes on, by the rules about the batch as a whole.

    The outcome is the curated batch: its `aside` holds the quarantined rows as they were read, sealed.

    Args:
        suite: From `include.collection.suite.suite_of`.
        seal: Makes of a row that is set aside what only the platform can read.
        now: What freshness is told by; None: the clock's time.
        earlier: `ValidationReport.profiles` of the batches before, the newest first.
        keep: Gets the report, where the batch is not refused.

    Raises:
        ConfigurationInvalid: A rule cannot be applied to these fields.
        BatchRefused: A rule with action `fail` was broken.
    """

    def __init__(
        self,
        place: Place,
        suite: Sequence[CurationRule],
        concept: Concept,
        *,
        seal: Callable[[bytes], bytes],
        now: datetime | None = None,
        earlier: Sequence[Mapping[str, Profile]] = (),
        keep: Callable[[ValidationReport], object] = lambda _: None,
    ) -> None:
        self._suite, self._concept, self._now, self._earlier, self._keep = suite, concept, now, earlier, keep
        self._sorting = Sorting(place, suite, series_of(concept), seal)

    def add(self, part: Part) -> Part | None:
        """Judge one part by itself; see `Step`."""
        if part.number == 0:
            _check(part.path, self._suite, self._concept, self._sorting.staging)
        return self._sorting.add(part)

    def finish(self, batch: BatchRef) -> tuple[Outcome, Sequence[int]]:
        """Judge the batch as a whole; see `Step`."""
        sorting = self._sorting
        sorting.judge_together()
        notes = sorting.judge_whole(self._now or datetime.now(UTC), self._earlier)
        report = sorting.report()
        logger.info(
            "collection %s batch %s: %s rows validated, %s go on, %s of them flagged, %s quarantined, %s dropped; "
            "cells: %s emptied, %s filled, %s clamped",
            batch.collection_id,
            batch.batch_id,
            report.rows_in,
            report.rows_out,
            report.rows_flagged,
            report.rows_quarantined,
            report.rows_dropped,
            report.cells_set_null,
            report.cells_filled,
            report.cells_clamped,
        )
        outcomes = sorting.outcomes
        refuse_batch([(rule, outcomes[place]) for place, rule in enumerate(self._suite) if place in outcomes])
        self._keep(report)
        counts = {
            "rows_curated": report.rows_out,
            "rows_quarantined": report.rows_quarantined,
            "rows_dropped": report.rows_dropped,
        }
        return Outcome(sorting.ref(batch), counts, notes), sorted(sorting.again)


def _check(part: str, suite: Sequence[CurationRule], concept: Concept, staging: Staging) -> None:
    columns = staging.scan(part).collect_schema().names()
    fields = {name: str(concept.fields[name].type) for name in columns if name in concept.fields}
    required = [name for name, one in concept.fields.items() if one.required]
    problems = check_rules(suite, fields, required=required, where="suite")
    if problems:
        raise ConfigurationInvalid(problems)
