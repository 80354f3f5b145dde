"""Which column says whether a clock without an offset shows summer time, or an hour for the second time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Final

import polars as pl

from include.cim.clock_changes import place
from include.cim.showings import ending_in
from include.collection.inspection import ColumnType, RepeatedFlag
from include.connectors.detection.column_types import ColumnTally
from include.connectors.detection.zones import standard_offset

NAMES_FLAG: Final = re.compile(
    r"(^|[^a-z])(is_?)?(dst|s/w|w/s|sz/wz|wz/sz|inv_ver|ver_inv|fold)($|[^a-z])|[a-z]D(ST|st)(Flag|$|[^a-z])|^dst_?flag"
    r"|daylight|(summer|winter).?time|(sommer|winter).?zeit|(zomer|winter)tijd|somm[ae]rti[ds]|kes[äa]aika|ora.?legale"
    r"|heure.{0,4}[ée]t[ée]|hora.{0,9}ver[aã]n?o|verano.?/?.?invierno|invierno.?/?.?verano|letn[ií].?[čc]as"
    r"|czas.?letni|season|saison|repeat(ed)?.?hour|hour.?repeat",
    re.IGNORECASE,
)
_KINDS: Final = {ColumnType.INTEGER, ColumnType.BOOLEAN, ColumnType.TEXT, ColumnType.EMPTY}
_MOST_COLUMNS: Final = 8
_MOST_TIMES: Final = 500_000

_TRUTHS: Final = {"1": "0", "j": "n", "y": "n", "yes": "no", "ja": "nein", "true": "false", "t": "f"}
_SEASONS: Final = {"s": "w", "sz": "wz", "dst": "std", "summer": "winter", "sommer": "winter", "verano": "invierno"}
"""What is written for summer time, and for the other one: where a file has one of the two only."""


@dataclass(frozen=True, slots=True)
class FoundFlag:
    """What the columns say that may tell the showings apart.

    Attributes:
        strange: Columns that are called so, and go with no change of the clock.
    """

    flag: RepeatedFlag | None = None
    strange: tuple[str, ...] = ()


class FlagTally:
    """How often each value of a column comes beside each local time."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.counts = pl.DataFrame(schema={"time": pl.Datetime("us"), "value": pl.String, "rows": pl.UInt32})

    def add(self, times: pl.Series, cells: pl.Series) -> None:
        """Take the next rows."""
        if self.counts.height >= _MOST_TIMES:
            return
        fresh = (
            pl.DataFrame({"time": times.dt.truncate("5m"), "value": cells.str.strip_chars().fill_null("")})
            .drop_nulls("time")
            .group_by("time", "value")
            .agg(pl.len().alias("rows"))
        )
        self.counts = pl.concat([self.counts, fresh]).group_by("time", "value").agg(pl.col("rows").sum())


def choose_flags(columns: Sequence[ColumnTally], used: Sequence[str]) -> list[FlagTally]:
    """Choose the columns that may be one, by their first rows: of two values, or called so.

    Args:
        used: The time's own columns.
    """
    may = [each for each in columns if each.name not in used and each.type in _KINDS and each.unit is None]
    values = {each.name: each.distinct.count() + (each.filled < each.rows) for each in may}
    named = [name for name, count in values.items() if count <= 3 and NAMES_FLAG.search(name)]
    others = [name for name, count in values.items() if count == 2 and name not in named]
    return [FlagTally(name) for name in [*named, *others][:_MOST_COLUMNS]]


def find_flag(flags: Sequence[FlagTally], zone: tzinfo, backs: Sequence[timedelta]) -> FoundFlag:
    """Find the column that tells the showings of a repeated hour apart.

    Its values have to separate the repeated hours, or to change exactly when the clock is changed. A column with one
    value only has to be called so, and its value to be of a pair that is known.

    Args:
        backs: How much later the times may be than what the clock shows: nothing, and the length of an interval whose
            end they name.
    """
    strange: list[str] = []
    for flag in flags:
        named = NAMES_FLAG.search(flag.column) is not None
        judged = [_judge(flag, zone, back, named=named) for back in backs]
        later = next((each for each in judged if each), None)
        if later:
            return FoundFlag(RepeatedFlag(flag.column, (later,)), tuple(strange))
        if named and all(each == "" for each in judged):
            strange.append(flag.column)
    return FoundFlag(None, tuple(strange))


