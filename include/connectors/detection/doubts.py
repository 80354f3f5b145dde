"""What makes a table doubtful as a whole: columns that are shifted, say nothing, or rows that come twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from include.collection.inspection import ColumnType, Issue
from include.connectors.detection.column_names import NAMES_TIME
from include.connectors.detection.column_types import ColumnTally
from include.connectors.detection.time_run import find_run
from include.connectors.detection.units import tells_unit

_TIMES: Final = {ColumnType.TIMESTAMP, ColumnType.DATE, ColumnType.TIME}
_SHOWN: Final = 10
_STAND_IN: Final = re.compile(r"-(999|99999*|[678]999|8888|9900)(\.0*|\.9+0*)?|9999{1,7}(\.0*|\.9+0*)?")
_DAY: Final = 23
"""So many columns may be the hours of a day; fewer may be months, which are read as they stand."""

_TELLING: Final = 10
"""In fewer rows than these, one value only means nothing."""


def doubts(where: str, columns: Sequence[ColumnTally], rows: int, repeated: int) -> Iterator[Issue]:
    """Say what makes a table doubtful.

    Args:
        where: What to call it.
        repeated: Rows that are the same as another in every cell.
    """
    yield from _shifted(columns)
    yield from _stand_ins(columns)
    yield from _still_wide(columns)
    if repeated:
        what = f"rows that are the same as another in every cell: {repeated:,}"
        yield Issue(where, what, "Are they there twice, or is it the hour that a clock shows twice?")
    empty = [each.name for each in columns if each.type is ColumnType.EMPTY]
    constant = [each.name for each in columns if _is_constant(each, rows)]
    if empty:
        yield Issue(where, f"no cell is filled in {_listed(empty)}", "Nothing can be mapped from there.")
    if constant:
        yield Issue(where, f"there is one value only in {_listed(constant)}", "It may be a constant of the mapping.")


def _shifted(columns: Sequence[ColumnTally]) -> Iterator[Issue]:
    """Suspect rows that fit in several columns at once no more, and times that stand below another name."""
    astray = Counter(row for row in (each.astray for each in columns) if row is not None)
    for row, count in sorted(astray.items()):
        if count > 1:
            what = f"{count} of its cells do not fit their columns: it may be shifted"
            yield Issue(f"row {row}", what, "A cell that holds the delimiter needs quotes.")
    named = [each for each in columns if NAMES_TIME.search(each.name) and each.filled]
    nameless = [each for each in columns if each.type in _TIMES and not NAMES_TIME.search(each.name)]
    if named and nameless and not any(each.type in _TIMES for each in named):
        what = f"its cells are no times, and those of {nameless[0].name!r} are: the columns may be shifted"
        yield Issue(f"column {named[0].name!r}", what, "Compare the header with the rows below it.")


def _still_wide(columns: Sequence[ColumnTally]) -> Iterator[Issue]:
    """Tell columns that count a day's hours and stayed: of JSON, which has no `unpivot` of its own, for example."""
    run = find_run([each.name for each in columns])
    if run and run.last - run.first + 1 >= _DAY and all(each.counts for each in columns[run.first : run.last + 1]):
        names = f"{columns[run.first].name!r} to {columns[run.last].name!r}"
        what = f"the {run.last - run.first + 1} columns {names} count time: each row is several times"
        yield Issue(names, what, "`mapper.unpivot` makes a row of each.")


def _stand_ins(columns: Sequence[ColumnTally]) -> Iterator[Issue]:
    """Suspect numbers that loggers and weather files write where there is none: -9999, -7999, 99999."""
    found: dict[str, list[str]] = {}
    for column in columns:
        if column.counts:
            profile = column.profile()
            for number in dict.fromkeys((profile.minimum, profile.maximum)):
                if number and _STAND_IN.fullmatch(number):
                    found.setdefault(number, []).append(column.name)
    for number, names in found.items():
        what = f"{number} is the least or greatest number of {_listed(names)}: does it stand for a missing one?"
        yield Issue(
            f"column {names[0]!r}", what, "If so, list it in `null_values` or `column_nulls`, as it is written."
        )


def _is_constant(column: ColumnTally, rows: int) -> bool:
    return rows >= _TELLING and column.filled > 0 and column.distinct.count() == 1 and not tells_unit(column.name)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more columns" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more
