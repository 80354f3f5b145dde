"""Asks Great Expectations which rows of a frame break which rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from include.batch import ROW_ID
from include.errors import ConfigurationInvalid, Problem
from include.expectations.config import Action, CurationRule
from include.expectations.library import open_context
from include.expectations.suite import ROW_RULES, build_suite, columns_of

_MOST_KNOWN: Final = 100_000
"""Values of a column are remembered from part to part."""

_MOST_DISTINCT: Final = 0.5
"""Of a column's rows; where more of them are distinct, finding them out costs more than it saves."""


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
        known: Column → values, as many as are kept.
        broken: Place of a rule → values that break it.
        counts_empty: Places of rules that look at nulls, too.
    """

    known: dict[str, pl.Series] = field(default_factory=dict)
    broken: dict[int, pl.Series] = field(default_factory=dict)
    counts_empty: set[int] = field(default_factory=set)

    def unknown(self, values: pl.Series) -> pl.Series:
        """Give the values of a column that nobody was asked about."""
        known = self.known.get(values.name)
        return values if known is None else values.filter(~values.is_in(known.implode(), nulls_equal=True))

    def add(self, values: pl.Series) -> None:
        """Keep values that were asked about."""
        known = self.known.get(values.name, values.clear())
        if known.len() + values.len() <= _MOST_KNOWN:
            self.known[values.name] = known.append(values)


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
    """Ask once per distinct value where a rule judges one cell by itself; the rows that hold it get its answer."""
    placed = list(enumerate(rules))
    cells = {name: frame[name].unique() for name in dict.fromkeys(map(_cell_of, rules)) if name is not None}
    cells = {name: values for name, values in cells.items() if values.len() <= frame.height * _MOST_DISTINCT}
    once = [(place, rule) for place, rule in placed if _cell_of(rule) in cells]
    _ask_once([memory.unknown(values) for values in cells.values()], once, memory)
    found: dict[int, _Found] = {}
    for place, rule in once:
        column = frame[columns_of(rule)[0]]
        broken = column.is_in(memory.broken[place].implode(), nulls_equal=True).arg_true().to_numpy()
        found[place] = frame.height if place in memory.counts_empty else _held(column), broken
    found.update(_ask(frame, [(place, rule) for place, rule in placed if place not in found]))
    return [found[place] for place in range(len(rules))]


def _ask_once(columns: Sequence[pl.Series], placed: Sequence[tuple[int, CurationRule]], memory: Memory) -> None:
    """Ask about distinct values, and remember the answers."""
    asked = {values.name: values for values in columns if values.len()}
    longest = max((values.len() for values in asked.values()), default=0)
    # columns of one length: each is filled up with its first value, whose further answers are not looked at
    filled_up = [values.extend_constant(values[0], longest - values.len()) for values in asked.values()]
    distinct = pl.DataFrame(filled_up)
    for place, (checked, positions) in _ask(distinct, [one for one in placed if _cell_of(one[1]) in asked]):
        values = distinct[columns_of(dict(placed)[place])[0]]
        broken = values.gather(positions).unique()
        memory.broken[place] = memory.broken.get(place, broken.clear()).append(broken)
        if checked == longest and _held(values) < longest:
            memory.counts_empty.add(place)
    for values in asked.values():
        memory.add(values)


def _held(column: pl.Series) -> int:
    """How many cells hold something: to Great Expectations, a NaN is no value either."""
    return (column.fill_nan(None) if column.dtype.is_float() else column).count()


def _cell_of(rule: CurationRule) -> str | None:
    """The column of a rule that judges each of its cells by itself; None where it compares."""
    columns = columns_of(rule)
    return columns[0] if rule.type in ROW_RULES and len(columns) == 1 else None


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
    source = open_context().data_sources.add_pandas("part")
    batch = (
        source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all").get_batch({"dataframe": pandas})
    )
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
