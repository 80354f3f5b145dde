"""Says what loading a batch would do, without loading it."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from include.batch import BatchRef, Foreseen, LoadMode
from include.cim.concept import Concept
from include.ports import Staging
from include.storage import table as tables
from include.storage.copy_rows import SCRATCH, copy_rows, make_scratch
from include.storage.history import same_key
from include.storage.load import require_concept
from include.storage.merge_rows import find_overwritten
from include.storage.transaction import find_row, transaction


def foresee_load(loader_url: str, ref: BatchRef, concept: Concept, staging: Staging) -> Foreseen:
    """Count what a batch would add to a dataset, and what it would overwrite there.

    The rows go into a temporary table, as they would for a load; the dataset's own table is only read.

    Raises:
        Conflict: The dataset holds rows of another concept.
        StoreUnavailable: PostgreSQL is away.
    """
    table = tables.table_of(ref.dataset_id, concept)
    name, key = tables.quoted_name(table), tables.quoted(concept.key)
    with transaction(loader_url) as cursor:
        require_concept(cursor, ref.dataset_id, concept)
        if not tables.is_there(cursor, table.name):
            keys = [staging.scan(part).select(concept.key) for part in ref.parts]
            new = pl.concat(keys).unique().select(pl.len()).collect(engine="streaming").item() if keys else 0
            return Foreseen(new, ref.rows - new)
        missing = {column.name for column in make_scratch(cursor, table)}
        copy_rows(cursor, SCRATCH, "pg_temp", ref, concept, staging)
        appends = ref.load.mode is LoadMode.APPEND
        plan = replace(ref.load, mode=LoadMode.UPSERT) if appends else ref.load
        found = find_overwritten(cursor, table, concept, plan, missing)
        added = find_row(
            cursor,
            f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM {SCRATCH}) AS mine"  # noqa: S608 - names from the CIM
            f" WHERE NOT EXISTS (SELECT FROM {name} AS old WHERE {same_key(concept, 'old', 'mine')})",
        )
        assert added is not None  # noqa: S101 - an aggregate has a row
        if appends:
            return Foreseen(added[0], ref.rows - added[0], rows_differing=found.replaced)
        return Foreseen(added[0], ref.rows - added[0] - found.replaced, found.replaced, found.removed)
