"""The specification's other spellings of the prefix: answered with 308, so that method and body stay."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


def redirect_alias(alias: str, prefix: str) -> ASGIApp:
    """Build an app that sends everything below `alias` to the same path below `prefix`."""

    async def redirect(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        # the path as it came, still encoded: decoding it would change what it names
        path = scope.get("raw_path", scope["path"].encode()).split(b"?")[0].decode("latin-1")
        query = Request(scope).url.query
        location = path.replace(alias, prefix, 1) + (f"?{query}" if query else "")
        answer = Response(status_code=308, headers={"Location": location})
        await answer(scope, receive, send)

    return redirect
