"""The catalogue's full text in PostgreSQL, where no Elasticsearch is given; needs no extension."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    REAL,
    ColumnElement,
    DateTime,
    Double,
    Engine,
    FromClause,
    Select,
    cast,
    delete,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH, TSQUERY, insert

from include.catalog.search_document import words_of
from include.catalog.search_text import Clause, read_clauses
from include.search_ports import FACETS, Document, SearchAnswer, SearchHit, SearchQuery
from include.storage.connection import begin
from include.storage.schema import search_document as documents

_APART: Final = 5
"""How many places are free between two texts, so that their words make no phrase."""
_LAST_PLACE: Final = 16_383
"""That PostgreSQL knows."""
_WEIGHTS: Final = cast([0.1, 0.2, 0.4, 1.0], ARRAY(REAL))
"""Of D, C, B and A."""
_AT_ONCE: Final = 500


class PostgresSearchIndex:
    """The port `SearchIndex`, over weighted text vectors; accents do not matter."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, dataset_id: UUID, document: Document) -> None:
        """Add a dataset's document or replace it."""
        row = _row(dataset_id, document)
        with begin(self._engine) as connection:
            connection.execute(
                insert(documents).values(row).on_conflict_do_update(index_elements=[documents.c.dataset_id], set_=row)
            )

    def remove(self, dataset_id: UUID) -> None:
        """Forget a dataset; the second time does nothing."""
        with begin(self._engine) as connection:
            connection.execute(delete(documents).where(documents.c.dataset_id == dataset_id))

    def search(self, query: SearchQuery) -> SearchAnswer:
        """Find datasets, best first; see the port."""
        clauses = read_clauses(query.text or "")
        if query.text is not None and not clauses:
            return SearchAnswer()
        if clauses:
            wanted = cast(write_tsquery(clauses), TSQUERY)
            whole = cast(write_tsquery([replace(clause, begins=False) for clause in clauses]), TSQUERY)
            # whole words count twice, beginnings of words once
            ranks = (func.ts_rank_cd(_WEIGHTS, documents.c.words, each, type_=REAL) for each in (wanted, whole))
            score: ColumnElement[Any] = reduce(add, ranks)
            conditions = [documents.c.words.op("@@")(wanted), *_conditions(query)]
        else:
            score = cast(func.extract("epoch", _moment("updated")) * 1000, Double)
            conditions = list(_conditions(query))
        found = (
            select(documents.c.dataset_id, documents.c.document, score.label("score")).where(*conditions).cte("found")
        )
        page = select(found).order_by(found.c.score.desc(), found.c.dataset_id).limit(query.limit)
        if query.after is not None:
            last, dataset_id = cast(query.after[0], found.c.score.type), query.after[1]
            page = page.where((found.c.score < last) | ((found.c.score == last) & (found.c.dataset_id > dataset_id)))
        with begin(self._engine) as connection:
            hits = [SearchHit(row.dataset_id, row.score, row.document) for row in connection.execute(page)]
            total = connection.scalar(select(func.count()).select_from(found)) or 0
            facets = {name: {row.value: row.many for row in connection.execute(_facet(found, name))} for name in FACETS}
        return SearchAnswer(hits, total, facets)

    def rebuild(self, documents_of: Iterable[tuple[UUID, Document]]) -> int:
        """Replace everything by these, in one transaction; see the port."""
        count = 0
        with begin(self._engine) as connection:
            connection.execute(delete(documents))
            for rows in some(_row(dataset_id, document) for dataset_id, document in documents_of):
                connection.execute(insert(documents), rows)
                count += len(rows)
        return count


def write_tsvector(texts: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Write words, text by text with its weight, as a text vector: no parser of PostgreSQL's has a say in it."""
    lexemes, place = [], 0
    for weight, words in texts:
        for word in words:
            place = min(place + 1, _LAST_PLACE)
            lexemes.append(f"'{word}':{place}{weight}")
        place += _APART
    return " ".join(lexemes)


def write_tsquery(clauses: Sequence[Clause]) -> str:
    """Write clauses, all of which are to hold, as a text query."""

    def phrase(clause: Clause) -> str:
        words = " <-> ".join(f"'{word}'" for word in clause.words)
        return f"{'!' if clause.excluded else ''}({words}{':*' if clause.begins else ''})"

    return " & ".join(map(phrase, clauses))


def _row(dataset_id: UUID, document: Document) -> dict[str, Any]:
    return {
        "dataset_id": dataset_id,
        "owner_id": document["owner_id"],
        "document": dict(document),
        "words": write_tsvector(words_of(document)),
    }


def _conditions(query: SearchQuery) -> Iterator[ColumnElement[bool]]:
    if query.owner_id is not None:
        yield documents.c.owner_id == query.owner_id
    for name, value in (("concept", query.concept), ("publisher", query.publisher), ("owner", query.owner)):
        if value is not None:
            yield documents.c.document[name].as_string() == value
    if query.keyword is not None:
        yield documents.c.document["keywords"].op("?")(query.keyword)
    if query.start is not None:
        yield _moment("last") >= query.start
    if query.end is not None:
        yield _moment("first") < query.end
    if query.box is not None:
        box = query.box
        yield (_number("west") <= box.east) & (_number("east") >= box.west)
        yield (_number("south") <= box.north) & (_number("north") >= box.south)


def _moment(name: str) -> ColumnElement[Any]:
    return cast(documents.c.document[name].as_string(), DateTime(timezone=True))


def _number(name: str) -> ColumnElement[Any]:
    return cast(documents.c.document[name].as_string(), Double)


def _facet(found: FromClause, name: str) -> Select[Any]:
    """Count by the values of a part; of one that is a list, by each of its members."""
    values = func.jsonb_path_query(found.c.document, cast(f"$.{name}[*]", JSONPATH))
    each = select(values.op("#>>")(literal_column("'{}'")).label("value")).select_from(found).subquery()
    many = func.count().label("many")
    return select(each.c.value, many).group_by(each.c.value).order_by(many.desc(), each.c.value).limit(20)


def some(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Give rows a few hundred at a time."""
    gathered: list[dict[str, Any]] = []
    for row in rows:
        gathered.append(row)
        if len(gathered) == _AT_ONCE:
            yield gathered
            gathered = []
    if gathered:
        yield gathered
