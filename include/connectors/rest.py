"""Reads REST and Open Data APIs: span by span, page by page, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Final

import polars as pl

from include.anonymization.telling import list_names
from include.batch import PART_ROWS, Window
from include.collection.rest_source import RestSource
from include.connectors.egress import Egress, Limits
from include.connectors.formats.parts import PART_BYTES
from include.connectors.rest_credentials import Login
from include.connectors.rest_cursor import greatest_text, step_back
from include.connectors.rest_patience import Patience
from include.connectors.rest_reading import Progress, RestReading
from include.connectors.rest_request import split_window, window_of
from include.errors import ConfigurationInvalid, Problem, SourceRefused, SourceUnavailable
from include.ports import Clock, Reading

_WHOLE_ANSWER_FACTOR: Final = 10
"""How many times the timeout a whole answer may take."""


class RestApi:
    """One API, for one run.

    Args:
        reveal: Gives a secret of the collection's owner by its name.
        window: What to read, where somebody asked for a span of time; None: what is new.
    """

    def __init__(
        self,
        source: RestSource,
        egress: Egress,
        reveal: Callable[[str], str],
        clock: Clock,
        window: Window | None = None,
        patience: Patience | None = None,
    ) -> None:
        if window is not None and source.window is None:
            raise ConfigurationInvalid(
                [Problem("ingester.window", "it is not set, and a span of time was asked for", "Set it.")]
            )
        self._source = source
        self._egress = egress
        self._reveal = reveal
        self._clock = clock
        self._window = window
        self._patience = patience or Patience(least_gap_s=60 / source.most_per_minute if source.most_per_minute else 0)

    def read(self, cursor: str | None) -> Reading:
        """Ask the source for what came after `cursor`, or for the window, while frames are taken.

        No record means that there is nothing new: no frame, and the cursor stays.

        Raises:
            SourceUnavailable: It did not answer, broke off, or gave less than it declared.
            SourceRefused: What it answers cannot be used.
            ConfigurationInvalid: A secret that it needs is not there.
        """
        progress = Progress(None if self._source.window else cursor)
        return Reading(
            frames=_gather(self._read(cursor, progress)),
            digest=progress.digest.hexdigest,
            cursor=lambda: progress.cursor,
            issues=lambda: progress.issues,
            groups=progress.groups,
        )

    def _read(self, cursor: str | None, progress: Progress) -> Iterator[pl.DataFrame]:
        with self._egress.open() as session:
            whole_s = _WHOLE_ANSWER_FACTOR * self._source.timeout_s
            limits = Limits(self._source.timeout_s, whole_s, self._source.limits.bytes)
            login = Login(self._source.authentication, self._reveal, session.send)
            reading = RestReading(self._source, session, login, self._patience, self._clock, limits, progress)
            with masking(login):
                read = self._read_window if self._source.window else self._read_new
                yield from read(reading, cursor)

    def _read_window(self, reading: RestReading, cursor: str | None) -> Iterator[pl.DataFrame]:
        asked, now = self._source.window, self._clock()
        assert asked is not None  # noqa: S101  # the caller looked
        window = self._window or window_of(asked, cursor, now)
        for span, times in split_window(window, asked) if window else ():
            for frame in reading.read_pages({}, times):
                yield frame if asked.time_column is None else _within(frame, asked.time_column, span, reading.where)
            if self._window is None:  # who fills a gap does not move where the next ordinary run begins
                reading.progress.cursor = min(span.end, now).astimezone(UTC).isoformat()

    def _read_new(self, reading: RestReading, cursor: str | None) -> Iterator[pl.DataFrame]:
        incremental, progress = self._source.incremental, reading.progress
        if incremental is None:
            yield from reading.read_pages({}, {})
            if progress.rows == 0 and not (progress.said_nothing or self._source.nothing.empty):
                remedy = "There is nothing to load. Where that may be, set `ingester.nothing.empty`."
                raise SourceRefused(reading.where, "it gives no records", remedy)
            return
        since = incremental.start if cursor is None else step_back(cursor, incremental.look_back)
        for frame in reading.read_pages({incremental.parameter: since}, {}):
            if incremental.field not in frame.columns:
                raise SourceRefused(
                    reading.where,
                    f"its records have no member {incremental.field!r}, which says what is new",
                    f"They have {list_names(frame.columns)}.",
                )
            seen = [*frame[incremental.field].drop_nulls().unique(), *filter(None, [progress.cursor])]
            progress.cursor = greatest_text(seen) if seen else None
            yield frame


@contextmanager
def masking(login: Login) -> Iterator[None]:
    """Take the secrets out of an error that quotes what the source answered: a source may repeat what it was sent."""
    try:
        yield
    except (SourceRefused, SourceUnavailable) as error:
        raise login.masked(error) from None


def _within(frame: pl.DataFrame, column: str, span: Window, where: str) -> pl.DataFrame:
    """Leave rows out that were not asked for: a source may give whole days. What is no time stays, to be reported."""
    if column not in frame.columns:
        has = f"It has {list_names(frame.columns)}."
        raise SourceRefused(where, f"it has no column {column!r}, which `window.time_column` names", has)
    moment = pl.col(column).str.to_datetime("%+", strict=False, time_zone="UTC", time_unit="us")
    return frame.filter(moment.is_between(span.start, span.end, closed="left").fill_null(True))


def _gather(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Join small pages to parts worth a file; a member that only other pages have is null."""
    pending: list[pl.DataFrame] = []
    columns: dict[str, None] = {}
    rows = size = 0
    for frame in frames:
        if frame.is_empty():
            continue
        if rows + frame.height > PART_ROWS:
            yield _join(pending, columns)
            pending, rows, size = [], 0, 0
        pending.append(frame)
        columns |= dict.fromkeys(frame.columns)
        rows, size = rows + frame.height, size + int(frame.estimated_size())
        if rows >= PART_ROWS or size >= PART_BYTES:
            yield _join(pending, columns)
            pending, rows, size = [], 0, 0
    if pending:
        yield _join(pending, columns)


def _join(frames: list[pl.DataFrame], columns: dict[str, None]) -> pl.DataFrame:
    joined = pl.concat(frames, how="diagonal") if len(frames) > 1 else frames[0]
    missing = [pl.lit(None, pl.String).alias(name) for name in columns if name not in joined.columns]
    return joined.with_columns(missing).select(list(columns)) if missing else joined
