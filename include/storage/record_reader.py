"""Reads datasets page by page, as the role that can change nothing and that sees only what a transaction asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    Tuple,
    Uuid,
    all_,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    text,
    tuple_,
    union_all,
)

from include.batch import FLAGS, SCANNED, AsOf
from include.cim.concept import Concept, FieldType
from include.errors import NotFound
from include.ports import RecordQuery
from include.storage.connection import StatementRefused, begin
from include.storage.history import AS_OF, history_name
from include.storage.schema import DATA
from include.storage.table import BATCH_ID, ROW_ID, SINCE, list_columns, quoted_name, table_of

_ARROW: Final = {
    FieldType.ID: pa.string(),
    FieldType.TEXT: pa.string(),
    FieldType.ENUM: pa.string(),
    FieldType.TIMESTAMP: pa.timestamp("us", "UTC"),
    FieldType.FLOAT: pa.float64(),
    FieldType.INTEGER: pa.int64(),
    FieldType.BOOLEAN: pa.bool_(),
}
_BESIDE: Final = {FLAGS: pa.string(), BATCH_ID: pa.string(), ROW_ID: pa.int64(), SINCE: pa.int64()}
"""What is read beside the concept's fields, where it is asked for."""
_UNDEFINED_TABLE: Final = "42P01"


class PostgresRecordReader:
    """The port `RecordReader`. Who may read is decided before; a read that forgot to ask sees no row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, dataset_id: UUID, concept: Concept, query: RecordQuery) -> pa.Table:
        """One page in the order of the key: the asked fields in the concept's order, and the key; then `_BESIDE`.

        Of a version (`RecordQuery.as_of`) what is there and was then, and what has been overwritten since.

        Raises:
            NotFound: A field is none of the concept's, or nothing was loaded yet.
        """
        unknown = [name for name in query.fields if name not in (*concept.fields, *_BESIDE)]
        if unknown:
            raise NotFound(f"field {unknown[0]}", f"{concept.title} has none", f"It has {', '.join(concept.fields)}")
        names = [name for name in concept.fields if not query.fields or name in (*query.fields, *concept.key)]
        names += [name for name in _BESIDE if name in query.fields]
        with _reading(self._engine, dataset_id) as connection:
            if query.as_of is None:
                table = table_of(dataset_id, concept)
                rows = connection.execute(_rows(_columns(connection, table), table, concept, names, query)).all()
            else:
                rows = _version(connection, dataset_id, concept, names, query, query.as_of)
        columns: list[Any] = list(zip(*rows, strict=True)) or [()] * len(names)
        types = {field.name: _ARROW[field.type] for field in concept.fields.values()} | _BESIDE
        schema = pa.schema([(name, types[name]) for name in names])
        return pa.table([pa.array(each, of.type) for each, of in zip(columns, schema, strict=True)], schema=schema)

    def scan(
        self,
        dataset_id: UUID,
        concept: Concept,
        fields: Sequence[str],
        batches: Sequence[UUID] | None = None,
        after: tuple[Any, ...] | None = None,
    ) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Give every row, some at a time; see the port. Raises NotFound where nothing was loaded yet."""
        names = [name for name in concept.fields if name in (*fields, *concept.key)]
        table = table_of(dataset_id, concept)
        while True:
            with _reading(self._engine, dataset_id) as connection:
                there = _columns(connection, table)
                rows = _rows(there, table, concept, names, RecordQuery(after=after, limit=SCANNED))
                if batches is not None:
                    rows = rows.where(table.c[BATCH_ID].in_(batches))
                    if after is not None:
                        # so many rows are not looked up all and sorted, page after page
                        connection.execute(text("SET LOCAL enable_sort = off"))
                page = [dict(row._mapping) for row in connection.execute(rows)]
            if page:
                yield page
                after = tuple(page[-1][name] for name in concept.key)
            if len(page) < SCANNED:
                return

    def count(self, dataset_id: UUID) -> int:
        """Count the rows; raises NotFound where nothing was loaded yet."""
        with _reading(self._engine, dataset_id) as connection:
            return connection.scalar(select(func.count()).select_from(text(f"{DATA}.d_{dataset_id.hex}"))) or 0


