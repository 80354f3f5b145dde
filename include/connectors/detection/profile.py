"""What a table's columns are, in one pass over all its rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import polars as pl

from include.cim.number_style import NumberStyle
from include.cim.units import dimension_of, find_units_but_case
from include.cim.written_times import zoned
from include.collection.inspection import ColumnType, Issue, TableProfile
from include.connectors.detection.cells import is_type
from include.connectors.detection.column_types import ColumnTally
from include.connectors.detection.doubts import doubts
from include.connectors.detection.repeated_flags import choose_flags
from include.connectors.detection.tallies import DistinctTally
from include.connectors.detection.time_axis import TimeAxis, find_series
from include.connectors.detection.time_columns import choose_time
from include.connectors.detection.time_formats import kind_of
from include.connectors.detection.time_parts import count_each_day
from include.connectors.detection.units import PLACES, spell_unit, tells_unit, unit_in_cell, unit_in_name

_AGAIN: Final = re.compile(r" \(\d+\)$")
_OF_UNIT: Final = re.compile(r"[ _.-]?(?:unit(?:[_ ]?code)?|einheit|unité|unidad)$", re.IGNORECASE)
_NAME_UNIT: Final = "Name the unit in the mapping."
_SLICE: Final = 250_000
"""Rows that are looked at together: what is made of a column meanwhile stays small."""

_MOST_HASHES: Final = 20_000_000
"""Of all columns together; beyond it the wide table's different values are counted less exactly."""


@dataclass(frozen=True, slots=True)
class Profiled:
    """A table's profile, and what it is made of.

    Attributes:
        axes: One for each reading of its time columns; empty where it has none.
    """

    table: TableProfile
    columns: tuple[ColumnTally, ...]
    axes: tuple[TimeAxis, ...]
    issues: tuple[Issue, ...]


def profile_table(
    name: str,
    frames: Iterator[pl.DataFrame],
    style: NumberStyle,
    units: Mapping[str, str] | None = None,
    order: str | None = None,
    day: date | None = None,
) -> Profiled:
    """Profile a table in bounded memory.

    Args:
        frames: All columns String, as `read_frames` gives them.
        units: What else tells the columns' units: a line below the header, a member beside the records.
        order: The order of day, month and year, where the owner has set it: `dmy`, `mdy`, `ymd`.
        day: The day of all rows, where it stands outside of them.

    Raises:
        SourceRefused: While it is read.
    """
    columns: dict[str, ColumnTally] = {}
    unknown: dict[str, str] = {}
    contrary: dict[str, str] = {}
    axes: list[TimeAxis] = []
    whole_rows = DistinctTally()
    counted: tuple[str, int] | None = None
    rows = 0
    for frame in slices(frames):
        for column in frame.columns:
            if column not in columns:
                unit, looks = _unit_of(column, units or {})
                columns[column] = ColumnTally(column, style, unit, rows=rows, order=order)
                if looks:
                    unknown[column] = looks
                if unit and (named := unit_in_name(column)[0]) not in {None, unit}:
                    contrary[column] = f"its name says {named}, and what stands beside it {unit}, which is taken"
            columns[column].add(frame[column])
        whole_rows.add(frame.select(pl.struct(pl.all()).hash(seed=0)).to_series())
        if rows == 0:
            axes = _open_axes(tuple(columns.values()), frame, day)
            counted = _find_count(axes, tuple(columns.values()), frame)
            for each in {each for axis in axes for each in axis.time.columns}:
                columns[each].unit = None  # KW is the German calendar week, too
        for axis in axes:
            axis.add(frame, rows)
        rows += frame.height
        for tally in columns.values():
            tally.rows = rows  # where a frame lacks a column, its cells are null
        _keep_small(columns)
    tallies = tuple(columns.values())
    _spread_unit(tallies)
    _find_units_of_rows(tallies)
    read = {name for axis in axes if not axis.unread for name in axis.time.columns}  # whatever else their cells are
    issues = [issue for column in tallies for issue in column.issues(read_whole=column.name in read)]
    if counted:
        issues.append(_unread_count(*counted))
    issues += doubts(f"table {name!r}", tallies, rows, rows - whole_rows.count() if whole_rows.exact else 0)
    issues += [Issue(f"column {name!r}", what, _NAME_UNIT) for name, what in contrary.items() if columns[name].counts]
    issues += [_unknown_unit(column, text) for column, text in unknown.items() if columns[column].counts]
    table = TableProfile(name, rows, tuple(each.profile() for each in tallies))
    return Profiled(table, tallies, tuple(axes), tuple(issues))


