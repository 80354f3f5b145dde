"""Secrets of sources: stored, listed by name, removed; none is ever read back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response, status

from api.dependencies import ServicesDep, SignedIn
from api.schemas.secret import NewSecret, SecretAnswer, SecretListAnswer, SecretRemoved
from include.collection.authentication import SECRET_NAME, SecretEntry
from include.operations.secret_keeping import list_secrets, remove_secret, store_secret

router = APIRouter(prefix="/secret", tags=["secrets"])

Name = Annotated[
    str, Path(pattern=SECRET_NAME, examples=["utility_token"], description="`secret_ref` of the sources that need it")
]


@router.put(
    "/{name}",
    summary="Store a secret, or replace it",
    responses={201: {"model": SecretAnswer, "description": "It is new"}},
)
def put(name: Name, body: NewSecret, response: Response, services: ServicesDep, requestor: SignedIn) -> SecretAnswer:
    """The value is sealed at once. Nothing gives it back: not to its owner, and not to a steward."""
    entry, new = store_secret(services, requestor, name, body.value.get_secret_value())
    if new:
        response.status_code = status.HTTP_201_CREATED
    return _entry(entry)


@router.get("/", summary="List your secrets: names and dates")
def list_all(services: ServicesDep, requestor: SignedIn) -> SecretListAnswer:
    return SecretListAnswer(secrets=[_entry(entry) for entry in list_secrets(services, requestor)])


@router.delete("/{name}", summary="Remove a secret; sources that need it fail from then on")
def remove(name: Name, services: ServicesDep, requestor: SignedIn) -> SecretRemoved:
    remove_secret(services, requestor, name)
    return SecretRemoved(name=name)


def _entry(entry: SecretEntry) -> SecretAnswer:
    return SecretAnswer(name=entry.name, created=entry.created, updated=entry.updated)
