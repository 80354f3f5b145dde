"""The full text of datasets' records in PostgreSQL, where no Elasticsearch is given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import (
    REAL,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Select,
    cast,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY, insert

from include.catalog.search_text import read_clauses
from include.cim.concept import Concept, time_field
from include.search_ports import Filling, FoundRecords, NamedRow, RecordSearch
from include.storage.connection import begin
from include.storage.record_words import words_of_row
from include.storage.schema import record_index as indices
from include.storage.schema import search_record as records
from include.storage.search_postgres import write_tsquery, write_tsvector

# a page is one parameter: psycopg would take three times as long for arrays, and longer for rows
_PUT: Final = text(
    "INSERT INTO cdmp.search_record (index_id, id, row, words)"
    " SELECT :of, each ->> 0, each -> 1, CAST(each ->> 2 AS tsvector)"
    " FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS each"
    " ON CONFLICT (index_id, id) DO UPDATE SET row = excluded.row, words = excluded.words"
)


class PostgresRecords:
    """The port `RecordIndex`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def has(self, dataset_id: UUID) -> bool:
        """Whether the dataset's records are indexed."""
        with begin(self._engine) as connection:
            return connection.scalar(_of(dataset_id, indices.c.index_id)) is not None

    def begin(self, dataset_id: UUID, concept: Concept) -> None:  # noqa: ARG002 - no mapping is needed
        """Make an empty index beside the one that answers; see the port."""
        beside = {"beside_id": uuid4(), "filling": None}
        with begin(self._engine) as connection:
            _delete(connection, connection.scalar(_of(dataset_id, indices.c.beside_id)))
            put = insert(indices).values(dataset_id=dataset_id, **beside)
            connection.execute(put.on_conflict_do_update(index_elements=[indices.c.dataset_id], set_=beside))

    def put(self, dataset_id: UUID, concept: Concept, rows: Sequence[NamedRow], *, anew: bool = False) -> int:
        """Index rows beside the others; see the port."""
        page = [(name, row, write_tsvector(("D", each) for each in words_of_row(concept, row))) for name, row in rows]
        with begin(self._engine) as connection:
            of = connection.scalar(_of(dataset_id, indices.c.beside_id if anew else indices.c.index_id))
            connection.execute(_PUT, {"of": of, "rows": json.dumps(page)})
        return len(rows)

    def keep(self, dataset_id: UUID, filling: Filling) -> None:
        """Remember how far it is; see the port."""
        self._change(dataset_id, filling=filling.to_json())

    def filling(self, dataset_id: UUID) -> Filling | None:
        """Give what was kept; see the port."""
        with begin(self._engine) as connection:
            kept = connection.scalar(_of(dataset_id, indices.c.filling))
        return Filling.from_json(kept) if kept else None

    def finish(self, dataset_id: UUID, *, anew: bool = False) -> None:
        """Let searches find what was put; see the port."""
        if not anew:
            self._change(dataset_id, filling=None)
            return
        with begin(self._engine) as connection:
            _delete(connection, connection.scalar(_of(dataset_id, indices.c.index_id)))
            taken = {"index_id": indices.c.beside_id, "beside_id": None, "filling": None}
            connection.execute(update(indices).where(indices.c.dataset_id == dataset_id).values(taken))

    def remove(self, dataset_id: UUID) -> None:
        """Forget a dataset's records; the second time does nothing."""
        with begin(self._engine) as connection:
            for which in (indices.c.index_id, indices.c.beside_id):
                _delete(connection, connection.scalar(_of(dataset_id, which)))
            connection.execute(delete(indices).where(indices.c.dataset_id == dataset_id))

    def _change(self, dataset_id: UUID, **values: Any) -> None:
        with begin(self._engine) as connection:
            connection.execute(update(indices).where(indices.c.dataset_id == dataset_id).values(values))

    def search(self, dataset_id: UUID, concept: Concept, query: RecordSearch) -> FoundRecords:
        """Find rows, best first; see the port."""
        clauses, time = read_clauses(query.text), time_field(concept)
        if not clauses:
            return FoundRecords()
        wanted = cast(write_tsquery(clauses), TSQUERY)
        score = func.ts_rank_cd(records.c.words, wanted, type_=REAL).label("score")
        matching = select(records.c.id, records.c.row, score).where(
            records.c.index_id == _of(dataset_id, indices.c.index_id).scalar_subquery(),
            records.c.words.op("@@")(wanted),
        )
        moment = cast(records.c.row[time].as_string(), DateTime(timezone=True))
        if time and query.start is not None:
            matching = matching.where(moment >= query.start)
        if time and query.end is not None:
            matching = matching.where(moment < query.end)
        found = matching.cte("found")
        page = select(found).order_by(found.c.score.desc(), found.c.id).limit(query.limit)
        if query.after is not None:
            last = cast(query.after[0], REAL)
            page = page.where((found.c.score < last) | ((found.c.score == last) & (found.c.id > query.after[1])))
        with begin(self._engine) as connection:
            hits = connection.execute(page).all()
            total = connection.scalar(select(func.count()).select_from(found)) or 0
        return FoundRecords([hit.row for hit in hits], [(hit.score, hit.id) for hit in hits], total)


def _of(dataset_id: UUID, column: ColumnElement[Any]) -> Select[Any]:
    return select(column).where(indices.c.dataset_id == dataset_id)


def _delete(connection: Connection, index_id: UUID | None) -> None:
    connection.execute(delete(records).where(records.c.index_id == index_id))
