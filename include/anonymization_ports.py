"""What anonymisation asks of the outside world: the keys of datasets, and the groups of their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from include.anonymization.config import KAnonymity
from include.anonymization.key import Key, KeyEntry
from include.batch import BatchRef
from include.cim.concept import Concept
from include.ports import Dataset

if TYPE_CHECKING:
    from include.anonymization.k_anonymity import Disclosure

Assess = Callable[[BatchRef, Concept, KAnonymity], "Disclosure"]
"""Holds an anonymized batch against a gate, over the rows that its dataset has and those that the batch adds.

A row whose key is there already adds nothing, and counts once. Raises StoreUnavailable.
"""


class KeyRing(Protocol):
    """The keys of datasets: one is current, the earlier ones stay until they are shredded."""

    def list_keys(self, dataset_id: UUID) -> Sequence[KeyEntry]:
        """List in the order in which they were made; empty before the first is needed."""

    def read_key(self, dataset_id: UUID, key_id: str) -> Key:
        """Give a key; raises NotFound where there is none of this id, or it was shredded."""

    def rotate_key(self, dataset: Dataset, now: datetime) -> KeyEntry:
        """Make a new key, which is current from now on, and tell the owner."""

    def shred_key(self, dataset: Dataset, key_id: str, now: datetime) -> KeyEntry:
        """Destroy a key, and tell the owner; its id is never given again. The second time does nothing.

        Raises:
            NotFound: There is none of this id.
        """
