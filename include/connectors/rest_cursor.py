"""Where an incremental source goes on: the greatest value seen, and a step back for what comes late."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from include.errors import ConfigurationInvalid, Problem


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


def step_back(cursor: str, look_back: timedelta | None) -> str:
    """Give what is sent instead of the cursor, so that what came late is read as well; written as the source does.

    Example:
        >>> step_back("2024-03-01T00:00:00Z", timedelta(days=1)), step_back("4711", None)
        ('2024-02-29T00:00:00Z', '4711')

    Raises:
        ConfigurationInvalid: A look-back needs a time, and the cursor is none.
    """
    if look_back is None:
        return cursor
    try:
        earlier = datetime.fromisoformat(cursor) - look_back
    except (ValueError, OverflowError):
        problem = Problem(
            "ingester.incremental.look_back",
            "the field that says what is new holds no times in ISO 8601",
            "Leave `look_back` out, or use a field that does.",
        )
        raise ConfigurationInvalid([problem]) from None
    if len(cursor) == len("2024-01-01"):
        return earlier.date().isoformat()
    text = earlier.isoformat(sep=cursor[10])
    return text.replace("+00:00", "Z") if cursor.endswith("Z") else text
