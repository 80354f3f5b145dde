"""Tells when the names of columns are themselves data, and how such a table is read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from include.collection.inspection import Issue, Question
from include.connectors.detection.cells import Cells, Kind, is_unit
from include.connectors.detection.column_groups import DAYS, ColumnGroups, Family, find_groups
from include.connectors.detection.finding import Finding
from include.connectors.detection.time_run import TimeRun, find_run
from include.connectors.detection.units import unit_in_name

_MIDNIGHTS: Final = {"00:00": "24:00", "0:00": "24:00", "00:00:00": "24:00:00", "0:00:00": "24:00:00"}
_UNIT: Final = re.compile(r"[\[(][^\])]{1,12}[\])]$")
_MOST_LABELS: Final = 6
_MOST_SERIES: Final = 40
_MANY: Final = 12
_DATED: Final = frozenset({"year", "month", "date"})
"""Labels that no date stands beside."""

_CLOCK: Final = re.compile(r"\d{1,2}[:.h]\d{2}(?![.\d])")
_FLAG: Final = re.compile(r"flag|stat|qual|typ|code|valid|kennz|kenn|ersatz|estim|calid|état|etat", re.IGNORECASE)
_FEW_CODES: Final = 4
_CODE_DIGITS: Final = 3
_UNPIVOT: Final = "`unpivot` says how the table is read: `keep`, `name`, and `columns` with `{}` for what they share."


def find_shape(
    names: Sequence[str], kinds: Sequence[Kind], rows: Sequence[Sequence[str]], first_column: int = 1
) -> Finding:
    """Say how a table whose columns are hours or days becomes one whose rows are."""
    run = find_run(names)
    groups = find_groups(names)
    counted = run is not None and groups is not None and run.first <= groups.first <= groups.last <= run.last
    if groups and not counted and (found := _find_grouped(groups, names, kinds, rows, first_column)):
        return found
    if run is None or run.first == 0 or run.first > _MOST_LABELS:
        return Finding()
    values = kinds[run.first : run.last + 1]
    if sum(kind in {Kind.NUMBER, Kind.EMPTY} for kind in values) < 0.9 * len(values):
        return Finding()
    labels = list(names[: run.first])
    fields: dict[str, Any] = {}
    issues: list[Issue] = []
    if run.name == "time" and names[run.last] in _MIDNIGHTS and names[run.first] not in _MIDNIGHTS:
        # the day's last interval ends at the next midnight, which the header writes as its own
        fields["names"] = (*names[: run.last], _MIDNIGHTS[names[run.last]], *names[run.last + 1 :])
    issues += _leave_out(fields, names, kinds, run.last, first_column)
    if _are_series(run, kinds[: run.first], rows):
        fields["transpose"] = True
        if run.first == 2:
            fields["unit_lines"] = 1
        what = "its columns count time and its lines are series: lines are read as columns"
    else:
        days = run.name == "hour" and run.last - run.first + 1 in DAYS and names[run.first].lstrip("0") == "1"
        name, value = _free(["day" if days else run.name, "value"], labels)
        fields["unpivot"] = {"keep": labels, "name": name, "value": value}
        what = f"{run.last - run.first + 1} columns count time: each of their cells is read as a row"
    issues.append(Issue("the header", what, "`unpivot` and `transpose` say how the table is read."))
    return Finding(fields, 0.9, tuple(issues))


def _leave_out(
    fields: dict[str, Any], names: Sequence[str], kinds: Sequence[Kind], last: int, first_column: int
) -> list[Issue]:
    """Leave out what stands right of the matrix, where it holds anything."""
    beyond = [name for at, name in enumerate(names) if at > last and kinds[at] is not Kind.EMPTY]
    if not beyond:
        return []
    fields["last_column"] = first_column + last
    return [Issue("the header", f"{len(beyond)} columns after {names[last]!r} are no part of the matrix: left out")]


def _free(wanted: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Call new columns as wanted, or otherwise where a name is taken."""
    names: list[str] = []
    for name in wanted:
        times, free = 1, name
        while free in taken or free in names:
            times += 1
            free = f"{name}_{times}"
        names.append(free)
    return names


