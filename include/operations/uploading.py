"""Handing a file to the platform."""

from __future__ import annotations

from pathlib import Path

from include.access.requestor import Requestor
from include.errors import ConfigurationInvalid, Problem
from include.operations.services import Services


def upload_file(services: Services, requestor: Requestor, file: Path, name: str | None = None) -> str:
    """Keep a file for its owner, and give the upload's id, the sha256 of its bytes.

    Args:
        name: What its owner calls the file; kept as text, never used as a path.

    Raises:
        ConfigurationInvalid: There is no such file.
    """
    if not file.is_file():
        raise ConfigurationInvalid([Problem(str(file), "there is no such file", "Check `ingester.name`")])
    return services.uploads.add(file, name or file.name, requestor.id)
