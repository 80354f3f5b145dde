"""A suite for each of the ten samples, and the faults that are put into it: one of every kind, more in long samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import polars as pl

from include.batch import ROW_ID
from include.cim.concept import time_field
from include.collection.suite import complete_rule
from include.expectations.config import Action, CurationRule
from tests.seeded import Sample

NULL: Final = "expect_column_values_to_not_be_null"
RANGE: Final = "expect_column_values_to_be_between"
SET: Final = "expect_column_values_to_be_in_set"
PATTERN: Final = "expect_column_values_to_match_regex"
AFTER: Final = "expect_column_pair_values_a_to_be_greater_than_b"
AT_LEAST: Final = "expect_column_pair_values_a_to_be_at_least_b"
UNIQUE: Final = "unique"
COUNTER: Final = "expect_series_values_to_never_step_back"
GAP: Final = "expect_series_intervals_to_leave_no_gap"
OVERLAP: Final = "expect_series_intervals_to_not_overlap"
STUCK: Final = "expect_series_values_to_not_be_stuck"
SPIKE: Final = "expect_series_values_to_not_spike"

GROUPS: Final = ((NULL, RANGE, SET, PATTERN, "pair", UNIQUE), (COUNTER, GAP, OVERLAP), (STUCK, SPIKE))
"""Kinds that are put into the same rows, which are too few in short samples for all of them."""


@dataclass(frozen=True)
class Faults:
    """What is asked of one sample, and what is put into it.

    Attributes:
        number: Judged for its range, its spikes and whether it is stuck.
        bounds, beyond: What it keeps, and a value that does not.
        needed: May not be null; else `number`.
        text: A field and the pattern of its values. `chosen`: a field and all of its values. `odd`, `other`: what is
            none of them, and nothing that the field itself refuses.
        pair: A, B, and by how much A may be less; and cells that break that. Without it the end is after the start.
        counter: A field that the sample leaves empty; it is given a count.
        series, gap, overlap: Arguments of rules about neighbours, of all and of these two.
        missing: So much time is taken out.
        soon: So long after the row before does one begin that overlaps, where no field is the end.
        stuck: So many equal readings are put in.
        at_least, jump: How far a spike is from its neighbours by the rule, and how far those are that are put in.
    """

    number: str
    bounds: tuple[float, float]
    beyond: float
    text: tuple[str, str]
    chosen: tuple[str, tuple[str, ...]]
    counter: str
    at_least: float
    jump: float
    missing: timedelta
    odd: str = " ? "
    other: str = "another"
    needed: str = ""
    pair: tuple[str, str, float, Mapping[str, float]] | None = None
    series: Mapping[str, Any] = field(default_factory=dict)
    gap: Mapping[str, Any] = field(default_factory=dict)
    overlap: Mapping[str, Any] = field(default_factory=dict)
    soon: timedelta | None = None
    stuck: int = 5
    may_last: tuple[float, ...] = ()
    window: int = 7


_Put = tuple[pl.DataFrame, set[int]]

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
_HOURS: Final = {"every": "PT1H"}

SAMPLES: Final[Mapping[str, Faults]] = {
    "01_smart_meter_fluvius": Faults(
        number="energy",
        bounds=(0, 2),
        beyond=-0.5,
        needed="meter_id",
        text=("usage_point_id", "^[0-9]{18}$"),
        chosen=("quality", ("measured", "estimated", "missing")),
        counter="cumulative_energy",
        at_least=0.4,
        jump=1,
        missing=QUARTER,
        series={"series": ["usage_point_id", "flow_direction"]},
        stuck=36,
        may_last=(0,),
    ),
    "14_battery_givenergy": Faults(
        number="power",
        bounds=(-5_000, 5_000),
        beyond=6_000,
        text=("device_id", "^givenergy-[a-z]+-[0-9]$"),
        chosen=("device_id", ("givenergy-inverter-1",)),
        pair=("state_of_charge", "temperature", 0, {"state_of_charge": 5}),
        counter="energy_charged_total",
        at_least=6_000,
        jump=8_000,
        missing=timedelta(minutes=12),
        gap={"every": "PT5M", "tolerance": "PT5M"},
        overlap={"every": "PT0.5S"},
        soon=timedelta(seconds=0.2),
        stuck=40,
    ),
    "omie_day_of_25_hours": Faults(
        number="volume",
        bounds=(5_000, 25_000),
        beyond=30_000,
        text=("currency", "^(EUR|USD)$"),
        chosen=("currency", ("EUR", "eur")),
        odd="GBP",
        other="USD",
        counter="price",
        at_least=10_000,
        jump=20_000,
        missing=HOUR,
    ),
    "entsoe_prices": Faults(
        number="price",
        bounds=(-500, 500),
        beyond=501,
        text=("currency", "^(EUR|USD)$"),
        chosen=("currency", ("EUR", "eur")),
        odd="GBP",
        other="USD",
        counter="volume",
        at_least=100,
        jump=-300,
        missing=QUARTER,
    ),
    "tmy3_ends_at_24": Faults(
        number="air_temperature",
        bounds=(-20, 40),
        beyond=70,
        text=("station_id", "^[0-9]{6}$"),
        chosen=("station_id", ("723170",)),
        pair=("ghi", "air_temperature", 40, {"ghi": -10, "air_temperature": 39}),
        counter="precipitation",
        at_least=16,
        jump=-60,
        missing=HOUR,
        gap=_HOURS,
        overlap=_HOURS,
        soon=timedelta(minutes=30),
        stuck=20,
    ),
    "27_weather_pvgis": Faults(
        number="air_temperature",
        bounds=(-20, 45),
        beyond=50,
        text=("station_id", "^[a-z]+-tmy$"),
        chosen=("station_id", ("pvgis-tmy",)),
        pair=("relative_humidity", "wind_speed", 0, {"relative_humidity": 1, "wind_speed": 10}),
        counter="precipitation",
        at_least=16,
        jump=-60,
        missing=HOUR,
        gap=_HOURS,
        overlap=_HOURS,
        soon=timedelta(minutes=30),
        stuck=20,
    ),
    "32_grid_load_smard": Faults(
        number="energy",
        bounds=(0, 400),
        beyond=401,
        text=("area_id", "^[A-Z0-9_-]{16}$"),
        chosen=("psr_type", ("A05",)),
        counter="power",
        at_least=300,
        jump=390,
        missing=QUARTER,
        stuck=9,
    ),
    "33_ev_sessions_caltech": Faults(
        number="energy_delivered",
        bounds=(0, 100),
        beyond=101,
        text=("session_id", r"^2_39_[0-9]+_[0-9]+_\d{4}-"),
        chosen=("station_id", ()),
        counter="max_power",
        at_least=200,
        jump=500,
        missing=timedelta(days=8),
        series={"series": ["station_id"]},
        gap={"series": [], "tolerance": "P2D"},
        stuck=5,
    ),
    "forecast_solar": Faults(
        number="ac_power",
        bounds=(0, 5_000),
        beyond=-1,
        text=("device_id", "^roof$"),
        chosen=("device_id", ("roof",)),
        pair=("ac_power", "energy_total", 10, {"energy_total": 2_000}),
        counter="dc_power",
        at_least=2_000,
        jump=4_000,
        missing=3 * HOUR,
        gap={"every": "PT1H", "tolerance": "PT1H"},
        overlap={"every": "PT1M"},
        soon=timedelta(seconds=30),
    ),
    "homewizard_p1": Faults(
        number="active_power",
        bounds=(-1_000, 1_000),
        beyond=1_001,
        text=("device_id", "^[0-9A-F]+$"),
        chosen=("device_id", ("4E47475955",)),
        pair=("energy_import_total", "active_power", 0, {"active_power": 20_000}),
        counter="energy_export_total",
        at_least=2_000,
        jump=3_000,
        missing=timedelta(minutes=1),
        gap={"every": "PT1M"},
        overlap={"every": "PT1M"},
        soon=timedelta(seconds=30),
    ),
}


def rules_of(sample: Sample, one: Faults) -> list[CurationRule]:
    """Write the sample's rules; each flags, so that every one of them is asked about every row."""
    column = {"column": one.number}
    counted = {"column": one.counter}
    written: dict[str, dict[str, Any]] = {
        NULL: {"column": one.needed or one.number},
        RANGE: {**column, "min_value": one.bounds[0], "max_value": one.bounds[1]},
        SET: {
            "column": one.chosen[0],
            "value_set": list(one.chosen[1]) or sample.rows[one.chosen[0]].unique().to_list(),
        },
        PATTERN: {"column": one.text[0], "regex": one.text[1]},
        COUNTER: {**counted, **one.series},
        GAP: {**one.series, **one.gap},
        OVERLAP: {**one.series, **one.overlap},
        STUCK: {**column, **one.series, "readings": one.stuck, "except_values": list(one.may_last)},
        SPIKE: {**column, **one.series, "window": one.window, "factor": 6, "at_least": one.at_least},
    }
    if one.pair:
        written[AT_LEAST] = {"column_A": one.pair[0], "column_B": one.pair[1], "tolerance": one.pair[2]}
    rules = [CurationRule(type=kind, kwargs=given, on_violation=Action.FLAG) for kind, given in written.items()]
    return [complete_rule(rule, sample.concept) for rule in rules]


