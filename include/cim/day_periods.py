"""Numbers of the hours and periods of a day, as they stand in texts: HE01, SP 48, H25Q4, 2B, 00 - 01."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

_HOUR: Final = timedelta(hours=1)
_HOURS_FROM_TO: Final = r"^(.* )?(\d{1,2})h? ?[-–] ?\d{1,2}h?$"
_CALLED: Final = r"(?i)^(.* )?(\d{1,2}) ?(?:uhr|h|hrs)\.?$"
_HOUR_FROM_TO: Final = r"^([01]?\d|2[0-3])h? ?[-–] ?([01]?\d|2[0-4])h?$"
_PERIOD: Final = (
    r"(?i)^(.*?)[\s_-]*(?:(?:h|hour |stunde )(\d{1,2})[abx*]? ?q|([a-zà-ü]+))?[\s._-]*(\d{1,3})(?:\.0+|:00| ?[abx*])?$"
)


def split_periods(texts: pl.Series) -> pl.DataFrame:
    """Split the number of a day's period from what stands before it, with or without a word: HE01, SP 48, H25Q4.

    Of an hour and its quarter (Hour 3B Q1) the number is the quarter's.

    A mark behind it (2A and 2B, 2*) says which showing of an hour it is, and belongs to no number.

    Returns:
        `head` and `number`; both null where a text does not end with a number.

    Example:
        >>> split_periods(pl.Series(["2024-01-01 HE01", "01/01/2024 2B", "H25Q4", "Hour 3B Q1"])).rows()
        [('2024-01-01', 1), ('01/01/2024', 2), ('', 100), ('', 9)]
    """
    texts = begin_hours(texts)
    head, word = (texts.str.extract(_PERIOD, group) for group in (1, 3))
    hour, number = (texts.str.extract(_PERIOD, group).cast(pl.Int64, strict=False) for group in (2, 4))
    zone = pl.select(pl.when(word.str.contains(r"^(?i:z|utc|gmt)$")).then(word).otherwise(pl.lit(""))).to_series()
    return pl.DataFrame({"head": head + zone, "number": number + (hour.fill_null(1) - 1) * 4})


def begin_hours(texts: pl.Series) -> pl.Series:
    """Leave of hours from and to the first, and of one that is called an hour its number.

    Example:
        >>> begin_hours(pl.Series(["00 - 01", "01-01-2024 23-00", "2024-01-01", "7h–8h", "7 Uhr", "7h"])).to_list()
        ['00', '01-01-2024 23', '2024-01-01', '7', '7', '7']
    """
    return texts.str.replace(_HOURS_FROM_TO, "${1}${2}").str.replace(_CALLED, "${1}${2}")


def are_hours_from_to(texts: pl.Series) -> bool:
    """Say whether each text is an hour from and to, one after the other: 00 - 01, 23-24, 23 - 00."""
    cells = texts.str.strip_chars().drop_nulls()
    begun, ended = (cells.str.extract(_HOUR_FROM_TO, group).cast(pl.Int64, strict=False) for group in (1, 2))
    return cells.n_unique() > 1 and bool(((ended - begun) % 24 == 1).fill_null(False).all())


def number_parts(hours: pl.Series, parts: pl.Series, period: timedelta) -> pl.Series:
    """Number the periods of a day by its hours and the parts of each, all from 1; null where an hour has no such part.

    Example:
        >>> number_parts(pl.Series([1, 24, 24]), pl.Series([1, 4, 5]), timedelta(minutes=15)).to_list()
        [1, 96, None]
    """
    most = round(_HOUR / period)
    numbers = (hours - 1) * most + parts
    return numbers.set(~parts.is_between(1, most).fill_null(False), None)
