"""Reading collections: one, a list of them, and what their latest run says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from include.access.requestor import Requestor
from include.collection.model import Collection, CollectionState, CollectionStatus
from include.collection.run import Run, RunState
from include.collection.step import Step, step_id
from include.errors import NotAllowed, NotFound
from include.operations.cursor import read_position, write_cursor
from include.operations.services import Services, owner_filter, refuse_unknown

_ACTIVE = {
    RunState.QUEUED: CollectionStatus.QUEUED,
    RunState.RUNNING: CollectionStatus.RUNNING,
    RunState.AWAITING_REVIEW: CollectionStatus.AWAITING_REVIEW,
}

_SCAN = 200
"""Collections that are read at once while filters look for matches."""


@dataclass(frozen=True, slots=True)
class CollectionView:
    """A collection, with what its latest run says."""

    collection: Collection
    latest: Run | None

    @property
    def status(self) -> CollectionStatus:
        return status_of(self.collection, self.latest)


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """Some collections, newest first; `cursor` is None on the last page."""

    views: tuple[CollectionView, ...]
    cursor: str | None


def status_of(collection: Collection, latest: Run | None) -> CollectionStatus:
    """Say in one word where a collection stands: its own state, else what its latest run did."""
    if collection.state is CollectionState.DRAFT:
        return CollectionStatus.DRAFT
    if latest is not None and latest.state.active:
        return _ACTIVE[latest.state]
    if collection.state is CollectionState.PAUSED:
        return CollectionStatus.PAUSED
    if latest is None:
        return CollectionStatus.READY
    failed = latest.state in (RunState.FAILED, RunState.REJECTED)
    return CollectionStatus.FAILED if failed else CollectionStatus.SUCCEEDED


def read_collection(services: Services, requestor: Requestor, collection_id: UUID) -> Collection:
    """Read a collection that the requestor may see.

    Raises:
        NotFound: It is absent, being deleted, or somebody else's: the three answer alike.
    """
    try:
        collection = services.collections.get(collection_id)
    except NotFound:
        refuse_unknown("collection", collection_id)
    if collection.state is CollectionState.DELETING or not requestor.may_see(collection.owner_id):
        refuse_unknown("collection", collection_id)
    return collection


def read_by_step(services: Services, requestor: Requestor, step: Step, identity: UUID) -> Collection:
    """Read a collection by its id, or by that of one of its steps; raises as `read_collection`."""
    try:
        return read_collection(services, requestor, identity)
    except NotFound as unknown:
        try:
            return read_collection(services, requestor, step_id(step, identity))
        except NotFound:
            raise unknown from None


def read_own(services: Services, requestor: Requestor, collection_id: UUID) -> Collection:
    """Read a collection in order to change or run it.

    Raises:
        NotFound: As `read_collection`.
        NotAllowed: The requestor sees it, as a steward does, and does not own it.
    """
    collection = read_collection(services, requestor, collection_id)
    refuse_others(requestor, collection)
    return collection


def refuse_others(requestor: Requestor, collection: Collection) -> None:
    """Raise NotAllowed where the requestor sees a collection, as a steward does, and does not own it."""
    if not requestor.may_change(collection.owner_id):
        raise NotAllowed(
            f"collection {collection.id}", "only its owner changes, runs or deletes it", "Ask its owner to do it"
        )


def view_collection(services: Services, collection: Collection) -> CollectionView:
    """Add the latest run to a collection."""
    return CollectionView(collection, services.runs.latest([collection.id]).get(collection.id))


def list_collections(
    services: Services,
    requestor: Requestor,
    *,
    status: CollectionStatus | None = None,
    title: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> CollectionPage:
    """List the collections that the requestor may see: their own, or everybody's for a steward.

    Args:
        title: Text that the title contains, in any case.
        cursor: `CollectionPage.cursor` of the page before.
    """
    after = read_position(cursor) if cursor else None
    wanted = title.casefold() if title else ""
    found: list[CollectionView] = []
    for view in _scan(services, owner_filter(requestor), after, limit + 1):
        if wanted in view.collection.config.title.casefold() and (status is None or view.status is status):
            found.append(view)
            if len(found) > limit:
                break
    last = found[limit - 1].collection if len(found) > limit else None
    return CollectionPage(tuple(found[:limit]), write_cursor([last.created, last.id]) if last else None)


def _scan(
    services: Services, owner_id: str | None, after: tuple[datetime, UUID] | None, at_least: int
) -> Iterator[CollectionView]:
    size = max(_SCAN, at_least)
    while True:
        collections = services.collections.find(owner_id, after=after, limit=size)
        latest = services.runs.latest([collection.id for collection in collections])
        for collection in collections:
            yield CollectionView(collection, latest.get(collection.id))
        if len(collections) < size:
            return
        after = (collections[-1].created, collections[-1].id)