def _find_grouped(
    groups: ColumnGroups, names: Sequence[str], kinds: Sequence[Kind], rows: Sequence[Cells], first_column: int
) -> Finding | None:
    """Say how a table is read that has several columns for each hour or day: values, and flags of theirs."""
    labels = list(names[: groups.first])
    timed = [at for at in range(groups.first) if kinds[at] is Kind.TIME]
    if not 0 < len(labels) <= _MOST_LABELS or _differ_by_clock(timed, rows):
        return None
    columns = _call(groups.families, kinds, rows)
    if groups.name is None or columns is None or (timed and groups.name in _DATED):
        ways = ", ".join(repr(family.written) for family in groups.families)
        what = f"columns are called alike ({ways}) for {len(groups.labels)} labels: nothing tells that these are times"
        return Finding({}, 0.6, (Issue("the header", what, _UNPIVOT),)) if len(groups.labels) >= _MANY else None
    fields: dict[str, Any] = {}
    issues = _leave_out(fields, names, kinds, groups.last, first_column)
    if groups.name == "time" and groups.labels[-1] in _MIDNIGHTS and groups.labels[0] not in _MIDNIGHTS:
        midnight = groups.labels[-1]
        ends = {
            family.places[midnight]: family.written.replace("{}", _MIDNIGHTS[midnight])
            for family in groups.families
            if "{}" in family.written and midnight in family.places
        }
        fields["names"] = tuple(ends.get(at, name) for at, name in enumerate(names))
    name, *made = _free([groups.name, *columns], labels)
    written = dict(zip(made, (family.written for family in groups.families), strict=True))
    fields["unpivot"] = {"keep": labels, "name": name, "columns": written}
    what = f"{len(groups.labels)} times have {len(made)} columns each, read as rows of {', '.join(map(repr, made))}"
    issues.append(Issue("the header", what, _UNPIVOT))
    for new, family in zip(made, groups.families, strict=True):
        if missing := [label for label in groups.labels if label not in family.places]:
            told = ", ".join(missing[:_MOST_LABELS]) + (" …" if len(missing) > _MOST_LABELS else "")
            what = f"{len(missing)} of {len(groups.labels)} times have no column {family.written!r} ({told})"
            issues.append(Issue("the header", what, f"{new!r} is empty in their rows: compare it with the source."))
    sure = 0.9 if all(len(family.places) == len(groups.labels) for family in groups.families) else 0.7
    if not groups.doubtful:
        return Finding(fields, sure, tuple(issues))
    what = f"{len(groups.labels)} numbers have columns of their own: do they count hours or days, as they are read?"
    question = Question("unpivot", what, (json.dumps(fields["unpivot"], ensure_ascii=False), "null"))
    return Finding(fields, 0.6, tuple(issues), (question,))


def _differ_by_clock(timed: Sequence[int], rows: Sequence[Cells]) -> bool:
    """Say whether rows have times of day of their own, so that no columns count them."""
    return (
        len({found[0] for row in rows for at in timed[:1] if at < len(row) and (found := _CLOCK.search(row[at]))}) > 1
    )


def _call(families: Sequence[Family], kinds: Sequence[Kind], rows: Sequence[Cells]) -> list[str] | None:
    """Name the column of each family: `value`, `flag`, or as it is called; None where no family is of numbers."""
    numbers = {family.written for family in families if _share_numbers(family, kinds) >= 0.9}
    coded = {family.written for family in families if family.written in numbers and _is_code(family, rows)}
    values = [family for family in families if family.written in numbers - coded]
    if not values and not (values := [family for family in families if family.written in numbers][:1]):
        return None
    flags = [family for family in families if family not in values]
    called = []
    for family in families:
        mates, usual = (values, "value") if family in values else (flags, "flag")
        tells = len(family.word) > 1 and usual == "value" and unit_in_name(family.word)[0]
        own = family.word and (len(mates) > 1 or tells)
        called.append(family.word if own else usual)
    return called


def _share_numbers(family: Family, kinds: Sequence[Kind]) -> float:
    found = [kinds[place] in {Kind.NUMBER, Kind.EMPTY} for place in family.places.values()]
    return sum(found) / len(found)


def _is_code(family: Family, rows: Sequence[Cells]) -> bool:
    """Say whether numbers are codes of a state: few different small ones, or called so."""
    cells = {row[place].strip() for row in rows for place in family.places.values() if place < len(row)} - {""}
    small = all(len(cell) <= _CODE_DIGITS and cell.isdigit() for cell in cells)
    return small and (len(cells) <= _FEW_CODES or _FLAG.search(family.word) is not None)


def _are_series(run: TimeRun, labels: Sequence[Kind], rows: Sequence[Sequence[str]]) -> bool:
    """Say whether each line is a series with a name, and perhaps a unit, of its own."""
    names = [row[0].strip() for row in rows]
    if labels[0] is not Kind.TEXT or len(rows) > _MOST_SERIES or len(set(names)) < len(names) or "" in names:
        return False
    if len(labels) == 2:
        return all(is_unit(row[1]) for row in rows)
    return len(labels) == 1 and (run.name in {"hour", "time", "period"} or any(_UNIT.search(name) for name in names))