def _values(sample: Sample, one: Faults) -> list[str]:
    return sample.rows[one.chosen[0]].unique().sort().to_list()


def give_a_count(sample: Sample, one: Faults) -> pl.DataFrame:
    """Give the sample's rows with a counter that counts them; a sample of one state is made an hour of them."""
    rows, time = sample.rows, time_field(sample.concept)
    assert time is not None
    if rows.height == 1:
        minute = pl.int_range(60)
        rows = pl.concat([rows] * 60).with_columns(
            (minute + 1).cast(pl.Int64).alias(ROW_ID),
            pl.col(time) + pl.duration(minutes=minute),
            pl.col(one.number) + (minute * 37) % 50,
        )
    return rows.with_columns(pl.col(time).rank("dense").cast(pl.Float64).alias(one.counter))


def put_in(
    sample: Sample, one: Faults, rows: pl.DataFrame, kinds: Sequence[str]
) -> tuple[pl.DataFrame, dict[str, set[int]]]:
    """Put faults of some kinds far apart into rows; gives the rows, and what each kind's rule has to find."""
    time = time_field(sample.concept)
    assert time is not None
    names = one.series.get("series", [name for name in sample.concept.key if name != time])
    end = next((name for name, each in sample.concept.fields.items() if each.after == time), "")
    judged = rows.filter(pl.col(one.number).is_not_null())
    longest = judged.group_by(names, maintain_order=True).len().sort("len", descending=True, maintain_order=True)[:1]
    order = judged.join(longest, on=names, how="semi").sort(time, ROW_ID)[ROW_ID].to_list()
    times = 1 if len(order) < 100 else 2
    told: dict[str, set[int]] = {}
    for number in range(times * len(kinds)):
        kind, place = kinds[number // times], len(order) * (number + 1) // (times * len(kinds) + 1)
        rows, row_ids = _put_one(kind, one, rows, order, place, time, end, names)
        told.setdefault(kind, set()).update(row_ids)
    return rows, told


def _put_one(
    kind: str,
    one: Faults,
    rows: pl.DataFrame,
    order: Sequence[int],
    place: int,
    time: str,
    end: str,
    names: Sequence[str],
) -> _Put:
    before, here, after = order[place - 1 : place + 2]
    if kind == UNIQUE:
        twin = rows.filter(pl.col(ROW_ID) == here).with_columns(pl.lit(rows.height + 1, pl.Int64).alias(ROW_ID))
        return pl.concat([rows, twin]), {int(twin[ROW_ID][0])}
    if kind == STUCK:
        run = order[place : place + one.stuck]
        for row_id in run:
            rows = _put(rows, row_id, {one.number: sum(one.bounds) / 7})
        return rows, set(run[1:])
    if kind == GAP:
        return _take_out(rows, here, one.gap.get("series", names), time, one.missing)
    if kind == OVERLAP and one.soon is None:
        return _put(rows, here, {end: _cell(rows, after, time) + timedelta(seconds=1)}), {after}
    cells: Mapping[str, Mapping[str, Any]] = {
        NULL: {one.needed or one.number: None},
        RANGE: {one.number: one.beyond},
        SET: {one.chosen[0]: one.other},
        PATTERN: {one.text[0]: one.odd},
        "pair": one.pair[3] if one.pair else {end: pl.col(time)},
        COUNTER: {one.counter: _cell(rows, before, one.counter) - 0.5},
        OVERLAP: {time: _cell(rows, before, time) + (one.soon or timedelta(0))},
        SPIKE: {one.number: pl.col(one.number) + one.jump},
    }
    return _put(rows, here, cells[kind]), {here}


def _cell(rows: pl.DataFrame, row_id: int, name: str) -> Any:
    return rows.filter(pl.col(ROW_ID) == row_id)[name][0]


def _put(rows: pl.DataFrame, row_id: int, cells: Mapping[str, Any]) -> pl.DataFrame:
    here = pl.col(ROW_ID) == row_id
    return rows.with_columns(
        pl.when(here)
        .then(value if isinstance(value, pl.Expr) else pl.lit(value, rows.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in cells.items()
    )


def _take_out(rows: pl.DataFrame, here: int, names: Sequence[str], time: str, long: timedelta) -> _Put:
    """Take out the rows of a series that begin in a span of time; the one that follows tells of it."""
    first = rows.filter(pl.col(ROW_ID) == here)
    alike = pl.all_horizontal(pl.lit(True), *[pl.col(name) == first[name][0] for name in names])
    begin, until = first[time][0], first[time][0] + long
    left = rows.filter(~(alike & pl.col(time).is_between(begin, until, closed="left")))
    return left, {int(left.filter(alike & (pl.col(time) >= until)).sort(time, ROW_ID)[ROW_ID][0])}
