"""Takes in files that come as bodies, of any length and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

import anyio
from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from include.access.requestor import Requestor
from include.collection.upload import Checksum
from include.operations.services import Services
from include.operations.uploading import go_on

BLOCK: Final = 1 << 20
PATIENCE_S: Final = 60.0
"""How long a client may be silent in the middle of a body. One that vanished would hold the file's lock for ever."""


async def receive(
    request: Request,
    services: Services,
    requestor: Requestor,
    incoming_id: UUID,
    offset: int,
    checksum: Checksum | None = None,
) -> None:
    """Add a body to a file on its way in.

    Raises:
        HTTPException: 408, where the client left before the end; what came before is kept.
    """
    writer = await run_in_threadpool(go_on, services, requestor, incoming_id, offset, checksum)
    whole = False
    try:
        whole = await pour(request, writer.write)
        if whole:
            await run_in_threadpool(writer.verify)
    finally:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(writer.close)
    if not whole:
        raise HTTPException(408, "The body broke off; what arrived is kept. Ask with HEAD where to go on.")


async def pour(request: Request, write: Callable[[bytearray], None], patience_s: float = PATIENCE_S) -> bool:
    """Give a body to `write` in blocks, in a worker thread; False where the client left before the end.

    What came before the client left was written.
    """
    block = bytearray()
    body = request.stream()
    whole = False
    while True:
        try:
            with anyio.fail_after(patience_s):
                chunk = await anext(body)
        except StopAsyncIteration:
            whole = True
            break
        except (ClientDisconnect, TimeoutError):
            break
        block += chunk
        if len(block) >= BLOCK:
            await run_in_threadpool(write, block)
            block = bytearray()
    if block:
        await run_in_threadpool(write, block)
    return whole
