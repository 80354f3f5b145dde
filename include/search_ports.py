"""What the platform asks of its search index, and of whoever remembers what the index has yet to follow.

A page of `ports` of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

Document = Mapping[str, Any]
"""As `catalog.search_document` builds it."""

FACETS: Final = ("concept", "keywords", "publisher", "owner")
"""What the datasets that were found are counted by."""


class Box(NamedTuple):
    """An extent in degrees, WGS 84."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is looked for; the conditions are met by what is found, all of them.

    Attributes:
        text: As people write it, see `catalog.search_text`; None: whatever meets the conditions, what changed last
            first. A text without a word finds nothing.
        owner_id: Whose datasets; None: everybody's.
        owner: The owner's name, as the facet has it.
        start, end: A span of time, half-open, that the dataset's rows overlap.
        box: The dataset's own box overlaps it.
        after: `SearchHit.place` of the last hit of the page before.
    """

    text: str | None = None
    owner_id: str | None = None
    concept: str | None = None
    keyword: str | None = None
    publisher: str | None = None
    owner: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    box: Box | None = None
    after: tuple[float, UUID] | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One dataset that a search found, and its document.

    Attributes:
        score: How well it fits; without a text, when it changed last (ms since 1970).
    """

    dataset_id: UUID
    score: float
    document: Document

    @property
    def title(self) -> str:
        """What the dataset is called."""
        return str(self.document["title"])

    @property
    def place(self) -> tuple[float, UUID]:
        """Where it stands among all hits."""
        return self.score, self.dataset_id


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of hits, best first.

    Attributes:
        total: Of all pages.
        facets: Of all pages: facet → value → how many datasets, the most frequent twenty.
    """

    hits: Sequence[SearchHit] = ()
    total: int = 0
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class SearchIndex(Protocol):
    """Full text over the catalogue. Can always be rebuilt from PostgreSQL. Raises IndexAway."""

    def put(self, dataset_id: UUID, document: Document) -> None:
        """Add a dataset's document or replace it; found on return."""

    def remove(self, dataset_id: UUID) -> None:
        """Forget a dataset; the second time does nothing."""

    def search(self, query: SearchQuery) -> SearchAnswer: ...

    def rebuild(self, documents: Iterable[tuple[UUID, Document]]) -> int:
        """Replace everything by these at once, and give their number; until then searches answer from what was."""


class IndexQueue(Protocol):
    """Which datasets have changed since the index was brought up to them: the `dataset.changed` of the outbox."""

    def due(self, limit: int = 1000) -> Sequence[UUID]:
        """Give the datasets that have changed, longest ago first; not those that failed and wait."""

    def following(self, dataset_id: UUID) -> AbstractContextManager[None]:
        """Hold off whoever else indexes this dataset; at the end of the block its changes until now are followed.

        Where the block fails they are due again: at once where the index was away, else after a while.

        Raises:
            IndexAway: The index is being rebuilt.
        """

    def rebuilding(self) -> AbstractContextManager[None]:
        """Hold off whoever indexes, once they are done; at the end of the block all changes from before are followed.

        What changes meanwhile is due afterwards.

        Raises:
            Locked: Somebody is rebuilding it.
        """
