"""A further file for a collection: what it would bring, and bringing it. Nothing that was loaded is destroyed."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from include.access.requestor import Requestor
from include.collection.model import Collection, CollectionState
from include.collection.run import Run
from include.collection.source import FileSource
from include.collection.upload import Upload
from include.errors import ConfigurationInvalid, Conflict, NotFound, Problem
from include.operations.collection_life import check, replace_collection
from include.operations.collection_reading import read_own
from include.operations.collection_running import run_collection
from include.operations.sampling import one_of_few, require_short
from include.operations.services import Services
from include.operations.uploading import read_own_upload, remove_upload, upload_file
from include.ports import Engine
from include.upload_ports import Rehearsal


def preview_append(
    services: Services, requestor: Requestor, collection_id: UUID, upload: str, *, wait: bool = False, shown: int = 20
) -> Rehearsal:
    """Say what a file would bring to a collection's dataset, over all of its rows: `Rehearsal.foreseen`.

    Args:
        wait: The requestor waits as long as it takes; else a long file is refused.

    Raises:
        NotFound: The collection or the upload is not the requestor's to know of.
        NotAllowed: As `read_own`.
        Conflict: This very content is loaded, or steps are missing.
        TooLarge: Nobody would wait for so much.
        SourceRefused, ConfigurationInvalid: It cannot be read.
    """
    there, collection = _with_file(services, requestor, read_own(services, requestor, collection_id), upload)
    if not wait:
        require_short(there.bytes, "cdmp append TITLE FILE --preview")
    with one_of_few():
        return services.rehearse(collection, shown=shown, appends=True)


def preview_file(services: Services, requestor: Requestor, collection_id: UUID, file: Path) -> Rehearsal:
    """Do as `preview_append` with a file that is handed over for this only, and wait.

    Raises:
        ConfigurationInvalid: There is no such file.
    """
    earlier = _find_upload(services, requestor, file)
    upload = earlier or upload_file(services, requestor, file)
    try:
        return preview_append(services, requestor, collection_id, upload, wait=True)
    finally:
        if earlier is None:
            with suppress(NotFound, Conflict):  # removed, or read by a collection, meanwhile
                remove_upload(services, requestor, upload)


def append_file(
    services: Services,
    engine: Engine,
    requestor: Requestor,
    collection_id: UUID,
    upload: str,
    *,
    patience_s: float | None = 3.0,
) -> Run:
    """Make a file the collection's next one, and run it: its rows join those that are there.

    Args:
        patience_s: As for `run_collection`.

    Raises:
        NotFound, NotAllowed, Conflict: As `preview_append`; Conflict also while a run is active, or it is paused.
        ConfigurationInvalid: The collection reads no files.
    """
    old = read_own(services, requestor, collection_id)
    _, new = _with_file(services, requestor, old, upload)
    where = f"collection {collection_id}"
    if old.state is CollectionState.PAUSED:
        raise Conflict(where, "it is paused", "Resume it, then append")
    latest = services.runs.latest([collection_id]).get(collection_id)
    if latest is not None and latest.state.active:
        raise Conflict(where, f"run {latest.run_id} has not ended", "Append when it has")
    if new.config != old.config:
        replace_collection(services, engine, requestor, collection_id, new.config)
    return run_collection(services, engine, requestor, collection_id, patience_s=patience_s)


def _with_file(
    services: Services, requestor: Requestor, collection: Collection, upload: str
) -> tuple[Upload, Collection]:
    source = collection.config.ingester
    if not isinstance(source, FileSource):
        raise ConfigurationInvalid([Problem("ingester.kind", "the collection reads no files", "Run it instead")])
    there = read_own_upload(services, requestor, upload)
    if collection.config.mapper is None or collection.config.metadata is None:
        raise Conflict(f"collection {collection.id}", "it is a draft: steps are missing", "Complete its configuration")
    loaded = services.datasets.find_batch(collection.dataset_id, upload)
    if loaded is not None:
        raise Conflict(
            there.name,
            f"this very content was loaded on {loaded.committed:%Y-%m-%d at %H:%M} UTC, {loaded.rows_loaded} rows",
            f"Append a file with new content; to load this one by a corrected mapping, roll batch {loaded.number} back",
        )
    named = source.model_copy(update={"upload": upload, "name": there.name})
    config = collection.config.model_copy(update={"ingester": named})
    check(services, requestor, config)
    return there, replace(collection, config=config)


def _find_upload(services: Services, requestor: Requestor, file: Path) -> str | None:
    if not file.is_file():
        return None
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return digest if services.uploads.has(digest, requestor.id) else None
