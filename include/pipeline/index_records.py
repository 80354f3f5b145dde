"""Keeps the records of a dataset searchable, where its collection asks for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, Protocol
from uuid import UUID

from include.anonymization.config import Method
from include.batch import SCANNED
from include.cim.concept import Concept, FieldType
from include.collection.model import Collection
from include.ports import RecordReader
from include.search_ports import Filling, NamedRow, RecordIndex

_HIDDEN: Final = (Method.DROP, Method.REDACT, Method.ENCRYPT)
"""The methods after which nobody who may search can read a value."""


class SearchedRecords(Protocol):
    """The ports that indexing records needs."""

    @property
    def records(self) -> RecordReader: ...
    @property
    def record_index(self) -> RecordIndex: ...


def index_records(
    at: SearchedRecords,
    dataset_id: UUID,
    collection: Collection | None,
    concept: Concept | None,
    changes: Mapping[int, UUID | None],
) -> dict[str, int]:
    """Bring the index of a dataset's records up to its table; gives its counts.

    Who was stopped goes on where it was, as long as nothing but rows of further batches has come since.

    Args:
        collection: None where the dataset, or what describes it, is gone.
        changes: What has changed, as `IndexQueue.following` gives it.
    """
    index = at.record_index
    if collection is None or concept is None or not collection.config.search.records:
        index.remove(dataset_id)
        return {}
    hidden = {name for name, plan in collection.config.anonymization.fields.items() if plan.method in _HIDDEN}
    shown = [name for name in concept.fields if name not in hidden]
    filling = index.filling(dataset_id)
    if filling is None or not _holds(filling, changes):
        anew = None in changes.values() or not index.has(dataset_id)
        filling = _follow(changes, None if anew else changes)
    count = _fill(at, dataset_id, concept, shown, filling)
    if further := {change: batch for change, batch in changes.items() if change not in filling.changes}:
        count += _fill(at, dataset_id, concept, shown, _follow(changes, further))
    return {"records_indexed": count}


def _holds(filling: Filling, changes: Mapping[int, UUID | None]) -> bool:
    """Whether what was kept is right still: it follows what is due, and what came later has only brought rows."""
    return {*filling.changes} <= changes.keys() and all(
        batch for change, batch in changes.items() if change not in filling.changes
    )


def _follow(changes: Iterable[int], added: Mapping[int, UUID | None] | None) -> Filling:
    return Filling(tuple(changes), None if added is None else tuple(filter(None, added.values())))


def _fill(at: SearchedRecords, dataset_id: UUID, concept: Concept, shown: Sequence[str], filling: Filling) -> int:
    index, anew, count = at.record_index, filling.batches is None, 0
    if filling.batches == ():
        return 0
    if anew and not filling.last:
        index.begin(dataset_id, concept)
    for page in at.records.scan(dataset_id, concept, shown, filling.batches, _read_key(concept, filling.last)):
        count += index.put(dataset_id, concept, [*_named(page, concept, shown)], anew=anew)
        if len(page) == SCANNED:
            filling = replace(filling, last=tuple(_value(page[-1][name]) for name in concept.key))
            index.keep(dataset_id, filling)
    index.finish(dataset_id, anew=anew)
    return count


def _read_key(concept: Concept, last: Sequence[Any]) -> tuple[Any, ...] | None:
    times = [concept.fields[name].type is FieldType.TIMESTAMP for name in concept.key]
    pairs = zip(last, times, strict=False)  # nothing has no values
    return tuple(datetime.fromisoformat(value) if time else value for value, time in pairs) or None


def _named(rows: Sequence[Mapping[str, Any]], concept: Concept, shown: Sequence[str]) -> Iterator[NamedRow]:
    for row in rows:
        plain = {name: _value(value) for name, value in row.items() if value is not None}
        key = json.dumps([plain[name] for name in concept.key], separators=(",", ":"))
        yield hashlib.sha256(key.encode()).hexdigest()[:32], {name: plain[name] for name in shown if name in plain}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and not isfinite(value):
        return None  # JSON has no such number
    return value
