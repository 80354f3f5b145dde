"""From a source's cells to the texts that are read: joined, cut out, and only in the rows that a rule reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.mapping_config import MappingRule
from include.cim.raw_rows import raw_name, takes

NOT_FOUND: Final = "pattern_not_found"
"""The rule of a cell in which `extract` finds nothing."""

LONGEST: Final = 500
"""How long a pattern may be when its repetitions are written out."""

_POWER: Final = r"^[-+]?\d{1,2}$"
_TOKEN: Final = re.compile(
    r"\\(?:[pPxuU]\{[^}]*\}|.)|\[\^?\]?(?:\\.|\[[^\]]*\]|[^\]\\])*\]"
    r"|\{(?P<least>\d+)\s*(?:,\s*(?P<most>\d*)\s*)?\}|\((?:\?(?:P?<[^>]*>|[a-zA-Z-]*:?))?|.",
    re.DOTALL,
)


def read_texts(
    part: pl.DataFrame, wanted: Mapping[str, Sequence[str]], rules: Mapping[str, MappingRule]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the texts of one part, without blanks around them.

    Args:
        part: `row_id`, and the source's columns.
        wanted: Name in the answer → the source's columns.
        rules: Likewise → the rule that says how they are joined and what is cut out.

    Returns:
        `row_id` and a column for each of what is wanted, null in rows that its rule does not read; and `row_id` and
        `field` of each cell that holds something, and not what its rule's pattern finds.
    """
    texts = part.select(ROW_ID, *[_text(columns, rules[name]).alias(name) for name, columns in wanted.items()])
    cut = {name: rules[name].extract for name in wanted if rules[name].extract is not None}
    missed = [pl.DataFrame(schema={ROW_ID: pl.Int64(), "field": pl.String()})]
    if cut:
        found = texts.with_columns(
            pl.col(name).str.extract(pattern, count_groups(pattern)).str.strip_chars()
            for name, pattern in cut.items()
            if pattern is not None
        )
        for name in cut:
            empty = texts[name].is_not_null() & (texts[name] != "") & (found[name].is_null() | (found[name] == ""))
            if empty.any():
                missed.append(texts.filter(empty).select(ROW_ID, pl.lit(rules[name].field).alias("field")))
        texts = found
    return texts, pl.concat(missed)


def count_groups(pattern: str) -> int:
    """Count the groups that a pattern takes out.

    Raises:
        ValueError: It is no pattern in Rust's syntax; says where it goes wrong.
    """
    try:
        return len(pl.Series([""]).str.extract_groups(pattern).struct.fields)
    except pl.exceptions.ComputeError as error:
        raise ValueError(str(error).removeprefix("regex error: ")) from error


def expanded_length(pattern: str) -> int:
    r"""Count the signs that a pattern stands for, with what it repeats a given number of times written out.

    The engine's time grows with the text, and for each sign of it with this length: `(.{1,100}){1,100}` is short to
    write, and minutes long to find in a thousand rows.

    Example:
        >>> expanded_length(r"\d{4}-\d{2}"), expanded_length("(?:[a-z]{1,100}x){1,100}")
        (7, 10100)
    """
    sizes = [0]  # of each group that is open, what it holds so far; `last` is what a count repeats
    last = 0
    for token in _TOKEN.finditer(pattern):
        if token["least"] is not None:
            times = max(int(token["most"] or 0), int(token["least"]), 1)
            sizes[-1] += last * (times - 1)
            last *= times
        elif token[0].startswith("("):
            sizes.append(0)
        elif token[0] == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        elif token[0] not in "*+?|":
            last = 1
            sizes[-1] += 1
    return sum(sizes)


def _text(columns: Sequence[str], rule: MappingRule) -> pl.Expr:
    cells = [pl.col(raw_name(column)).str.strip_chars() for column in columns]
    text = cells[0]
    if len(cells) > 1:
        # what is empty leaves no sign behind: a "-" beside nothing would make a number negative
        filled = [pl.when(cell != "").then(cell) for cell in cells]
        text = pl.concat_str(filled, separator=rule.join, ignore_nulls=True).str.strip_chars()
    if rule.power_of_ten is not None:
        power = pl.col(raw_name(rule.power_of_ten)).str.strip_chars().str.replace(r"\.0+$", "")
        # a number whose power is not told, or SunSpec's word for none (-32768), is none that could be read
        told = pl.when(power.str.contains(_POWER)).then(power).otherwise(pl.lit("?"))
        text = pl.when(text != "").then(pl.concat_str(text, pl.lit("e"), told))
    return pl.when(takes(rule.where)).then(text) if rule.where else text
