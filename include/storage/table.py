"""The table of a dataset, made from its concept: `data.d_<32 hex>`, walled off from whoever may only read.

Where the key has a time, it is partitioned by that: see `partitions`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from adbc_driver_postgresql import dbapi
from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Double, MetaData, Table, Text, Uuid
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateColumn, CreateTable, SetColumnComment, SetTableComment
from sqlalchemy.types import TypeEngine

from include.batch import FLAGS, FROM_BATCH, FROM_LOAD, FROM_ROW
from include.cim.concept import Concept, Field, FieldType, time_field
from include.storage.schema import DATA, LOADER, READER

ROW_ID: Final = FROM_ROW
"""The row's number in its source. `BATCH_ID`: the batch that brought it. `ROW_IDS`: where several rows became it, all
their numbers. None can be a field's name."""
BATCH_ID: Final = FROM_BATCH
ROW_IDS: Final = "_row_ids"
SINCE: Final = FROM_LOAD

_LOST_ROWS: Final = "Rows with equal keys were removed."
_BOUNDS: Final = "bounds"

# bytewise order: the same on every machine, the same as polars', and cheaper to index
_TEXT: Final = Text(collation="C")
_TYPES: Final[dict[FieldType, TypeEngine[Any]]] = {
    FieldType.ID: _TEXT,
    FieldType.TEXT: _TEXT,
    FieldType.ENUM: _TEXT,
    FieldType.TIMESTAMP: DateTime(timezone=True),
    FieldType.FLOAT: Double(),
    FieldType.INTEGER: BigInteger(),
    FieldType.BOOLEAN: Boolean(),
}
# a paramstyle without '%', which these statements must not double
_DIALECT: Final = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def table_of(dataset_id: UUID, concept: Concept) -> Table:
    """Describe the dataset's table: the concept's fields in their order, then where each row came from,
    and what curation marked it with.

    Names come from the CIM and the dataset's id, never from a person.
    """
    time = time_field(concept)
    return Table(
        f"d_{dataset_id.hex}",
        MetaData(schema=DATA),
        *(
            Column(field.name, _TYPES[field.type], nullable=field.name not in concept.key, comment=_comment(field))
            for field in concept.fields.values()
        ),
        Column(ROW_ID, BigInteger, nullable=False, comment="the row's number in its source"),
        Column(BATCH_ID, Uuid, nullable=False, comment="the batch that brought it: cdmp.batch"),
        Column(FLAGS, _TEXT, comment="the curation rules that the row breaks, where it goes on: JSON"),
        Column(ROW_IDS, ARRAY(BigInteger), comment="where several rows became it: their numbers, in order"),
        Column(SINCE, BigInteger, comment="the load that put it there, where that is not its batch"),
        comment=f"{concept.title}. {concept.description}",
        postgresql_partition_by=_range(time) if time in concept.key else None,
    )


def part_of(table: Table, name: str, *, without: Sequence[str] = (), by: str | None = None) -> Table:
    """Describe a table whose rows become those of a dataset's: the same columns, but for some.

    Args:
        by: The column that it is partitioned by in turn.
    """
    columns = [
        Column(each.name, each.type, nullable=each.nullable) for each in table.columns if each.name not in without
    ]
    return Table(name, MetaData(schema=DATA), *columns, postgresql_partition_by=_range(by) if by else None)


def create_table(table: Table) -> str:
    """Statement that makes the table, without its key: a fresh table takes it after the rows, in 0.4 × the time."""
    return str(CreateTable(table).compile(dialect=_DIALECT))


def comment_table(table: Table) -> Sequence[str]:
    """Statements that keep what the concept says with the table and its columns."""
    return [str(SetTableComment(table).compile(dialect=_DIALECT)), *comment_columns(table.columns)]


def add_columns(name: str, columns: Sequence[Column[Any]]) -> Sequence[str]:
    """Statements that give a table columns that its concept has got since; rows that are there hold nothing in them.

    The grant and the wall are the table's, and hold for these columns too.

    Args:
        name: Of the table, quoted.
    """
    return [f"ALTER TABLE {name} ADD COLUMN {CreateColumn(column).compile(dialect=_DIALECT)}" for column in columns]


def list_columns(name: str) -> str:
    """Statement that lists the columns that a table has, in order; none where it is not there.

    Args:
        name: Of the table, quoted, with its schema.
    """
    return (
        f"SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('{name}')"  # noqa: S608 - ours
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )


def columns_there(cursor: dbapi.Cursor, name: str) -> list[str]:
    """List the columns that a table has, as `list_columns` does."""
    cursor.execute(list_columns(name))
    return [column for (column,) in cursor.fetchall()]


def missing_columns(table: Table, there: Collection[str]) -> list[Column[Any]]:
    """List the columns that a dataset's table lacks.

    Args:
        there: The columns that it has.
    """
    return [column for column in table.columns if column.name not in there]


