"""The ports that the use cases need; `wiring.Platform` has them all."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn, Protocol
from uuid import UUID

from include.access.requestor import STEWARD, Requestor
from include.anonymization_ports import KeyRing
from include.cim_ports import CimStore, Definition
from include.errors import NotFound
from include.ports import (
    Clock,
    CollectionStore,
    DatasetStore,
    Inspector,
    Prober,
    RecordReader,
    SecretStore,
)
from include.quarantine_ports import QuarantineStore, ReviewedRuns
from include.search_ports import SearchIndex
from include.upload_ports import IncomingStore, Rehearse, SampleStore, UploadStore


class Services(Protocol):
    """What a use case may ask of the platform, beside the `Engine`."""

    @property
    def definition(self) -> Definition: ...
    @property
    def cim(self) -> CimStore: ...
    @property
    def collections(self) -> CollectionStore: ...
    @property
    def runs(self) -> ReviewedRuns: ...
    @property
    def uploads(self) -> UploadStore: ...
    @property
    def incoming(self) -> IncomingStore: ...
    @property
    def inspector(self) -> Inspector: ...
    @property
    def samples(self) -> SampleStore: ...
    @property
    def rehearse(self) -> Rehearse: ...
    @property
    def datasets(self) -> DatasetStore: ...
    @property
    def quarantine(self) -> QuarantineStore: ...
    @property
    def records(self) -> RecordReader: ...
    @property
    def index(self) -> SearchIndex: ...
    @property
    def prober(self) -> Prober: ...
    @property
    def secrets(self) -> SecretStore: ...
    @property
    def keys(self) -> KeyRing: ...
    @property
    def public_url(self) -> str: ...
    @property
    def quarantine_for(self) -> timedelta: ...
    @property
    def clock(self) -> Clock: ...


def refuse_unknown(kind: str, identity: UUID | str) -> NoReturn:
    """Answer for what is absent and for what is not the requestor's to know of, in the same words.

    Raises:
        NotFound: Always.
    """
    raise NotFound(
        f"{kind} {identity}", "there is nothing of this id that you may see", "Check the id, or ask its owner"
    )


def owner_filter(requestor: Requestor) -> str | None:
    """Whose things a list shows: the requestor's own, or everybody's (None) for a steward."""
    return None if STEWARD in requestor.roles else requestor.id