def _open_axes(columns: tuple[ColumnTally, ...], frame: pl.DataFrame, day: date | None) -> list[TimeAxis]:
    time = choose_time(columns, frame, day)
    if time is None:
        return []
    used = (*time.columns, *time.until)
    return [
        TimeAxis(
            time,
            form,
            find_series(time, form, columns, frame),
            [] if zoned(form) else choose_flags(columns, used),
        )
        for form in time.formats[:4]
    ]


def _find_count(
    axes: Sequence[TimeAxis], columns: Sequence[ColumnTally], frame: pl.DataFrame
) -> tuple[str, int] | None:
    """Find the column that may number the rows of a day, where a date alone tells the time."""
    if not axes or len(axes[0].time.columns) > 1 or kind_of(axes[0].form) is not ColumnType.DATE:
        return None
    return count_each_day(axes[0].time.columns[0], columns, frame)


def _unread_count(column: str, count: int) -> Issue:
    what = (
        f"it counts every date's rows through, {count} of them, and is not read as a time: are they hours or periods?"
    )
    return Issue(f"column {column!r}", what, "If so, map the times from both: `source: [date, hour]`, and `period`.")


def slices(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Cut frames into pieces that are cheap to look at."""
    for frame in frames:
        yield from frame.iter_slices(_SLICE)


def _unit_of(column: str, units: Mapping[str, str]) -> tuple[str | None, str | None]:
    if (told := units.get(column)) and not is_type(told):
        unit = spell_unit(told)
        return unit, None if unit else told
    return unit_in_name(column)


def _unknown_unit(column: str, text: str) -> Issue:
    alike = find_units_but_case(text)
    what = f"{text!r} may be {' or '.join(alike)}" if alike else f"{text!r} looks like a unit that is not known"
    return Issue(f"column {column!r}", what, _NAME_UNIT)


def _keep_small(columns: Mapping[str, ColumnTally]) -> None:
    held = sum(len(column.distinct) for column in columns.values())
    if held > _MOST_HASHES:
        limit = max(_MOST_HASHES // len(columns), 1_000)
        for column in columns.values():
            column.distinct.shrink(limit)


def _spread_unit(columns: tuple[ColumnTally, ...]) -> None:
    """Give the unit that columns of units name in every row to the column of numbers that has none.

    Two of them, a currency and what it buys, are a price: EUR and MWH. One that is called after a column, or has its
    name with others of its kind and stands right behind one, is that one's.
    """
    named = {each.name: each for each in columns}
    alike = Counter(_AGAIN.sub("", name) for name in named)
    for before, each in pairwise(columns):
        plain = _AGAIN.sub("", each.name)
        behind = before if alike[plain] > 1 and tells_unit(plain) else None
        called = _OF_UNIT.sub("", each.name)
        owner = named.get(called) if called != each.name else behind
        if owner and owner.counts and owner.unit is None and each.distinct.count() == 1:
            owner.unit = unit_in_cell(each.examples[0])
    told = [each for each in columns if tells_unit(each.name) and each.distinct.count() == 1 and each.examples]
    text = "/".join(each.examples[0] for each in sorted(told, key=lambda each: "currency" not in each.name.casefold()))
    unit = unit_in_cell(text) or next(iter(find_units_but_case(text)), None)
    without = _without_unit(columns)
    if len(told) == 1 and len(without) > 1:
        without = [each for each in without if each.name.casefold() == "value"]
    if unit and len(told) <= 2 and len(without) == 1:
        without[0].unit = unit


def _without_unit(columns: tuple[ColumnTally, ...]) -> list[ColumnTally]:
    return [each for each in columns if each.counts and each.unit is None and not PLACES.search(each.name)]


def _find_units_of_rows(columns: tuple[ColumnTally, ...]) -> None:
    """Name the column that writes several units of one dimension, at the column of numbers that has its unit by row."""
    without = _without_unit(columns)
    telling = {each.name: units for each in columns if tells_unit(each.name) and (units := _units_in(each))}
    if len(telling) != 1:
        return  # which is whose, or which of them counts, nobody can tell
    ((name, units),) = telling.items()
    called = _OF_UNIT.sub("", name).casefold()
    if len(without) > 1:
        without = [each for each in without if each.name.casefold() in {called, "value"}]
    if len(without) == 1:
        without[0].unit_column, without[0].units = name, units


def _units_in(column: ColumnTally) -> tuple[str, ...]:
    if not 1 < column.distinct.count() == len(column.sample):
        return ()
    units = [unit for unit in map(unit_in_cell, column.sample) if unit is not None]
    kinds = {dimension_of(unit) or "" for unit in units}
    alike = len(units) == len(column.sample) and len(kinds) == 1
    return tuple(units) if alike and not kinds & {"price", "money"} else ()