def find_mark(marks: FlagTally, zone: tzinfo, backs: Sequence[timedelta]) -> FoundFlag:
    """Say whether the letters behind a clock tell its showings apart: B stands where an hour comes twice, there only.

    Args:
        backs: As `find_flag` takes them.
    """
    for back in backs:
        later = marks.counts.filter(pl.col("value").str.to_uppercase() == "B")
        placed = place(later["time"] - back, zone)
        if (placed["earliest"] < placed["latest"]).fill_null(False).all():
            return FoundFlag(RepeatedFlag(marks.column, tuple(sorted(later["value"].unique()))))
    return FoundFlag(None, (marks.column,))


def _judge(flag: FlagTally, zone: tzinfo, back: timedelta, *, named: bool) -> str | None:
    """Give the value of the later showing; "" where the values contradict the clock, None where they tell nothing."""
    times = (flag.counts["time"] - back).alias("time")
    placed = flag.counts.with_columns(times).hstack(place(times, zone)).drop_nulls("earliest")
    rows = placed.select(
        "time",
        "value",
        summer=pl.col("time") - pl.col("earliest") > _standard(times, zone),
        near=pl.col("at").is_not_null(),
        twice=pl.col("earliest") != pl.col("latest"),
    )
    values = rows["value"].unique().to_list()
    once = rows.filter(~pl.col("twice"))
    far = {season: set(once.filter(~pl.col("near"), summer=season)["value"]) for season in (True, False)}
    if len(values) == 1:
        return _pair(values[0], flag.column, far) if named else None
    shown = rows.filter("twice").group_by("time").agg(pl.col("value").n_unique() > 1)["value"]
    apart = len(shown) > 0 and int(shown.sum()) * 2 >= len(shown)
    flips = bool(far[True] and far[False])
    if len(values) != 2 or not (apart or flips):
        return None
    for later, other in (values, values[::-1]):
        if not later or re.search(ending_in(later), other):
            continue  # the mapping tells them by the words in which they end
        seasons = far[True] <= {other} and far[False] <= {later}
        seasons = seasons and _mostly(once, other, summer=True) and _mostly(once, later, summer=False)
        usual = far[True] | far[False] <= {other}
        usual = usual and all(_mostly(once, other, summer=each, share=0.75) for each in (True, False))
        if seasons or (usual and apart):
            return str(later)
    return ""


def _mostly(rows: pl.DataFrame, value: str, *, summer: bool, share: float = 0.5) -> bool:
    """Say whether near the clock's changes, where a time may name the end of its interval, a value is usual."""
    near = rows.filter("near", summer=summer)
    return near.filter(value=value).height >= share * near.height


def _pair(value: str, name: str, far: dict[bool, set[str]]) -> str | None:
    """Guess the value of the later showing where the file has one value: by its counterpart in a known pair."""
    word = value.casefold()
    summers: dict[str, str] = {**_TRUTHS, **_SEASONS}
    winters = {winter: summer for summer, winter in summers.items()}
    if far[True] and far[False]:
        known = winters.get(word) if word in _TRUTHS.values() else None  # a flag of the repeated hour alone
    elif far[True]:
        known = summers.get(word) or winters.get(word)
    elif word in _SEASONS.values() and word not in _TRUTHS.values():
        known = word
    else:
        known = winters.get(word) if "repeat" in name.casefold() else None
    if known is None or (word != known and re.search(ending_in(known), word)):
        return None
    return known.upper() if value.isupper() else known.title() if value.istitle() else known


def _standard(times: pl.Series, zone: tzinfo) -> pl.Expr:
    """Give the offset of each time's year without summer time."""
    offsets = {year: standard_offset(zone, year) for year in times.dt.year().unique().drop_nulls()}
    return pl.col("time").dt.year().replace_strict(offsets, return_dtype=pl.Duration("us"))
