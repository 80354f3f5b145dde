"""Reads REST and Open Data APIs that answer GET with JSON."""

from __future__ import annotations

import hashlib

import polars as pl

from include.collection.rest_source import RestSource
from include.connectors.content import Content
from include.connectors.egress import Egress
from include.connectors.formats.json_records import json_frames
from include.errors import SourceRefused
from include.ports import Reading


class RestApi:
    """One address that is asked once per run."""

    def __init__(self, source: RestSource, egress: Egress) -> None:
        self._source = source
        self._egress = egress
        self._where = source.url.partition("?")[0]  # what follows may be a key

    def read(self, cursor: str | None) -> Reading:
        """Ask the source; for what comes after `cursor` where it is incremental.

        No record from an incremental source means that there is nothing new: no frame, and the cursor stays.

        Raises:
            SourceUnavailable, SourceRefused: See `Egress.get` and `json_frames`.
        """
        source = self._source
        parameters = dict(source.parameters)
        if source.incremental is not None:
            cursor = cursor or source.incremental.start
            parameters[source.incremental.parameter] = cursor
        answer = self._egress.get(source.url, parameters, source.timeout_s)
        frames = list(json_frames(Content.of(answer.body, self._where), source.format))
        if not frames and source.incremental is None:
            raise SourceRefused(
                self._where, f"the list at {source.format.records} is empty", "There is nothing to load."
            )
        # of the records alone: what an answer says around them may differ every time
        digest = hashlib.sha256("".join(frame.write_ndjson() for frame in frames).encode()).hexdigest()
        after = self._greatest(frames, cursor)
        return Reading(frames=iter(frames), digest=lambda: digest, cursor=lambda: after)

    def _greatest(self, frames: list[pl.DataFrame], cursor: str | None) -> str | None:
        incremental = self._source.incremental
        if incremental is None:
            return None
        for frame in frames:
            if incremental.field not in frame.columns:
                raise SourceRefused(
                    self._where,
                    f"its records have no member {incremental.field!r}, which says what is new",
                    f"They have {', '.join(frame.columns[:20])}.",
                )
        values = pl.concat([frame[incremental.field].drop_nulls() for frame in frames]) if frames else None
        return (
            cursor
            if values is None or values.is_empty()
            else greatest_text([*values.unique(), *filter(None, [cursor])])
        )


def greatest_text(texts: list[str]) -> str:
    """Give the greatest text: as a number where all are numbers, as an instant where all are RFC 3339, else as text.

    Example:
        >>> greatest_text(["9", "10"])
        '10'
        >>> greatest_text(["2024-01-01T00:30:00+01:00", "2024-01-01T00:00:00Z"])
        '2024-01-01T00:00:00Z'
    """
    column = pl.Series(texts)
    for read in (column.cast(pl.Float64, strict=False), column.str.to_datetime("%+", strict=False, time_unit="us")):
        place = read.arg_max()
        if read.null_count() == 0 and place is not None:
            return texts[place]
    return max(texts)
