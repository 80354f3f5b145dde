"""From texts to the values of a field, by its type or by a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from include.cim.concept import Field, FieldType
from include.cim.mapping_config import MappingRule
from include.cim.number_style import NumberStyle
from include.cim.numbers import read_integers, read_numbers
from include.cim.timestamps import INSTANT
from include.cim.units import find_unit

DTYPES: Final = {
    FieldType.ID: pl.String(),
    FieldType.TEXT: pl.String(),
    FieldType.ENUM: pl.String(),
    FieldType.TIMESTAMP: INSTANT,
    FieldType.FLOAT: pl.Float64(),
    FieldType.INTEGER: pl.Int64(),
    FieldType.BOOLEAN: pl.Boolean(),
}
"""How the values of a field are held in a frame."""

UNREADABLE_NUMBER: Final = "unreadable_number"
UNREADABLE: Final = {
    FieldType.ID: "unknown_value",
    FieldType.TEXT: "unknown_value",
    FieldType.ENUM: "unknown_value",
    FieldType.FLOAT: UNREADABLE_NUMBER,
    FieldType.INTEGER: UNREADABLE_NUMBER,
    FieldType.BOOLEAN: "unknown_value",
}
"""Why a cell could not be read, by the type of its field; timestamps have reasons of their own."""

_YES: Final = (
    "true t 1 1.0 yes y on wahr ja j ein an vrai v oui o waar aan verdadero sí si s encendido vero sì acceso prawda tak"
)
_NO: Final = "false f 0 0.0 no n off falsch nein aus faux non onwaar nee uit falso apagado spento fałsz nie"
TRUTHS: Final = dict.fromkeys(_YES.split(), True) | dict.fromkeys(_NO.split(), False)
"""How English, German, French, Dutch, Spanish, Italian and Polish sources write booleans, in small letters; no word
means yes in one of them and no in another."""


def read_values(texts: pl.Series, rule: MappingRule, target: Field, numbers: NumberStyle) -> pl.Series:
    """Read a rule's texts; a text that gives nothing gives null."""
    if rule.values is not None:
        return _look_up(texts, rule, DTYPES[target.type])
    style = replace(numbers, bracketed=rule.bracketed is not None)
    # beside a column of units a unit in the cell could contradict it
    unit = find_unit(rule.unit).name if rule.unit is not None and rule.unit_column is None else None
    match target.type:
        case FieldType.FLOAT:
            return read_numbers(texts, style, unit)
        case FieldType.INTEGER:
            return read_integers(texts, style, unit)
        case FieldType.BOOLEAN:
            return texts.str.to_lowercase().replace_strict(TRUTHS, default=None, return_dtype=pl.Boolean)
        case FieldType.ENUM:
            folded = {value.lower(): value for value in target.values}
            return texts.str.to_lowercase().replace_strict(folded, default=None, return_dtype=pl.String)
        case _:
            if target.codes is not None:
                texts = texts.str.to_uppercase()
            # PostgreSQL holds no NUL in text: such a cell is an issue of its row, and not the end of the batch
            return texts.set((texts == "") | texts.str.contains("\0", literal=True), None)


def _look_up(texts: pl.Series, rule: MappingRule, dtype: pl.DataType) -> pl.Series:
    table = rule.values or {}
    found = texts.replace_strict(
        list(table),
        pl.Series(list(table.values()), dtype=dtype),
        default=pl.lit(rule.otherwise, dtype),
        return_dtype=dtype,
    )
    return found.set(texts.is_null() if "" in table else texts.is_null() | (texts == ""), None)
