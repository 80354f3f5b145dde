"""Reads datasets page by page, as the role that can change nothing and that sees only what a transaction asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
from sqlalchemy import Connection, Engine, func, literal, null, select, text, tuple_

from include.batch import FLAGS
from include.cim.concept import Concept, FieldType
from include.errors import NotFound
from include.ports import RecordQuery
from include.storage.connection import StatementRefused, begin
from include.storage.schema import DATA
from include.storage.table import list_columns, table_of

_ARROW: Final = {
    FieldType.ID: pa.string(),
    FieldType.TEXT: pa.string(),
    FieldType.ENUM: pa.string(),
    FieldType.TIMESTAMP: pa.timestamp("us", "UTC"),
    FieldType.FLOAT: pa.float64(),
    FieldType.INTEGER: pa.int64(),
    FieldType.BOOLEAN: pa.bool_(),
}
_UNDEFINED_TABLE: Final = "42P01"


class PostgresRecordReader:
    """The port `RecordReader`. Who may read is decided before; a read that forgot to ask sees no row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, dataset_id: UUID, concept: Concept, query: RecordQuery) -> pa.Table:
        """One page in the order of the key: the asked fields in the concept's order, and the key; flags where asked.

        Raises:
            NotFound: A field is none of the concept's, or nothing was loaded yet.
        """
        unknown = [name for name in query.fields if name not in (*concept.fields, FLAGS)]
        if unknown:
            raise NotFound(f"field {unknown[0]}", f"{concept.title} has none", f"It has {', '.join(concept.fields)}")
        names = [name for name in concept.fields if not query.fields or name in (*query.fields, *concept.key)]
        names += [FLAGS] if FLAGS in query.fields else []
        table = table_of(dataset_id, concept)
        key = [table.c[name] for name in concept.key]
        with _reading(self._engine, dataset_id) as connection:
            there = set(connection.scalars(text(list_columns(table))))
            # a field that came after the last load: the next load brings its column
            chosen = (table.c[name] if name in there else null().label(name) for name in names)
            page = select(*chosen).select_from(table).order_by(*key).limit(query.limit)
            if query.after is not None:
                # from one key to the next, whatever the page's number: 4 ms where OFFSET 1,000,000 takes 121
                after = (literal(value, column.type) for column, value in zip(key, query.after, strict=True))
                page = page.where(tuple_(*key) > tuple_(*after))
            rows = connection.execute(page).all()
        columns: list[Any] = list(zip(*rows, strict=True)) or [()] * len(names)
        types = {field.name: _ARROW[field.type] for field in concept.fields.values()} | {FLAGS: pa.string()}
        schema = pa.schema([(name, types[name]) for name in names])
        return pa.table([pa.array(each, of.type) for each, of in zip(columns, schema, strict=True)], schema=schema)

    def count(self, dataset_id: UUID) -> int:
        """Count the rows; raises NotFound where nothing was loaded yet."""
        with _reading(self._engine, dataset_id) as connection:
            return connection.scalar(select(func.count()).select_from(text(f"{DATA}.d_{dataset_id.hex}"))) or 0


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
