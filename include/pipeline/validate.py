"""The stage that checks mapped rows against the curation suite and parts the good from the bad."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from include.batch import ROW_ID, BatchRef, RuleOutcome, Stage, ValidationReport
from include.cim.concept import Concept
from include.errors import ConfigurationInvalid
from include.expectations.actions import apply_actions, refuse_batch
from include.expectations.config import Action, CurationRule
from include.expectations.find_repeats import find_repeats
from include.expectations.run_suite import Breach, find_breaches
from include.expectations.suite import check_rules, columns_of, compares_rows
from include.pipeline.outcome import Outcome
from include.ports import Staging

_REPORTED_ROWS = 20
_ISSUE = {ROW_ID: pl.Int64(), "field": pl.String(), "rule": pl.String()}
_FOUND_BY_MAPPING = -1

logger = logging.getLogger(__name__)


def validate(
    mapped: BatchRef, raw: BatchRef, suite: Sequence[CurationRule], concept: Concept, staging: Staging
) -> tuple[Outcome, ValidationReport]:
    """Curate a batch part by part; rows that mapping could not read are quarantined with the reason.

    First every part by itself, with the rules that judge one row; then, over all parts, the rules that compare rows:
    among the rows that are still there, so that a good row is not refused because a bad one had its key.

    Args:
        mapped: Part i holds the rows of `raw`'s part i, under the same row ids.
        suite: From `include.collection.suite.suite_of`.

    Returns:
        The curated batch (its `aside` holds the quarantined rows as they were read), and the report.

    Raises:
        ConfigurationInvalid: A rule cannot be applied to these fields.
        BatchRefused: A rule with action `fail` was broken.
    """
    _check(mapped, suite, concept, staging)
    sorting = _Sorting(mapped, raw, staging)
    row_rules = [(place, rule) for place, rule in enumerate(suite) if not compares_rows(rule)]
    for path in mapped.parts:
        sorting.add_part(staging.read(path), row_rules)
    for place, rule in enumerate(suite):
        if compares_rows(rule):
            sorting.take_out_repeats(place, rule)
    report = sorting.report()
    logger.info(
        "collection %s batch %s: %s rows validated, %s go on, %s quarantined, %s dropped, %s cells emptied",
        mapped.collection_id,
        mapped.batch_id,
        report.rows_in,
        report.rows_out,
        report.rows_quarantined,
        report.rows_dropped,
        report.cells_set_null,
    )
    refuse_batch([(rule, sorting.outcomes[place]) for place, rule in enumerate(suite) if place in sorting.outcomes])
    counts = {
        "rows_curated": report.rows_out,
        "rows_quarantined": report.rows_quarantined,
        "rows_dropped": report.rows_dropped,
    }
    return Outcome(sorting.ref(), counts), report


def _check(mapped: BatchRef, suite: Sequence[CurationRule], concept: Concept, staging: Staging) -> None:
    if not mapped.parts:
        return
    columns = staging.scan(mapped.parts[0]).collect_schema().names()
    fields = {name: str(concept.fields[name].type) for name in columns if name in concept.fields}
    required = [name for name, one in concept.fields.items() if one.required]
    problems = check_rules(suite, fields, required=required, where="suite")
    if problems:
        raise ConfigurationInvalid(problems)


@dataclass
class _Sorting:
    """A batch while its rows are parted: what is written so far, and what that adds up to."""

    mapped: BatchRef
    raw: BatchRef
    staging: Staging
    parts: list[str] = field(default_factory=list)
    aside: dict[int, str] = field(default_factory=dict)
    outcomes: dict[int, RuleOutcome] = field(default_factory=dict)
    unreadable: dict[tuple[str, str], RuleOutcome] = field(default_factory=dict)
    rows_in: int = 0
    rows_out: int = 0
    rows_dropped: int = 0
    cells_set_null: int = 0

    def add_part(self, frame: pl.DataFrame, rules: Sequence[tuple[int, CurationRule]]) -> None:
        """Judge one part by the rules about single rows."""
        issues = _issues_of(frame, self.mapped.issues, self.staging)
        breaches = [
            _without_unread(replace(breach, place=place), issues)
            for (place, _), breach in zip(rules, find_breaches(frame, [rule for _, rule in rules]), strict=True)
        ]
        self.parts.append("")
        self.rows_in += frame.height
        self._settle(len(self.parts) - 1, frame, [*_found_by_mapping(frame, issues), *breaches])

    def take_out_repeats(self, place: int, rule: CurationRule) -> None:
        """Judge the whole batch by one rule that compares rows."""
        repeats = find_repeats([self.staging.scan(path) for path in self.parts], rule)
        left = self.rows_out
        for number, row_ids in enumerate(repeats):
            breach = Breach(rule.type, columns_of(rule), rule.on_violation, place, left if number == 0 else 0, row_ids)
            if row_ids.is_empty():
                self._count(breach)
            else:
                frame = self.staging.read(self.parts[number])
                self.rows_out -= frame.height
                self._settle(number, frame, [breach])

    def _settle(self, number: int, frame: pl.DataFrame, breaches: Sequence[Breach]) -> None:
        """Carry out the actions on one part, count, and write what goes on and what is set aside."""
        for breach in breaches:
            self._count(breach)
        verdict = apply_actions(frame, breaches)
        self.rows_out += verdict.rows.height
        self.rows_dropped += verdict.dropped
        self.cells_set_null += verdict.cells_set_null
        place = self.mapped.collection_id, self.mapped.batch_id, Stage.CURATED
        self.parts[number] = self.staging.write(*place, f"part-{number:05d}", verdict.rows)
        if verdict.reasons.height:
            rows = _rows_aside(verdict.reasons, self.staging.scan(self.raw.parts[number]))
            if number in self.aside:
                rows = pl.concat([self.staging.read(self.aside[number]), rows]).sort(ROW_ID)
            self.aside[number] = self.staging.write(*place, f"aside-{number:05d}", rows)

    def _count(self, breach: Breach) -> None:
        if breach.place == _FOUND_BY_MAPPING:
            self.unreadable[breach.field, breach.rule] = _add(self.unreadable.get((breach.field, breach.rule)), breach)
        else:
            self.outcomes[breach.place] = _add(self.outcomes.get(breach.place), breach)

    def report(self) -> ValidationReport:
        """Sum up: first what could not be read, then the rules in the order of the suite."""
        return ValidationReport(
            rows_in=self.rows_in,
            rows_out=self.rows_out,
            rows_quarantined=self.rows_in - self.rows_out - self.rows_dropped,
            rows_dropped=self.rows_dropped,
            cells_set_null=self.cells_set_null,
            outcomes=(
                *(replace(self.unreadable[name], checked=self.rows_in) for name in sorted(self.unreadable)),
                *(self.outcomes[place] for place in sorted(self.outcomes)),
            ),
        )

    def ref(self) -> BatchRef:
        """Give the curated batch."""
        return replace(
            self.mapped,
            stage=Stage.CURATED,
            parts=tuple(self.parts),
            rows=self.rows_out,
            aside=tuple(self.aside[number] for number in sorted(self.aside)),
        )


def _add(before: RuleOutcome | None, breach: Breach) -> RuleOutcome:
    before = before or RuleOutcome(breach.rule, breach.field, breach.action.value, 0, 0)
    wanted = _REPORTED_ROWS - len(before.row_ids)
    return replace(
        before,
        checked=before.checked + breach.checked,
        failed=before.failed + breach.row_ids.len(),
        row_ids=(*before.row_ids, *breach.row_ids.head(wanted).to_list()),
    )


def _issues_of(frame: pl.DataFrame, paths: Sequence[str], staging: Staging) -> pl.DataFrame:
    mine = frame.lazy().select(ROW_ID)
    issues = [staging.scan(path).select(list(_ISSUE)).join(mine, on=ROW_ID, how="semi") for path in paths]
    return pl.concat([pl.LazyFrame(schema=_ISSUE), *issues]).sort(ROW_ID, "field", "rule").collect()


def _found_by_mapping(frame: pl.DataFrame, issues: pl.DataFrame) -> list[Breach]:
    return [
        Breach(
            rule, (name,), Action.QUARANTINE, _FOUND_BY_MAPPING, frame.height, rows[ROW_ID].unique(maintain_order=True)
        )
        for (name, rule), rows in issues.group_by("field", "rule", maintain_order=True)
    ]


def _without_unread(breach: Breach, issues: pl.DataFrame) -> Breach:
    """Leave out the cells that mapping could not read: their reason is known, and their emptiness is no second one."""
    unread = issues.filter(pl.col("field").is_in(breach.fields))[ROW_ID]
    kept = breach.row_ids.filter(~breach.row_ids.is_in(unread.implode()))
    return replace(breach, row_ids=kept, checked=breach.checked - (breach.row_ids.len() - kept.len()))


def _rows_aside(reasons: pl.DataFrame, raw: pl.LazyFrame) -> pl.DataFrame:
    """Put the reasons of each row beside the row as it was read, both as JSON text."""
    listed = (
        reasons.select(ROW_ID, reason=pl.struct("field", "rule").struct.json_encode())
        .group_by(ROW_ID)
        .agg(pl.col("reason"))
        .select(ROW_ID, reasons=pl.format("[{}]", pl.col("reason").list.join(",")))
    )
    # collected first: only the rows that are wanted become JSON
    rows = raw.join(listed.lazy(), on=ROW_ID, how="semi").collect()
    as_read = rows.select(ROW_ID, row=pl.struct(pl.exclude(ROW_ID)).struct.json_encode())
    return listed.join(as_read, on=ROW_ID, how="left").sort(ROW_ID)
