"""How the rows of a batch meet those that its dataset has: which of these it overwrites, and where they go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from adbc_driver_postgresql import dbapi
from sqlalchemy import Table

from include.batch import FLAGS, BatchRef, LoadMode, LoadPlan
from include.cim.concept import Concept, time_field
from include.storage import table as tables
from include.storage.copy_rows import SCRATCH
from include.storage.history import UNTIL, columns_of, history_name, make_history, same_key

_OVERWRITTEN: Final = "overwritten_rows"
"""A temporary table: the key of each row that goes, and whether it goes without a successor."""


@dataclass(frozen=True, slots=True)
class Overwritten:
    """How many rows of a dataset rows of a batch replace, and how many it only removes."""

    replaced: int = 0
    removed: int = 0


def overwrite_rows(cursor: dbapi.Cursor, table: Table, ref: BatchRef, concept: Concept, number: int) -> Overwritten:
    """Move what a batch overwrites into the history; the batch's rows are in `SCRATCH`, and are added afterwards.

    Args:
        number: The batch's.
    """
    if ref.load.mode is LoadMode.APPEND:
        return Overwritten()
    found = find_overwritten(cursor, table, concept, ref.load)
    if not found.replaced and not found.removed:
        return found
    make_history(cursor, table, concept, ref.dataset_id)
    history, kept, key = history_name(ref.dataset_id), columns_of(cursor, table), tables.quoted(concept.key)
    cursor.execute(
        f"WITH gone AS (DELETE FROM {tables.quoted_name(table)} AS old"  # noqa: S608 - names from the CIM, quoted
        f" USING {_OVERWRITTEN} AS o WHERE {same_key(concept, 'old', 'o')} RETURNING old.*)"
        f" INSERT INTO {history} ({', '.join(kept)}, {tables.SINCE}, {UNTIL})"
        f" SELECT {', '.join(f'gone.{name}' for name in kept)}, coalesce(gone.{tables.SINCE}, b.number), $1"
        f" FROM gone LEFT JOIN cdmp.batch AS b ON b.id = gone.{tables.BATCH_ID} ORDER BY {key}",
        (number,),
    )
    cursor.execute(
        f"INSERT INTO {history} ({key}, {tables.ROW_ID}, {tables.BATCH_ID}, {tables.SINCE})"  # noqa: S608
        f" SELECT {key}, 0, $1::uuid, $2 FROM {_OVERWRITTEN} WHERE removed",
        (str(ref.batch_id), number),
    )
    return found


def find_overwritten(
    cursor: dbapi.Cursor, table: Table, concept: Concept, plan: LoadPlan, missing: Collection[str] = ()
) -> Overwritten:
    """Find which rows of a dataset the rows in `SCRATCH` would overwrite; `still_there` tells them from then on.

    Of equal keys in the batch the first row counts, as everywhere.

    Args:
        missing: Columns that the dataset's table does not have yet.
    """
    name, key = tables.quoted_name(table), tables.quoted(concept.key)
    compared = [field for field in (*concept.fields, FLAGS) if field not in concept.key]
    there = ", ".join("NULL" if field in missing else f"old.{tables.quoted([field])}" for field in compared)
    brought = ", ".join(f"mine.{tables.quoted([field])}" for field in compared)
    old_key = ", ".join(f"old.{field}" for field in map(tables.quoted, zip(concept.key)))
    cursor.execute(f"ANALYZE {SCRATCH}")
    going = (
        f"SELECT {old_key}, FALSE AS removed FROM {name} AS old JOIN"  # noqa: S608 - names from the CIM, quoted
        f" (SELECT DISTINCT ON ({key}) * FROM {SCRATCH} ORDER BY {key}, {tables.ROW_ID}) AS mine"
        f" ON {same_key(concept, 'old', 'mine')} WHERE ROW({there}) IS DISTINCT FROM ROW({brought})"
    )
    if plan.mode is LoadMode.REPLACE:
        going += (
            f" UNION ALL SELECT {old_key}, TRUE FROM {name} AS old"  # noqa: S608
            f" JOIN ({_covered(concept, plan)}) AS span ON {_within(concept, plan)}"
            f" WHERE NOT EXISTS (SELECT FROM {SCRATCH} AS mine WHERE {same_key(concept, 'old', 'mine')})"
        )
    cursor.execute(f"CREATE TEMPORARY TABLE {_OVERWRITTEN} ON COMMIT DROP AS {going}")
    cursor.execute(f"ANALYZE {_OVERWRITTEN}")
    cursor.execute(
        "SELECT count(*) FILTER (WHERE NOT removed), count(*) FILTER (WHERE removed)"  # noqa: S608
        f" FROM {_OVERWRITTEN}"
    )
    return Overwritten(*cursor.fetchone())


def still_there(concept: Concept, old: str) -> str:
    """Write that a row is not among those that `find_overwritten` found."""
    return f"NOT EXISTS (SELECT FROM {_OVERWRITTEN} AS o WHERE {same_key(concept, old, 'o')})"


def _series(concept: Concept, plan: LoadPlan) -> list[str]:
    names = [name for name in concept.key if name != time_field(concept)] if plan.per is None else plan.per
    return [tables.quoted([name]) for name in names]


def _covered(concept: Concept, plan: LoadPlan) -> str:
    """Write the spans that the batch covers, one for each of its series.

    A span ends with the latest end of its rows; where these have none, as long after the last row as the shortest step
    between two of them; in any case it holds its last row.
    """
    time = time_field(concept)
    assert time is not None  # noqa: S101 - a configuration that replaces spans of no time was refused
    ends = [name for name, field in concept.fields.items() if field.after == time]
    at, till = tables.quoted([time]), tables.quoted(ends[:1]) if ends else "NULL::timestamptz"
    series = _series(concept, plan)
    if plan.window is None:
        opens, closes = "min(at)", "coalesce(max(till), max(at) + min(step) FILTER (WHERE step > interval '0'))"
    else:
        opens, closes = (f"'{moment.isoformat()}'::timestamptz" for moment in (plan.window.start, plan.window.end))
    names = "".join(f"{name}, " for name in series)
    grouped = f"GROUP BY {', '.join(series)}" if series else ""
    partition = f"PARTITION BY {', '.join(series)} " if series else ""
    return (
        f"SELECT {names}{opens} AS opens, {closes} AS closes, max(at) AS last_at FROM"  # noqa: S608 - quoted
        f" (SELECT {names}{at} AS at, {till} AS till, {at} - lag({at}) OVER ({partition}ORDER BY {at}) AS step"
        f" FROM {SCRATCH}) AS mine {grouped} HAVING count(*) > 0"
    )


def _within(concept: Concept, plan: LoadPlan) -> str:
    at = f"old.{tables.quoted([time_field(concept) or ''])}"
    # what is part of the key is never null, and equality can use its index
    in_key = {tables.quoted([name]) for name in concept.key}
    alike = [
        f"old.{each} {'=' if each in in_key else 'IS NOT DISTINCT FROM'} span.{each}" for each in _series(concept, plan)
    ]
    last = "" if plan.window is not None else f" OR {at} <= span.last_at"
    return " AND ".join([*alike, f"{at} >= span.opens", f"({at} < span.closes{last})"])
