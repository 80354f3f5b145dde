"""How a source's columns become a concept's fields, as the owner writes it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from include.configuration import Configuration, Length


class RepeatedHour(StrEnum):
    """What a local time means that the clock showed twice."""

    BY_OCCURRENCE = "by_occurrence"  # the order of the rows tells (per `occurrence_per`), forwards or backwards
    EARLIER = "earlier"
    LATER = "later"
    REFUSE = "refuse"  # the row gets an issue


class MissingHour(StrEnum):
    """What becomes of a row whose local time the clock never showed."""

    REFUSE = "refuse"  # the row gets an issue
    SKIP = "skip"  # the row is left out and counted: a source that writes 24 hours on the day of 23
    SHIFT = "shift"  # the clock's change was missed: an hour later is meant


class Numbering(StrEnum):
    """What the number of a period counts, on the days on which the clock is changed."""

    ELAPSED = "elapsed"  # the periods since the local midnight: 23, 24 or 25 hours
    CLOCK = "clock"  # what the clock shows: in spring a number is left out, in autumn one comes twice


class After(Configuration):
    """The end of an interval of fixed length: `field` plus `duration`; whole days are those of the field's zone."""

    field: str
    duration: Length


class Difference(Configuration):
    """What a counter has counted since its reading before: rows in the order of time, forwards or backwards.

    The first reading of a counter, and one after a reset, has no difference.
    """

    per: tuple[str, ...] = Field((), description="source columns that tell the counters apart")
    rollover: float | None = Field(None, gt=0, description="where the counter begins again at 0, in the source's unit")
    reset: bool = Field(False, description="whether a smaller reading means that the counter was set to 0")


class RepeatedFlag(Configuration):
    """A column that says which showing of a repeated hour a row is of: a flag, or a mark behind the time itself."""

    column: str
    later: tuple[str, ...] = Field(
        min_length=1, description="the words in which its cells end where the later showing is meant: Y, B, X, *, EST"
    )


