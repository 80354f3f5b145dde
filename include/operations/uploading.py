"""Handing files to the platform, whole or in pieces; an upload is its owner's, and nobody else knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from include.access.requestor import Requestor
from include.cim.concept import FieldType
from include.collection.upload import Checksum, Incoming, Upload
from include.configuration import UNPRINTABLE
from include.errors import ConfigurationInvalid, DuplicateUpload, NotFound, Problem, TooLarge
from include.operations.cursor import read_cursor, write_cursor
from include.operations.services import Services, refuse_unknown
from include.upload_ports import IncomingWriter

UNFINISHED_FOR: Final = timedelta(days=7)
"""How long a file may take to arrive."""

_LONGEST_NAME: Final = 255
_HEADED: Final = "Hand over a file with a header and rows"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file has come.

    Attributes:
        upload: What it became, once all has arrived.
        earlier: Whether the owner had handed over the same content before.
    """

    incoming: Incoming
    received: int
    upload: Upload | None = None
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Some uploads, newest first, and those that have not all arrived; `cursor` is None on the last page."""

    uploads: Sequence[Upload]
    unfinished: Sequence[Progress]
    used_bytes: int
    cursor: str | None


def upload_file(services: Services, requestor: Requestor, file: Path, name: str | None = None) -> str:
    """Keep a file for its owner, and give the upload's id, the sha256 of its bytes.

    Args:
        name: What its owner calls the file; kept as text, never used as a path.

    Raises:
        ConfigurationInvalid: There is no such file, or nothing in it.
    """
    if not file.is_file():
        raise ConfigurationInvalid([Problem(str(file), "there is no such file", "Check the path")])
    if file.stat().st_size == 0:
        raise ConfigurationInvalid([Problem(str(file), "the file is empty", _HEADED)])
    return services.uploads.add(file, check_name(name or file.name), requestor.id)


def begin_upload(
    services: Services,
    requestor: Requestor,
    *,
    name: str,
    size: int,
    media_type: str | None = None,
    sha256: str | None = None,
    again: bool = False,
) -> Incoming:
    """Expect a file.

    Args:
        sha256: Of the whole, where the client knows it: a repeat is told before anything is sent, and what arrives is
            compared with it.
        again: Content that the owner handed over before is welcome.

    Raises:
        ConfigurationInvalid: The name is no text for people, or the file is empty.
        TooLarge: More than a file may have, or than the owner's quota leaves.
        DuplicateUpload: The owner handed over this very content before.
    """
    check_name(name)
    if media_type is not None:
        check_name(media_type, "filetype")
    if size == 0:
        raise ConfigurationInvalid([Problem("Upload-Length", "the file is empty", _HEADED)])
    if size > services.incoming.most_bytes:
        raise TooLarge(
            "Upload-Length",
            f"{size:,} bytes are more than a file may have",
            f"The most are {services.incoming.most_bytes:,}: split it, or pack it with gzip",
        )
    if sha256 is not None and not again and services.uploads.has(sha256, requestor.id):
        refuse_repeat(services.uploads.get(sha256, requestor.id))
    now = services.clock()
    incoming = Incoming(uuid4(), requestor.id, name, media_type, size, sha256, again, now, now + UNFINISHED_FOR)
    services.incoming.begin(incoming)
    return incoming


def read_progress(services: Services, requestor: Requestor, incoming_id: UUID) -> Progress:
    """Say how far a file has come; one that has all arrived becomes an upload, where nobody had the time before.

    Raises:
        NotFound: Absent, expired, or somebody else's: the three answer alike.
    """
    incoming = _read_own(services, requestor, incoming_id)
    if incoming.upload is None:
        received = services.incoming.received(incoming)
        if received < incoming.bytes:
            return Progress(incoming, received)
    return finish_upload(services, requestor, incoming_id)


def go_on(
    services: Services, requestor: Requestor, incoming_id: UUID, offset: int, checksum: Checksum | None = None
) -> IncomingWriter:
    """Open a file on its way in, to add to it; whoever opens closes.

    Raises:
        NotFound: As `read_progress`.
        Conflict: The file does not end at `offset`, or somebody writes to it at this moment (`Locked`).
    """
    incoming = _read_own(services, requestor, incoming_id)
    if incoming.upload is not None:
        refuse_unknown("upload", incoming_id)
    return services.incoming.open(incoming, offset, checksum)


def finish_upload(
    services: Services, requestor: Requestor, incoming_id: UUID, *, expires: datetime | None = None
) -> Progress:
    """Make an upload of a file that has all arrived; the second time, give the same.

    Raises:
        NotFound: As `read_progress`.
        ChecksumWrong: It is not the file that was announced.
    """
    incoming = _read_own(services, requestor, incoming_id)
    if incoming.upload is None:
        services.incoming.finish(incoming, expires=expires)
        incoming = _read_own(services, requestor, incoming_id)
    upload = services.uploads.get(incoming.upload or "", requestor.id)
    earlier = incoming.finished is not None and upload.stored < incoming.finished
    return Progress(incoming, incoming.bytes, upload, earlier)


def refuse_repeat(upload: Upload) -> None:
    """Say when, and as what, the owner handed over this very content before.

    Raises:
        DuplicateUpload: Always.
    """
    raise DuplicateUpload(
        upload.name,
        f"this very content was handed over on {upload.stored:%Y-%m-%d at %H:%M} UTC as {upload.name!r}",
        f"Use that upload, {upload.id}; or say `append` to have it again",
    )


def list_uploads(services: Services, requestor: Requestor, *, cursor: str | None = None, limit: int = 50) -> UploadPage:
    """List the requestor's own uploads, newest first, and what of theirs has not all arrived."""
    after = read_cursor(cursor, (FieldType.TIMESTAMP, FieldType.ID)) if cursor else None
    found = services.uploads.find(requestor.id, after=after, limit=limit + 1)
    page = found[:limit]
    unfinished = [Progress(each, _received(services, each)) for each in services.incoming.find(requestor.id)]
    return UploadPage(
        uploads=page,
        unfinished=unfinished,
        used_bytes=services.incoming.used_bytes(requestor.id),
        cursor=write_cursor([page[-1].stored, page[-1].id]) if len(found) > limit else None,
    )


