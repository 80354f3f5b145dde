"""From lines or rows of cells to the table that lies in them: what delimited text, fixed width and Excel share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, Generic, TypeVar

import polars as pl

from include.anonymization.telling import list_names
from include.batch import PART_ROWS
from include.collection.formats.layout import TableLayout
from include.collection.inspection import Issue
from include.connectors.content import Content
from include.connectors.formats.unpivot import unpivot_frames
from include.errors import SourceEmpty, SourceRefused

MOST_COLUMNS: Final = 1_600
"""As many as a PostgreSQL table takes."""

MOST_RAW_COLUMNS: Final = 50_000
"""Columns that become rows: a year of quarter hours in one line."""

_CLOCK: Final = r"^\s*\d{1,2}(?:[:.h]\d{2}){0,2}(?:\s*[AaPp][Mm])?\s*$"
_GATHERED_CELLS: Final = 1_000_000

Line = TypeVar("Line")
Row = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Laid(Generic[Line]):
    """The lines of a table by what they are."""

    header: list[Line]
    units: list[Line]
    rows: Iterator[Line]


def choose_table(lines: Iterable[Line], number: int | None, is_empty: Callable[[Line], bool]) -> Iterator[Line]:
    """Give the lines of one of several tables that empty lines part; all lines where no number is given."""
    if number is None:
        yield from lines
        return
    current, between = 0, True
    for line in lines:
        if is_empty(line):
            between = True
            if current == number:
                return
            continue
        current += between
        between = False
        if current == number:
            yield line


def lay_out(
    lines: Iterator[Line], form: TableLayout, is_empty: Callable[[Line], bool], start: Callable[[Line], str]
) -> Laid[Line]:
    """Tell header, units and rows apart in lines that begin below the preamble.

    Args:
        start: Gives the text that a line begins with, for comments.
    """
    mark = form.comment
    counted = (line for line in lines if not is_empty(line) and not (mark and start(line).lstrip().startswith(mark)))
    header = list(islice(counted, form.header_lines))
    units = list(islice(counted, 0 if form.transpose else form.unit_lines))
    return Laid(header, units, _hold_back(counted, form.footer_lines))


def _hold_back(lines: Iterator[Line], count: int) -> Iterator[Line]:
    """Give all lines but the last ones."""
    if not count:
        yield from lines
        return
    held: deque[Line] = deque(islice(lines, count))
    for line in lines:
        held.append(line)
        yield held.popleft()


def name_columns(header: Sequence[Row], width: int, form: TableLayout | None = None) -> list[str]:
    """Name columns after the lines of a header, joined with a space; those beyond the format's range after their place.

    A cell of an upper line stands for the empty ones to its right, as merged cells are written, where a lower line goes
    on.

    Example:
        >>> name_columns([["", "Wind", "", "Sun"], ["Time", "onshore", "offshore", ""]], 5)
        ['Time', 'Wind onshore', 'Wind offshore', 'Sun', 'column_5']
    """
    first, last = (form.first_column - 1, min(form.last_column or width, width)) if form else (0, width)
    cut = [list(line[first:last]) for line in header]
    places = [f"column_{at + 1}" for at in range(width)]
    names = _name_all(cut, places[first:last])
    if form and form.names:
        given = form.names[: len(names)]
        names = [*given, *(name if name not in given else f"{name} (2)" for name in names[len(given) :])]
    return places[:first] + names + places[max(first, last) :]


def _name_all(header: Sequence[Row], places: Sequence[str]) -> list[str]:
    width = len(places)
    lines = [[" ".join((cell or "").split()) for cell in line] + [""] * (width - len(line)) for line in header]
    for line in lines[:1]:
        # a header that is marked like a comment: `# time`
        line[:1] = [cell.lstrip("# ") or cell for cell in line[:1]]
    for level, line in enumerate(lines[:-1]):
        for place in range(1, width):
            if not line[place] and any(lower[place] for lower in lines[level + 1 :]):
                line[place] = line[place - 1]
    names: dict[str, None] = {}
    for place in range(width):
        parts = dict.fromkeys(line[place] for line in lines if line[place])
        name = plain = " ".join(parts) or places[place]
        times = 1
        while name in names:
            times += 1
            name = f"{plain} ({times})"
        names[name] = None
    return list(names)


def read_table(rows: Iterable[Row], form: TableLayout, content: Content) -> Iterator[pl.DataFrame]:
    """Read the table that lies in rows of cells, as sheets and fixed columns give them; see `read_frames`.

    Args:
        rows: Every row from the first, empty ones too; cells as text, None or "" where there is nothing.
    """
    laid, where = _lay_out_rows(rows, form), content.name
    first = next(laid.rows, None)
    if first is None:
        raise SourceEmpty(where, "no row follows the header", "Compare `skip_lines` and `table` with the source.")
    ahead = list(islice(laid.rows, 1_000))
    width = max(map(len, (*laid.header, first, *ahead)))
    if width > (MOST_RAW_COLUMNS if form.transpose or form.unpivot else MOST_COLUMNS):
        raise SourceRefused(where, f"it has more than {MOST_COLUMNS} columns", "Choose some by `last_column`.")
    names = name_columns(laid.header, width, form)
    yield from shape_frames(_gather(chain([first], ahead, laid.rows), names, where), form, content)


def read_row_units(rows: Iterable[Row], form: TableLayout) -> dict[str, str]:
    """Give the unit lines' texts by the column that they stand below."""
    laid = _lay_out_rows(rows, form)
    width = max(map(len, (*laid.header, *laid.units)), default=0)
    return name_units(name_columns(laid.header, width, form), laid.units)


