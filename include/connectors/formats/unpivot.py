"""Makes wide frames long, as a format's `unpivot` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from include.anonymization.telling import list_names
from include.batch import PART_ROWS
from include.cim.reshape import unpivot_rows
from include.collection.formats.layout import Unpivot
from include.connectors.content import Content
from include.errors import SourceRefused

_AGAIN: Final = re.compile(r"(.+) \(\d+\)", re.DOTALL)
"""How `name_columns` tells columns apart that the source calls alike."""


def unpivot_frames(frames: Iterator[pl.DataFrame], wide: Unpivot, content: Content) -> Iterator[pl.DataFrame]:
    """Make of each row one for each name that its columns share; `content.groups` tells which columns these are.

    Raises:
        SourceRefused: A column to keep is not there, or one belongs to no name, or to none alone.
    """
    where = content.name
    for frame in frames:
        missing = [name for name in wide.keep if name not in frame.columns]
        if missing:
            raise SourceRefused(
                where, f"there is no column {missing[0]!r} to keep", "See `unpivot.keep` in the format."
            )
        across = [name for name in frame.columns if name not in wide.keep]
        if not across:
            raise SourceRefused(where, "`unpivot` keeps every column", "Keep fewer.")
        groups = group_columns(across, wide, where) if wide.columns else {name: {wide.value: name} for name in across}
        content.groups |= groups
        content.add_records(frame.height)
        for part in frame.iter_slices(max(PART_ROWS // len(groups), 1)):
            yield unpivot_rows(part, groups, label=wide.name, keep=wide.keep, keep_empty=wide.keep_empty)


def group_columns(names: Sequence[str], wide: Unpivot, where: str) -> dict[str, dict[str, str]]:
    """Group columns by what their names share, in the order in which it first comes.

    Returns:
        What they share → {new column: column}, as `unpivot_rows` takes it.

    Raises:
        SourceRefused: A column is written in none of the ways of `wide.columns`, or is the second of its kind.

    Example:
        >>> wide = Unpivot(keep=("Day",), columns={"kWh": "{}", "flag": "{} Flag", "note": "Note"})
        >>> group_columns(["1", "1 Flag", "2", "Note"], wide, "")
        {'1': {'kWh': '1', 'flag': '1 Flag'}, '2': {'kWh': '2', 'note': 'Note'}}
    """
    # the one that says most of a name is tried first: `{}` is any name
    ways = [
        (new, _pattern(written))
        for new, written in sorted(wide.columns.items(), key=lambda way: -len(way[1].replace("{}", "")))
    ]
    groups: dict[str, dict[str, str]] = {}
    before = None
    for name in names:
        found = next(((new, match) for new, way in ways if (match := way.fullmatch(name))), None)
        if found is None:
            raise SourceRefused(
                where,
                f"column {list_names([name])} is none that `unpivot.columns` knows",
                "Keep it, leave it out by `last_column`, or say by `unpivot.columns` how it is written.",
            )
        new, match = found
        label = match[1] if match.re.groups else before
        if label and (again := _AGAIN.fullmatch(label)) and new in groups.get(again[1], {}):
            label = again[1]
        if label is None or new in groups.get(label, {}):
            what = "stands before any other" if label is None else f"is a second {new!r} of {list_names([label])}"
            raise SourceRefused(where, f"column {list_names([name])} {what}", "Give the columns names by `names`.")
        groups.setdefault(label, {})[new] = name
        before = label
    return {label: {new: group[new] for new in wide.columns if new in group} for label, group in groups.items()}


def _pattern(written: str) -> re.Pattern[str]:
    before, shared, after = written.partition("{}")
    return re.compile(re.escape(before) + ("(.+)" + re.escape(after) if shared else r"(?: \(\d+\))?"), re.DOTALL)
