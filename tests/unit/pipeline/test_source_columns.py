"""A source that changes: what appears, vanishes or turns into something else, and what the contract says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from include.batch import ROW_ID, BatchRef
from include.cim.definition import load_definition
from include.cim.number_style import NumberStyle
from include.collection.contract import OnDrift
from include.collection.model import Collection
from include.collection.suite import suite_of
from include.errors import SourceRefused
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from include.pipeline.outcome import Outcome
from include.pipeline.validate import validate
from tests.factories import a_collection, a_config
from tests.fakes import FolderStaging
from tests.fakes_ingest import GivenFrames, KnownBatches

KNOWN = ("point", "register", "start", "energy_wh", "status")
CONCEPT = load_definition().concept("meter_reading")


@pytest.fixture
def staging(tmp_path: Path) -> FolderStaging:
    return FolderStaging(tmp_path)


def rows_of(**changes: list[str | None]) -> pl.DataFrame:
    cells = {
        "point": ["p", "p", "p"],
        "register": ["r", "r", "r"],
        "start": ["2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"],
        "energy_wh": ["1", "2", "3"],
        "status": ["ok", "ok", "ok"],
        **changes,
    }
    return pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))


def under(**contract: str) -> Collection:
    return a_collection(config=a_config(contract=contract))


def read(collection: Collection, frame: pl.DataFrame, staging: FolderStaging, known: Any = KNOWN) -> Outcome:
    outcome = ingest(collection, GivenFrames([frame]), staging, KnownBatches(columns=known))
    assert outcome is not None
    return outcome


def reasons(ref: BatchRef, staging: FolderStaging) -> list[tuple[int, str, str]]:
    return [row for path in ref.issues for row in staging.read(path).rows()]


def mapped(collection: Collection, raw: BatchRef, staging: FolderStaging) -> Outcome:
    mapper, contract = collection.config.mapper, collection.config.contract
    assert mapper is not None
    return map_to_cim(raw, mapper, CONCEPT, staging, numbers=NumberStyle(), retype=contract.retype)


def test_before_the_first_batch_nothing_can_have_changed(staging: FolderStaging) -> None:
    outcome = read(under(appear="freeze"), rows_of(humidity=["1", "2", "3"]), staging, known=None)
    assert outcome.notes == ()
    assert outcome.ref.columns == (*KNOWN, "humidity")


def test_a_column_that_differs_by_capital_letters_alone_is_named(staging: FolderStaging) -> None:
    capital = rows_of().rename(str.upper)  # the first line might be a row: no other name is told
    with pytest.raises(SourceRefused) as raised:
        read(under(), capital, staging)
    assert "'STATUS' are there: capital letters matter" in raised.value.remedy
    with pytest.raises(SourceRefused) as raised:
        read(under(), rows_of().rename({"status": "state"}), staging)
    assert "capital" not in raised.value.remedy


def test_a_new_column_is_reported_and_known_from_then_on(staging: FolderStaging) -> None:
    outcome = read(under(), rows_of(humidity=["1", "2", "3"]), staging)
    assert outcome.notes == ("New in the source (evolve): 'humidity'.",)
    assert outcome.ref.columns == (*KNOWN, "humidity")
    assert reasons(outcome.ref, staging) == []


def test_a_new_column_is_refused_before_anything_is_loaded(staging: FolderStaging) -> None:
    with pytest.raises(SourceRefused, match="'humidity' is new, and the contract lets no column appear"):
        read(under(appear="freeze"), rows_of(humidity=["1", "2", "3"]), staging)
    assert not [path for path in staging.root.rglob("*") if path.is_file()]


def test_rows_that_use_a_new_column_are_set_aside_through_all_stages(staging: FolderStaging) -> None:
    collection = under(appear="quarantine")
    raw = read(collection, rows_of(humidity=[None, "7", None]), staging).ref
    assert reasons(raw, staging) == [(2, "humidity", "unexpected_column")]
    suite = suite_of(CONCEPT, collection.config.curator, set(CONCEPT.fields))
    outcome, report = validate(mapped(collection, raw, staging).ref, raw, suite, CONCEPT, staging, seal=bytes)
    assert (report.rows_out, report.rows_quarantined) == (2, 1)
    kept = pl.concat([staging.read(path) for path in outcome.ref.parts])
    assert kept[ROW_ID].to_list() == [1, 3]
    assert [(one.field, one.rule, one.failed) for one in report.outcomes if one.failed] == [
        ("humidity", "unexpected_column", 1)
    ]


def test_a_column_that_the_mapping_reads_is_missed_by_default(staging: FolderStaging) -> None:
    with pytest.raises(SourceRefused, match="the mapping reads 'status', which is not there"):
        read(under(), rows_of().drop("status"), staging)


def test_a_column_that_never_was_there_is_missed_whatever_the_contract(staging: FolderStaging) -> None:
    with pytest.raises(SourceRefused, match="'status'"):
        read(under(vanish="evolve"), rows_of().drop("status"), staging, known=None)


def test_a_vanished_column_leaves_its_field_empty_and_is_told_in_terms_of_the_cim(staging: FolderStaging) -> None:
    collection = under(vanish="evolve")
    outcome = read(collection, rows_of().drop("energy_wh"), staging)
    assert outcome.notes == ("Not in the source any more (evolve): 'energy_wh', which fills energy.",)
    assert outcome.ref.columns == KNOWN
    rows = pl.concat([staging.read(path) for path in mapped(collection, outcome.ref, staging).ref.parts])
    assert rows["energy"].null_count() == 3


def test_without_a_vanished_column_every_row_is_set_aside(staging: FolderStaging) -> None:
    raw = read(under(vanish="quarantine"), rows_of().drop("status"), staging).ref
    assert reasons(raw, staging) == [(number, "status", "missing_column") for number in (1, 2, 3)]


def test_a_column_that_nothing_reads_may_go_and_is_told(staging: FolderStaging) -> None:
    outcome = read(under(), rows_of(), staging, known=(*KNOWN, "humidity"))
    assert outcome.notes == ("Not in the source any more, and not mapped: 'humidity'.",)


@pytest.mark.parametrize(
    ("cells", "refused"),
    [
        pytest.param(["a lot", "much", "3"], True, id="most of it is something else"),
        pytest.param(["1", "much", "3"], False, id="one bad cell is a bad cell"),
    ],
)
def test_a_column_that_turned_into_something_else_is_refused_when_types_are_frozen(
    staging: FolderStaging, cells: list[str | None], refused: bool
) -> None:
    collection = under(retype="freeze")
    raw = read(collection, rows_of(energy_wh=cells), staging).ref
    if refused:
        with pytest.raises(SourceRefused, match="'energy_wh': 2 of 3 cells cannot be read as energy") as raised:
            mapped(collection, raw, staging)
        assert "much" not in str(raised.value)
    else:
        assert len(reasons(mapped(collection, raw, staging).ref, staging)) == 1


@pytest.mark.parametrize("retype", ["evolve", "quarantine"])
def test_that_most_of_a_column_cannot_be_read_is_told_with_what_reads_it(staging: FolderStaging, retype: str) -> None:
    collection = under(retype=retype)
    outcome = mapped(collection, read(collection, rows_of(energy_wh=["1,5", "2,5", "3"]), staging).ref, staging)
    assert outcome.notes == (
        "'energy_wh': 2 of 3 cells cannot be read as energy. Compare the format's `decimal` and `thousands`, and the "
        "rule's `unit`, with the source.",
    )
    few = mapped(collection, read(collection, rows_of(energy_wh=["1.5", "2,5", "3"]), staging).ref, staging)
    assert few.notes == ()


def test_cells_of_another_type_are_emptied_or_set_aside(staging: FolderStaging) -> None:
    for retype, kept in ((OnDrift.EVOLVE, []), (OnDrift.QUARANTINE, [(2, "energy", "unreadable_number")])):
        collection = under(retype=retype)
        outcome = mapped(collection, read(collection, rows_of(energy_wh=["1", "x", "3"]), staging).ref, staging)
        assert reasons(outcome.ref, staging) == kept
        assert outcome.counts["cells_unreadable"] == 1
