"""Reads line protocol.

Source: InfluxData, Line protocol reference (v2): elements, data types, special characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from include.collection.formats.line_protocol import LineProtocolFormat
from include.collection.inspection import Issue
from include.connectors.content import Content
from include.connectors.formats.json_cells import put
from include.connectors.formats.records import Row, tabulate
from include.connectors.formats.text import TextLines, read_text
from include.errors import SourceEmpty, SourceRefused

_NAME: Final = r"(?:[^,= \\]|\\.)+"
_VALUE: Final = r'"(?:[^"\\]|\\.)*"|[^,= "]+'
_PAIR: Final = rf"{_NAME}=(?:{_VALUE})"
_POINT: Final = re.compile(rf"((?:[^, \\]|\\.)+)((?:,{_NAME}={_NAME})*) +({_PAIR}(?:,{_PAIR})*)(?: +(-?\d{{1,19}}))? *")
_TAG: Final = re.compile(rf",({_NAME})=({_NAME})")
_FIELD: Final = re.compile(rf"(?:^|,)({_NAME})=({_VALUE})")
_NUMBER: Final = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[iu]?")
_TRUTHS: Final = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), "true"),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), "false"),
}
_ESCAPED: Final = re.compile(r"\\([,= ])")
_QUOTED: Final = re.compile(r'\\(["\\])')
_EXPORTED: Final = ("#", "CREATE DATABASE", "CREATE RETENTION POLICY")
"""How lines begin that are no points: comments, and what `influx_inspect export` writes above them."""


@dataclass(frozen=True, slots=True)
class Point:
    """One line, with texts as they were before they were escaped."""

    measurement: str
    cells: tuple[tuple[str, str], ...]
    time: str | None


def read_line_protocol(content: Content, form: LineProtocolFormat) -> Iterator[pl.DataFrame]:
    """Read points; see `read_frames`."""
    return tabulate(_rows(content, form), content.name)


def is_no_point(line: str) -> bool:
    """Say whether a line is empty, a comment, or a statement of an export."""
    return not line.strip() or line.startswith(_EXPORTED)


def read_point(line: str) -> Point | None:
    r"""Read one line; None where it is no point.

    Example:
        >>> read_point(r'grid,site=Hall\ 1 kW=12.50,n=3i,ok=t,note="a b" 1717200000000000000').cells
        (('site', 'Hall 1'), ('kW', '12.50'), ('n', '3'), ('ok', 'true'), ('note', 'a b'))
    """
    found = _POINT.fullmatch(line)
    if found is None:
        return None
    cells = [(_plain(name), _plain(value)) for name, value in _TAG.findall(found[2])]
    for name, value in _FIELD.findall(found[3]):
        if value.startswith('"'):
            text: str | None = _QUOTED.sub(r"\1", value[1:-1])
        else:
            number = _NUMBER.fullmatch(value)
            text = number[1] if number else _TRUTHS.get(value)
        if text is None:
            return None
        cells.append((_plain(name), text))
    return Point(_plain(found[1]), tuple(cells), found[4])


def _rows(content: Content, form: LineProtocolFormat) -> Iterator[Row]:
    given = timeless = 0
    lines = TextLines(read_text(content, "utf-8"), content.name)
    for line in lines:
        if is_no_point(line):
            continue
        point = read_point(line)
        where = f"{content.name}, line {lines.number}"
        if point is None:
            remedy = "`measurement,tag=value field=value time`; a text needs quotes, and ends in its line."
            raise SourceRefused(where, "it is no point of line protocol", remedy)
        if form.measurement not in {None, point.measurement}:
            continue
        row: dict[str, str | None] = {} if form.measurement else {"measurement": point.measurement}
        for name, text in point.cells:
            put(row, name, text, where)
        put(row, "time", point.time, where)
        timeless += point.time is None
        given += 1
        yield row
    if not given:
        raise SourceEmpty(content.name, "there is no such point in it", "Compare `measurement` with the source.")
    if timeless:
        what = f"{timeless:,} points have no time: the server that took them gave them its own"
        content.issues.append(Issue(content.name, what))


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
