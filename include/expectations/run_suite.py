"""Asks Great Expectations which rows of a frame break which rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
import polars.selectors as cs
import pyarrow as pa

from include.batch import ROW_ID
from include.errors import ConfigurationInvalid, Problem
from include.expectations.config import Action, CurationRule
from include.expectations.library import open_batch
from include.expectations.suite import ROW_RULES, build_suite, columns_of

_Columns = tuple[str, ...]

_MOST_KNOWN: Final = 100_000
"""Distinct values are remembered from part to part."""

_MOST_DISTINCT: Final = 0.5
"""Of the rows; where more of them are distinct, finding them out costs more than it saves."""


_BY_EMPTINESS: Final = frozenset({"expect_column_values_to_not_be_null", "expect_column_values_to_be_null"})
"""Expectations that say the same of all values; only of nulls something else."""

_BY_SPAN: Final = _BY_EMPTINESS | {"expect_column_values_to_be_between"}
"""Expectations that, where they allow two values, allow every value between them."""

_BY_ORDER: Final = frozenset(
    {"expect_column_pair_values_a_to_be_greater_than_b", "expect_column_pair_values_to_be_equal"}
)
"""Expectations that say the same of all pairs whose first value is less than, equal to, or greater than the second."""

_DECISIVE: Final = "what decides"
"""Beside values of which only one thing decides: whether there is one; of a pair, -1, 0 or 1, and null where one is
missing."""

_PASSES_OVER_NULLS: Final = frozenset({"either_value_is_missing", "any_value_is_missing"})
"""`ignore_row_if` of expectations that look at several columns; by default each of them has another word."""


@dataclass(frozen=True, slots=True)
class Breach:
    """What one rule found in one frame.

    Attributes:
        fields: The fields that the rule names.
        place: The rule's place in its suite; -1 for what mapping found.
        checked: Rows that the rule looked at; the nulls that it passes over do not count.
        row_ids: The rows that broke it, Int64, in the frame's order.
        acted: Whether the action is carried out; else the rows are only counted.
    """

    rule: str
    fields: tuple[str, ...]
    action: Action
    place: int
    checked: int
    row_ids: pl.Series
    acted: bool = True

    @property
    def field(self) -> str:
        """The fields, as reports and reasons write them."""
        return ", ".join(self.fields)

    @property
    def cell(self) -> str:
        """The field whose cells may be emptied or mended: the first, the others only tell where it stands."""
        return self.fields[0]


@dataclass
class Memory:
    """What was found of distinct values in the parts before, so that nobody is asked about them again.

    Attributes:
        known: The columns that a rule looks at → what decides in rows of them, as many as are kept.
        broken: Place of a rule → what decides in those that break it.
        kept: The column that a rule looks at → the least and the greatest value that break no rule about it.
        counts_empty: Places of rules that look at nulls, too.
    """

    known: dict[_Columns, pl.DataFrame] = field(default_factory=dict)
    broken: dict[int, pl.DataFrame] = field(default_factory=dict)
    kept: dict[_Columns, tuple[Any, Any]] = field(default_factory=dict)
    counts_empty: set[int] = field(default_factory=set)

    def unknown(self, columns: _Columns, values: pl.DataFrame, types: Set[str]) -> pl.DataFrame:
        """Give the values that nobody was asked about, and of which the answer does not follow from others.

        Args:
            types: Of all rules that look at these columns.
        """
        known = self.known.get(columns)
        if known is None:
            return values
        if columns in self.kept and types <= _BY_SPAN:
            # NaN lies in no span
            values = values.filter(~pl.col(columns).is_between(*self.kept[columns]).fill_null(value=False))
        return values.join(known, on=known.columns, how="anti", nulls_equal=True)

    def add(self, columns: _Columns, values: pl.DataFrame, kept: pl.DataFrame) -> None:
        """Keep values that were asked about, and between which of them no rule is broken."""
        decisive = values.select(_decisive(values))
        known = self.known.get(columns, decisive.clear())
        if known.height + decisive.height <= _MOST_KNOWN:
            self.known[columns] = known.vstack(decisive)
        if values.width == 1 and kept[columns[0]].count():
            ends = [kept[columns[0]].min(), kept[columns[0]].max(), *self.kept.get(columns, ())]
            self.kept[columns] = min(ends), max(ends)


def find_breaches(frame: pl.DataFrame, rules: Sequence[CurationRule], memory: Memory | None = None) -> list[Breach]:
    """Check each rule on a frame; the answers are in the order of the rules.

    Great Expectations sees only the columns that the rules name. Its results carry values of rows: they are turned
    into row ids here and go no further.

    Args:
        frame: Columns named after CIM fields, and `row_id`.
        memory: Goes from part to part of one batch, with the same rules.

    Raises:
        ConfigurationInvalid: A rule could not be applied to its field; nobody may take that for a rule that holds.
    """
    results = _run(frame, rules, memory or Memory()) if rules and frame.height else [_NOTHING] * len(rules)
    return [
        Breach(
            rule=rule.type,
            fields=columns_of(rule),
            action=rule.on_violation,
            place=place,
            checked=checked,
            row_ids=frame[ROW_ID].gather(positions),
        )
        for place, (rule, (checked, positions)) in enumerate(zip(rules, results, strict=True))
    ]


def holds(frame: pl.DataFrame, rule: CurationRule) -> bool:
    """Ask whether a frame as a whole keeps a rule; raises as `find_breaches`."""
    (result,) = _validate(frame, [rule], "BOOLEAN_ONLY")
    if result.exception_info.get("raised_exception") or "exception_message" not in result.exception_info:
        raise _not_applicable(rule)
    return bool(result.success)


_Found = tuple[int, np.ndarray[Any, np.dtype[np.int64]]]
_NOTHING: _Found = (0, np.empty(0, dtype=np.int64))


def _run(frame: pl.DataFrame, rules: Sequence[CurationRule], memory: Memory) -> list[_Found]:
    """Ask once per distinct value where a rule judges a row by itself; the rows that hold it get its answer."""
    placed = list(enumerate(rules))
    types: dict[_Columns, set[str]] = {}
    for rule in filter(_judges_values, rules):
        types.setdefault(_columns_of(rule), set()).add(rule.type)
    every = {columns: _values(frame, columns, types[columns]) for columns in types}
    distinct = {columns: _distinct(values) for columns, values in every.items()}
    most = frame.height * _MOST_DISTINCT
    few = {columns: values for columns, values in distinct.items() if values.height <= most}
    once = [(place, rule) for place, rule in placed if _columns_of(rule) in few and _judges_values(rule)]
    unknown = {columns: memory.unknown(columns, values, types[columns]) for columns, values in few.items()}
    _ask_once(frame, {columns: values for columns, values in unknown.items() if values.height}, once, memory)
    found: dict[int, _Found] = {}
    for place, rule in once:
        columns, broken = _columns_of(rule), memory.broken[place]
        checked = frame.height if place in memory.counts_empty else _held(frame.select(columns))
        found[place] = checked, _places(every[columns], broken) if broken.height else _NOTHING[1]
    found.update(_ask(frame, [(place, rule) for place, rule in placed if place not in found]))
    return [found[place] for place in range(len(rules))]


def _values(frame: pl.DataFrame, columns: _Columns, types: Set[str]) -> pl.DataFrame:
    values = frame.select(columns)
    held = values.with_columns(cs.float().fill_nan(None)).get_columns()
    if types <= _BY_EMPTINESS:
        return values.with_columns(held[0].is_null().alias(_DECISIVE))
    if types <= _BY_ORDER and len(columns) > 1:
        first, second = held
        return values.with_columns(((first > second).cast(pl.Int8) - (first < second).cast(pl.Int8)).alias(_DECISIVE))
    return values


def _distinct(values: pl.DataFrame) -> pl.DataFrame:
    # of one column, half the time of a frame
    return values.to_series().unique().to_frame() if values.width == 1 else values.unique(subset=_decisive(values))


def _decisive(values: pl.DataFrame) -> list[str]:
    """Name the columns of values that answers hang on: rows that are equal there get the same one."""
    return [_DECISIVE] if _DECISIVE in values.columns else values.columns


def _judges_values(rule: CurationRule) -> bool:
    """Whether a rule says of rows with equal values the same, and it is known which rows it passes over."""
    known = len(_columns_of(rule)) == 1 or rule.kwargs.get("ignore_row_if") in _PASSES_OVER_NULLS
    return rule.type in ROW_RULES and known


def _places(values: pl.DataFrame, broken: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    rows = values.select(broken.columns).with_row_index(ROW_ID)
    hit = rows.join(broken, on=broken.columns, how="semi", nulls_equal=True, maintain_order="left")
    return hit[ROW_ID].cast(pl.Int64).to_numpy()


def _ask_once(
    frame: pl.DataFrame,
    asked: Mapping[_Columns, pl.DataFrame],
    placed: Sequence[tuple[int, CurationRule]],
    memory: Memory,
) -> None:
    """Ask about distinct values that are new, all rules in one go, and remember the answers."""
    if not asked:
        return
    # one block of rows below the other: what a rule says of rows outside of its own is not looked at
    together = pl.DataFrame(
        pl.concat(
            [
                values[name] if name in values.columns else _filler(frame[name], values.height)
                for values in asked.values()
            ]
        )
        for name in dict.fromkeys(name for columns in asked for name in columns)
    )
    ends = dict(zip(asked, np.cumsum([values.height for values in asked.values()]), strict=True))
    rules, kept = dict(placed), dict(asked)
    for place, (checked, positions) in _ask(together, [one for one in placed if _columns_of(one[1]) in asked]):
        columns = _columns_of(rules[place])
        values, begin = asked[columns], ends[columns] - asked[columns].height
        decisive = values.select(_decisive(values))
        broken = decisive[positions[(begin <= positions) & (positions < ends[columns])] - begin]
        memory.broken[place] = memory.broken.get(place, broken.clear()).vstack(broken)
        kept[columns] = kept[columns].join(broken, on=broken.columns, how="anti", nulls_equal=True)
        if checked == together.height and _held(together.select(columns)) < checked:
            memory.counts_empty.add(place)
    for columns, values in asked.items():
        memory.add(columns, values, kept[columns])


def _filler(column: pl.Series, length: int) -> pl.Series:
    """Repeat a value that the column has; not null, where it can be helped: an expectation may not bear it."""
    return column.new_from_index(column.is_not_null().arg_max() or 0, length)


def _held(rows: pl.DataFrame) -> int:
    """How many rows hold something in every column: to Great Expectations, a NaN is no value either."""
    if not any(column.null_count() or column.dtype.is_float() for column in rows):
        return rows.height
    return rows.with_columns(cs.float().fill_nan(None)).drop_nulls().height


def _columns_of(rule: CurationRule) -> _Columns:
    return tuple(dict.fromkeys(columns_of(rule)))


def _ask(frame: pl.DataFrame, placed: Sequence[tuple[int, CurationRule]]) -> Iterator[tuple[int, _Found]]:
    if not placed:
        return
    rules = [rule for _, rule in placed]
    columns = list(dict.fromkeys(column for rule in rules for column in columns_of(rule)))
    for result in _validate(frame.select(columns), rules, "COMPLETE"):
        place, rule = placed[result.expectation_config.meta["rule"]]
        answer = result.result
        if "unexpected_index_list" not in answer:
            # Great Expectations caught an exception; its text may quote a value, so it is not passed on
            raise _not_applicable(rule)
        checked = answer["element_count"] - (answer.get("missing_count") or 0)
        yield place, (checked, np.sort(np.asarray(answer["unexpected_index_list"], dtype=np.int64)))


def _validate(frame: pl.DataFrame, rules: Sequence[CurationRule], result_format: str) -> list[Any]:
    # the default index makes Great Expectations answer with row positions; nullable Int64 keeps identifiers beyond 2^53
    pandas = frame.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    with open_batch(pandas) as batch:
        validation = batch.validate(
            build_suite(rules), result_format={"result_format": result_format, "return_unexpected_index_query": False}
        )
        return list(validation.results)


def _not_applicable(rule: CurationRule) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        [
            Problem(
                f"curator: {rule.type} on {', '.join(columns_of(rule))}",
                "Great Expectations could not apply this rule to the rows",
                "Check that its arguments fit the type of the field",
            )
        ]
    )
