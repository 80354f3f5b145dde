"""k is counted on what is stored, over all batches of a dataset, and a row that comes twice counts once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

import polars as pl
import psycopg
import pytest

from include.anonymization.config import AnonymizationConfig, KAnonymity
from include.anonymization.k_anonymity import Groups, assess_rows
from include.anonymization_ports import Assess
from include.batch import AnonymizedBatch, BatchRef, LoadMode, LoadPlan, Stage
from include.collection.model import Collection
from include.errors import BatchRefused, Conflict
from include.pipeline.anonymize import anonymize
from include.storage.assess_groups import assess_groups
from include.storage.table import table_of
from tests.factories import NOON
from tests.integration.storage.conftest import Shelf, reading
from tests.postgres import Database

PSEUDONYM = {"meter_id": {"method": "pseudonym"}}


@pytest.fixture
def assess(shelf: Shelf, database: Database) -> Assess:
    return partial(assess_groups, database.loader_url, shelf.staging)


def a_gate(**changes: Any) -> KAnonymity:
    return KAnonymity.model_validate({"quasi_identifiers": ["energy", "quality"], "k": 3, **changes})


def rows_of(*groups: tuple[float | None, str | None, int], first: int = 0, **changes: Any) -> list[dict[str, Any]]:
    """Give rows in groups of (energy, quality, how many), each with a key of its own from `first` on."""
    wanted = [(energy, quality) for energy, quality, count in groups for _ in range(count)]
    return [reading(first + n, energy=e, quality=q, **changes) for n, (e, q) in enumerate(wanted)]


def in_the_dataset(database: Database, shelf: Shelf, collection: Collection) -> Counter[tuple[Any, ...]]:
    """Count the stored rows by group, in SQL of its own."""
    table = table_of(collection.dataset_id, shelf.concept)
    with psycopg.connect(database.admin_url) as connection:
        query = f"SELECT energy, quality, count(*) FROM data.{table.name} GROUP BY energy, quality"
        return Counter({(energy, quality): count for energy, quality, count in connection.execute(query)})


def run(
    shelf: Shelf,
    collection: Collection,
    assess: Assess,
    rows: list[dict[str, Any]],
    load: LoadPlan | None = None,
    **gate: Any,
) -> tuple[BatchRef, dict[str, int]]:
    """Anonymise a batch in two parts, and load it."""
    half = len(rows) // 2
    curated = shelf.stage(collection, rows[:half], rows[half:], stage=Stage.CURATED, load=load or LoadPlan())
    plan = AnonymizationConfig(fields=AnonymizationConfig.model_validate({"fields": PSEUDONYM}).fields)
    plan = plan.model_copy(update={"k_anonymity": a_gate(**gate)})
    batch, counts = anonymize(curated, plan, shelf.concept, shelf.secrets, shelf.staging, assess)
    shelf.load(collection, batch.ref)
    return batch.ref, counts


def test_small_groups_are_not_loaded_and_sql_finds_none(
    shelf: Shelf, database: Database, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection = a_stored_collection()
    rows = rows_of((1.0, "measured", 4), (2.0, "measured", 1), (None, "measured", 3), (None, None, 2))
    ref, counts = run(shelf, collection, assess, rows)
    assert in_the_dataset(database, shelf, collection) == {(1.0, "measured"): 4, (None, "measured"): 3}
    assert ref.rows == 7
    assert counts == {
        "cells_pseudonymised": 10,
        "rows_suppressed": 3,
        "k_before": 1,
        "k_after": 3,
        "unique_rows_before": 1,
        "unique_rows_after": 0,
    }


def test_earlier_batches_count_and_the_same_rows_again_do_not(
    shelf: Shelf, database: Database, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection = a_stored_collection()
    first = rows_of((1.0, "measured", 4), (2.0, "measured", 3))
    run(shelf, collection, assess, first)
    # two more of a group that is there; two that come again, and make no group of 2.0/estimated with one new
    more = rows_of((1.0, "measured", 2), (3.0, "estimated", 2), first=100) + first[:4]
    _, counts = run(shelf, collection, assess, more)
    assert counts["rows_suppressed"] == 2
    assert in_the_dataset(database, shelf, collection) == {(1.0, "measured"): 6, (2.0, "measured"): 3}
    again = [dict(row, quality="estimated", energy=9.0) for row in first[:3]]  # their keys are there: nothing is added
    _, counts = run(shelf, collection, assess, again)
    assert counts["rows_suppressed"] == 0
    assert in_the_dataset(database, shelf, collection) == {(1.0, "measured"): 6, (2.0, "measured"): 3}


def test_rows_that_are_replaced_count_no_more_and_leave_nobody_alone(
    shelf: Shelf, database: Database, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection, upsert = a_stored_collection(), LoadPlan(LoadMode.UPSERT)
    first = rows_of((1.0, "measured", 7), (2.0, "measured", 3))
    run(shelf, collection, assess, first)
    moved = [dict(row, energy=2.0) for row in first[:2]]
    _, counts = run(shelf, collection, assess, [*moved, *first[2:4]], upsert)
    assert (counts["rows_suppressed"], counts["k_after"]) == (0, 5)
    assert in_the_dataset(database, shelf, collection) == {(1.0, "measured"): 5, (2.0, "measured"): 5}
    with pytest.raises(BatchRefused, match="would leave others in groups that are too small"):
        run(shelf, collection, assess, [dict(row, energy=2.0) for row in first[2:5]], upsert)
    # its own rows alone would be too few: they are left out, and what they would replace stays
    more = rows_of((1.0, "measured", 2), first=100)
    _, counts = run(shelf, collection, assess, [*more, dict(first[9], energy=3.0)], upsert)
    assert counts["rows_suppressed"] == 1
    assert in_the_dataset(database, shelf, collection) == {(1.0, "measured"): 7, (2.0, "measured"): 5}


def take_back(shelf: Shelf, collection: Collection, ref: BatchRef) -> None:
    told = {"by": "olive", "note": "", "now": NOON}
    shelf.history.roll_back(collection.dataset_id, shelf.concept, ref.batch_id, gate=a_gate(), **told)


def test_a_batch_is_not_taken_back_whose_company_others_need(
    shelf: Shelf, database: Database, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection = a_stored_collection()
    first, _ = run(shelf, collection, assess, rows_of((1.0, "measured", 3), (2.0, "measured", 3)))
    second, _ = run(shelf, collection, assess, rows_of((1.0, "measured", 2), (2.0, "measured", 3), first=10))
    before = in_the_dataset(database, shelf, collection)
    assert before == {(1.0, "measured"): 5, (2.0, "measured"): 6}
    with pytest.raises(Conflict, match="2 rows would be in groups of fewer than 3; the smallest would have 2"):
        take_back(shelf, collection, first)
    assert in_the_dataset(database, shelf, collection) == before
    take_back(shelf, collection, second)
    take_back(shelf, collection, first)
    assert in_the_dataset(database, shelf, collection) == {}


def test_rows_that_would_come_back_are_held_against_the_gate(
    shelf: Shelf, database: Database, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection, upsert = a_stored_collection(), LoadPlan(LoadMode.UPSERT)
    first = rows_of((1.0, "measured", 4))
    run(shelf, collection, assess, first)
    further = rows_of((2.0, "measured", 3), first=10)
    moved, _ = run(shelf, collection, assess, [*(dict(row, energy=2.0) for row in first), *further], upsert)
    more = rows_of((3.0, "measured", 1), first=20)
    run(shelf, collection, assess, [*(dict(row, energy=3.0) for row in first[:2]), *more], upsert)
    before = in_the_dataset(database, shelf, collection)
    assert before == {(2.0, "measured"): 5, (3.0, "measured"): 3}
    with pytest.raises(Conflict, match="2 rows would be in groups of fewer than 3"):
        take_back(shelf, collection, moved)
    assert in_the_dataset(database, shelf, collection) == before


def test_what_was_too_small_before_there_was_a_gate_keeps_nobody_from_taking_a_batch_back(
    shelf: Shelf, database: Database, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, rows_of((9.0, "measured", 1), (1.0, "measured", 3))))
    second, _ = run(shelf, collection, assess, rows_of((1.0, "measured", 2), first=10))
    take_back(shelf, collection, second)
    assert in_the_dataset(database, shelf, collection) == {(9.0, "measured"): 1, (1.0, "measured"): 3}


def test_a_repeated_key_does_not_slip_past_the_gate(
    shelf: Shelf, database: Database, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection = a_stored_collection()
    rows = rows_of((1.0, "measured", 3), (5.0, "measured", 1))
    repeated = [*rows, dict(rows[3], energy=6.0)]  # once the first is gone, the second would be the first
    run(shelf, collection, assess, repeated)
    assert in_the_dataset(database, shelf, collection) == {(1.0, "measured"): 3}


def test_a_gate_that_fails_loads_nothing(
    shelf: Shelf, database: Database, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection = a_stored_collection()
    with pytest.raises(BatchRefused, match="2 rows are in groups of fewer than 3") as refused:
        run(shelf, collection, assess, rows_of((1.0, "measured", 3), (2.0, "missing", 2)), on_violation="fail")
    assert refused.value.where == "anonymization.k_anonymity"
    with psycopg.connect(database.admin_url) as connection:
        name = table_of(collection.dataset_id, shelf.concept).name
        assert connection.execute("SELECT to_regclass(%s)", (f"data.{name}",)).fetchone() == (None,)


def test_many_rows_of_few_meters_hide_nobody(
    shelf: Shelf, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection = a_stored_collection()
    one_meter = rows_of((1.0, "measured", 50))
    five = [row for n in range(5) for row in rows_of((2.0, "measured", 2), meter_id=f"other {n}", first=100)]
    ref, counts = run(shelf, collection, assess, one_meter + five, subject="meter_id")
    assert (counts["rows_suppressed"], counts["k_before"], counts["k_after"]) == (50, 1, 5)
    assert counts["unique_rows_before"] == 50
    assert ref.rows == 10


def test_a_group_with_one_sensitive_value_is_too_alike(
    shelf: Shelf, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    collection = a_stored_collection()
    rows = rows_of((1.0, "measured", 4), (2.0, "measured", 2), (2.0, "missing", 2))
    gate = {"quasi_identifiers": ["energy"], "l_diversity": {"field": "quality", "l": 2}}
    _, counts = run(shelf, collection, assess, rows, **gate)
    assert (counts["rows_suppressed"], counts["l_before"], counts["l_after"]) == (4, 1, 2)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "gate",
    [{}, {"subject": "meter_id"}, {"quasi_identifiers": ["energy"], "l_diversity": {"field": "quality", "l": 2}}],
    ids=["rows", "subjects", "values"],
)
def test_sql_and_polars_find_the_same_in_a_dataset_of_one_batch(
    seed: int, gate: dict[str, Any], shelf: Shelf, assess: Assess, a_stored_collection: Callable[..., Collection]
) -> None:
    dice = Random(seed)
    rows = [
        reading(
            dice.randrange(60),
            meter_id=f"m{dice.randrange(4)}",
            energy=dice.choice([None, 0.0, 1.0, 2.5]),
            quality=dice.choice([None, "measured", "missing"]),
        )
        for _ in range(80)
    ]
    ref = shelf.stage(a_stored_collection(), rows[:30], rows[30:])
    found = assess(ref, shelf.concept, a_gate(**gate))
    frame = pl.concat([shelf.staging.read(part) for part in AnonymizedBatch(ref).ref.parts])
    alone = assess_rows(frame, a_gate(**gate), shelf.concept.key)
    assert (found.before, found.after) == (alone.before, alone.after)
    assert found.suppressed.sort().to_list() == alone.suppressed.sort().to_list()
    assert found.before != Groups(0, 0, 0, 0)


class Model:
    """A dataset behind a gate, counted by hand."""

    def __init__(self, gate: KAnonymity) -> None:
        self.gate = gate
        self.rows: dict[tuple[Any, ...], dict[str, Any]] = {}

    def add(self, batch: list[dict[str, Any]]) -> None:
        new: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in batch:
            key = row["meter_id"], row["interval_start"]
            if key not in self.rows:
                new.setdefault(key, row)
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in [*self.rows.values(), *new.values()]:
            groups.setdefault(self._group(row), []).append(row)
        self.rows |= {key: row for key, row in new.items() if not self._is_small(groups[self._group(row)])}

    def erase(self, start: datetime) -> None:
        self.rows = {key: row for key, row in self.rows.items() if row["interval_start"] != start}

    def counted(self) -> Counter[tuple[Any, ...]]:
        return Counter((row["energy"], row["quality"]) for row in self.rows.values())

    def _group(self, row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in self.gate.quasi_identifiers)

    def _is_small(self, rows: list[dict[str, Any]]) -> bool:
        subject, diversity = self.gate.subject, self.gate.l_diversity
        size = len({row[subject] for row in rows}) if subject else len(rows)
        values = {row[diversity.field] for row in rows} - {None} if diversity else set()
        return size < self.gate.k or len(values) < self.gate.least_values


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "gate",
    [{}, {"subject": "meter_id"}, {"quasi_identifiers": ["energy"], "l_diversity": {"field": "quality", "l": 2}}],
    ids=["rows", "subjects", "values"],
)
def test_the_gate_counts_all_earlier_batches_and_nothing_that_was_deleted(
    seed: int,
    gate: dict[str, Any],
    shelf: Shelf,
    database: Database,
    assess: Assess,
    a_stored_collection: Callable[..., Collection],
) -> None:
    dice, collection, model = Random(seed), a_stored_collection(), Model(a_gate(**gate))
    name = table_of(collection.dataset_id, shelf.concept).name
    for _ in range(5):
        rows = [
            reading(
                dice.randrange(30),
                meter_id=f"m{dice.randrange(4)}",
                energy=dice.choice([None, 0.0, 1.0, 2.5, 3.0]),
                quality=dice.choice([None, "measured", "missing"]),
            )
            for _ in range(dice.randrange(2, 30))
        ]
        run(shelf, collection, assess, rows, **gate)
        model.add(rows)
        assert in_the_dataset(database, shelf, collection) == model.counted()
        if model.rows:
            erased = dice.choice(list(model.rows))[1]
            with psycopg.connect(database.admin_url) as connection:
                connection.execute(f"DELETE FROM data.{name} WHERE interval_start = %s", (erased,))
            model.erase(erased)
    assert model.rows
