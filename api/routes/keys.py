"""The keys of a dataset: listed, rotated, shredded; none is ever read."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status

from api.dependencies import ServicesDep, SignedIn
from api.schemas.key import KeyAnswer, KeyListAnswer
from include.anonymization.key import KeyEntry
from include.operations.key_keeping import list_keys, rotate_key, shred_key

router = APIRouter(prefix="/dataset/{dataset_id}/key", tags=["keys"])

KeyId = Annotated[
    str, Path(pattern=r"^p[1-9][0-9]{0,8}$", examples=["p1"], description="as it stands in front of pseudonyms")
]


@router.get("", summary="List a dataset's keys: ids and dates")
def list_all(dataset_id: UUID, services: ServicesDep, requestor: SignedIn) -> KeyListAnswer:
    return KeyListAnswer(keys=[_answer(each) for each in list_keys(services, requestor, dataset_id)])


@router.post("", status_code=status.HTTP_201_CREATED, summary="Make a new key, for the batches from now on")
def rotate(dataset_id: UUID, services: ServicesDep, requestor: SignedIn) -> KeyAnswer:
    """The same value has another pseudonym from then on; the key's id in front tells them apart."""
    return _answer(rotate_key(services, requestor, dataset_id))


@router.delete("/{key_id}", summary="Destroy a key, for ever")
def shred(dataset_id: UUID, key_id: KeyId, services: ServicesDep, requestor: SignedIn) -> KeyAnswer:
    """What it encrypted cannot be read any more, and nobody can tell whose its pseudonyms are. A run of the collection
    fails until there is a new key."""
    return _answer(shred_key(services, requestor, dataset_id, key_id))


def _answer(entry: KeyEntry) -> KeyAnswer:
    return KeyAnswer(id=entry.id, created=entry.created, shredded=entry.shredded, current=entry.current)
