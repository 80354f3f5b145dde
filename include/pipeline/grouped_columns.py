"""Holds the columns that a reader made rows of (`unpivot` of a format) against those of the batches before.

A time that comes or goes with all its columns is no change of the source: days have 23 and 25 hours, months 28 to 31
days. One that lacks its value or its flag is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from include.anonymization.telling import HIDDEN, list_names, tell_name

_SIGN: Final = " → "


def is_grouped(name: str) -> bool:
    """Say whether this is how a column is kept that a reader made rows of."""
    return _SIGN in name


@dataclass(frozen=True, slots=True)
class GroupedColumns:
    """The columns of one reading by what they share: `07 → flag`.

    Attributes:
        groups: Label → {new column: column}; a reader fills it.
        known: Those of the batch before, as `names` gave them; None where it had none.
    """

    groups: Mapping[str, Mapping[str, str]]
    known: Sequence[str] | None

    def vanished(self) -> dict[str, list[str]]:
        """Give the labels that lack a column which they had, by new column."""
        known = set(self.known or ())
        made = dict.fromkeys(name.rpartition(_SIGN)[2] for name in self.known or ())
        lacking = {
            new: [label for label, group in self.groups.items() if new not in group and _name(label, new) in known]
            for new in made
        }
        return {new: labels for new, labels in lacking.items() if labels}

    def appeared(self) -> dict[str, list[str]]:
        """Give the labels that have a column which they had not, by new column."""
        if self.known is None:
            return {}
        known, labels = set(self.known), self._labels()
        found: dict[str, list[str]] = {}
        for label, group in self.groups.items():
            for new in group:
                if tell_name(label) in labels and _name(label, new) not in known:
                    found.setdefault(new, []).append(label)
        return found

    def names(self) -> Iterator[str]:
        """Give what the next batch is held against: of the labels that are there, every column that they have had."""
        there = {tell_name(label) for label in self.groups} - {HIDDEN}
        yield from (name for name in self.known or () if name.rpartition(_SIGN)[0] in there)
        yield from (_name(label, new) for label, group in self.groups.items() for new in group)

    def notes(self) -> Iterator[str]:
        """Tell of labels that came or went with all their columns."""
        if self.known is None or not self.groups:
            return
        labels, there = self._labels(), dict.fromkeys(map(tell_name, self.groups))
        if came := [label for label in there if label not in labels]:
            yield f"New among the columns that are read as rows: {list_names(came)}."
        if gone := [label for label in labels if label not in there]:
            yield f"No column any more, of those that are read as rows: {list_names(gone)}."

    def _labels(self) -> dict[str, None]:
        return dict.fromkeys(name.rpartition(_SIGN)[0] for name in self.known or ())


def _name(label: str, new: str) -> str:
    return f"{tell_name(label)}{_SIGN}{new}"
