"""Keys of datasets in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from include.anonymization.key import Key, KeyEntry
from include.errors import NotFound
from include.ports import Dataset
from tests.factories import DATASET_ID, NOON


class FakeKeys:
    """Keys whose ids are p1, p2, …; the test dataset has the first."""

    def __init__(self) -> None:
        self.entries: dict[UUID, list[KeyEntry]] = defaultdict(list)
        self.entries[DATASET_ID].append(KeyEntry("p1", NOON, None, current=True))

    def list_keys(self, dataset_id: UUID) -> Sequence[KeyEntry]:
        return self.entries[dataset_id]

    def read_key(self, dataset_id: UUID, key_id: str) -> Key:
        entry = self._find(dataset_id, key_id)
        if entry.shredded:
            raise NotFound("key", "it was shredded")
        return Key(key_id, f"key {key_id} of a test".encode().ljust(32))

    def rotate_key(self, dataset: Dataset, now: datetime) -> KeyEntry:
        mine = self.entries[dataset.id]
        mine[:] = [replace(each, current=False) for each in mine]
        mine.append(KeyEntry(f"p{len(mine) + 1}", now, None, current=True))
        return mine[-1]

    def shred_key(self, dataset: Dataset, key_id: str, now: datetime) -> KeyEntry:
        entry = self._find(dataset.id, key_id)
        mine = self.entries[dataset.id]
        place = mine.index(entry)
        mine[place] = replace(entry, shredded=entry.shredded or now, current=False)
        return mine[place]

    def _find(self, dataset_id: UUID, key_id: str) -> KeyEntry:
        for entry in self.entries[dataset_id]:
            if entry.id == key_id:
                return entry
        raise NotFound("key", "there is none of this id")
