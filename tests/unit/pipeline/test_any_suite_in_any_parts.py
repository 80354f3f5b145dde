"""Any suite gives the same report, rows and quarantine wherever a batch is cut, and taken ahead or stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from include.batch import BatchRef, ValidationReport
from include.collection.suite import complete_rule, demands_of
from include.errors import BatchRefused
from include.expectations.check_rules import check_rules
from include.expectations.config import Action, CurationRule
from include.pipeline.ahead import Ahead
from include.pipeline.outcome import Outcome
from include.pipeline.step import Part, Place, carry_out, parts_of
from include.pipeline.validate import CurateStep
from tests.fakes import FolderStaging
from tests.staged import MIDNIGHT, READING, a_row, stage_batch

OPTIONAL = {name: replace(READING.fields[name], required=False) for name in ("energy",)}
CONCEPT = replace(READING, fields=READING.fields | OPTIONAL)
"""An energy may be missing: so that every action can be carried out on it."""

TIMED: list[tuple[str, dict[str, Any]]] = [
    ("series_values_to_never_step_back", {"column": "energy"}),
    ("series_values_to_never_step_back", {"column": "energy", "rollover": 70, "reset": True}),
    ("series_values_to_not_be_stuck", {"column": "energy", "readings": 2}),
    ("series_values_to_not_be_stuck", {"column": "energy", "duration": "PT30M", "except_values": [1]}),
    ("series_values_to_not_spike", {"column": "energy", "window": 3, "factor": 1}),
    ("series_intervals_to_leave_no_gap", {}),
    ("series_intervals_to_leave_no_gap", {"every": "PT15M", "tolerance": "PT15M"}),
    ("series_intervals_to_not_overlap", {}),
]
RULES: list[tuple[str, dict[str, Any]]] = [
    *TIMED,
    ("column_values_to_not_be_null", {"column": "energy"}),
    ("column_values_to_be_null", {"column": "note"}),
    ("column_values_to_be_between", {"column": "energy", "min_value": 2, "max_value": 60}),
    ("column_values_to_be_in_set", {"column": "direction", "value_set": ["import"]}),
    ("column_values_to_not_be_in_set", {"column": "energy", "value_set": [4]}),
    ("column_values_to_match_regex", {"column": "note", "regex": "^ok"}),
    ("column_value_lengths_to_equal", {"column": "note", "value": 2}),
    ("column_pair_values_a_to_be_greater_than_b", {"column_A": "end", "column_B": "start"}),
    ("column_values_to_be_unique", {"column": "note"}),
    ("compound_columns_to_be_unique", {"column_list": ["start", "direction"]}),
    ("table_row_count_to_be_between", {"max_value": 6}),
    ("column_mean_to_be_between", {"column": "energy", "max_value": 3}),
    ("column_proportion_of_non_null_values_to_be_between", {"column": "energy", "min_value": 0.8}),
    ("column_distinct_values_to_contain_set", {"column": "direction", "value_set": ["export"]}),
    ("column_max_to_be_recent", {"column": "start", "within": "PT1H"}),
]
FILLS = [
    {"method": "constant", "value": 3},
    {"method": "constant", "value": "ok"},
    *({"method": method, "within": "PT45M"} for method in ("previous", "linear", "median")),
]
ACTIONS = [
    *({"on_violation": action} for action in Action if action is not Action.FILL),
    *({"on_violation": Action.FILL, "fill": fill} for fill in FILLS),
]


@cache
def every_rule() -> tuple[CurationRule, ...]:
    """Give each rule with each action and threshold that it can be saved with."""
    fields = {name: str(field.type) for name, field in CONCEPT.fields.items()}
    plain = (
        {"type": f"expect_{kind}", "kwargs": kwargs, "threshold": threshold, **action}
        for (kind, kwargs), action, threshold in product(RULES, ACTIONS, (None, 0.1, 0.4))
    )
    rules = [complete_rule(CurationRule.model_validate(each), CONCEPT) for each in plain]
    required = [name for name, field in CONCEPT.fields.items() if field.required]
    return tuple(rule for rule in rules if not check_rules([rule], fields, required=required))


ROWS = st.lists(
    st.builds(
        lambda number, late, **cells: a_row(number, **cells, **({"end": MIDNIGHT} if late else {})),
        st.integers(0, 9),
        st.booleans(),
        meter_id=st.sampled_from(["a", "a", "b", None]),
        energy=st.sampled_from([1.0, 2.0, 4.0, 4.0, 70.0, -1.0, 200.0, None]),
        direction=st.sampled_from(["import", "export", "up", None]),
        note=st.sampled_from(["ok", "ok 1", "no", None]),
    ),
    min_size=2,
    max_size=20,
)
SUITES = st.lists(st.deferred(lambda: st.sampled_from(every_rule())), min_size=1, max_size=4)


class Copies:
    """A last stage that keeps what is handed on, part by part, as copying into the database does."""

    def __init__(self, staging: FolderStaging) -> None:
        self.staging = staging
        self.rows: dict[int, pl.DataFrame] = {}

    def add(self, part: Part) -> None:
        self.rows[part.number] = self.staging.read(part.path)

    def finish(self, batch: BatchRef) -> tuple[Outcome, Sequence[int]]:
        return Outcome(batch), ()


Found = tuple[ValidationReport, tuple[str, ...], list[Any], list[Any]] | str
"""The report, the notes, the rows that go on, those in quarantine; or why the batch is refused."""


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(ROWS, SUITES, st.sets(st.integers(1, 19), min_size=1, max_size=2), st.sets(st.integers(1, 20), max_size=3))
def test_the_answer_is_the_same(
    rows: list[dict[str, Any]], rules: list[CurationRule], cuts: set[int], unread: set[int]
) -> None:
    suite = (*rules, *demands_of(CONCEPT, CONCEPT.key))
    issues = [(number, "note", "unreadable_text") for number in sorted(unread) if number <= len(rows)]
    places = [cut for cut in sorted(cuts) if cut < len(rows)] or [1]

    def curate(cuts: list[int], go: Callable[..., Outcome | None]) -> Found:
        with TemporaryDirectory() as folder:
            staging = FolderStaging(Path(folder))
            mapped, raw = stage_batch(staging, rows, cuts=cuts, issues=issues)
            reports: list[ValidationReport] = []
            now = MIDNIGHT + timedelta(hours=2)
            step = CurateStep(Place.of(mapped, staging), suite, CONCEPT, seal=bytes, now=now, keep=reports.append)
            try:
                outcome = go(step, mapped, raw, staging)
            except BatchRefused as refused:
                return str(refused)
            if outcome is None:
                return "refused"
            kept, aside = (
                [row for path in paths for row in staging.read(path).to_dicts()]
                for paths in (outcome.ref.parts, outcome.ref.aside)
            )
            return reports[0], outcome.notes, kept, aside

    def by_itself(step: CurateStep, mapped: BatchRef, raw: BatchRef, _: FolderStaging) -> Outcome:
        return carry_out(step, mapped, raw)

    def ahead(step: CurateStep, mapped: BatchRef, raw: BatchRef, staging: FolderStaging) -> Outcome | None:
        copies = Copies(staging)
        with closing(Ahead(lambda: [("validate", step), ("load", copies)])) as at_work:
            for part in parts_of(mapped, raw):
                at_work.hand_on(part)
            done = at_work.finish(mapped)
        if "load" not in done:
            return None
        assert [copies.rows[number].to_dicts() for number in sorted(copies.rows)] == [
            staging.read(path).to_dicts() for path in done["validate"].ref.parts
        ]
        return done["validate"]

    whole = curate([], by_itself)
    assert curate(places, by_itself) == whole
    # a refused batch leaves nothing to take over: the task of its stage does the work again, and tells
    assert curate(places, ahead) == (whole if isinstance(whole, tuple) else "refused")