def name_units(names: Sequence[str], units: Sequence[Row]) -> dict[str, str]:
    """Give the texts of unit lines by column, several lines joined with a space."""
    texts = [
        " ".join(filter(None, ((row[at] or "").strip() for row in units if at < len(row)))) for at in range(len(names))
    ]
    return {name: text for name, text in zip(names, texts, strict=True) if text}


def _lay_out_rows(rows: Iterable[Row], form: TableLayout) -> Laid[Row]:
    def is_empty(row: Row) -> bool:
        return not any(cell and not cell.isspace() for cell in row)

    lines = islice(choose_table(rows, form.table, is_empty), form.skip_lines, None)
    return lay_out(lines, form, is_empty, lambda row: row[0] or "")


def _gather(rows: Iterator[Row], names: Sequence[str], where: str) -> Iterator[pl.DataFrame]:
    size = min(PART_ROWS, max(_GATHERED_CELLS // len(names), 1))
    before = 0
    while part := list(islice(rows, size)):
        for number, row in enumerate(part, start=before + 1):
            if len(row) > len(names) and any(row[len(names) :]):
                raise SourceRefused(
                    where,
                    f"row {number} below the header has {len(row)} cells, and there are {len(names)} columns",
                    "Compare `header_lines` with the source.",
                )
        before += len(part)
        columns = [[row[at] if at < len(row) else None for row in part] for at in range(len(names))]
        yield pl.DataFrame(dict(zip(names, columns, strict=True)), schema=dict.fromkeys(names, pl.String))


def shape_frames(frames: Iterator[pl.DataFrame], form: TableLayout, content: Content) -> Iterator[pl.DataFrame]:
    """Bring frames of named columns to the shape that the format asks for.

    In this order: the range of columns, words for nothing, rows and nameless columns without any cell, totals,
    sections, transposing, unpivoting.
    """
    where = content.name
    frames = _drop_nameless(_fill_nulls(frames, form, where), form, where)
    if form.totals:
        frames = _leave_totals(frames, form.totals, content)
    if form.section:
        frames = _name_sections(frames, form.section, where)
    if form.transpose:
        frames = _transpose(frames, form, where)
    if form.unpivot:
        return unpivot_frames(frames, form.unpivot, content)
    return frames


def _fill_nulls(frames: Iterator[pl.DataFrame], form: TableLayout, where: str) -> Iterator[pl.DataFrame]:
    for frame in frames:
        columns = frame.columns[form.first_column - 1 : form.last_column]
        if not columns:
            raise SourceRefused(where, f"there is no column {form.first_column}", f"There are {frame.width} columns.")
        chosen = frame.select(columns)
        chosen = chosen.filter(~pl.all_horizontal(_matches(chosen, ("",))))
        for name in form.column_nulls:
            if name not in columns:
                raise SourceRefused(where, f"there is no column {name!r}", "See `column_nulls` in the format.")
        own = {
            name: found | chosen[name].str.strip_chars().is_in(form.column_nulls[name]).fill_null(False)
            if name in form.column_nulls
            else found
            for name, found in zip(columns, _matches(chosen, form.null_values), strict=True)
        }
        yield chosen.with_columns(pl.when(~found).then(pl.col(name)).alias(name) for name, found in own.items())


def _matches(frame: pl.DataFrame, words: Sequence[str]) -> list[pl.Expr]:
    """Say of every cell whether it is one of the words, blanks around it aside; nothing is the empty word."""
    # most columns have no blanks around their cells, and looking is five times as fast as taking them away
    blank = pl.all().str.starts_with(" ") | pl.all().str.ends_with(" ")
    padded = frame.select(blank.any()).row(0)
    cells = [
        pl.col(name).str.strip_chars() if around else pl.col(name)
        for name, around in zip(frame.columns, padded, strict=True)
    ]
    return [cell.fill_null("").is_in(words) for cell in cells]


def _drop_nameless(frames: Iterator[pl.DataFrame], form: TableLayout, where: str) -> Iterator[pl.DataFrame]:
    nameless: list[str] | None = None
    for frame in frames:
        if nameless is None:
            called = [name for at, name in enumerate(frame.columns, form.first_column) if name == f"column_{at}"]
            # without a header only a delimiter at the end of every row tells a column that is none
            called = called if form.header_lines or form.names else called[-1:]
            nameless = [name for name in called if frame[name].null_count() == frame.height]
        if nameless:
            for name in nameless:
                if frame[name].null_count() < frame.height:
                    raise SourceRefused(
                        where,
                        f"{name} has no name, is empty in the first rows, and has cells further down",
                        "A row may be shifted; or name the column in the header.",
                    )
            frame = frame.drop(nameless)  # noqa: PLW2901
        yield frame


def _leave_totals(frames: Iterator[pl.DataFrame], words: Sequence[str], content: Content) -> Iterator[pl.DataFrame]:
    """Leave out the rows that begin with one of the words, and tell how many they are."""
    left = 0
    for frame in frames:
        head = pl.coalesce(pl.all()).str.strip_chars().str.to_lowercase()
        total = frame.select(pl.any_horizontal(head.str.starts_with(word.lower()) for word in words)).to_series()
        left += int(total.sum())
        yield frame.filter(~total)
    if left:
        content.issues.append(Issue("the rows", f"{left} that begin with {list_names(words)} are left out: `totals`"))


def _name_sections(frames: Iterator[pl.DataFrame], section: str, where: str) -> Iterator[pl.DataFrame]:
    """Give every row the section that it stands in; a row that only names one is none.

    A number or a time of day alone is a row whose values are missing.
    """
    last: str | None = None
    for frame in frames:
        first, *others = frame.columns
        if section in frame.columns:
            raise SourceRefused(where, f"it has a column {section!r} of its own", "Call `section` otherwise.")
        head = pl.col(first)
        alone = pl.all_horizontal(pl.col(others).is_null()) & head.is_not_null() & ~head.str.contains(_CLOCK)
        begun = pl.when(alone).then(head).forward_fill().fill_null(pl.lit(last, pl.String))
        named = frame.select(begun.alias(section), pl.all())
        last = named[section][-1] if named.height else last
        rows = named.filter(~named.select(alone).to_series())
        if rows.height:
            yield rows


def _transpose(frames: Iterator[pl.DataFrame], form: TableLayout, where: str) -> Iterator[pl.DataFrame]:
    gathered: list[pl.DataFrame] = []
    for frame in frames:
        gathered.append(frame)
        if sum(part.height for part in gathered) > MOST_COLUMNS:
            raise SourceRefused(
                where, f"it has more than {MOST_COLUMNS} lines, too many to become columns", "Unset `transpose`."
            )
    lines = pl.concat(gathered)
    if lines.width < 2 + form.unit_lines:
        raise SourceRefused(where, "its lines have too few cells to be columns", "Compare `delimiter` with the file.")
    headed = [lines.columns[0]] if form.header_lines else []
    names = name_columns([[*headed, *lines.to_series(0).to_list()]], lines.height + len(headed))
    cells = lines.drop(lines.columns[: 1 + form.unit_lines])
    rows = cells.transpose(column_names=names[len(headed) :])
    if headed:
        rows.insert_column(0, pl.Series(names[0], cells.columns))
    yield rows
