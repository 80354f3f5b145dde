"""A batch while curation parts its rows: what is written so far, and what that adds up to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Final

import polars as pl
import polars.selectors as cs

from include.batch import FLAGS, ROW_ID, BatchRef, Profile, RuleOutcome, Stage, ValidationReport
from include.expectations.actions import MARKING, apply_actions, breaks_threshold, hold_batch, list_reasons
from include.expectations.check_rules import ON_CELLS
from include.expectations.config import Action, CurationRule, Series
from include.expectations.fill import fill_cells
from include.expectations.find_repeats import find_repeats
from include.expectations.judge_batch import judge_batch, profile_batch
from include.expectations.mend import MENDING, Mended, mend
from include.expectations.run_suite import Breach, Memory, find_breaches
from include.expectations.series import find_in_series, gather
from include.expectations.suite import BATCH_RULES, ROW_RULES, SERIES_RULES, columns_of, compares_rows
from include.pipeline.step import Part, Place
from include.ports import Staging

_REPORTED_ROWS: Final = 20
_ISSUE: Final = {ROW_ID: pl.Int64(), "field": pl.String(), "rule": pl.String()}
_FOUND_BY_MAPPING: Final = -1

_Placed = tuple[int, CurationRule]


@dataclass
class Sorting:
    """What has been done to a batch.

    Attributes:
        place: Where its parts are staged.
        series: What the rows of its concept are read along; None where they have no time.
        seal: Makes of a row that is set aside what only the platform can read.
        idle: Places of rules that too few rows of the batch break for anything to happen.
        raw: The parts as they were read.
        mapped: The parts as they came.
        again: Numbers of parts that are no longer as `add` left them.
        wanted: Place of a rule → part → the cells that are still to be filled.
    """

    place: Place
    suite: Sequence[CurationRule]
    series: Series | None
    seal: Callable[[bytes], bytes]
    raw: list[str] = field(default_factory=list)
    mapped: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    aside: dict[int, str] = field(default_factory=dict)
    again: set[int] = field(default_factory=set)
    outcomes: dict[int, RuleOutcome] = field(default_factory=dict)
    unreadable: dict[tuple[str, str], RuleOutcome] = field(default_factory=dict)
    idle: set[int] = field(default_factory=set)
    wanted: dict[int, dict[int, pl.DataFrame]] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    rows_in: int = 0
    rows_out: int = 0
    rows_dropped: int = 0
    cells_set_null: int = 0
    cells_filled: int = 0
    cells_clamped: int = 0
    _waiting: list[Part] = field(default_factory=list)
    _memory: Memory = field(default_factory=Memory)
    _issues: dict[str, tuple[pl.LazyFrame, int, int]] = field(default_factory=dict)

    def add(self, part: Part) -> Part | None:
        """Judge a part by itself, where that does not hang on how many rows of the whole batch break a rule."""
        self.raw.append(part.raw)
        self.mapped.append(part.path)
        self._note_issues(part.issues)
        if self._weighed:
            self._waiting.append(part)
            return None
        self._add_part(part)
        return replace(part, path=self.parts[part.number])

    def judge_together(self) -> None:
        """Judge all parts by the rules that compare rows.

        Of the rows that are still there then: a good row is not refused because a bad one had its key.
        """
        self._weigh()
        for part in self._waiting:
            self._add_part(part)
        self.again.update(part.number for part in self._waiting)
        self._fill()
        for place, rule in enumerate(self.suite):
            if compares_rows(rule):
                self._compare_rows(place, rule)
                self._fill()

    @cached_property
    def _alone(self) -> list[_Placed]:
        """The rules that judge one row."""
        return [(place, rule) for place, rule in enumerate(self.suite) if rule.type in ROW_RULES]

    @cached_property
    def _weighed(self) -> list[_Placed]:
        """Those of them with a threshold, which the whole batch has to reach."""
        return [(at, rule) for at, rule in self._alone if rule.threshold and rule.on_violation is not Action.FAIL]

    @cached_property
    def _touched(self) -> set[str]:
        """The fields whose cells an action may change."""
        return {columns_of(rule)[0] for rule in self.suite if rule.on_violation in ON_CELLS}

    def _weigh(self) -> None:
        """Find the rules with a threshold that the whole batch does not reach."""
        counted: dict[int, RuleOutcome] = {}
        for part in self._waiting:
            frame = self.staging.read(part.path)
            for breach in _judge(frame, self._weighed, self._issues_of(frame)):
                counted[breach.place] = _add(counted.get(breach.place), breach)
        self.idle = {place for place, outcome in counted.items() if not breaks_threshold(self.suite[place], outcome)}

    def _add_part(self, part: Part) -> None:
        frame = self.staging.read(part.path)
        if any(rule.on_violation in MARKING and rule.type not in BATCH_RULES for rule in self.suite):
            frame = frame.with_columns(pl.lit(None, pl.String).alias(FLAGS))
        issues = self._issues_of(frame)
        judged = _judge(frame, self._alone, issues, self._memory)
        breaches = [replace(breach, acted=breach.place not in self.idle) for breach in judged]
        self.parts.append("")
        self.rows_in += frame.height
        self._settle(part.number, frame, [*_found_by_mapping(frame, issues), *breaches])

    def _compare_rows(self, place: int, rule: CurationRule) -> None:
        """Judge the whole batch by one rule that compares rows."""
        scans = [self.staging.scan(path) for path in self.parts]
        if rule.type in SERIES_RULES:
            checked, found = find_in_series(scans, rule)
        else:
            checked, found = self.rows_out, find_repeats(scans, rule)
        fields, failed = columns_of(rule), sum(row_ids.len() for row_ids in found)
        outcome = RuleOutcome(rule.type, ", ".join(fields), rule.on_violation.value, checked, failed)
        acted = breaks_threshold(rule, outcome)
        if rule.threshold and not acted:
            self.idle.add(place)
        for number, row_ids in enumerate(found):
            looked = checked if number == 0 else 0
            breach = Breach(rule.type, fields, rule.on_violation, place, looked, row_ids, acted)
            if row_ids.is_empty() or not acted:
                self._count(breach)
            else:
                self._settle_again(number, self.staging.read(self.parts[number]), [breach])

    def _fill(self) -> None:
        """Fill the cells that were emptied for it from their neighbours, and judge their rows again."""
        if not self.wanted:
            return
        found = {place: self._find_fills(place) for place in self.wanted}
        cells: dict[int, list[tuple[str, pl.DataFrame]]] = {}
        for place, by_part in self.wanted.items():
            for number, wanted in by_part.items():
                one = wanted.join(found[place], on=ROW_ID, how="left", maintain_order="left")
                cells.setdefault(number, []).append((columns_of(self.suite[place])[0], one))
        self.wanted = {}
        for number, filled in sorted(cells.items()):
            frame = self.staging.read(self.parts[number])
            issues = self._issues_of(frame)
            breaches: list[Breach] = []
            for name, one in filled:
                frame = frame.join(one.select(ROW_ID, "value"), on=ROW_ID, how="left", maintain_order="left")
                frame = frame.with_columns(pl.coalesce("value", name).alias(name)).drop("value")
                breaches += _judge_again(frame, {name: one[ROW_ID]}, self._alone, issues)
            kept = self._settle_again(number, frame, breaches)
            for _, one in filled:
                there = one.join(kept, on=ROW_ID, how="semi")
                self.cells_filled += there["value"].count()
                self.cells_set_null += there.filter(pl.col("value").is_null() & pl.col("held")).height

    def _find_fills(self, place: int) -> pl.DataFrame:
        rule, fill = self.suite[place], self.suite[place].fill
        name, series = columns_of(rule)[0], self.series
        if rule.type in SERIES_RULES:
            _, time, *names = columns_of(rule)
            series = Series(time, tuple(names))
        assert fill is not None and series is not None  # noqa: S101 - else the rule was refused
        row_ids = pl.concat([one[ROW_ID] for one in self.wanted[place].values()])
        scans = [self.staging.scan(path) for path in self.parts]
        columns = [name, series.time]
        return pl.concat(
            [fill_cells(rows, name, series, fill, row_ids) for rows in gather(scans, columns, series.names)]
        )

    def _settle_again(self, number: int, frame: pl.DataFrame, breaches: Sequence[Breach]) -> pl.DataFrame:
        self.again.add(number)
        self.rows_out -= frame.height
        return self._settle(number, frame, breaches)

    def _settle(self, number: int, frame: pl.DataFrame, breaches: Sequence[Breach]) -> pl.DataFrame:
        """Carry out the actions on one part, count, write what goes on and what is set aside; gives the ids left."""
        mended = mend(frame, breaches, dict(enumerate(self.suite)))
        found = [*mended.breaches, *self._look_again(mended)]
        for breach in found:
            self._count(breach)
        verdict = apply_actions(mended.frame, found)
        kept = verdict.rows.select(ROW_ID)
        self.rows_out += verdict.rows.height
        self.rows_dropped += verdict.dropped
        self.cells_set_null += verdict.cells_set_null
        self.cells_filled += _count_left(mended.filled, kept)
        self.cells_clamped += _count_left(mended.clamped, kept)
        for place, cells in mended.wanted.items():
            self.wanted.setdefault(place, {})[number] = cells.join(kept, on=ROW_ID, how="semi", maintain_order="left")
        changes = verdict.rows.select(ROW_ID, *self._touched, cs.by_name(FLAGS, require_all=False))
        self.parts[number] = self.place.write_over(Stage.CURATED, f"part-{number:05d}", self.mapped[number], changes)
        if verdict.reasons.height:
            rows = _rows_aside(verdict.reasons, self.staging.scan(self.raw[number]), self.seal)
            if number in self.aside:
                rows = pl.concat([self.staging.read(self.aside[number]), rows]).sort(ROW_ID)
            self.aside[number] = self.place.write(Stage.CURATED, f"aside-{number:05d}", rows)
        return kept

    def _look_again(self, mended: Mended) -> list[Breach]:
        done = {**mended.filled}
        for name, row_ids in mended.clamped.items():
            done[name] = pl.concat([done[name], row_ids]) if name in done else row_ids
        return list(_judge_again(mended.frame, done, self._alone, self._issues_of(mended.frame))) if done else []

    def judge_whole(self, now: datetime, earlier: Sequence[Mapping[str, Profile]]) -> tuple[str, ...]:
        """Judge what goes on by the rules about the batch; gives what could not be judged, and why."""
        scans, notes = [self.staging.scan(path) for path in self.parts], []
        for place, rule in enumerate(self.suite):
            if rule.type in BATCH_RULES:
                kept, note = judge_batch(scans, rule, now, earlier)
                name = ", ".join(columns_of(rule))
                self.outcomes[place] = RuleOutcome(rule.type, name, rule.on_violation.value, 1, int(not kept))
                notes += [note] if note else []
        self.profiles = profile_batch(scans, self.suite)
        return tuple(notes)

    def _count(self, breach: Breach) -> None:
        if breach.place == _FOUND_BY_MAPPING:
            self.unreadable[breach.field, breach.rule] = _add(self.unreadable.get((breach.field, breach.rule)), breach)
        else:
            self.outcomes[breach.place] = _add(self.outcomes.get(breach.place), breach)

    @property
    def staging(self) -> Staging:
        return self.place.staging

    def _note_issues(self, paths: Sequence[str]) -> None:
        """Keep what mapping could not read, frame by frame, each with the first and the last row that it is about."""
        scans = {path: self.staging.scan(path).select(list(_ISSUE)) for path in paths if path not in self._issues}
        self._issues |= {path: (scan, *_span(scan)) for path, scan in scans.items()}

    def _issues_of(self, frame: pl.DataFrame) -> pl.DataFrame:
        mine = frame.lazy().select(ROW_ID)
        begin, end = _span(mine)
        issues = [
            scan.join(mine, on=ROW_ID, how="semi")
            for scan, first, last in self._issues.values()
            if first <= end and begin <= last
        ]
        return pl.concat([pl.LazyFrame(schema=_ISSUE), *issues]).sort(ROW_ID, "field", "rule").collect()

    def report(self) -> ValidationReport:
        """Sum up: first what could not be read, then the rules in the order of the suite."""
        outcomes = {
            place: replace(self.outcomes[place], acted=place not in self.idle) for place in sorted(self.outcomes)
        }
        return ValidationReport(
            rows_in=self.rows_in,
            rows_out=self.rows_out,
            rows_quarantined=self.rows_in - self.rows_out - self.rows_dropped,
            rows_dropped=self.rows_dropped,
            cells_set_null=self.cells_set_null,
            outcomes=(
                *(replace(self.unreadable[name], checked=self.rows_in) for name in sorted(self.unreadable)),
                *outcomes.values(),
            ),
            cells_filled=self.cells_filled,
            cells_clamped=self.cells_clamped,
            rows_flagged=self._count_flagged(),
            profiles=self.profiles,
            held=hold_batch([(self.suite[place], outcome) for place, outcome in outcomes.items()]),
        )

    def _count_flagged(self) -> int:
        scans = [self.staging.scan(path) for path in self.parts]
        if not scans or FLAGS not in scans[0].collect_schema():
            return 0
        return int(pl.concat([scan.select(pl.col(FLAGS).count()) for scan in scans]).sum().collect().item())

    def ref(self, mapped: BatchRef) -> BatchRef:
        """Give the curated batch."""
        return replace(
            mapped,
            stage=Stage.CURATED,
            parts=tuple(self.parts),
            rows=self.rows_out,
            aside=tuple(self.aside[number] for number in sorted(self.aside)),
        )


def _span(rows: pl.LazyFrame) -> tuple[int, int]:
    """The first and the last row; of none, a span that nothing is in."""
    first, last = rows.select(pl.min(ROW_ID).alias("first"), pl.max(ROW_ID).alias("last")).collect().row(0)
    return (1, 0) if first is None else (first, last)


def _judge(
    frame: pl.DataFrame, rules: Sequence[_Placed], issues: pl.DataFrame, memory: Memory | None = None
) -> Iterator[Breach]:
    found = find_breaches(frame, [rule for _, rule in rules], memory)
    for (place, _), breach in zip(rules, found, strict=True):
        yield _without_unread(replace(breach, place=place), issues)


def _judge_again(
    frame: pl.DataFrame, mended: Mapping[str, pl.Series], rules: Sequence[_Placed], issues: pl.DataFrame
) -> Iterator[Breach]:
    """Judge mended rows by the rules that name the mended field; they are counted as looked at already."""
    for name, row_ids in mended.items():
        about = [
            (place, rule) for place, rule in rules if name in columns_of(rule) and rule.on_violation not in MENDING
        ]
        rows = frame.filter(pl.col(ROW_ID).is_in(row_ids.implode()))
        yield from (replace(breach, checked=0) for breach in _judge(rows, about, issues))


def _add(before: RuleOutcome | None, breach: Breach) -> RuleOutcome:
    before = before or RuleOutcome(breach.rule, breach.field, breach.action.value, 0, 0)
    first = sorted((*before.row_ids, *breach.row_ids.sort().head(_REPORTED_ROWS)))
    return replace(
        before,
        checked=before.checked + breach.checked,
        failed=before.failed + breach.row_ids.len(),
        row_ids=tuple(first[:_REPORTED_ROWS]),
    )


def _count_left(mended: Mapping[str, pl.Series], kept: pl.DataFrame) -> int:
    return sum(row_ids.to_frame().join(kept, on=ROW_ID, how="semi").height for row_ids in mended.values())


def _found_by_mapping(frame: pl.DataFrame, issues: pl.DataFrame) -> list[Breach]:
    return [
        Breach(
            rule, (name,), Action.QUARANTINE, _FOUND_BY_MAPPING, frame.height, rows[ROW_ID].unique(maintain_order=True)
        )
        for (name, rule), rows in issues.group_by("field", "rule", maintain_order=True)
    ]


def _without_unread(breach: Breach, issues: pl.DataFrame) -> Breach:
    """Leave out the cells that mapping could not read: their reason is known, and their emptiness is no second one."""
    if breach.row_ids.is_empty():
        return breach
    unread = issues.filter(pl.col("field").is_in(breach.fields))[ROW_ID]
    kept = breach.row_ids.filter(~breach.row_ids.is_in(unread.implode()))
    return replace(breach, row_ids=kept, checked=breach.checked - (breach.row_ids.len() - kept.len()))


def _rows_aside(reasons: pl.DataFrame, raw: pl.LazyFrame, seal: Callable[[bytes], bytes]) -> pl.DataFrame:
    """Put the reasons of each row, as JSON text, beside the row as it was read, sealed: to seal a row takes 20 µs."""
    listed = list_reasons(reasons, "reasons")
    # collected first: only the rows that are wanted become JSON
    rows = raw.join(listed.lazy(), on=ROW_ID, how="semi").collect()
    as_json = rows.select(pl.struct(pl.exclude(ROW_ID)).struct.json_encode()).to_series()
    sealed = pl.Series("sealed", [seal(row.encode()) for row in as_json], pl.Binary)
    as_read = rows.select(ROW_ID).with_columns(sealed)
    return listed.join(as_read, on=ROW_ID, how="left").sort(ROW_ID)
