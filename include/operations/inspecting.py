"""Looking at a file that was handed over, before a collection is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from include.access.requestor import Requestor
from include.collection.inspection import Inspection
from include.operations.services import Services, refuse_unknown


def inspect_upload(
    services: Services, requestor: Requestor, upload: str, name: str, given: Mapping[str, Any]
) -> Inspection:
    """Say everything that is known of a file that the requestor handed over.

    Raises:
        NotFound: They handed over no such file.
        SourceRefused: It cannot be read.
        ConfigurationInvalid: There is no such setting, or it cannot have this value.
    """
    if not services.uploads.has(upload, requestor.id):
        refuse_unknown("upload", upload)
    return services.inspector(services.uploads.path(upload), name, given)
