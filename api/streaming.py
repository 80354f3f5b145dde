"""Takes in a body of any length, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import anyio
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

BLOCK: Final = 1 << 20
PATIENCE_S: Final = 60.0
"""How long a client may be silent in the middle of a body. One that vanished would hold the file's lock for ever."""


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
