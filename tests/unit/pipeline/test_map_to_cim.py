"""A staged batch becomes a batch of a concept, part by part."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from include.batch import ROW_ID, BatchRef, Stage, ValidationReport
from include.cim.definition import load_definition
from include.cim.mapping_config import MapperConfig, MissingHour, RepeatedHour
from include.cim.number_style import NumberStyle
from include.collection.suite import suite_of
from include.expectations.config import Action, CurationRule, CuratorConfig
from include.pipeline.ahead import Ahead
from include.pipeline.map_to_cim import MapStep, map_to_cim
from include.pipeline.outcome import Outcome
from include.pipeline.step import Place, parts_of
from include.pipeline.validate import CurateStep, validate
from tests.factories import a_batch_ref
from tests.fakes import FolderStaging

CONCEPT = load_definition().concept("grid_observation")
CONFIG = MapperConfig.model_validate(
    {
        "concept": "grid_observation",
        "rules": [
            {"field": "area_id", "source": "area"},
            {"field": "energy", "source": "load", "unit": "kWh"},
            {
                "field": "interval_start",
                "source": "time",
                "format": "%Y-%m-%d %H:%M",
                "zone": "Europe/Berlin",
                "repeated_hour": "by_occurrence",
            },
        ],
    }
)


def stage_parts(staging: FolderStaging, *parts: list[tuple[str, str | None, str]]) -> Any:
    ref, paths, before = a_batch_ref(), [], 0
    for number, rows in enumerate(parts):
        frame = pl.DataFrame(rows, schema=dict.fromkeys(("area", "load", "time"), pl.String), orient="row")
        ids = pl.int_range(before + 1, before + 1 + len(rows), dtype=pl.Int64, eager=True).alias(ROW_ID)
        paths.append(
            staging.write(ref.collection_id, ref.batch_id, Stage.RAW, f"part-{number:05d}", frame.insert_column(0, ids))
        )
        before += len(rows)
    return a_batch_ref(batch_id=ref.batch_id, parts=tuple(paths), rows=before)


def test_parts_stay_parts_and_the_repeated_hour_goes_on_over_their_border(tmp_path: Path) -> None:
    staging = FolderStaging(tmp_path)
    raw = stage_parts(
        staging,
        [("LU", "1500,5", "2024-10-27 02:00"), ("LU", "x", "2024-10-27 02:15")],
        [("LU", None, "2024-10-27 02:00"), ("LU", "1.500", "2024-10-27 02:75")],
    )
    outcome = map_to_cim(raw, CONFIG, CONCEPT, staging, numbers=NumberStyle(","))
    assert outcome.counts == {"rows_mapped": 4, "cells_unreadable": 3}
    assert (outcome.ref.stage, outcome.ref.rows, len(outcome.ref.parts)) == (Stage.MAPPED, 4, 2)
    assert outcome.ref.batch_id == raw.batch_id
    rows = pl.concat([staging.read(part) for part in outcome.ref.parts])
    assert rows["energy"].to_list() == [1.5005, None, None, None]
    assert rows["interval_start"].to_list() == [
        datetime(2024, 10, 27, 0, tzinfo=UTC),
        datetime(2024, 10, 27, 0, 15, tzinfo=UTC),
        datetime(2024, 10, 27, 1, tzinfo=UTC),
        None,
    ]
    issues = pl.concat([staging.read(path) for path in outcome.ref.issues])
    assert issues.schema == {ROW_ID: pl.Int64, "field": pl.String, "rule": pl.String}
    assert set(issues.iter_rows()) == {
        (2, "energy", "unreadable_number"),
        (4, "energy", "unreadable_number"),
        (4, "interval_start", "unreadable_timestamp"),
    }


def test_rows_at_a_time_that_the_clock_never_showed_are_left_out_and_counted(tmp_path: Path) -> None:
    rule = CONFIG.rules[2].model_copy(update={"missing_hour": MissingHour.SKIP})
    config = CONFIG.model_copy(update={"rules": (*CONFIG.rules[:2], rule)})
    staging = FolderStaging(tmp_path)
    raw = stage_parts(
        staging, [("LU", "1", "2024-03-31 01:00"), ("LU", "x", "2024-03-31 02:00")], [("LU", "3", "2024-03-31 03:00")]
    )
    outcome = map_to_cim(raw, config, CONCEPT, staging, numbers=NumberStyle(","))
    assert outcome.counts == {"rows_mapped": 2, "cells_unreadable": 0, "rows_left_out": 1}
    assert (outcome.ref.rows, outcome.ref.issues) == (2, ())
    rows = pl.concat([staging.read(part) for part in outcome.ref.parts])
    assert rows.select(ROW_ID, "energy").rows() == [(1, 0.001), (3, 0.003)]


def test_a_clean_batch_has_no_issues_and_a_rerun_writes_the_same(tmp_path: Path) -> None:
    staging = FolderStaging(tmp_path)
    raw = stage_parts(staging, [("LU", "1,5", "2024-01-01 00:00")])
    first = map_to_cim(raw, CONFIG, CONCEPT, staging, numbers=NumberStyle(","))
    assert first.ref.issues == ()
    rows = staging.read(first.ref.parts[0])
    assert map_to_cim(raw, CONFIG, CONCEPT, staging, numbers=NumberStyle(",")) == first
    assert staging.read(first.ref.parts[0]).equals(rows)


OVER_A_CHANGE = (
    [("LU", "1", "2024-10-26 22:00"), ("LU", "x", "2024-10-26 23:00")],
    [("LU", "3", "2024-10-27 01:00"), ("LU", "4", "2024-10-27 02:00")],
    [("LU", "y", "2024-10-27 02:00"), ("LU", "-6", "2024-10-27 03:00")],
    [("LU", "-7", "2024-10-28 00:00"), ("LU", "8", "2024-10-28 00:00")],
)


def test_parts_before_a_change_of_the_clock_go_on_at_once(tmp_path: Path) -> None:
    staging = FolderStaging(tmp_path)
    raw = stage_parts(staging, *OVER_A_CHANGE)
    step = MapStep(Place.of(raw, staging), CONFIG, CONCEPT, numbers=NumberStyle(","))
    gone = [step.add(part) for part in parts_of(raw, raw)]
    assert [part is not None for part in gone] == [True, False, False, False]
    outcome, others = step.finish(raw)
    assert list(others) == [1, 2, 3]
    assert outcome.ref.parts[0] == (gone[0].path if gone[0] else "")
    times = pl.concat([staging.read(part) for part in outcome.ref.parts])["interval_start"]
    assert [(each.day, each.hour) for each in times] == [
        (26, 20),
        (26, 21),
        (26, 23),
        (27, 0),
        (27, 1),
        (27, 2),
        (27, 23),
        (27, 23),
    ]


def test_parts_that_went_ahead_and_parts_that_waited_come_to_what_the_stages_do_by_themselves(tmp_path: Path) -> None:
    staging = FolderStaging(tmp_path)
    raw = stage_parts(staging, *OVER_A_CHANGE)
    rule = CurationRule(
        type="expect_column_values_to_be_between",
        kwargs={"column": "energy", "min_value": 0},
        on_violation=Action.QUARANTINE,
        threshold=0.2,
    )
    suite = suite_of(CONCEPT, CuratorConfig(rules=(rule,)), {rule.field for rule in CONFIG.rules})
    reports: list[ValidationReport] = []
    place = Place.of(raw, staging)
    steps = [
        ("map", MapStep(place, CONFIG, CONCEPT, numbers=NumberStyle(","))),
        ("validate", CurateStep(place, suite, CONCEPT, seal=bytes, keep=reports.append)),
    ]

    def shown(*outcomes: Outcome) -> list[Any]:
        refs = [outcome.ref for outcome in outcomes]
        frames = [staging.read(path).rows() for ref in refs for path in (*ref.parts, *ref.issues, *ref.aside)]
        return [refs, [outcome.counts for outcome in outcomes], frames]

    with closing(Ahead(lambda: steps)) as ahead:
        for part in parts_of(raw, raw):
            ahead.hand_on(part)
        together = shown(*ahead.finish(raw).values())
    mapped = map_to_cim(raw, CONFIG, CONCEPT, staging, numbers=NumberStyle(","))
    curated, report = validate(mapped.ref, raw, suite, CONCEPT, staging, seal=bytes)
    assert report.rows_quarantined == 4
    assert reports == [report]
    assert together == shown(mapped, curated)


def test_times_that_the_clock_showed_twice_are_told_as_such_and_not_as_unreadable_ones(tmp_path: Path) -> None:
    staging = FolderStaging(tmp_path)
    raw = stage_parts(staging, [("DE", "1", "2024-10-27 02:00"), ("DE", "2", "2024-10-27 02:15")])
    refusing = CONFIG.model_copy(
        update={"rules": tuple(rule.model_copy(update={"repeated_hour": RepeatedHour.REFUSE}) for rule in CONFIG.rules)}
    )
    outcome = map_to_cim(raw, refusing, CONCEPT, staging, numbers=NumberStyle())
    assert outcome.notes == (
        "'time': 2 of 2 cells cannot be read as interval_start. Compare the rule's `repeated_hour` (the clock showed"
        " these times twice) with the source.",
    )


GERMAN = NumberStyle(decimal=",", thousands=".")


def test_a_decimal_sign_that_reads_as_one_for_thousands_is_told_by_the_cells_where_it_does_not(tmp_path: Path) -> None:
    staging = FolderStaging(tmp_path)
    loads = ["0.250", "1.250", "12.5", "much", "2.500"]
    rows = [("DE", load, f"2024-01-01 0{hour}:00") for hour, load in enumerate(loads)]
    outcome = map_to_cim(stage_parts(staging, rows[:2], rows[2:]), CONFIG, CONCEPT, staging, numbers=GERMAN)
    assert outcome.notes[-1] == (
        "'load': 2 cells are numbers only where '.' is the decimal sign: then others were read a thousand times too"
        " large. Compare the format's `decimal` and `thousands` with the source."
    )


def test_cells_that_are_no_numbers_in_any_style_say_nothing_of_its_signs(tmp_path: Path) -> None:
    staging = FolderStaging(tmp_path)
    rows = [("DE", load, f"2024-01-01 0{hour}:00") for hour, load in enumerate(["1.250,5", "much", "1,5", "2.500"])]
    outcome = map_to_cim(stage_parts(staging, rows), CONFIG, CONCEPT, staging, numbers=GERMAN)
    assert (outcome.counts["cells_unreadable"], outcome.notes) == (1, ())


@pytest.mark.parametrize(
    ("rule", "by"),
    [
        pytest.param({"source": "load", "unit": "kWh", "extract": "x([0-9]+)"}, "the rule's `extract`", id="a pattern"),
        pytest.param(
            {"formula": "a / (a - a)", "inputs": {"a": "load"}, "unit": "kWh"},
            "what the rule's `formula` divides by",
            id="a divisor that is nothing",
        ),
        pytest.param(
            {"source": "load", "unit": "kWh"}, "the format's `decimal` and `thousands`, and the rule's `unit`,", id="-"
        ),
    ],
)
def test_what_is_told_of_a_column_that_cannot_be_read_is_what_reads_it(
    tmp_path: Path, rule: dict[str, Any], by: str
) -> None:
    staging = FolderStaging(tmp_path)
    cell = "1,5" if by.endswith("`unit`,") else "15"
    raw = stage_parts(staging, [("BE", cell, f"2024-01-01 0{hour}:00") for hour in range(3)])
    rules = [CONFIG.rules[0], {"field": "energy", **rule}, CONFIG.rules[2]]
    config = MapperConfig.model_validate({"concept": "grid_observation", "rules": rules})
    outcome = map_to_cim(raw, config, CONCEPT, staging, numbers=NumberStyle())
    assert outcome.notes == (f"'load': 3 of 3 cells cannot be read as energy. Compare {by} with the source.",)


def test_the_units_that_rows_told_go_with_the_batch_and_a_column_without_any_is_told(tmp_path: Path) -> None:
    staging = FolderStaging(tmp_path)
    rule = {"field": "energy", "source": "load", "unit_column": "area"}
    config = MapperConfig.model_validate({"concept": "grid_observation", "rules": [rule]})
    raw = stage_parts(staging, [("Wh", "1", ""), ("kWh", "1", "")], [("Wh", "1", ""), ("MJ", "3.6", "")])
    outcome = map_to_cim(raw, config, CONCEPT, staging, numbers=NumberStyle())
    assert outcome.ref.units == {"energy": ("MJ", "Wh", "kWh")}
    assert BatchRef.from_json(outcome.ref.to_json()) == outcome.ref
    assert pl.concat([staging.read(part) for part in outcome.ref.parts])["energy"].to_list() == [1e-6, 1e-3, 1e-6, 1e-3]
    odd = stage_parts(staging, [("x", "1", ""), ("y", "1", ""), ("kWh", "1", "")])
    outcome = map_to_cim(odd, config, CONCEPT, staging, numbers=NumberStyle())
    assert outcome.notes == (
        "'load': 2 of 3 cells cannot be read as energy. Compare the rule's `unit_column` with the source.",
    )