def remove_upload(services: Services, requestor: Requestor, which: UUID | str) -> None:
    """Remove an upload by its id, or a file on its way in with what of it has arrived.

    Raises:
        NotFound: Absent, or somebody else's.
        Conflict: A collection of the requestor reads it.
    """
    if isinstance(which, UUID):
        incoming = _read_own(services, requestor, which)
        if incoming.upload is None:
            services.incoming.remove(which)
            return
        which = incoming.upload
    try:
        services.uploads.remove(which, requestor.id)
    except NotFound:
        refuse_unknown("upload", which)


def read_own_upload(services: Services, requestor: Requestor, upload: str) -> Upload:
    """Read what is known of a file that the requestor handed over.

    Raises:
        NotFound: They handed over no such file.
    """
    try:
        return services.uploads.get(upload, requestor.id)
    except NotFound:
        refuse_unknown("upload", upload)


def check_name(name: str, where: str = "filename") -> str:
    """See that a file's name is a text that people can read; whatever it says, it is never a path.

    Raises:
        ConfigurationInvalid: It is empty, too long, or holds what does not print.
    """
    if not name.strip():
        what, remedy = "is empty", "Say what you call the file"
    elif len(name) > _LONGEST_NAME:
        what, remedy = f"is longer than {_LONGEST_NAME} characters", "Shorten it"
    elif UNPRINTABLE.search(name):
        what, remedy = "holds a character that does not print", "Remove it"
    else:
        return name
    raise ConfigurationInvalid([Problem(where, what, remedy)])


def _received(services: Services, incoming: Incoming) -> int:
    try:
        return services.incoming.received(incoming)
    except NotFound:  # it ended at this moment
        return incoming.bytes


def _read_own(services: Services, requestor: Requestor, incoming_id: UUID) -> Incoming:
    try:
        incoming = services.incoming.get(incoming_id)
    except NotFound:
        refuse_unknown("upload", incoming_id)
    if incoming.owner_id != requestor.id or incoming.expires < services.clock():
        refuse_unknown("upload", incoming_id)
    return incoming
