"""Keeping the secrets that sources need: stored and replaced by their owner, and read back by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from include.access.requestor import Requestor
from include.collection.authentication import SECRET_NAME, SecretEntry
from include.collection.rest_source import RestSource
from include.collection.source import Source
from include.errors import ConfigurationInvalid, NotFound, Problem
from include.operations.services import Services, refuse_unknown

MOST_CHARACTERS: Final = 8192
_VALUE: Final = f"One line, of at most {MOST_CHARACTERS} characters"


def store_secret(services: Services, requestor: Requestor, name: str, value: str) -> tuple[SecretEntry, bool]:
    """Store a secret of the requestor's, or replace it.

    Returns:
        What is told of it, and whether it is new.

    Raises:
        ConfigurationInvalid: The name or the value cannot be one; the value is not repeated.
    """
    problems = []
    if re.fullmatch(SECRET_NAME, name) is None:
        problems.append(Problem("name", "it is no name of a secret", "A letter, then letters, digits, `_`, `.`, `-`"))
    if not value or len(value) > MOST_CHARACTERS:
        problems.append(Problem("value", f"it is empty, or has more than {MOST_CHARACTERS} characters", _VALUE))
    elif not value.isprintable():
        problems.append(Problem("value", "it holds a line end or another character that does not print", _VALUE))
    if problems:
        raise ConfigurationInvalid(problems)
    new = services.secrets.put(requestor.id, name, value, services.clock())
    entry = next(entry for entry in services.secrets.find(requestor.id) if entry.name == name)
    return entry, new


def list_secrets(services: Services, requestor: Requestor) -> Sequence[SecretEntry]:
    """List the requestor's secrets: names and dates."""
    return services.secrets.find(requestor.id)


def remove_secret(services: Services, requestor: Requestor, name: str) -> None:
    """Forget a secret of the requestor's; a collection that needs it fails from then on.

    Raises:
        NotFound: They have none of this name.
    """
    try:
        services.secrets.remove(requestor.id, name)
    except NotFound:
        refuse_unknown("secret", name)


def missing_secrets(services: Services, requestor: Requestor, source: Source | None) -> Iterator[Problem]:
    """Find the secrets that a source names and its owner does not have; another's is as absent as none."""
    if not isinstance(source, RestSource) or not source.secret_refs:
        return
    names = {entry.name for entry in services.secrets.find(requestor.id)}
    for name in source.secret_refs:
        if name not in names:
            yield Problem(
                "ingester.authentication.secret_ref",
                f"you have no secret called {name!r}",
                "Store it first: `cdmp secret set`, or PUT /secret/{name}",
            )
