"""Reading timestamps: what a column's texts say, and the instants that they mean in the rule's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.clock_changes import place
from include.cim.day_periods import number_parts, split_periods
from include.cim.mapping_config import MappingRule, MissingHour, Numbering, RepeatedHour
from include.cim.occurrence import number_showings
from include.cim.written_times import ISO, LATEST, read_placed
from include.cim.zone import read_zone

INSTANT: Final = pl.Datetime("us", "UTC")
AMBIGUOUS: Final = "ambiguous_hour"
"""The issue of a time that the clock showed twice, where nothing tells which is meant."""
_UTC: Final = pl.Datetime("us")
_FIRST: Final = -62_135_596_800_000_000  # the first microsecond of the year 1, since 1970
_DAY: Final = timedelta(days=1)
_NONE: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Timestamps:
    """What one column of texts became.

    Attributes:
        instants: As many as there were texts; null where there was none, or none that can be read.
        unreadable: `row_id` and `rule` of each text without an instant.
        left_out: `row_id`s of the rows that `missing_hour: skip` leaves out.
        asks_others: Whether other rows of the batch may tell what some of them mean.
    """

    instants: pl.Series
    unreadable: pl.DataFrame
    left_out: pl.Series
    asks_others: bool


def read_timestamps(texts: pl.DataFrame, rule: MappingRule, settled: pl.DataFrame | None = None) -> Timestamps:
    """Read one column of timestamps.

    A text with an offset is an instant; one without is the local time of the rule's zone. Almost every local time
    happened once and is placed as a column; only what remains, a few labels a year, is looked at more closely.

    Args:
        texts: `row_id`, `text`, `register` (a struct, the same for rows whose showings of a repeated label are counted
            together) and `later` (whether the source says so).
        settled: What `settle` made of the whole batch, where the rule `asks_batch`; None where these rows are all.
    """
    read = _read(texts, rule)
    near = _near_changes(read)
    unsure = near.filter(pl.col("instant").is_null())
    if rule.zone is None or unsure.is_empty():
        answers = unsure.select(ROW_ID, "instant", pl.lit("missing_offset").alias("rule"))
    else:
        settled = settle(near, rule) if settled is None else settled
        answers = unsure.select(ROW_ID).join(settled, on=ROW_ID, how="left", maintain_order="left")
    instants = read["instant"]
    if answers["instant"].count():
        instants = read.select(ROW_ID, "instant").update(
            answers.select(ROW_ID, "instant"), on=ROW_ID, how="left", maintain_order="left"
        )["instant"]
    written = pl.col("text").is_not_null() & (pl.col("text") != "")
    failed = read.with_columns(instants.alias("instant")).filter(written & pl.col("instant").is_null())
    unreadable = (
        failed.select(ROW_ID, "beyond")
        .join(answers.select(ROW_ID, "rule"), on=ROW_ID, how="left", maintain_order="left")
        .select(
            ROW_ID,
            pl.coalesce(
                "rule", pl.when("beyond").then(pl.lit("missing_hour")).otherwise(pl.lit("unreadable_timestamp"))
            ),
        )
    )
    missing = (pl.col("rule") == "missing_hour") & (rule.missing_hour is MissingHour.SKIP)
    return Timestamps(
        instants.dt.replace_time_zone("UTC"),
        unreadable.filter(~missing),
        unreadable.filter(missing)[ROW_ID],
        asks_others=asks_batch(rule) and not unsure.is_empty(),
    )


def asks_batch(rule: MappingRule) -> bool:
    """Say whether other rows of the batch tell what a time means, when the clock is changed."""
    return rule.zone is not None and (rule.repeated_hour is RepeatedHour.BY_OCCURRENCE or _length(rule) > _NONE)


def around_changes(texts: pl.DataFrame, rule: MappingRule) -> pl.DataFrame:
    """Give the rows of a part that `settle` needs: those around the changes of the clock."""
    return _near_changes(_read(texts, rule)).drop("instant")


def find_beyond(instants: pl.Series) -> pl.Series:
    """Say which instants lie in no year from 1 to 9999, in UTC: no store and no reader takes them.

    0001-01-01, with which some systems say that there is no date, is such a one east of Greenwich.
    """
    counted = instants.to_physical()
    return ((counted < _FIRST) | (counted > LATEST)).fill_null(False)


def _near_changes(read: pl.DataFrame) -> pl.DataFrame:
    """Give what is near a change of the clock or not sure; the registers of these few are told by a hash."""
    near = read.filter(pl.col("around") | (pl.col("instant").is_null() & pl.col("local").is_not_null()))
    return near.select(ROW_ID, "instant", "local", pl.col("register").hash(seed=0), "later")


def settle(rows: pl.DataFrame, rule: MappingRule) -> pl.DataFrame:
    """Say which instants local times mean that the clock showed twice or never, or that end an interval around them.

    Args:
        rows: `row_id`, `local`, `register` and `later`, in the order of the source.

    Returns:
        `row_id`, `instant` and `rule`: why there is no instant.
    """
    zone, length = read_zone(rule.zone or "UTC"), _length(rule)
    placed = place(rows["local"], zone)
    begun = place(rows["local"] - length, zone)
    by_clock = _ends_by_clock(placed, begun, length)
    placed = placed.select(
        pl.when(by_clock).then(begun[name]).otherwise(pl.col(name)).alias(name) for name in placed.columns
    )
    rows = rows.select(
        ROW_ID,
        pl.when(by_clock).then(pl.col("local") - length).otherwise("local").alias("label"),
        "register",
        "later",
        pl.when(by_clock).then(pl.lit(_NONE)).otherwise(pl.lit(length)).alias("back"),
    ).hstack(placed)
    rows = rows.with_columns((pl.col("earliest") != pl.col("latest")).fill_null(False).alias("ambiguous"))
    missing = pl.col("earliest").is_null()
    shifted = pl.col("unchanged") if rule.missing_hour is MissingHour.SHIFT else pl.lit(None, _UTC)
    instant = pl.when(missing).then(shifted).when("ambiguous").then(_choose(rows, rule)).otherwise("earliest")
    reason = pl.when(missing).then(pl.lit("missing_hour")).otherwise(pl.lit(AMBIGUOUS))
    return rows.select(ROW_ID, (instant - pl.col("back")).alias("instant"), reason.alias("rule"))


def _choose(rows: pl.DataFrame, rule: MappingRule) -> pl.Expr:
    if rule.repeated_flag is not None:
        return pl.when("later").then("latest").otherwise("earliest")
    match rule.repeated_hour:
        case RepeatedHour.EARLIER:
            return pl.col("earliest")
        case RepeatedHour.LATER:
            return pl.col("latest")
        case RepeatedHour.REFUSE:
            return pl.lit(None, _UTC)
        case RepeatedHour.BY_OCCURRENCE:
            showing = pl.lit(number_showings(rows))
            return pl.when(showing == 1).then("earliest").when(showing == 2).then("latest")


def _ends_by_clock(placed: pl.DataFrame, begun: pl.DataFrame, length: timedelta) -> pl.Series:
    """Say of each row whether its label is what the clock would show at the interval's end, had it not been changed.

    When clocks go back at 3, the quarter hour before ends at 3 by the clock that is about to be changed, and at 2 by
    the one that is; when they go forward at 2, at 2 or at 3. A source that writes the former has its time from the
    clock: more labels tell of it than against it. An interval longer than the change is one of the clock anyway.
    """
    if length == _NONE:
        return pl.repeat(False, placed.height, eager=True, dtype=pl.Boolean)
    twice, begins_twice = (each["earliest"] != each["latest"] for each in (placed, begun))
    never, begins_never = (each["earliest"].is_null() for each in (placed, begun))
    twice, begins_twice = twice.fill_null(False), begins_twice.fill_null(False)
    told = pl.DataFrame(
        {
            "at": placed["at"],
            "gap": placed["gap"].fill_null(begun["gap"]),
            "for": (begins_twice & ~twice) | (never & ~begins_never),
            "against": twice & ~begins_twice,
        }
    )
    longer = pl.col("at").is_null() | (pl.col("gap").abs() < length)
    return told.select(longer | (pl.col("for").sum().over("at") > pl.col("against").sum().over("at"))).to_series()


def _length(rule: MappingRule) -> timedelta:
    return rule.interval if rule.label == "end" and isinstance(rule.interval, timedelta) else _NONE


def _read(texts: pl.DataFrame, rule: MappingRule) -> pl.DataFrame:
    """Read the texts, and place what is sure.

    Returns:
        `texts` with `instant` (UTC, where it is sure), `local` (where there is no offset), `around` (whether a change
        of the clock is near) and `beyond` (whether its day has no such period).
    """
    heads, number = texts["text"], None
    if rule.period is not None:
        split = split_periods(heads)
        heads, number = split["head"], split["number"]
        if rule.numbers == 2:
            hours = split_periods(heads)
            heads, number = hours["head"], number_parts(hours["number"], number, rule.period)
    form = rule.format or ("" if rule.date else ISO)
    if rule.date is not None:
        heads, form = (f"{rule.date} " + heads).str.strip_chars(), f"%Y-%m-%d {form}".strip()
    read = read_placed(heads, form)
    time, length = pl.col("time"), _length(rule)
    frame = texts.hstack(read).with_columns(pl.lit(False).alias("beyond"), pl.lit(False).alias("around"))
    frame = frame.with_columns(
        pl.when("zoned").then(time - length).alias("instant"), pl.when(~pl.col("zoned")).then(time).alias("local")
    )
    if number is not None and rule.period is not None:
        frame = _count_periods(frame, number, rule.period, rule)
    if rule.zone is None or not frame["local"].count():
        return frame
    zone = read_zone(rule.zone)
    placed = place(frame["local"], zone)
    begun = place(frame["local"] - length, zone) if length else placed
    single = (placed["earliest"] == placed["latest"]) & (begun["earliest"] == begun["latest"])
    sure = single & (placed["earliest"] - length == begun["earliest"])
    around = placed["at"].is_not_null() | begun["at"].is_not_null()
    return frame.with_columns(
        pl.coalesce("instant", pl.when(pl.lit(sure)).then(pl.lit(begun["earliest"]))).alias("instant"),
        (pl.col("local").is_not_null() & around).alias("around"),
    )


def _count_periods(frame: pl.DataFrame, number: pl.Series, period: timedelta, rule: MappingRule) -> pl.DataFrame:
    """Go from the beginning of the count to the period of this number."""
    number = pl.select(pl.when(number >= 1).then(number)).to_series()
    since = (number - 1) * period
    counted = frame.with_columns(pl.col("instant") + since)
    if rule.numbering is Numbering.CLOCK:
        beyond = (number * period > _DAY).fill_null(False)
        local = pl.when(~beyond).then(pl.col("local") + since)
        return counted.with_columns(local.alias("local"), (beyond & frame["local"].is_not_null()).alias("beyond"))
    if rule.zone is None:
        return counted
    zone = read_zone(rule.zone)
    midnight, next_midnight = (_begin(frame["local"].dt.offset_by(day), zone) for day in ("0d", "1d"))
    instant = midnight + since
    beyond = (instant >= next_midnight).fill_null(False)
    return counted.with_columns(
        pl.coalesce("instant", pl.when(~beyond).then(pl.lit(instant))).alias("instant"),
        beyond.alias("beyond"),
        pl.lit(None, _UTC).alias("local"),
    )


def _begin(local: pl.Series, zone: tzinfo) -> pl.Series:
    """Give the first instant of days, also where the clock has no midnight, or two."""
    placed = place(local, zone)
    return placed["earliest"].fill_null(placed["at"])
