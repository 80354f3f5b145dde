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

from include.cim.concept import Concept

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


Row = Mapping[str, Any]
"""A row of a dataset as plain JSON: field → value, of the fields that may be searched."""

NamedRow = tuple[str, Row]
"""A row with the name that it has among those of its dataset: of a row that comes again, the same."""


@dataclass(frozen=True, slots=True)
class RecordSearch:
    """What is looked for among the records of a dataset.

    Attributes:
        text: As of `SearchQuery`; the words of a record are those of its ids, texts and terms.
        start, end: A half-open span of the concept's time.
        after: The last of `FoundRecords.places` of the page before.
    """

    text: str
    start: datetime | None = None
    end: datetime | None = None
    after: tuple[float, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FoundRecords:
    """A page of rows, best first.

    Attributes:
        places: Where each stands among all.
        total: Of all pages.
    """

    rows: Sequence[Row] = ()
    places: Sequence[tuple[float, str]] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Filling:
    """How far the records of a dataset are indexed, so that who was stopped goes on there.

    Attributes:
        changes: The changes that are followed, as `IndexQueue.following` names them.
        batches: Those whose rows are added; None: the index is made anew, beside the one that answers.
        last: The key of the last row that is in it, as plain JSON; empty: none is.
    """

    changes: tuple[int, ...]
    batches: tuple[UUID, ...] | None
    last: tuple[Any, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the plain form that is kept beside the index."""
        batches = None if self.batches is None else [str(each) for each in self.batches]
        return {"changes": list(self.changes), "batches": batches, "last": list(self.last)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Filling:
        """Read what `to_json` gave."""
        batches = None if plain["batches"] is None else tuple(UUID(each) for each in plain["batches"])
        return cls(tuple(plain["changes"]), batches, tuple(plain["last"]))


class RecordIndex(Protocol):
    """Full text over the records of datasets that ask for it. Raises IndexAway.

    An index is made anew by `begin`, `put` and `finish`; until then searches answer from what was. Rows are added by
    `put` and `finish`.
    """

    def has(self, dataset_id: UUID) -> bool: ...

    def begin(self, dataset_id: UUID, concept: Concept) -> None:
        """Make an empty index beside the one that answers; one that was half-filled goes."""

    def put(self, dataset_id: UUID, concept: Concept, rows: Sequence[NamedRow], *, anew: bool = False) -> int:
        """Index rows beside the others, of the index that was begun or of the one that answers; gives their number.

        One whose name is there replaces it.
        """

    def keep(self, dataset_id: UUID, filling: Filling) -> None:
        """Remember how far it is: what was put before is there, whatever happens."""

    def filling(self, dataset_id: UUID) -> Filling | None:
        """Give what was kept, where it was not finished since."""

    def finish(self, dataset_id: UUID, *, anew: bool = False) -> None:
        """Let searches find what was put; an index that was begun takes the other's place, which goes."""

    def remove(self, dataset_id: UUID) -> None:
        """Forget a dataset's records; the second time does nothing."""

    def search(self, dataset_id: UUID, concept: Concept, query: RecordSearch) -> FoundRecords: ...


class IndexQueue(Protocol):
    """Which datasets have changed since the index was brought up to them: the `dataset.changed` of the outbox."""

    def due(self, limit: int = 1000) -> Sequence[UUID]:
        """Give the datasets that have changed, longest ago first; not those that failed and wait."""

    def due_again(self, dataset_id: UUID, owner_id: str) -> None:
        """Let a dataset be followed as if anything of it had changed."""

    def following(self, dataset_id: UUID, *, wait: bool = True) -> AbstractContextManager[Mapping[int, UUID | None]]:
        """Hold off whoever else indexes this dataset; at the end of the block its changes until now are followed.

        Gives for each change the batch that it has brought rows with; None where anything else may have changed.
        Where the block fails they are due again: at once where the index was away, else after a while.

        Raises:
            IndexAway: The index is being rebuilt.
            Locked: Somebody else indexes it, and who asks does not `wait` until they are done.
        """

    def rebuilding(self) -> AbstractContextManager[None]:
        """Hold off whoever indexes, once they are done; at the end of the block all changes from before are followed.

        What changes meanwhile is due afterwards.

        Raises:
            Locked: Somebody is rebuilding it.
        """
