"""Holds the columns of a source against those of the batches before, and against what the mapping reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from include.anonymization.telling import list_names, tell_name
from include.batch import ROW_ID
from include.cim.raw_rows import ISSUES, raw_name
from include.collection.contract import OnDrift
from include.collection.formats.delimited import CsvFormat
from include.collection.formats.layout import TableLayout
from include.collection.model import Collection
from include.errors import SourceRefused

UNEXPECTED: Final = "unexpected_column"
MISSING: Final = "missing_column"

_DELIMITERS: Final = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}


@dataclass
class SourceColumns:
    """The columns of one reading, frame by frame, under the names that may be told (`tell_name`).

    Attributes:
        known: Those of the batches before; None before the first, when nothing can have changed.
    """

    collection: Collection
    known: Sequence[str] | None
    _seen: dict[str, None] = field(default_factory=dict)
    _vanished: dict[str, None] = field(default_factory=dict)

    def admit(self, frame: pl.DataFrame, row_ids: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Give a frame in which the mapping finds all that it reads, and the rows that the contract sets aside.

        Args:
            frame: As the connector gave it.

        Returns:
            The frame, and issues with the columns of `ISSUES`; their `field` is the source's column.

        Raises:
            SourceRefused: A column is missing or new, and the contract freezes that.
        """
        contract = self.collection.config.contract
        missing = [name for name in _mapped(self.collection) if name not in frame.columns]
        if missing and (self.known is None or contract.vanish is OnDrift.FREEZE):
            raise _missing(missing, frame.columns, self.collection)
        new = [name for name in frame.columns if self.known is not None and tell_name(name) not in self.known]
        if new and contract.appear is OnDrift.FREEZE:
            raise SourceRefused(
                _source(self.collection),
                f"{list_names(new)} {_are(new)} new, and the contract lets no column appear",
                "Nothing was loaded. Map what is new, or set `contract.appear` to evolve or quarantine.",
            )
        self._seen |= dict.fromkeys(map(tell_name, frame.columns))
        self._vanished |= dict.fromkeys(missing)
        issues = [pl.DataFrame(schema=ISSUES)]
        if contract.appear is OnDrift.QUARANTINE:
            issues += [_issues(row_ids.filter(frame[name].is_not_null()), tell_name(name), UNEXPECTED) for name in new]
        if contract.vanish is OnDrift.QUARANTINE:
            issues += [_issues(row_ids, name, MISSING) for name in missing]
        return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in missing), pl.concat(issues)

    def names(self) -> tuple[str, ...]:
        """Every column that a batch of this dataset has had, for the next one to be held against."""
        return tuple(dict.fromkeys([*(self.known or ()), *self._seen]))

    def notes(self) -> tuple[str, ...]:
        """Say what has changed, in terms of what the mapping fills."""
        if self.known is None:
            return ()
        contract, notes = self.collection.config.contract, []
        appeared = [name for name in self._seen if name not in self.known]
        vanished = [name for name in self._vanished if tell_name(name) not in self._seen]
        unread = [name for name in self.known if name not in self._seen and name not in vanished]
        if appeared:
            notes.append(f"New in the source ({contract.appear}): {list_names(appeared)}.")
        if vanished:
            filled = [f"{list_names([name])}, which fills {_filled_by(name, self.collection)}" for name in vanished]
            notes.append(f"Not in the source any more ({contract.vanish}): {'; '.join(filled)}.")
        if unread:
            notes.append(f"Not in the source any more, and not mapped: {list_names(unread)}.")
        return tuple(notes)


def _mapped(collection: Collection) -> Sequence[str]:
    return collection.config.mapper.columns if collection.config.mapper is not None else ()


def _filled_by(column: str, collection: Collection) -> str:
    mapper = collection.config.mapper
    if mapper is None:
        return ""
    groups = mapper.unpivot.groups.values() if mapper.unpivot is not None else ()
    names = {column, *(new for group in groups for new, old in group.items() if old == column)}
    filled = [rule.field for rule in mapper.rules if names.intersection(rule.reads)]
    return ", ".join(filled) or "no field, and says which rows are taken"


def _issues(row_ids: pl.Series, column: str, rule: str) -> pl.DataFrame:
    return row_ids.to_frame(ROW_ID).select(ROW_ID, pl.lit(raw_name(column)).alias("field"), pl.lit(rule).alias("rule"))


def _missing(missing: Sequence[str], columns: Sequence[str], collection: Collection) -> SourceRefused:
    there = list_names(columns)
    if set(_mapped(collection)) <= set(missing) and isinstance(_format(collection), TableLayout):
        there = f"{len(columns)} others: the first line may be a row and no header; a preview shows it"
    return SourceRefused(
        _source(collection),
        f"the mapping reads {list_names(missing)}, which {_are(missing)} not there",
        f"The source has {there}.{_delimiter_hint(columns, collection)}",
    )


def _source(collection: Collection) -> str:
    return getattr(collection.config.ingester, "name", None) or collection.config.title


def _format(collection: Collection) -> object:
    return getattr(collection.config.ingester, "format", None)


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _delimiter_hint(columns: Sequence[str], collection: Collection) -> str:
    form = _format(collection)
    if not isinstance(form, CsvFormat) or len(columns) > 1:
        return ""
    seen = {sign: columns[0].count(sign) for sign in _DELIMITERS if sign != form.delimiter}
    likely = max(seen, key=lambda sign: seen[sign])
    if seen[likely] == 0:
        return " It is one column only: the delimiter may be another one."
    return f" It is one column only, and holds the {_DELIMITERS[likely]} {seen[likely]} times: is that the delimiter?"