class MappingRule(Configuration):
    """One CIM field, and where its values come from: source columns, a constant, or another field.

    In this order: the cells are joined, `extract`ed, looked up in `values` or parsed (with their `power_of_ten`),
    computed by the `formula`, negated, converted from `unit`, or the row's own (`unit_column`), per `interval` where
    that needs one, and differences taken.
    """

    field: str
    source: str | tuple[str, ...] | None = Field(None, description="several are joined before they are read")
    constant: str | int | float | bool | None = None
    after: After | None = None
    where: dict[str, str | tuple[str, ...]] = Field(
        {}, description="source column → its values in the rows that this rule reads; others stay empty"
    )

    join: str = Field(" ", max_length=20, description="what stands between joined columns")
    extract: str | None = Field(
        None, max_length=200, description="a regular expression: its first group, or all that it finds, is read"
    )
    bracketed: Literal["negative"] | None = Field(
        None, description="numbers in brackets, which else cannot be read: (12) is -12, as bookkeepers write it"
    )
    values: dict[str, str | int | float | bool] | None = Field(None, description="source value → CIM value")
    otherwise: str | int | float | bool | None = Field(None, description="the CIM value where `values` has no entry")

    formula: str | None = Field(
        None, max_length=500, description="numbers: + - * / and brackets over the `inputs`, for example `heat / power`"
    )
    inputs: dict[str, str] = Field({}, description="name in the formula → source column")
    unit: str | None = Field(None, description="the source's unit; converted to the field's")
    unit_column: str | None = Field(
        None,
        min_length=1,
        description="the column that tells each row's unit; `unit` is that of rows where it is empty",
    )
    interval: Length | Literal["row", "previous"] | None = Field(
        None,
        description="the length of the interval that a value or a time label belongs to; `row`: from the row's "
        "interval_start to its interval_end; `previous`: since the time of the row before (per `occurrence_per`)",
    )
    power_of_ten: str | None = Field(
        None, description="the column that tells by which power of ten a row's number is multiplied: SunSpec's W_SF"
    )
    negate: bool = Field(False, description="the source counts the other direction as positive")
    difference: Difference | None = None

    format: str | None = Field(None, description="timestamps: strptime's directives, iso8601, epoch_s, _ms, _us or _ns")
    zone: str | None = Field(None, description="timestamps without an offset: an IANA zone, or an offset: +01:00")
    date: str | None = Field(None, description="timestamps whose columns have no date: it, as YYYY-MM-DD")
    label: Literal["start", "end"] = Field("start", description="which end of its `interval` the source's time names")
    period: Length | None = Field(
        None, description="the last source column numbers the day's periods from 1: how long one is"
    )
    numbers: Literal[1, 2] = Field(1, description="2: the last two columns number the hour and the period within it")
    numbering: Numbering = Numbering.ELAPSED
    repeated_hour: RepeatedHour = RepeatedHour.REFUSE
    repeated_flag: RepeatedFlag | None = Field(None, description="the source's own word for it, in place of a rule")
    missing_hour: MissingHour = MissingHour.REFUSE
    occurrence_per: tuple[str, ...] = Field((), description="source columns that tell the registers of one label apart")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ("source", "constant", "after", "formula") if getattr(self, name) is not None]
        if len(given) != 1:
            has = " and ".join(given) or "none of its origins"
            raise ValueError(f"field {self.field!r} has {has}; write one of source, constant, after, formula")
        if self.source == ():
            raise ValueError(f"field {self.field!r}: `source` names no column; name one, or several")
        if self.otherwise is not None and self.values is None:
            raise ValueError(f"field {self.field!r}: `otherwise` goes with `values`; add the table, or leave it out")
        if bool(self.inputs) != (self.formula is not None):
            raise ValueError(
                f"field {self.field!r}: `formula` and `inputs` go together; write {{formula: a/4, inputs: {{a: COL}}}}"
            )
        return self

    def with_unit(self, unit: str) -> MappingRule:
        """Give the rule as it is for rows of one unit."""
        return self.model_copy(update={"unit": unit, "unit_column": None})

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns whose cells become the value."""
        if self.source is None:
            return tuple(self.inputs.values())
        return (self.source,) if isinstance(self.source, str) else self.source

    @property
    def reads(self) -> tuple[str, ...]:
        """Every source column that the rule looks at."""
        per = self.difference.per if self.difference else ()
        beside = tuple(filter(None, (self.power_of_ten, self.unit_column)))
        flag = (self.repeated_flag.column,) if self.repeated_flag else ()
        return tuple(dict.fromkeys((*self.columns, *self.where, *beside, *self.occurrence_per, *flag, *per)))


class Unpivot(Configuration):
    """One row of the source becomes several: one for each group of columns (three phases, 24 hours).

    Attributes:
        groups: Label → {new column: source column}; a new column that a group does not name is empty in its rows. The
            label's column and the new ones are read by the rules like the source's own.
    """

    label: str = Field(min_length=1, description="the new column that holds the group's label")
    groups: dict[str, dict[str, str]] = Field(min_length=1)
    keep_empty: bool = Field(False, description="whether a group without any cell gives a row")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not all(self.groups.values()):
            raise ValueError("`unpivot.groups`: every group names at least one new column; write {L1: {voltage: U1}}")
        return self

    @property
    def made(self) -> tuple[str, ...]:
        """The columns that it makes."""
        return (self.label, *dict.fromkeys(name for group in self.groups.values() for name in group))

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns that it reads."""
        return tuple(dict.fromkeys(name for group in self.groups.values() for name in group.values()))


class MapperConfig(Configuration):
    """The mapping step of a collection."""

    concept: str
    where: dict[str, str | tuple[str, ...]] = Field(
        {}, description="source column → its values in the rows that are taken; others are left out and counted"
    )
    unpivot: Unpivot | None = None
    merge_rows: bool = Field(
        False, description="rows with the same key are one: a source that writes each quantity in a row of its own"
    )
    rules: tuple[MappingRule, ...] = Field(min_length=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns that the mapping reads, each once; not those that it makes itself."""
        read = [*self.where, *(name for rule in self.rules for name in rule.reads)]
        if self.unpivot:
            read = [*self.unpivot.columns, *(name for name in read if name not in self.unpivot.made)]
        return tuple(dict.fromkeys(read))
