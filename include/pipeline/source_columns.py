"""Holds the columns of a source against those of the batches before, and against what the mapping reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from include.anonymization.telling import list_names, tell_name
from include.batch import ROW_ID
from include.cim.raw_rows import ISSUES, raw_name
from include.collection.contract import OnDrift
from include.collection.formats.delimited import CsvFormat
from include.collection.formats.layout import TableLayout
from include.collection.model import Collection
from include.errors import SourceRefused
from include.pipeline.grouped_columns import GroupedColumns, is_grouped

UNEXPECTED: Final = "unexpected_column"
MISSING: Final = "missing_column"

_DELIMITERS: Final = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}


@dataclass
class SourceColumns:
    """The columns of one reading, frame by frame, under the names that may be told (`tell_name`).

    Attributes:
        known: Those of the batches before; None before the first, when nothing can have changed.
        groups: Of columns that the reader makes rows of, as `Reading.groups`.
    """

    collection: Collection
    known: Sequence[str] | None
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _seen: dict[str, None] = field(default_factory=dict)
    _vanished: dict[str, None] = field(default_factory=dict)
    _grouped: GroupedColumns = field(init=False)

    def __post_init__(self) -> None:
        wide = getattr(_format(self.collection), "unpivot", None) is not None
        grouped = [name for name in self.known or () if wide and is_grouped(name)]
        self._grouped = GroupedColumns(self.groups, grouped or None)
        if self.known is not None:
            self.known = [name for name in self.known if name not in grouped]

    def admit(self, frame: pl.DataFrame, row_ids: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Give a frame in which the mapping finds all that it reads, and the rows that the contract sets aside.

        Args:
            frame: As the connector gave it.

        Returns:
            The frame, and issues with the columns of `ISSUES`; their `field` is the source's column.

        Raises:
            SourceRefused: A column is missing or new, and the contract freezes that.
        """
        contract, mapped = self.collection.config.contract, _mapped(self.collection)
        missing = [name for name in mapped if name not in frame.columns]
        if missing and (self.known is None or contract.vanish is OnDrift.FREEZE):
            raise _missing(missing, frame.columns, self.collection)
        new = [name for name in frame.columns if self.known is not None and tell_name(name) not in self.known]
        appeared = {name: labels for name, labels in self._grouped.appeared().items() if name not in new}
        if (new or appeared) and contract.appear is OnDrift.FREEZE:
            told = list_names(new) or _tell_groups(appeared)
            raise SourceRefused(
                _source(self.collection),
                f"{told} {_are(new or list(appeared))} new, and the contract lets no column appear",
                "Nothing was loaded. Map what is new, or set `contract.appear` to evolve or quarantine.",
            )
        lacking = {name: labels for name, labels in self._grouped.vanished().items() if name in frame.columns}
        if (lost := {name: lacking[name] for name in lacking if name in mapped}) and contract.vanish is OnDrift.FREEZE:
            raise SourceRefused(
                _source(self.collection),
                f"the mapping reads {_tell_groups(lost)}, whose columns are not there any more",
                "Nothing was loaded. Ask who made the file, or set `contract.vanish` to evolve or quarantine.",
            )
        self._seen |= dict.fromkeys(map(tell_name, frame.columns))
        self._vanished |= dict.fromkeys(missing)
        issues = [pl.DataFrame(schema=ISSUES)]
        if contract.appear is OnDrift.QUARANTINE:
            issues += [_issues(row_ids.filter(frame[name].is_not_null()), tell_name(name), UNEXPECTED) for name in new]
            issues += [
                _issues(row_ids.filter(self._of(frame, labels) & frame[name].is_not_null()), name, UNEXPECTED)
                for name, labels in appeared.items()
            ]
        if contract.vanish is OnDrift.QUARANTINE:
            issues += [_issues(row_ids, name, MISSING) for name in missing]
            issues += [_issues(row_ids.filter(self._of(frame, labels)), name, MISSING) for name, labels in lost.items()]
        return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in missing), pl.concat(issues)

    def names(self) -> tuple[str, ...]:
        """Every column that a batch of this dataset has had, for the next one to be held against."""
        return tuple(dict.fromkeys([*(self.known or ()), *self._seen, *self._grouped.names()]))

    def notes(self) -> tuple[str, ...]:
        """Say what has changed, in terms of what the mapping fills."""
        if self.known is None:
            return ()
        contract, notes = self.collection.config.contract, []
        # a rehearsal shows what the mapping refused by reading once more without it
        unmapped = ", and not mapped" if self.collection.config.mapper is not None else ""
        appeared = [name for name in self._seen if name not in self.known]
        vanished = [name for name in self._vanished if tell_name(name) not in self._seen]
        unread = [name for name in self.known if name not in self._seen and name not in vanished]
        if appeared:
            notes.append(f"New in the source ({contract.appear}): {list_names(appeared)}.")
        if vanished:
            filled = [f"{list_names([name])}, which fills {_filled_by(name, self.collection)}" for name in vanished]
            notes.append(f"Not in the source any more ({contract.vanish}): {'; '.join(filled)}.")
        if unread:
            notes.append(f"Not in the source any more{unmapped}: {list_names(unread)}.")
        for name, labels in self._grouped.appeared().items():
            if name not in appeared:
                notes.append(f"New in the source ({contract.appear}): {_tell_groups({name: labels})}.")
        for name, labels in self._grouped.vanished().items():
            if name in self._seen and name in _mapped(self.collection):
                told = f"{_tell_groups({name: labels})}, which fills {_filled_by(name, self.collection)}"
                notes.append(f"Not in the source any more ({contract.vanish}): {told}.")
            elif name in self._seen:
                notes.append(f"Not in the source any more{unmapped}: {_tell_groups({name: labels})}.")
        return (*notes, *self._grouped.notes())

    def _of(self, frame: pl.DataFrame, labels: Sequence[str]) -> pl.Series:
        """Say which rows a reader made of the columns of these labels."""
        label: str = _format(self.collection).unpivot.name
        return frame[label].is_in(labels)


def _tell_groups(groups: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name!r} of {list_names(labels)}" for name, labels in groups.items())


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
    folded = {name.casefold(): name for name in columns}
    alike = [folded[name.casefold()] for name in missing if name.casefold() in folded]
    capitals = f" {list_names(alike)} {_are(alike)} there: capital letters matter." if alike else ""
    return SourceRefused(
        _source(collection),
        f"the mapping reads {list_names(missing)}, which {_are(missing)} not there",
        f"The source has {there}.{capitals}{_delimiter_hint(columns, collection)}",
    )


def _source(collection: Collection) -> str:
    return getattr(collection.config.ingester, "name", None) or collection.config.title


def _format(collection: Collection) -> Any:
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
