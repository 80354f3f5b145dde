"""From one page of an answer to the next."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import httpx

from include.collection.formats.json_records import path_steps
from include.collection.pagination import LinkHeader, NextUrl, Offset, PageCursor, PageNumber, Pagination
from include.collection.rest_source import RestSource
from include.connectors.egress import Answer, origin
from include.connectors.formats.json_records import find_all
from include.connectors.rest_request import Page
from include.errors import SourceRefused

_MOST_PEEKED: Final = 64 << 20
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_LINK: Final = re.compile(rf"<([^<>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:{_QUOTED}|[^\s\";,]*))?)*)")  # RFC 8288, 3
_TOLD: Final = re.compile(rf";\s*([^\s=;,]+)\s*=\s*(?:({_QUOTED})|([^\s\";,]*))")


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says of its pages, beside its records.

    Attributes:
        total: The records that it declares, over all pages.
        cursor: What leads to the next page: a cursor, or a URL.
        pages: How many pages it declares.
        leads_nowhere: Nothing at all stands where the way to the next page should, not even that there is none.
    """

    total: int | None = None
    cursor: str | None = None
    pages: int | None = None
    leads_nowhere: bool = False


def first_page(pagination: Pagination | None) -> Page:
    """Say what the first page is asked with."""
    match pagination:
        case PageNumber() | Offset():
            return _ask(pagination, pagination.first)
    return Page()


def next_page(pagination: Pagination | None, read: int, records: int, said: Said) -> Page | None:
    """Say what the next page is asked with; None after the last one.

    Args:
        read: Pages read so far. `records`: records read so far, over all of them.

    A page is not taken for the last one because it is short: a source may give fewer records at a time than it is
    asked for.
    """
    match pagination:
        case PageNumber():
            return None if said.pages is not None and read >= said.pages else _ask(pagination, pagination.first + read)
        case Offset():
            return _ask(pagination, pagination.first + records)
        case PageCursor() if said.cursor is not None:
            if pagination.place == "body":
                return Page(body={pagination.parameter: said.cursor})
            return Page(query={pagination.parameter: said.cursor})
        case LinkHeader() | NextUrl() if said.cursor is not None:
            return Page(url=said.cursor)
    return None


def read_said(source: RestSource, answer: Answer) -> Said:
    """Read what an answer says of its pages.

    Raises:
        SourceRefused: It is no JSON and has to be, or leads to a page at another origin.
    """
    pagination, total = source.pagination, source.total
    where = answer.url.host
    paths = [path for path in (total, getattr(pagination, "path", None), getattr(pagination, "pages", None)) if path]
    document = peek(answer.body, answer.size, where) if any(path.startswith("$") for path in paths) else None
    declared = _at(document, total) if total and total.startswith("$") else answer.headers.get((total or "").lower())
    cursor: str | None = None
    match pagination:
        case PageCursor(path=path):
            value = _at(document, path)
            if isinstance(value, dict | list):
                raise SourceRefused(where, f"what stands at {path} is no cursor", "Point `pagination.path` at a value.")
            cursor = None if value in (None, "", False) else str(value)
        case NextUrl(path=path):
            cursor = _next_url(_at(document, path), answer.url, source.url)
        case LinkHeader(rel=rel):
            cursor = _next_url(_link(answer.headers.get("link", ""), rel), answer.url, source.url)
    pages = _at(document, pagination.pages) if isinstance(pagination, PageNumber) and pagination.pages else None
    # a null stands there, too: it says that there is no next page
    astray = isinstance(pagination, PageCursor | NextUrl) and not [*find_all(document, path_steps(pagination.path))]
    return Said(_whole(declared), cursor, _whole(pages), astray)


def _at(document: Any, path: str) -> Any:
    return next(find_all(document, path_steps(path)), None)


def _ask(pagination: PageNumber | Offset, number: int) -> Page:
    if pagination.place == "body":
        return Page(body={pagination.parameter: number})
    return Page(query={pagination.parameter: str(number)})


def peek(body: BinaryIO, size: int, where: str) -> Any:
    """Read an answer whole, and leave it as it was; None where it is no JSON.

    Raises:
        SourceRefused: It is too large to hold.
    """
    if size > _MOST_PEEKED:
        raise SourceRefused(where, f"a page is larger than {_MOST_PEEKED >> 20} MiB", "Ask for fewer records a page.")
    try:
        return json.loads(body.read())
    except (ValueError, RecursionError):
        return None  # the reader of its records says what is wrong with it
    finally:
        body.seek(0)


def _whole(value: Any) -> int | None:
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _link(header: str, rel: str) -> str | None:
    """Find the first link of a relation; quoted parameters may hold what parts links and parameters."""
    for url, told in _LINK.findall(header):
        named = [quoted.strip('"') or bare for name, quoted, bare in _TOLD.findall(told) if name.lower() == "rel"]
        relations = named[0] if named else ""
        if rel.lower() in relations.lower().split():
            return str(url)
    return None


def _next_url(value: Any, here: httpx.URL, asked: str) -> str | None:
    """Read the URL of the next page. One that a source behind a proxy calls http is the https that we came by."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        target = here.join(value.strip())
    except httpx.InvalidURL:
        raise SourceRefused(here.host, "the next page has an address that is no URL") from None
    if here.scheme == "https" and target.scheme == "http" and target.port is None:
        target = target.copy_with(scheme="https")
    if origin(target) not in (origin(here), origin(httpx.URL(asked))):
        what = f"its next page lies at another origin, {target.scheme}://{target.netloc.decode()}"
        remedy = "Nothing is asked there, as credentials would go along; if it is the same source, begin its `url` so."
        raise SourceRefused(here.host, what, remedy)
    return str(target)
