"""Rows in quarantine, sealed in PostgreSQL: read, edited, destroyed. `load_replay` lets them out."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB

from include.collection.quarantine import RowKey, Selection
from include.errors import Conflict, NotFound
from include.ports import SecretStore
from include.quarantine_ports import Cells, Departure, Left, QuarantinedRow
from include.storage.connection import begin
from include.storage.schema import batch as batches
from include.storage.schema import quarantine_departure as departures
from include.storage.schema import quarantine_row as rows

_KEY: Final = (rows.c.batch_id, rows.c.row_id)
_COLUMNS: Final = (
    *_KEY,
    *(rows.c[name] for name in ("reasons", "sealed", "original", "revision", "edited", "edited_by")),
    batches.c.committed,
)

logger = logging.getLogger(__name__)


class SealedQuarantineStore:
    """The port `QuarantineStore`, as the role that writes."""

    def __init__(self, engine: Engine, secrets: SecretStore) -> None:
        self._engine = engine
        self._secrets = secrets

    def find(
        self,
        dataset_id: UUID,
        *,
        batch_id: UUID | None = None,
        rule: str | None = None,
        after: RowKey | None = None,
        limit: int = 50,
    ) -> Sequence[QuarantinedRow]:
        """List in the order of their keys; see the port."""
        wanted = [_chosen(Selection(batch_id=batch_id))]
        if rule is not None:
            wanted.append(rows.c.reasons.cast(JSONB).contains([{"rule": rule}]))
        return self._select(dataset_id, wanted, after, limit)

    def get(self, dataset_id: UUID, key: RowKey) -> QuarantinedRow:
        """Read one row; raises NotFound."""
        found = self._select(dataset_id, [_chosen(Selection((key,)))], None, 1)
        if not found:
            raise NotFound(f"row {key}", "the dataset's quarantine has none of this id")
        return found[0]

    def count(self, dataset_id: UUID, selection: Selection) -> Mapping[UUID, int]:
        """Count the chosen rows that are there, by their batch."""
        query = select(rows.c.batch_id, func.count().label("rows")).where(rows.c.dataset_id == dataset_id)
        query = query.where(_chosen(selection)).group_by(rows.c.batch_id)
        with begin(self._engine) as connection:
            return {row.batch_id: row.rows for row in connection.execute(query)}

    def read(self, dataset_id: UUID, selection: Selection, size: int = 10_000) -> Iterator[Sequence[QuarantinedRow]]:
        """Give the chosen rows, some at a time; see the port."""
        after: RowKey | None = None
        while found := self._select(dataset_id, [_chosen(selection)], after, size):
            yield found
            after = found[-1].key

    def edit(self, dataset_id: UUID, row: QuarantinedRow, cells: Cells, by: str, now: datetime) -> QuarantinedRow:
        """Put other cells in the place of a row's; see the port."""
        statement = (
            update(rows)
            .where(rows.c.dataset_id == dataset_id, _chosen(Selection((row.key,))), rows.c.revision == row.revision)
            .values(
                original=func.coalesce(rows.c.original, rows.c.sealed),
                sealed=self._seal(cells),
                revision=row.revision + 1,
                edited=now,
                edited_by=by,
            )
        )
        with begin(self._engine) as connection:
            if connection.execute(statement).rowcount == 0:
                raise Conflict(f"row {row.key}", "it was edited meanwhile, or has left", "Read it again")
        return self.get(dataset_id, row.key)

    def discard(self, dataset_id: UUID, selection: Selection, by: str, note: str, now: datetime) -> Departure:
        """Destroy rows; see the port."""
        with begin(self._engine) as connection:
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(dataset_id), 0))))
            gone = _destroy(connection, [rows.c.dataset_id == dataset_id, _chosen(selection)]).get(dataset_id, 0)
            departure = Departure(uuid4(), Left.DISCARDED, now, by, rows_left=gone, note=note)
            _keep(connection, dataset_id, departure)
        logger.info("dataset %s: %s quarantined rows discarded by user %s", dataset_id, gone, by)
        return departure

    def expire(self, before: datetime, now: datetime) -> int:
        """Destroy what was set aside before then; see the port."""
        old = select(batches.c.id).where(batches.c.committed < before)
        with begin(self._engine) as connection:
            gone = _destroy(connection, [rows.c.batch_id.in_(old)])
            for dataset_id, count in gone.items():
                _keep(connection, dataset_id, Departure(uuid4(), Left.EXPIRED, now, None, rows_left=count))
                logger.info("dataset %s: %s quarantined rows have expired", dataset_id, count)
        return sum(gone.values())

    def departures(
        self, dataset_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> Sequence[Departure]:
        """List newest first; see the port."""
        columns = [departures.c[name] for name in Departure.__slots__]
        query = select(*columns).where(departures.c.dataset_id == dataset_id)
        if after is not None:
            query = query.where(tuple_(departures.c.at, departures.c.id) < after)
        query = query.order_by(departures.c.at.desc(), departures.c.id.desc()).limit(limit)
        with begin(self._engine) as connection:
            return [Departure(**{**row._mapping, "what": Left(row.what)}) for row in connection.execute(query)]

    def _select(
        self, dataset_id: UUID, wanted: Sequence[ColumnElement[bool]], after: RowKey | None, limit: int
    ) -> list[QuarantinedRow]:
        query = select(*_COLUMNS).join_from(rows, batches, rows.c.batch_id == batches.c.id)
        query = query.where(rows.c.dataset_id == dataset_id, *wanted)
        if after is not None:
            query = query.where(tuple_(*_KEY) > (after.batch_id, after.row_id))
        with begin(self._engine) as connection:
            found = connection.execute(query.order_by(*_KEY).limit(limit)).all()
        return [self._read(row) for row in found]

    def _read(self, row: Row[Any]) -> QuarantinedRow:
        return QuarantinedRow(
            key=RowKey(row.batch_id, row.row_id),
            reasons=tuple((reason["field"], reason["rule"]) for reason in json.loads(row.reasons)),
            cells=self._unseal(row.sealed),
            revision=row.revision,
            set_aside=row.committed,
            original=None if row.original is None else self._unseal(row.original),
            edited=row.edited,
            edited_by=row.edited_by,
        )

    def _seal(self, cells: Cells) -> bytes:
        return self._secrets.seal(json.dumps(dict(cells), ensure_ascii=False).encode())

    def _unseal(self, sealed: bytes) -> Cells:
        cells: Cells = json.loads(self._secrets.unseal(sealed))
        return cells


def _chosen(selection: Selection) -> ColumnElement[bool]:
    if selection.rows:
        return tuple_(*_KEY).in_([(key.batch_id, key.row_id) for key in selection.rows])
    return literal(True) if selection.batch_id is None else rows.c.batch_id == selection.batch_id


def _destroy(connection: Connection, wanted: Sequence[ColumnElement[bool]]) -> dict[UUID, int]:
    """Delete rows and count them off their batches; gives how many of each dataset."""
    gone = delete(rows).where(*wanted).returning(rows.c.dataset_id, rows.c.batch_id).cte("gone")
    counts = select(gone.c.dataset_id, gone.c.batch_id, func.count().label("count")).group_by(*gone.c).subquery()
    statement = (
        update(batches)
        .where(batches.c.id == counts.c.batch_id)
        .values(rows_quarantined=batches.c.rows_quarantined - counts.c.count)
        .returning(counts.c.dataset_id, counts.c.count)
    )
    found: dict[UUID, int] = {}
    for dataset_id, count in connection.execute(statement):
        found[dataset_id] = found.get(dataset_id, 0) + count
    return found


def _keep(connection: Connection, dataset_id: UUID, departure: Departure) -> None:
    if departure.rows_left:
        values = {name: getattr(departure, name) for name in Departure.__slots__}
        connection.execute(insert(departures).values(dataset_id=dataset_id, **values))
