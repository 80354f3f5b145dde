"""The requests of one reading: the spans of time that are asked for, and what is put into a request for each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from include.batch import Window
from include.collection.rest_source import RestSource
from include.collection.time_window import END, START, TimeWindow
from include.connectors.egress import Credentials, Request

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for a page, beside what the source says.

    Attributes:
        url: The whole address, where an answer gave it.
        query: Parameters of the query. `body`: members of the JSON that is posted.
    """

    url: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str | int] = field(default_factory=dict)

    def with_query(self, always: Mapping[str, str]) -> Page:
        """Add parameters, unless an answer gave the whole address."""
        return self if self.url is not None or not always else Page(None, {**always, **self.query}, self.body)


def split_window(window: Window, asked: TimeWindow) -> Iterator[tuple[Window, Mapping[str, str]]]:
    """Cut a window into spans that a request may ask for, with what stands for `{start}` and `{end}`.

    Spans meet at moments that the format can write, so that none overlaps another; the last one may be empty by that,
    and is then left out.
    """
    start = asked.round_down(window.start)
    while start < window.end:
        end = _cut(start, window.end, asked)
        sent_end = end - _SECOND if asked.end_included else end
        written_end = asked.round_down(sent_end)
        if written_end > start or (asked.end_included and written_end == start):
            yield Window(start, end), {START: asked.write(start), END: asked.write(sent_end)}
        start = end


def _cut(start: datetime, end: datetime, asked: TimeWindow) -> datetime:
    """Give the end of the span that begins at `start`: after a step, or as many as the format can tell apart."""
    if asked.step is None:
        return end
    zone, later = ZoneInfo(asked.zone), start
    while later < end:
        # days of the zone, not of 24 hours each
        stepped = (later.astimezone(zone) + asked.step).astimezone(UTC)
        later = stepped if stepped > later else later + asked.step
        cut = asked.round_down(later)
        if cut > start:
            return min(cut, end)
    return end


def window_of(asked: TimeWindow, cursor: str | None, now: datetime) -> Window | None:
    """Give the window of an ordinary run: from the last loaded end, less the look-back, until now.

    The cursor is never later than the moment it was stored: what is asked for beyond now is asked for again.
    """
    start = asked.begin if cursor is None else max(asked.begin, datetime.fromisoformat(cursor) - asked.look_back)
    end = now + asked.ahead
    return Window(start, end) if start < end else None


def build_request(source: RestSource, page: Page, times: Mapping[str, str], credentials: Credentials) -> Request:
    """Write the request for one page of one span."""
    given = {name.lower() for name in source.headers}
    accept = "application/json" if source.format.kind == "json" else "*/*"
    headers = {**source.headers, **({} if "accept" in given else {"Accept": accept})}
    body = None
    if source.body is not None:
        plain = _fill(source.body, times, source)
        if page.body:
            plain = {**plain, **page.body}
        body = json.dumps(plain, ensure_ascii=False).encode()
        if "content-type" not in given:
            headers["Content-Type"] = "application/json"
    if page.url is not None:
        return Request(page.url, source.method, tuple(page.query.items()), headers, body, credentials)
    url = source.url
    for place, text in times.items():
        url = url.replace(place, quote(text, safe=":"))
    parameters = [
        (name, _put(text, times))
        for name, value in source.parameters.items()
        for text in (value if isinstance(value, tuple) else (value,))
    ]
    return Request(url, source.method, (*parameters, *page.query.items()), headers, body, credentials)


def _put(text: str, times: Mapping[str, str]) -> str:
    for place, time in times.items():
        text = text.replace(place, time)
    return text


def _fill(plain: Any, times: Mapping[str, str], source: RestSource) -> Any:
    match plain:
        case dict():
            return {name: _fill(value, times, source) for name, value in plain.items()}
        case list():
            return [_fill(value, times, source) for value in plain]
        case str() if plain in times and source.window is not None and source.window.format.startswith("epoch_"):
            return int(times[plain])
        case str():
            return _put(plain, times)
    return plain
