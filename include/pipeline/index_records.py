"""Keeps the records of a dataset searchable, where its collection asks for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, Protocol
from uuid import UUID

from include.anonymization.config import Method
from include.cim.concept import Concept
from include.collection.model import Collection
from include.ports import RecordReader
from include.search_ports import NamedRow, RecordIndex

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
    batches: Sequence[UUID] | None,
) -> dict[str, int]:
    """Bring the index of a dataset's records up to its table; gives its counts.

    Args:
        collection: None where the dataset, or what describes it, is gone.
        batches: Those that have brought rows since; None: anything may have changed, and the index is made anew.
    """
    if collection is None or concept is None or not collection.config.search.records:
        at.record_index.remove(dataset_id)
        return {}
    shown = [name for name in concept.fields if name not in _hidden(collection)]
    if batches is None or not at.record_index.has(dataset_id):
        rows = _named(at.records.scan(dataset_id, concept, shown), concept, shown)
        return {"records_indexed": at.record_index.replace(dataset_id, concept, rows)}
    rows = _named(at.records.scan(dataset_id, concept, shown, batches), concept, shown)
    return {"records_indexed": at.record_index.add(dataset_id, concept, rows) if batches else 0}


def _hidden(collection: Collection) -> set[str]:
    return {name for name, plan in collection.config.anonymization.fields.items() if plan.method in _HIDDEN}


def _named(rows: Iterator[Mapping[str, Any]], concept: Concept, shown: Sequence[str]) -> Iterator[NamedRow]:
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
