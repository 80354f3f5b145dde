"""Asks a source once and shows what comes back; nothing is stored, and nothing is asked a second time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import quote

import polars as pl

from include.batch import Window
from include.collection.rest_source import RestSource
from include.collection.trial import Trial, TriedRequest
from include.connectors.egress import Answer, Egress, Limits, Request, Session, full_url
from include.connectors.rest_credentials import MASK, Login
from include.connectors.rest_more import tell_more
from include.connectors.rest_pages import first_page, next_page
from include.connectors.rest_patience import Patience
from include.connectors.rest_reading import RestReading
from include.connectors.rest_request import Page, split_window
from include.errors import Problem, SourceRefused, SourceUnavailable
from include.ports import Clock

ROWS: Final = 20
_MOST_BYTES: Final = 64 << 20
_TIMEOUT_S: Final = 15.0
_WHOLE_S: Final = 30.0
_SPAN: Final = timedelta(days=1)


@dataclass(slots=True)
class _Overheard:
    """Sends by a session, and keeps the last request and what came back, however that is judged later."""

    session: Session
    request: Request | None = None
    answer: Answer | None = None

    def send(self, request: Request, limits: Limits) -> Answer:
        self.request, self.answer = request, None
        self.answer = self.session.send(request, limits)
        return self.answer


def try_source(
    source: RestSource, egress: Egress, reveal: Callable[[str], str], clock: Clock, window: Window | None = None
) -> Trial:
    """Send the first request of a run, and read the first records of its answer.

    Args:
        window: The span of time to ask for; None: the first step, or day, of what the source is configured for.

    Raises:
        NotFound: A secret that it needs is not there.
    """
    limits = Limits(min(source.timeout_s, _TIMEOUT_S), _WHOLE_S, min(source.limits.bytes, _MOST_BYTES))
    with egress.open() as session:
        wire = _Overheard(session)
        login = Login(source.authentication, reveal, wire.send)
        reading = RestReading(source, wire, login, Patience(tries=1), clock, limits)
        try:
            page, times = _first_request(source, window)
            opened = reading.patience.insist(lambda: reading.open(page, times))
            with opened.answer.body:
                frame = next(opened.frames, pl.DataFrame()).head(ROWS)
            more = next_page(source.pagination, 1, frame.height, opened.said) is not None and frame.height > 0
            if frame.height and not more:
                reading.progress.issues += tell_more(opened, reading.where, frame.height)
            rows, problem, total = login.hide(frame), None, opened.said.total
        except (SourceRefused, SourceUnavailable) as error:
            masked = login.masked(error)
            rows, more, total = None, False, None
            problem = Problem(masked.where, masked.what, masked.remedy)
        request, answer = wire.request, wire.answer
        return Trial(
            request=_shown(request, login) if request is not None else None,
            status=answer.status if answer is not None else None,
            content_type=answer.headers.get("content-type") if answer is not None else None,
            size=answer.size if answer is not None else 0,
            rows=rows,
            more=more,
            total=total,
            problem=problem,
            notes=tuple(login.mask(f"{issue.where}: {issue.what}.") for issue in reading.progress.issues),
        )


def _first_request(source: RestSource, window: Window | None) -> tuple[Page, Mapping[str, str]]:
    page = first_page(source.pagination)
    if source.window is not None:
        begin = source.window.begin
        window = window or Window(begin, begin + (source.window.step or _SPAN))
        return page, next((times for _, times in split_window(window, source.window)), {})
    if source.incremental is not None:
        page = page.with_query({source.incremental.parameter: source.incremental.start})
    return page, {}


def _shown(request: Request, login: Login) -> TriedRequest:
    hidden = request.credentials
    url = full_url(request, [(name, MASK) for name, _ in hidden.parameters])
    headers = {**request.headers, **dict.fromkeys(hidden.headers, MASK)}
    body = request.body.decode() if request.body is not None else None
    return TriedRequest(
        request.method,
        login.mask(str(url).replace(quote(MASK), MASK)),
        {name: login.mask(value) for name, value in headers.items()},
        login.mask(body) if body is not None else None,
    )
