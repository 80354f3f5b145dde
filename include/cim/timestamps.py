"""Reading timestamps: formats, zones, and the hours that a clock shows twice or never."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.mapping_config import MappingRule, RepeatedHour
from include.cim.occurrence import Occurrences

ISO: Final = "iso8601"
INSTANT: Final = pl.Datetime("us", "UTC")
_LOCAL: Final = pl.Datetime("us")
_ISO_LOCAL: Final = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class Timestamps:
    """What one column of texts became.

    Attributes:
        instants: As many as there were texts; null where there was none, or none that can be read.
        unreadable: `row_id` and `rule` of each text without an instant.
    """

    instants: pl.Series
    unreadable: pl.DataFrame
    occurrences: Occurrences


def read_timestamps(texts: pl.DataFrame, rule: MappingRule, occurrences: Occurrences) -> Timestamps:
    """Read one column of timestamps.

    A text with an offset is an instant; one without is the local time of the rule's zone. Almost every local time
    happened once and is converted as a column; only what remains, a few labels a year, is looked at more closely.

    Args:
        texts: `row_id`, `text`, and the columns that tell the registers of one label apart.
    """
    parsed = texts.with_columns(_parse(pl.col("text"), rule.format or ISO)).with_columns(
        pl.coalesce("instant", _to_utc(rule.zone, "null")).alias("instant")
    )
    open_rows = parsed.filter(pl.col("text").is_not_null() & (pl.col("text") != "") & pl.col("instant").is_null())
    if open_rows.is_empty():
        return Timestamps(parsed["instant"], open_rows.select(ROW_ID, pl.lit("").alias("rule")), occurrences)

    open_rows = open_rows.with_columns(
        _to_utc(rule.zone, "earliest").alias("earliest"), _to_utc(rule.zone, "latest").alias("latest")
    )
    repeated = open_rows.filter(pl.col("earliest").is_not_null())
    chosen, known = _choose(repeated, rule, occurrences)
    settled = chosen.filter(pl.col("instant").is_not_null())
    unreadable = open_rows.join(settled, on=ROW_ID, how="anti", maintain_order="left").select(ROW_ID, _reason(rule))
    if settled.is_empty():
        return Timestamps(parsed["instant"], unreadable, known)
    completed = parsed.select(ROW_ID, "instant").update(settled, on=ROW_ID, how="left", maintain_order="left")
    return Timestamps(completed["instant"], unreadable, known)


def _parse(text: pl.Expr, form: str) -> list[pl.Expr]:
    if form == ISO:
        spaced = text.str.replace("T", " ", literal=True)
        instant = text.str.to_datetime("%+", strict=False, time_unit="us")
        local = pl.coalesce(*[spaced.str.to_datetime(each, strict=False, time_unit="us") for each in _ISO_LOCAL])
    elif "%z" in form:
        instant = text.str.to_datetime(_directives(form), strict=False, time_unit="us")
        local = pl.lit(None)
    else:
        instant = pl.lit(None)
        local = text.str.to_datetime(_directives(form), strict=False, time_unit="us")
    return [instant.cast(INSTANT).alias("instant"), local.cast(_LOCAL).alias("local")]


def _directives(form: str) -> str:
    """Bring strptime's directives to polars', which reads %f as nanoseconds and %.f as a fraction with its point."""
    return form.replace(".%f", "%.f").replace("%z", "%#z")


def _to_utc(zone: str | None, ambiguous: str) -> pl.Expr:
    if zone is None:
        return pl.lit(None, INSTANT)
    zoned = pl.col("local").dt.replace_time_zone(
        zone,
        ambiguous=ambiguous,  # type: ignore[arg-type]  # one of polars' own words, see the callers
        non_existent="null",
    )
    return zoned.dt.convert_time_zone("UTC")


def _choose(repeated: pl.DataFrame, rule: MappingRule, occurrences: Occurrences) -> tuple[pl.DataFrame, Occurrences]:
    """Give `row_id` and `instant` of the rows in a repeated hour, after the collection's rule."""
    match rule.repeated_hour:
        case RepeatedHour.EARLIER:
            instant = pl.col("earliest")
        case RepeatedHour.LATER:
            instant = pl.col("latest")
        case RepeatedHour.REFUSE:
            instant = pl.lit(None, INSTANT)
        case RepeatedHour.BY_OCCURRENCE:
            times, occurrences = occurrences.count(rule.field, repeated.drop("text", "instant", "earliest", "latest"))
            repeated = repeated.with_columns(times)
            showing = pl.col("times")
            instant = pl.when(showing == 1).then(pl.col("earliest")).when(showing == 2).then(pl.col("latest"))
    return repeated.select(ROW_ID, instant.alias("instant")), occurrences


def _reason(rule: MappingRule) -> pl.Expr:
    unknown = pl.lit("missing_offset" if rule.zone is None else "missing_hour")
    reason = (
        pl.when(pl.col("local").is_null())
        .then(pl.lit("unreadable_timestamp"))
        .when(pl.col("earliest").is_null())
        .then(unknown)
        .otherwise(pl.lit("ambiguous_hour"))
    )
    return reason.alias("rule")
