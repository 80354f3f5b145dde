"""The full text of datasets' records in PostgreSQL, where no Elasticsearch is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import REAL, Connection, DateTime, Engine, cast, delete, func, select
from sqlalchemy.dialects.postgresql import TSQUERY, insert

from include.catalog.search_text import read_clauses
from include.cim.concept import Concept, time_field
from include.search_ports import FoundRecords, NamedRow, RecordSearch, Row
from include.storage.connection import begin
from include.storage.record_words import words_of_row
from include.storage.schema import search_record as records
from include.storage.search_postgres import some, write_tsquery, write_tsvector


class PostgresRecords:
    """The port `RecordIndex`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def has(self, dataset_id: UUID) -> bool:
        """Whether the dataset's records are indexed."""
        with begin(self._engine) as connection:
            return bool(connection.scalar(select(select(records).where(records.c.dataset_id == dataset_id).exists())))

    def replace(self, dataset_id: UUID, concept: Concept, rows: Iterable[NamedRow]) -> int:
        """Index these rows and no others; see the port."""
        with begin(self._engine) as connection:
            connection.execute(delete(records).where(records.c.dataset_id == dataset_id))
            return _put(connection, dataset_id, concept, rows)

    def add(self, dataset_id: UUID, concept: Concept, rows: Iterable[NamedRow]) -> int:
        """Index these rows beside the others; see the port."""
        with begin(self._engine) as connection:
            return _put(connection, dataset_id, concept, rows)

    def remove(self, dataset_id: UUID) -> None:
        """Forget a dataset's records; the second time does nothing."""
        with begin(self._engine) as connection:
            connection.execute(delete(records).where(records.c.dataset_id == dataset_id))

    def search(self, dataset_id: UUID, concept: Concept, query: RecordSearch) -> FoundRecords:
        """Find rows, best first; see the port."""
        clauses, time = read_clauses(query.text), time_field(concept)
        if not clauses:
            return FoundRecords()
        wanted = cast(write_tsquery(clauses), TSQUERY)
        score = func.ts_rank_cd(records.c.words, wanted, type_=REAL).label("score")
        matching = select(records.c.id, records.c.row, score).where(
            records.c.dataset_id == dataset_id, records.c.words.op("@@")(wanted)
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


def _put(connection: Connection, dataset_id: UUID, concept: Concept, rows: Iterable[NamedRow]) -> int:
    count = 0
    put = insert(records)
    put = put.on_conflict_do_update(
        index_elements=[records.c.dataset_id, records.c.id],
        set_={"row": put.excluded.row, "words": put.excluded.words},
    )
    for those in some(_written(dataset_id, concept, *named) for named in rows):
        connection.execute(put, those)
        count += len(those)
    return count


def _written(dataset_id: UUID, concept: Concept, name: str, row: Row) -> dict[str, Any]:
    words = write_tsvector(("D", words) for words in words_of_row(concept, row))
    return {"dataset_id": dataset_id, "id": name, "row": dict(row), "words": words}
