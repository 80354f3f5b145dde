"""The catalogue's full text in PostgreSQL, where no Elasticsearch is given; needs no extension."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Text, cast, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import TSQUERY, insert

from include.ports import SearchHit
from include.storage.connection import begin
from include.storage.schema import search_document as documents

_WEIGHTS: Final = {
    "A": ("title",),
    "B": ("keywords", "concept"),
    "C": ("description", "publisher", "fields"),
    "D": ("units", "spatial"),
}


class PostgresSearchIndex:
    """The port `SearchIndex`, over weighted text vectors; accents do not matter."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, dataset_id: UUID, document: Mapping[str, Any]) -> None:
        """Add a dataset's document or replace it."""
        weighted = [_weigh(weight, [document.get(name) for name in names]) for weight, names in _WEIGHTS.items()]
        vector = reduce(lambda left, right: left.op("||")(right), weighted)
        values = {"owner_id": document["owner_id"], "title": document["title"], "words": vector}
        with begin(self._engine) as connection:
            connection.execute(
                insert(documents)
                .values(dataset_id=dataset_id, **values)
                .on_conflict_do_update(index_elements=[documents.c.dataset_id], set_=values)
            )

    def remove(self, dataset_id: UUID) -> None:
        """Forget a dataset; the second time does nothing."""
        with begin(self._engine) as connection:
            connection.execute(delete(documents).where(documents.c.dataset_id == dataset_id))

    def search(self, text: str, *, owner_id: str | None, limit: int = 20) -> Sequence[SearchHit]:
        """Find the datasets that hold every word, best first; `owner_id` None searches everybody's."""
        typed = cast(func.websearch_to_tsquery("simple", _fold(text)), Text)
        # the last word may be a beginning: 'mete' becomes 'mete':*
        query = cast(func.regexp_replace(typed, "'$", "':*"), TSQUERY)
        score = func.ts_rank_cd(documents.c.words, query)
        found = select(documents.c.dataset_id, documents.c.title, score.label("score")).where(
            documents.c.words.op("@@")(query)
        )
        if owner_id is not None:
            found = found.where(documents.c.owner_id == owner_id)
        found = found.order_by(score.desc(), documents.c.dataset_id).limit(limit)
        with begin(self._engine) as connection:
            return [SearchHit(row.dataset_id, row.title, row.score) for row in connection.execute(found)]


def _weigh(weight: str, texts: Sequence[str | Sequence[str] | None]) -> ColumnElement[Any]:
    words = " . ".join(_fold(text) for text in texts)
    return func.setweight(func.to_tsvector("simple", words), literal_column(f"'{weight}'"))


def _fold(value: str | Sequence[str] | None) -> str:
    """Write text as it is compared: without accents, names taken apart, and nothing that PostgreSQL cannot hold."""
    whole = value if isinstance(value, str) else " . ".join(value or ())
    letters = unicodedata.normalize("NFKD", whole).replace("_", " ").replace("\0", " ")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
