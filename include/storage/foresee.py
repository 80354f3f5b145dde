"""Says what loading a batch would do, without loading it."""

from __future__ import annotations

from include.batch import BatchRef, Foreseen
from include.cim.concept import Concept
from include.ports import Staging
from include.storage import table as tables
from include.storage.copy_rows import SCRATCH, copy_rows, make_scratch
from include.storage.load import find_row, require_concept, transaction


def foresee_load(loader_url: str, ref: BatchRef, concept: Concept, staging: Staging) -> Foreseen:
    """Count the rows of a batch whose keys a dataset has, and those that it does not have.

    The rows go into a temporary table, as they would for a load; the dataset's own table is only read.

    Raises:
        Conflict: The dataset holds rows of another concept.
        StoreUnavailable: PostgreSQL is away.
    """
    table = tables.table_of(ref.dataset_id, concept)
    name, key = tables.quoted_name(table), tables.quoted(concept.key)
    same = " AND ".join(f"old.{field} = mine.{field}" for field in map(tables.quoted, zip(concept.key)))
    with transaction(loader_url) as cursor:
        require_concept(cursor, ref.dataset_id, concept)
        if not tables.is_there(cursor, table):
            return Foreseen(ref.rows, 0)
        make_scratch(cursor, table)
        copy_rows(cursor, SCRATCH, "pg_temp", ref, concept, staging)
        new = find_row(
            cursor,
            f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM {SCRATCH}) AS mine"  # noqa: S608 - names from the CIM
            f" WHERE NOT EXISTS (SELECT FROM {name} AS old WHERE {same})",
        )
        assert new is not None  # noqa: S101 - an aggregate has a row
        return Foreseen(new[0], ref.rows - new[0])
