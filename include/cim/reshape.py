"""Brings a source's rows to the rows that the rules read: some left out, one made several, several made one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from include.batch import ROW_ID
from include.cim.mapping_config import MapperConfig, Unpivot
from include.cim.raw_rows import ISSUES, raw_name, takes
from include.errors import SourceRefused

CONFLICT: Final = "conflicting_value"

ROW_IDS: Final = "row_ids"
ORIGINS: Final = pl.Schema({ROW_ID: pl.Int64(), ROW_IDS: pl.List(pl.Int64())})
"""Of a row that several became: its number, and all of theirs, in the order of the source."""

_MADE_ROWS: Final = 200_000
"""About so many rows are made at once: what a reader gives at once may become 24 times as much."""


def shape_rows(part: pl.DataFrame, mapper: MapperConfig | None) -> Iterator[pl.DataFrame]:
    """Leave out the rows that the mapping does not take, and unpivot those that are left.

    Args:
        part: `row_id`, and the source's columns under the names that `raw_name` gives.

    Returns:
        Parts without any row are not there. Every row has the `row_id` of the row that it comes from.

    Raises:
        SourceRefused: The source has a column of its own under a name that is to be made.
    """
    if mapper is None or not (mapper.where or mapper.unpivot):
        yield part
        return
    wide = mapper.unpivot
    made = wide.made if wide is not None else ()
    rows = part.filter(takes({name: values for name, values in mapper.where.items() if name not in made}))
    if wide is None:
        if not rows.is_empty():
            yield rows
        return
    keep = _kept(part.columns, mapper, wide)
    groups = {
        label: {raw_name(new): raw_name(old) for new, old in group.items()} for label, group in wide.groups.items()
    }
    for slice_ in rows.iter_slices(max(_MADE_ROWS // len(wide.groups), 1)):
        long = unpivot_rows(slice_, groups, label=raw_name(wide.label), keep=keep, keep_empty=wide.keep_empty)
        long = long.filter(takes({name: values for name, values in mapper.where.items() if name in made}))
        if not long.is_empty():
            yield long


def unpivot_rows(
    part: pl.DataFrame, groups: Mapping[str, Mapping[str, str]], *, label: str, keep: Sequence[str], keep_empty: bool
) -> pl.DataFrame:
    """Make of each row one for each group of columns, in the order of the groups.

    Args:
        groups: Label → {new column: column}; null where a group does not name it.
        label: The new column that holds the labels.
        keep: The columns that every row keeps.
        keep_empty: Whether a group whose cells are all empty gives a row.

    Example:
        >>> wide = pl.DataFrame({"t": ["a", "b"], "U1": ["1", "2"], "U2": ["3", None]})
        >>> groups = {"L1": {"volts": "U1"}, "L2": {"volts": "U2"}}
        >>> unpivot_rows(wide, groups, label="phase", keep=["t"], keep_empty=False).rows()
        [('a', 'L1', '1'), ('a', 'L2', '3'), ('b', 'L1', '2')]
    """
    # cells are stacked group by group, as they lie, and then taken row by row
    names = dict.fromkeys(name for group in groups.values() for name in group)
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, part.height)
    cells = pl.DataFrame(
        pl.concat(
            [(part[group[name]] if name in group else empty).alias(name) for group in groups.values()], rechunk=True
        )
        for name in names
    )
    taken = (np.arange(part.height)[:, None] + np.arange(len(groups))[None, :] * part.height).ravel()
    if not keep_empty:
        filled = pl.any_horizontal((pl.all().str.strip_chars() != "").fill_null(False))
        taken = taken[cells.select(filled).to_series().to_numpy()[taken]]
    labels = pl.Series(label, list(groups), pl.String)
    return part.select(keep)[taken % part.height].with_columns(labels[taken // part.height], *cells[taken])


def _kept(columns: Sequence[str], mapper: MapperConfig, wide: Unpivot) -> list[str]:
    """Name the columns that stay beside those that are made: all, but what only the groups read."""
    own = {raw_name(name) for rule in mapper.rules for name in rule.reads if name not in wide.made}
    used = {raw_name(name) for name in wide.columns} - own
    kept = [name for name in columns if name not in used]
    for name in wide.made:
        if raw_name(name) in kept:
            raise SourceRefused(
                f"mapper.unpivot makes {name!r}", "the source has a column of that name", "Give the new column another."
            )
    return kept


@dataclass(frozen=True, slots=True)
class Merged:
    """What rows became of which several may be one.

    Attributes:
        rows: One row for each key, under the `row_id` of its first; rows that contradict one another stay beside it.
        issues: Those that contradict an earlier row, with the columns of `ISSUES`.
        origins: Of the rows that several became, with the columns of `ORIGINS`.
    """

    rows: pl.DataFrame
    issues: pl.DataFrame
    origins: pl.DataFrame


def merge_rows(rows: pl.DataFrame, key: Sequence[str]) -> Merged:
    """Make one row of all that have the same key: the first value of each field that is not null.

    A row with another value than the first stays as it is and counts for nothing else, so that it can be set aside
    whole.

    Args:
        rows: In the order of the source; no field of the key is null.
    """
    fields = [name for name in rows.columns if name not in (ROW_ID, *key) and rows[name].null_count() < rows.height]
    contrary = [(pl.col(name).min() != pl.col(name).max()).fill_null(False) for name in fields]
    firsts = _merge(rows, key, pl.any_horizontal(pl.lit(False), *contrary).alias("unlike"))
    unlike = firsts.drop_in_place("unlike")
    if not unlike.any():
        return Merged(firsts.select(rows.columns), pl.DataFrame(schema=ISSUES), _origins(firsts))
    doubtful = firsts.filter(unlike)
    suspects = rows.join(doubtful, on=key, how="inner", suffix=" first", maintain_order="left")
    issues = pl.concat(
        suspects.filter(pl.col(name) != pl.col(f"{name} first")).select(
            ROW_ID, pl.lit(name).alias("field"), pl.lit(CONFLICT).alias("rule")
        )
        for name in fields
    ).sort(ROW_ID, "field")
    apart = rows.join(issues, on=ROW_ID, how="semi", maintain_order="left")
    agreeing = suspects.select(rows.columns).join(issues, on=ROW_ID, how="anti", maintain_order="left")
    again = _merge(agreeing, key)
    settled = firsts.filter(~unlike)
    merged = pl.concat([each.select(rows.columns) for each in (settled, again, apart)])
    return Merged(merged, issues, pl.concat([_origins(settled), _origins(again)]))


def _merge(rows: pl.DataFrame, key: Sequence[str], *more: pl.Expr) -> pl.DataFrame:
    firsts = [
        pl.col(name).first(ignore_nulls=rows[name].null_count() < rows.height)
        for name in rows.columns
        if name not in key
    ]
    return rows.group_by(key, maintain_order=True).agg(*firsts, pl.col(ROW_ID).alias(ROW_IDS), *more)


def _origins(merged: pl.DataFrame) -> pl.DataFrame:
    return merged.select(ROW_ID, ROW_IDS).filter(pl.col(ROW_IDS).list.len() > 1)
