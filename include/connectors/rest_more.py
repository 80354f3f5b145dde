"""Finds that an answer tells of more records than were read: of a next page, a total, a range."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from include.collection.inspection import Issue
from include.connectors.egress import Answer
from include.connectors.rest_pages import Said

_YES: Final = frozenset(
    [
        *("hasmore", "hasnext", "hasnextpage", "hasmoredata", "hasmoreresults", "hasmorepages", "more", "moredata"),
        *("moreresults", "morepages", "morerecords", "nextpageavailable", "truncated", "istruncated", "incomplete"),
        *("incompleteresults", "xhasmore"),
    ]
)
_NEXT: Final = frozenset(
    [
        *("next", "nextpage", "nextpagetoken", "nexttoken", "nextcursor", "nexturl", "nextlink", "nextpageurl"),
        *("nextoffset", "nextkey", "nexthref", "odatanextlink", "continuation", "continuationtoken", "endcursor"),
        *("xnextpage", "xnextpagetoken", "xnexttoken", "xnextcursor", "xcontinuation", "xmscontinuation"),
    ]
)
_TOTALS: Final = frozenset(
    [
        *("total", "totalcount", "totalrecords", "totalresults", "totalelements", "totalitems", "totalhits"),
        *("totalrows", "recordstotal", "recordsfiltered", "nhits", "numfound", "xtotalcount", "xtotal"),
    ]
)
_PAGES: Final = frozenset(["totalpages", "pagecount", "pages", "lastpage", "numpages", "numberofpages", "xtotalpages"])
_AROUND: Final = frozenset(
    ["pagination", "paging", "page", "links", "pageinfo", "cursors", "cursor", "meta", "metadata"]
)
MORE: Final = frozenset().union(_YES, _NEXT, _TOTALS, _PAGES, _AROUND)
"""Names of members that say so, as letters alone."""

_RANGE: Final = re.compile(r"(?:[a-z]+[ =])?\s*(\d+)-(\d+)/(\d+)", re.IGNORECASE)


class Opened(Protocol):
    """An answer that was read."""

    @property
    def said(self) -> Said: ...
    @property
    def around(self) -> Mapping[str, Any]: ...
    @property
    def answer(self) -> Answer: ...


def tell_more(opened: Opened, where: str, rows: int, pages: int = 1) -> Iterator[Issue]:
    """Tell that a last answer says of more records than were read, or nothing where it leads to the next page."""
    if opened.said.leads_nowhere and pages == 1:
        what = "its first answer has nothing where the way to the next page should stand: it is taken for the only one"
        yield Issue(where, what, "Is `pagination.path` right?")
    if more := find_more(opened.around, opened.answer.headers, rows, pages):
        what = f"there may be more records than the {rows:,} that were read: {more}"
        yield Issue(where, what, "`pagination` says how the next page is asked for.")


def find_more(around: Mapping[str, Any], headers: Mapping[str, str], rows: int, pages: int = 1) -> str | None:
    """Give what an answer says of records beyond those that were read; None where it says nothing.

    Args:
        around: What stands beside the records, as `read_around` gives it.
        headers: By names in lower case.
        rows, pages: Records and pages that were read so far.

    Example:
        >>> find_more({"hasMore": True}, {}, 5), find_more({"meta": {"total": 90}}, {}, 5)
        ('`hasMore` says so', '`total` is 90')
        >>> find_more({"next": None, "total": 5}, {"content-range": "items 0-4/5"}, 5)
    """
    if (found := _RANGE.fullmatch(headers.get("content-range", "").strip())) and int(found[3]) > rows:
        return f"its range ends at {found[2]} of {found[3]}"
    if re.search(r"rel=\"?next\b", headers.get("link", "")):
        return "the header `Link` names a next page"
    told = {name: text for name, text in headers.items() if name.startswith("x-")}
    for name, value in _members({**told, **around}):
        plain = re.sub(r"[^a-z]", "", name.lower())
        text = str(value).strip()
        number = int(text[:18]) if text.isascii() and text.isdigit() else 0
        if (plain in _YES and text.lower() == "true") or (plain in _NEXT and _leads_on(value)):
            return f"`{name}` says so"
        if (plain in _TOTALS and number > rows) or (plain in _PAGES and number > pages):
            return f"`{name}` is {number}"
    return None


def _members(around: Mapping[str, Any], depth: int = 1) -> Iterator[tuple[str, Any]]:
    for name, value in around.items():
        yield name, value
        if isinstance(value, dict) and depth < 3:
            yield from _members(value, depth + 1)


def _leads_on(value: Any) -> bool:
    if isinstance(value, dict):
        return any(isinstance(each, str) and each.strip() for each in value.values())
    nothing = {"", "0", "null", "none", "false", "-1"}
    return not isinstance(value, bool) and str(value or "").strip().lower() not in nothing
