"""A dry run and a preview show what a run would make of the same rows, whatever becomes of their shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from include.batch import Stage
from include.collection.model import make_draft
from include.collection.trial import Trial, TriedRequest
from include.operations.source_trying import DryRun, try_source
from tests.factories import NOON, a_config
from tests.interface import PEOPLE, Interface
from tests.reshaping import shape

SOURCE = {"kind": "rest", "url": "https://data.example.org/meters"}
COUNTER = {
    "concept": "meter_reading",
    "where": {"kind": ["in", "out"]},
    "unpivot": {"label": "register", "groups": {"T1": {"reading": "low"}, "T2": {"reading": "high"}}},
    "merge_rows": True,
    "rules": [
        {"field": "usage_point_id", "source": "point"},
        {"field": "register", "source": "register"},
        {"field": "interval_start", "source": "time", "format": "iso8601"},
        {"field": "energy", "source": "reading", "unit": "Wh", "difference": {}, "where": {"kind": "in"}},
        {"field": "cumulative_energy", "source": "reading", "unit": "Wh", "where": {"kind": "out"}},
    ],
}
ROWS = pl.DataFrame(
    [
        (f"2024-05-01T0{hour}:00:00Z", kind, "p", str(1000 * hour + (kind == "out")), str(9000 - 500 * hour))
        for hour in range(4)
        for kind in ("in", "out", "other")
    ],
    schema=["time", "kind", "point", "low", "high"],
    orient="row",
)


@pytest.fixture
def interface(tmp_path: Path) -> Interface:
    interface = Interface()
    interface.services.staging.root = tmp_path
    return interface


def dry_run(interface: Interface, mapper: dict[str, Any]) -> DryRun:
    request = TriedRequest("GET", "https://data.example.org/meters", {})
    interface.services.prober = lambda *_: Trial(request, 200, rows=ROWS)
    config = a_config(ingester=SOURCE, mapper=mapper, anonymization={})
    shown = try_source(interface.services, PEOPLE["owner"], config)
    assert not list(interface.services.staging.root.glob("*")), "nothing stays"
    return shown


def test_a_dry_run_shows_what_a_run_would(interface: Interface):
    shown, ran = dry_run(interface, COUNTER), shape(ROWS, COUNTER)
    assert shown.mapped is not None and shown.rehearsal is not None
    assert shown.mapped.equals(ran.rows)
    assert shown.rehearsal.counts == ran.counts
    assert [(cell.row_id, cell.field, cell.rule) for cell in shown.rehearsal.issues] == ran.issues
    # by hand: T1 counts 1 kWh an hour, T2 goes back; of the third kind no row is taken
    assert ran.counts == {
        "rows_read": 12, "rows_left_out": 4, "rows_unpivoted": 16, "rows_mapped": 11, "rows_merged": 5,
        "cells_unreadable": 0, "cells_without_previous": 2,
    }  # fmt: skip
    assert ran.rows.filter(register="T1")["energy"].to_list() == [None, 1, 1, 1]
    assert {rule for _, _, rule in ran.issues} == {"counter_went_back"}


def test_a_preview_shows_what_a_run_would(interface: Interface):
    draft = make_draft(a_config(ingester=SOURCE, mapper=COUNTER, anonymization={}), "7", NOON)
    shown = interface.services.rehearse(draft, given=ROWS, until=Stage.MAPPED, shown=100)
    ran = shape(ROWS, COUNTER)
    assert shown.frames[Stage.RAW].equals(ran.raw)
    assert shown.frames[Stage.MAPPED].equals(ran.rows)


def test_a_mapping_that_takes_none_of_the_rows_says_so(interface: Interface):
    shown = dry_run(interface, {**COUNTER, "where": {"kind": "nothing"}})
    assert shown.mapped is None
    assert shown.problem is not None and "takes none of its 12 rows" in shown.problem.what