def _version(
    connection: Connection, dataset_id: UUID, concept: Concept, names: Sequence[str], query: RecordQuery, as_of: AsOf
) -> list[Row[Any]]:
    """Read a page of a version: what is there and was then, and what has been overwritten since.

    Either may hold next to nothing of the version, and would be walked to its end for the rest of the page. So both are
    read up to a key that the table has as many rows before as a page, and then up to one twice as far.
    """
    table = table_of(dataset_id, concept)
    # whoever reads the history says which version, and sees no row of another: see `make_history`
    connection.execute(select(func.set_config(AS_OF, str(as_of.number), True)))
    past = table.to_metadata(MetaData(), name=history_name(dataset_id).partition(".")[2])
    there = _columns(connection, table)
    # of what the last batch left, nothing has been overwritten
    overwritten = _columns(connection, past) if as_of.later else set()
    found: list[Row[Any]] = []
    after, ahead = query.after, query.limit
    while True:
        span = RecordQuery(after=after, limit=query.limit - len(found))
        edge = _rows(there, table, concept, concept.key, replace(span, limit=1)).offset(ahead - 1)
        until = connection.execute(edge).one_or_none()
        parts = [_before(there, table, _rows(there, table, concept, names, span, until), as_of)]
        if overwritten:
            parts.append(_rows(overwritten, past, concept, names, span, until))
        # each part has its own order and limit, so that each goes along its key: PostgreSQL thinks that a wall lets
        # next to nothing through where it plans the two as one
        both = union_all(*(part.subquery().select() for part in parts)).subquery()
        page = select(both).order_by(*(both.c[name] for name in concept.key)).limit(span.limit)
        found += connection.execute(page).all()
        if until is None or len(found) == query.limit:
            return found
        after, ahead = tuple(until), 2 * ahead


def _rows(
    there: Set[str],
    table: Table,
    concept: Concept,
    names: Sequence[str],
    query: RecordQuery,
    until: Sequence[Any] | None = None,
) -> Select[Any]:
    """Choose the rows of a page, along the key; not those behind a key, where one is given.

    Args:
        there: The columns that the table has, as `_columns` gives them.
    """
    key = [table.c[name] for name in concept.key]
    # a field that came after the last load: the next load brings its column
    chosen = (_told(table.c[name]) if name in there else cast(null(), table.c[name].type).label(name) for name in names)
    rows = select(*chosen).select_from(table).order_by(*key).limit(query.limit)
    if query.after is not None:
        # from one key to the next, whatever the page's number: 4 ms where OFFSET 1,000,000 takes 121
        rows = rows.where(tuple_(*key) > _tuple(key, query.after))
    if until is not None:
        rows = rows.where(tuple_(*key) <= _tuple(key, until))
    return rows


def _told(column: Column[Any]) -> ColumnElement[Any]:
    return cast(column, Text).label(column.name) if isinstance(column.type, Uuid) else column


def _tuple(key: Sequence[Column[Any]], values: Sequence[Any]) -> Tuple:
    return tuple_(*(literal(value, column.type) for column, value in zip(key, values, strict=True)))


def _before(there: Set[str], table: Table, rows: Select[Any], as_of: AsOf) -> Select[Any]:
    """Leave out what came after a version, be it with a later batch or out of quarantine."""
    since, batch_id = table.c[SINCE], table.c[BATCH_ID]
    of_batches = batch_id != all_(literal(list(as_of.later), ARRAY(Uuid)))
    if SINCE not in there:
        return rows.where(of_batches)
    return rows.where(or_(since <= as_of.number, and_(since.is_(None), of_batches)))


def _columns(connection: Connection, table: Table) -> set[str]:
    return set(connection.scalars(text(list_columns(quoted_name(table)))))


@contextmanager
def _reading(engine: Engine, dataset_id: UUID) -> Iterator[Connection]:
    try:
        with begin(engine) as connection:
            # SET LOCAL: over with the transaction, so that the next user of this connection starts with nothing
            connection.execute(select(func.set_config("cdmp.dataset", str(dataset_id), True)))
            yield connection
    except StatementRefused as refused:
        if refused.sqlstate != _UNDEFINED_TABLE:
            raise
        raise NotFound(f"dataset {dataset_id}", "nothing was loaded into it yet", "Run its collection") from None