def comment_columns(columns: Iterable[Column[Any]]) -> Sequence[str]:
    """Statements that keep the fields' descriptions and units with the dataset's table."""
    return [str(SetColumnComment(column).compile(dialect=_DIALECT)) for column in columns]


def key_table(name: str, concept: Concept) -> str:
    """Statement that gives a loaded table its key; of rows with equal keys the first of the source stays (`lost_rows`).

    It is one block, because ADBC cannot go on after a failed statement; in PostgreSQL, the block can.
    """
    name, key = qualified(name), quoted(concept.key)
    return f"""
DO $$
BEGIN
    ALTER TABLE {name} ADD PRIMARY KEY ({key});
EXCEPTION WHEN unique_violation THEN
    DELETE FROM {name} USING (
        SELECT ctid AS place, row_number() OVER (PARTITION BY {key} ORDER BY {ROW_ID}) AS nth FROM {name}
    ) AS counted WHERE {name}.ctid = place AND nth > 1;
    ALTER TABLE {name} ADD PRIMARY KEY ({key});
    COMMENT ON TABLE {name} IS '{_LOST_ROWS}';
END
$$"""  # noqa: S608 - names from the CIM, quoted


def unkey_table(name: str) -> str:
    """Statement that takes back what `key_table` and `bound_table` did."""
    return (
        f"ALTER TABLE {qualified(name)} DROP CONSTRAINT {quoted([f'{name}_pkey'])}, DROP CONSTRAINT IF EXISTS {_BOUNDS}"
    )


def bound_table(name: str, time: str, within: str) -> str:
    """Statement that proves from when to when the rows of a table are: to attach it, they need not be read again."""
    return f"ALTER TABLE {qualified(name)} ADD CONSTRAINT {_BOUNDS} CHECK ({quoted([time])} {within})"


def lost_rows(cursor: dbapi.Cursor, name: str) -> bool:
    """Whether a table, or a partition of it, has lost rows to the key that `key_table` gave it."""
    cursor.execute(
        "SELECT EXISTS (SELECT FROM (SELECT to_regclass($1)::oid AS oid UNION ALL"
        " SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass($1)) AS each"
        " WHERE obj_description(oid, 'pg_class') = $2)",
        (qualified(name), _LOST_ROWS),
    )
    return bool(cursor.fetchone()[0])


def partitions_of(cursor: dbapi.Cursor, name: str) -> list[str]:
    """List the partitions that a table of schema `data` has, in the order in which they were made."""
    cursor.execute(
        "SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = to_regclass($1) ORDER BY c.oid",
        (qualified(name),),
    )
    return [each for (each,) in cursor.fetchall()]


def wall_table(name: str, dataset_id: UUID, further: str = "") -> Sequence[str]:
    """Statements after which a reader sees rows only where the transaction names the dataset that it was allowed.

    They come after the rows: COPY does not go into a table with row-level security.

    Args:
        name: Of the table, quoted.
        further: A condition on its rows that holds for readers as well.
    """
    return [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY loads ON {name} TO {LOADER} USING (true) WITH CHECK (true)",
        f"CREATE POLICY reads ON {name} FOR SELECT TO {READER}"
        f" USING (current_setting('cdmp.dataset', true) = '{dataset_id}'{further and f' AND {further}'})",
        f"GRANT SELECT ON {name} TO {READER}",
    ]


def is_there(cursor: dbapi.Cursor, name: str) -> bool:
    """Whether schema `data` has a table of this name; it has that of a dataset once anything was loaded into it."""
    cursor.execute("SELECT to_regclass($1) IS NOT NULL", (qualified(name),))
    row = cursor.fetchone()
    return row is not None and bool(row[0])


def rename_table(cursor: dbapi.Cursor, name: str, new: str) -> None:
    """Rename a table of schema `data`, and its key with it; its partitions get its name and a number."""
    for number, part in enumerate(partitions_of(cursor, name)):
        rename_table(cursor, part, f"{new}_{number}")
    cursor.execute(
        f"ALTER TABLE {qualified(name)} RENAME CONSTRAINT {quoted([f'{name}_pkey'])} TO {quoted([f'{new}_pkey'])}"
    )
    cursor.execute(f"ALTER TABLE {qualified(name)} RENAME TO {quoted([new])}")


def _range(time: str) -> str:
    return f"RANGE ({quoted([time])})"


def quoted(names: Sequence[str]) -> str:
    """Write names as PostgreSQL's identifiers."""
    return ", ".join(_DIALECT.identifier_preparer.quote_identifier(name) for name in names)


def qualified(name: str) -> str:
    """Write a name of schema `data` with it."""
    return f"{DATA}.{quoted([name])}"


def quoted_name(table: Table) -> str:
    """Write the table's name with its schema."""
    return str(_DIALECT.identifier_preparer.format_table(table))


def _comment(field: Field) -> str:
    return f"{field.description} [{field.unit}]" if field.unit else field.description
