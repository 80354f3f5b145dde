"""Keeping the keys of datasets: listed, rotated and shredded by their owner, and what they encrypted read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from include.access.requestor import Requestor
from include.anonymization.key import Key, KeyEntry
from include.errors import NotAllowed, NotFound
from include.operations.dataset_reading import read_dataset, read_records
from include.operations.services import Services
from include.ports import Dataset


@dataclass(frozen=True, slots=True)
class DecryptedPage:
    """Some rows of a dataset: the key fields, and one field decrypted. For its owner alone.

    Attributes:
        unreadable: Values that no key of the dataset opens: those of a shredded key, and those never encrypted.
        cursor: None on the last page.
    """

    fields: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    unreadable: int
    cursor: str | None


def list_keys(services: Services, requestor: Requestor, dataset_id: UUID) -> Sequence[KeyEntry]:
    """List a dataset's keys: ids and dates.

    Raises:
        NotFound: As `read_dataset`.
        NotAllowed: It is another's, as a steward sees it.
    """
    return services.keys.list_keys(_own(services, requestor, dataset_id).id)


def rotate_key(services: Services, requestor: Requestor, dataset_id: UUID) -> KeyEntry:
    """Make a new key, for the batches from now on; raises as `list_keys`."""
    return services.keys.rotate_key(_own(services, requestor, dataset_id), services.clock())


def shred_key(services: Services, requestor: Requestor, dataset_id: UUID, key_id: str) -> KeyEntry:
    """Destroy a key for ever; raises as `list_keys`, and NotFound where there is none of this id."""
    return services.keys.shred_key(_own(services, requestor, dataset_id), key_id, services.clock())


def read_encrypted(
    services: Services,
    requestor: Requestor,
    dataset_id: UUID,
    field: str,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> DecryptedPage:
    """Decrypt one field of a page of a dataset's records; raises as `list_keys` and `read_records`."""
    from include.anonymization.methods import decrypt  # Presidio: a second

    dataset = _own(services, requestor, dataset_id)
    key_fields = services.definition.concept(dataset.concept).key
    names = [*(name for name in key_fields if name != field), field]
    page = read_records(services, requestor, dataset_id, fields=names, cursor=cursor, limit=limit)
    keys: dict[str, Key | None] = {}
    rows, unreadable = [], 0
    for record in page.table.select(names).to_pylist():
        value = record[field]
        if isinstance(value, str):
            key_id = value.partition("_")[0]
            if key_id not in keys:
                keys[key_id] = _find(services, dataset_id, key_id)
            key = keys[key_id]
            record[field] = decrypt(value, key) if key is not None else None
            unreadable += record[field] is None
        rows.append([record[name] for name in names])
    return DecryptedPage(tuple(names), rows, unreadable, page.cursor)


def _find(services: Services, dataset_id: UUID, key_id: str) -> Key | None:
    try:
        return services.keys.read_key(dataset_id, key_id)
    except NotFound:
        return None


def _own(services: Services, requestor: Requestor, dataset_id: UUID) -> Dataset:
    dataset = read_dataset(services, requestor, dataset_id)
    if not requestor.may_change(dataset.owner_id):
        raise NotAllowed(f"dataset {dataset_id}", "only its owner has to do with its keys", "Ask its owner")
    return dataset
