"""How numbers are written, and how a table lies in text or in a sheet: what several formats share."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from include.cim.number_style import NumberStyle
from include.configuration import Configuration

Thousands = Literal[".", ",", " ", "'", "_", "\u00a0", "\u2007", "\u2009", "\u202f"]


class WrittenNumbers(Configuration):
    """A format whose numbers are text, written one way or another."""

    decimal: Literal[".", ","] = "."
    thousands: Thousands | None = Field(None, description="the sign between groups of three digits")

    @model_validator(mode="after")
    def _two_signs(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError("`thousands` and `decimal` are the same sign; leave `thousands` out, or name another")
        return self

    @property
    def numbers(self) -> NumberStyle:
        """How to read them."""
        return NumberStyle(self.decimal, self.thousands)


class Unpivot(Configuration):
    """A wide table made long: the names of the other columns become cells of one column, their cells another's.

    Where several columns share a name (a value and its flag), `columns` says how each is written.
    """

    keep: tuple[str, ...] = Field(min_length=1, description="columns that stay as they are")
    name: str = Field("name", min_length=1, description="the column that takes the others' names")
    value: str = Field("value", min_length=1, description="the column that takes their cells, unless `columns` says it")
    columns: dict[str, str] = Field(
        {},
        description="new column → how the others are called whose cells it takes, `{}` standing for what `name` takes: "
        "`{value: 'HH{}', flag: 'HH{}Type'}`; without `{}`: every column so called, right behind those of its name",
    )
    keep_empty: bool = Field(
        False, description="whether a cell without a value gives a row (the 25th hour of most days)"
    )

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        made = (*self.keep, self.name, *(self.columns or (self.value,)))
        if len(set(made)) < len(made):
            raise ValueError("`unpivot`: every column that is kept or made needs a name of its own; give one another")
        written = list(self.columns.values())
        if len(set(written)) < len(written) or any(each.count("{}") > 1 or not each for each in written):
            raise ValueError(
                "`unpivot.columns`: each has a way of its own, with `{}` in it once or not at all; write HH{}, HH{}Type"
            )
        if written and not any("{}" in each for each in written):
            raise ValueError("`unpivot.columns`: one of them needs `{}`, which stands for what they share; write HH{}")
        return self


class TableLayout(WrittenNumbers):
    """Where in the lines of a file or a sheet the table is.

    `table` is chosen first; `skip_lines` counts its lines, then come the header, the lines of units and the rows. A
    line without any cell is no row, and a column without a name and without any cell no column. A column that has cells
    and no name is called after its place, `column_3`; of columns with one name the second is called `name (2)`.
    """

    skip_lines: int = Field(0, ge=0, description="lines before the header")
    header_lines: int = Field(1, ge=0, le=10, description="0: no header; several are joined with a space")
    unit_lines: int = Field(0, ge=0, le=3, description="lines below the header that are no rows: units, or types")
    footer_lines: int = Field(0, ge=0, le=10_000, description="lines at the end that are no rows; empty ones aside")
    comment: str | None = Field(None, min_length=1, max_length=3, description="lines that begin with it are no rows")
    totals: tuple[str, ...] = Field(
        (),
        max_length=20,
        description="rows whose first cell with something begins with one of these words (`Summe`, `Total`), in "
        "capitals or not, sum up others and are none",
    )
    table: int | None = Field(
        None,
        ge=1,
        description="which of several tables, one below the other with empty lines between; none: there is one",
    )
    first_column: int = Field(1, ge=1, description="of several tables side by side: where this one begins")
    last_column: int | None = Field(None, ge=1, description="and where it ends")
    section: str | None = Field(
        None,
        min_length=1,
        description="a row whose first cell alone is filled, and is no number and no time of day, is none: it names "
        "the rows below it, in this new column",
    )
    transpose: bool = Field(False, description="the table's rows are its columns: the first cell of a line names it")
    unpivot: Unpivot | None = None
    null_values: tuple[str, ...] = ("",)
    column_nulls: dict[str, tuple[str, ...]] = Field(
        {}, description="column, as its header calls it → what stands for nothing in it alone: -999, 0"
    )
    names: tuple[str, ...] = Field(
        (), max_length=1_600, description="the columns' names from the first on, where the source's own are missing"
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if len(set(self.names)) < len(self.names) or not all(self.names):
            raise ValueError("`names`: every column needs a name of its own; write a, a (2)")
        return self

    @model_validator(mode="after")
    def _columns_in_order(self) -> Self:
        if self.last_column is not None and self.last_column < self.first_column:
            raise ValueError("`last_column` comes before `first_column`; swap the two")
        return self
