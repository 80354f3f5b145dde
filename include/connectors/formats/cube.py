"""The parts of a cube of statistics: its cells have places where a table has names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from include.anonymization.telling import list_names
from include.connectors.formats.json_cells import as_text
from include.connectors.formats.json_text import JsonText
from include.errors import SourceRefused

MOST_CELLS: Final = 1_000_000
"""Of a cube, which is held: what its places mean may stand behind them."""

_MOST_NOTHING: Final = 20 * MOST_CELLS
_HELD: Final = 20_000
"""Cells that are held as Python's objects."""


@dataclass(frozen=True, slots=True)
class Component:
    """A dimension or an attribute: what the places of its categories mean.

    Attributes:
        codes: The categories, by place; none where a value stands for itself.
        labels: What they are called; None where nothing tells.
        units: In which unit the cells of each are; None where nothing tells.
    """

    name: str
    codes: tuple[str, ...]
    labels: tuple[str | None, ...] = ()
    units: tuple[str | None, ...] = ()

    def columns(self, places: pl.Series, labels: bool, where: str) -> Iterator[pl.Series]:
        """Give the columns that places mean: codes, labels that say more, units.

        Raises:
            SourceRefused: There is no category at a place.
        """
        least, most = places.min(), places.max()
        if isinstance(most, int) and isinstance(least, int) and not 0 <= least <= most < len(self.codes):
            beyond = most if most >= len(self.codes) else least
            what = f"{list_names([self.name])} has {len(self.codes)} categories, and a cell is of number {beyond}"
            raise SourceRefused(where, what, "Its places count from 0.")
        told: list[tuple[str, Iterable[str | None]]] = [(self.name, self.codes)]
        if labels and any(label not in {None, code} for code, label in zip(self.codes, self.labels, strict=False)):
            told.append((f"{self.name} label", self.labels))
        if any(self.units):
            told.append((f"{self.name} unit", self.units))
        for name, texts in told:
            yield pl.Series(name, list(texts), pl.String).gather(places).alias(name)


@dataclass(slots=True)
class Cells:
    """Rows that are held in little room."""

    schema: pl.Schema
    where: str
    _held: list[tuple[Any, ...]] = field(default_factory=list)
    _blocks: list[pl.DataFrame] = field(default_factory=list)
    _count: int = 0

    def add(self, *cells: Any) -> None:
        """Hold one row.

        Raises:
            SourceRefused: There are too many.
        """
        self._held.append(cells)
        if len(self._held) >= _HELD:
            self._pack()

    def frame(self) -> pl.DataFrame:
        """Give what is held."""
        self._pack()
        return pl.concat(self._blocks) if self._blocks else pl.DataFrame(schema=self.schema)

    def _pack(self) -> None:
        self._count += len(self._held)
        if self._count > MOST_CELLS:
            raise SourceRefused(
                self.where,
                f"the cube has more than {MOST_CELLS:,} cells with a value",
                "Ask for a part of it, or for CSV.",
            )
        if self._held:
            self._blocks.append(pl.DataFrame(self._held, schema=self.schema, orient="row"))
            self._held = []


def read_cells(text: JsonText, name: str, where: str) -> pl.DataFrame:
    """Read cells that are a list, or an object of those that there are; without those of which nothing is said.

    Returns:
        Columns `place` and `name`.
    """
    cells = Cells(pl.Schema({"place": pl.Int64(), name: pl.String()}), where)
    places: Iterable[tuple[Any, Any]] = (
        enumerate(text.items()) if text.peek() == "[" else ((key, text.value()) for key in text.members())
    )
    for count, (place, value) in enumerate(places):
        if count > _MOST_NOTHING:
            raise SourceRefused(where, f"the cube has more than {_MOST_NOTHING:,} cells", "Ask for a part of it.")
        if value is not None:
            cells.add(as_place(place, where), as_text(value))
    return cells.frame()


def as_place(text: Any, where: str) -> int:
    """Read the number of a place.

    Raises:
        SourceRefused: It is none.
    """
    if isinstance(text, int) or (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 15):
        return int(text)
    raise SourceRefused(where, "a place in the cube is no whole number", "Places count from 0.")


def distinct(columns: Iterable[pl.Series], where: str) -> pl.DataFrame:
    """Put columns beside one another.

    Raises:
        SourceRefused: Two have one name.
    """
    held = list(columns)
    names = [column.name for column in held]
    if len(set(names)) < len(names):
        raise SourceRefused(where, "two dimensions or attributes have one name", "Set `labels` to false, or get CSV.")
    return pl.DataFrame(held)
