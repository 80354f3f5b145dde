"""The words of tus 1.0: what its headers say, and what each of our answers has to say.

Source: tus resumable upload protocol 1.0.0 (https://tus.io/protocols/resumable-upload): core, and the extensions
creation, creation-with-upload, expiration, checksum and termination.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from fastapi import HTTPException, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from include.collection.upload import Checksum, Incoming
from include.errors import ConfigurationInvalid, Problem

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,expiration,checksum,termination"
ALGORITHMS: Final = ("sha256", "sha1")
BODY: Final = "application/offset+octet-stream"
UPLOAD: Final = "Cdmp-Upload"
"""Our own: the id that a collection names, once the whole file is there."""

_EXPOSED: Final = (
    "Location, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, Upload-Offset,"
    f" Upload-Length, Upload-Expires, Upload-Metadata, {UPLOAD}"
)
_KEYS: Final = ("filename", "filetype", "sha256", "append")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_FLAG: Final = {"": True, "true": True, "1": True, "false": False, "0": False}
_LARGEST: Final = 2**63 - 1


class TusAnswers:
    """ASGI middleware: every answer below `/upload` says which protocol it speaks, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_upload(scope):
            await self.app(scope, receive, send)
            return

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Tus-Resumable"] = VERSION
                headers["Access-Control-Expose-Headers"] = _EXPOSED
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, say)


def is_upload(scope: Scope) -> bool:
    """Whether a request is one for `/upload/`."""
    return _path(scope).startswith("/upload/")


def takes_file(scope: Scope) -> bool:
    """Whether the body of a request is a file that its route reads as it comes."""
    if is_upload(scope):
        return scope["method"] in ("POST", "PATCH")
    media = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    return _path(scope) == "/sample" and scope["method"] == "POST" and media != "application/json"


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def require_version(request: Request) -> None:
    """See that the client speaks this version.

    Raises:
        HTTPException: 412, naming ours.
    """
    if request.headers.get("tus-resumable") != VERSION:
        raise HTTPException(412, f"Send Tus-Resumable: {VERSION}.", {"Tus-Version": VERSION})


def read_number(request: Request, name: str) -> int:
    """Read a header that is a number of bytes.

    Raises:
        HTTPException: 400, where it is missing or no number.
    """
    text = request.headers.get(name, "")
    if not text.isascii() or not text.isdigit() or int(text[:20]) > _LARGEST or len(text) > 20:
        raise HTTPException(400, f"{name} has to be a whole number of bytes, in decimal digits.")
    return int(text)


def read_checksum(request: Request) -> Checksum | None:
    """Read what the body is to add up to.

    Raises:
        HTTPException: 400, where the algorithm or the digest is none.
    """
    header = request.headers.get("upload-checksum")
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise HTTPException(400, f"Upload-Checksum takes {' and '.join(ALGORITHMS)}.")
    try:
        return Checksum(algorithm, base64.b64decode(digest, validate=True))
    except (binascii.Error, ValueError):
        raise HTTPException(400, "Upload-Checksum has to be an algorithm, a space and a digest in base64.") from None


def read_metadata(request: Request) -> Mapping[str, str]:
    """Read the pairs of Upload-Metadata.

    Raises:
        ConfigurationInvalid: A key is unknown or comes twice, or a value is no base64 of UTF-8.
    """
    found: dict[str, str] = {}
    for pair in request.headers.get("upload-metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if not key:
            continue
        if key not in _KEYS or key in found:
            what = "comes twice" if key in found else "is not a key that is known here"
            raise ConfigurationInvalid([Problem(f"Upload-Metadata.{key[:40]}", what, f"Known are {', '.join(_KEYS)}")])
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            raise ConfigurationInvalid(
                [Problem(f"Upload-Metadata.{key}", "is not UTF-8 in base64", "Encode the value, with its padding")]
            ) from None
    return found


def write_metadata(incoming: Incoming) -> str:
    """Write what the client said of a file, as a client has to find it again."""
    said = {"filename": incoming.name, "filetype": incoming.media_type, "sha256": incoming.sha256}
    pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items() if value is not None]
    return ",".join([*pairs, "append"] if incoming.again else pairs)


def read_sha256(metadata: Mapping[str, str]) -> str | None:
    """Read the digest of the whole file, where the client says it."""
    digest = metadata.get("sha256")
    if digest is not None and not _SHA256.fullmatch(digest):
        raise ConfigurationInvalid([Problem("Upload-Metadata.sha256", "is no sha256", "64 digits, 0-9 and a-f")])
    return digest


def read_flag(metadata: Mapping[str, str], name: str) -> bool:
    """Read a yes or no; a key without a value is a yes."""
    flag = _FLAG.get(metadata[name]) if name in metadata else False
    if flag is None:
        raise ConfigurationInvalid([Problem(f"Upload-Metadata.{name}", "is neither true nor false", "Leave it empty")])
    return flag


def http_date(moment: datetime) -> str:
    """Write a moment as HTTP does (RFC 9110)."""
    return format_datetime(moment, usegmt=True)
