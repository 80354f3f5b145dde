"""What a JSON body may be: refuses at the edge what a parser accepts and a database, a log or a client chokes on.

Refused: anything but UTF-8, NaN and Infinity, numbers beyond 64 bits, NUL characters and lone surrogates, keys that
come twice, nesting beyond 64, and bodies beyond 1 MiB. Files that are handed over pass by: their routes read no JSON.

Source: RFC 8259, sections 4, 6, 8.1 and 9; RFC 7493 (I-JSON).
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer_problem
from include.errors import Problem

MOST_BYTES: Final = 1024 * 1024
DEEPEST: Final = 64


class BodyRefused(Exception):
    """A body that goes no further."""

    def __init__(self, status: int, what: str, remedy: str) -> None:
        super().__init__(status, what, remedy)
        self.status = status
        self.problem = Problem("body", what, remedy)


class StrictJsonBodies:
    """ASGI middleware: a request's body is whole, small, and JSON that means one thing, or the request is refused.

    Args:
        takes_files: Says of a request whether its route takes a file as it comes.
    """

    def __init__(self, app: ASGIApp, takes_files: Callable[[Scope], bool]) -> None:
        self.app = app
        self.takes_files = takes_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self.takes_files(scope):
            await self.app(scope, receive, send)
            return
        try:
            body = await _read(receive, Headers(scope=scope))
        except BodyRefused as refused:
            answer = answer_problem(refused.status, str(refused.problem), [refused.problem])
            await answer(scope, receive, send)
            return
        if body is None:  # the client left
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)


async def _read(receive: Receive, headers: Headers) -> bytes | None:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MOST_BYTES:
            raise BodyRefused(413, "is larger than 1 MiB", "Send a smaller document")
        chunks.append(chunk)
        more = message.get("more_body", False)
    body = b"".join(chunks)
    if body:
        media = headers.get("content-type", "").split(";")[0].strip().lower()
        if media != "application/json" and not media.endswith("+json"):
            raise BodyRefused(415, "is not declared as JSON", "Send Content-Type: application/json")
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise BodyRefused(415, "is packed", "Send it as it is, without Content-Encoding")
        check_json(body)
    return body


def check_json(body: bytes) -> None:
    """Refuse what is no unambiguous JSON document.

    Raises:
        BodyRefused: With status 400.
    """
    if body.startswith(codecs.BOM_UTF8):
        raise BodyRefused(400, "begins with a byte order mark", "Encode it as UTF-8, without one")
    try:
        document = json.loads(
            body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_object_without_repeats
        )
    except UnicodeDecodeError as error:
        raise BodyRefused(400, "is not UTF-8", "Encode it as UTF-8, without a byte order mark") from error
    except RecursionError as error:
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        at = f"at line {error.lineno}, column {error.colno}"
        raise BodyRefused(400, f"is not JSON {at}", "Check it with a JSON validator") from error
    except ValueError as error:  # of more digits than Python reads
        raise _too_large() from error
    level, depth = [document], 0
    while level:
        depth += any(isinstance(value, dict | list) for value in level)
        if depth > DEEPEST:
            raise _too_deep()
        level = [member for value in level for member in _members(value)]


def _members(value: Any) -> list[Any]:
    match value:
        case dict():
            return [*value.keys(), *value.values()]
        case list():
            return value
        case str():
            if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
                raise BodyRefused(400, "holds a NUL character or half a surrogate pair", "Remove it")
        case float() if not isfinite(value):
            raise BodyRefused(400, "holds a number beyond 64 bits", "Use a smaller one")
        case int() if not -(2**63) <= value < 2**63:
            raise _too_large()
    return []


def _too_large() -> BodyRefused:
    return BodyRefused(400, "holds a number beyond 64 bits", "Use a smaller one, or write it as text")


def _refuse_constant(name: str) -> Any:
    raise BodyRefused(400, f"holds {name}, which is not JSON", "Use null for a number that is not known")


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise BodyRefused(400, "holds an object with the same key twice", "Keep one of the two")
    return members


def _too_deep() -> BodyRefused:
    return BodyRefused(400, f"is nested more than {DEEPEST} deep", "Send a flatter document")
