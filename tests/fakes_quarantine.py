"""Quarantine held in memory, for tests of what is built on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from include.collection.quarantine import RowKey, Selection
from include.errors import Conflict, NotFound
from include.quarantine_ports import Cells, Departure, Left, QuarantinedRow


@dataclass
class FakeQuarantine:
    """Rows by dataset, in the order of their keys."""

    rows: dict[UUID, dict[RowKey, QuarantinedRow]] = field(default_factory=dict)
    gone: dict[UUID, list[Departure]] = field(default_factory=dict)

    def put(self, dataset_id: UUID, row: QuarantinedRow) -> None:
        self.rows.setdefault(dataset_id, {})[row.key] = row

    def find(
        self,
        dataset_id: UUID,
        *,
        batch_id: UUID | None = None,
        rule: str | None = None,
        after: RowKey | None = None,
        limit: int = 50,
    ) -> Sequence[QuarantinedRow]:
        return [
            row
            for row in self._chosen(dataset_id, Selection(batch_id=batch_id))
            if (after is None or row.key > after) and (rule is None or rule in [each for _, each in row.reasons])
        ][:limit]

    def get(self, dataset_id: UUID, key: RowKey) -> QuarantinedRow:
        if key not in self.rows.get(dataset_id, {}):
            raise NotFound("store", "no such row")
        return self.rows[dataset_id][key]

    def count(self, dataset_id: UUID, selection: Selection) -> Mapping[UUID, int]:
        return Counter(row.key.batch_id for row in self._chosen(dataset_id, selection))

    def read(self, dataset_id: UUID, selection: Selection, size: int = 10_000) -> Iterator[Sequence[QuarantinedRow]]:
        yield self._chosen(dataset_id, selection)

    def edit(self, dataset_id: UUID, row: QuarantinedRow, cells: Cells, by: str, now: datetime) -> QuarantinedRow:
        if self.get(dataset_id, row.key).revision != row.revision:
            raise Conflict("row", "it was edited meanwhile")
        original = row.original or row.cells
        new = replace(row, cells=cells, original=original, revision=row.revision + 1, edited=now, edited_by=by)
        self.put(dataset_id, new)
        return new

    def discard(self, dataset_id: UUID, selection: Selection, by: str, note: str, now: datetime) -> Departure:
        chosen = self._chosen(dataset_id, selection)
        for row in chosen:
            del self.rows[dataset_id][row.key]
        departure = Departure(uuid4(), Left.DISCARDED, now, by, len(chosen), note=note)
        self.gone.setdefault(dataset_id, []).insert(0, departure)
        return departure

    def expire(self, before: datetime, now: datetime) -> int:
        return 0

    def departures(
        self, dataset_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> Sequence[Departure]:
        gone = self.gone.get(dataset_id, [])
        return [each for each in gone if after is None or (each.at, each.id) < after][:limit]

    def _chosen(self, dataset_id: UUID, selection: Selection) -> list[QuarantinedRow]:
        return [
            row
            for key, row in sorted(self.rows.get(dataset_id, {}).items())
            if (not selection.rows or key in selection.rows) and selection.batch_id in (None, key.batch_id)
        ]
