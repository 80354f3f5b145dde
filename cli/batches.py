"""What `cdmp batches` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from cli import commands
from cli.formats import write_table
from include.batch import BatchRecord
from include.errors import NotFound
from include.operations.batch_reading import BatchView, list_batches, read_batch

_PAGE = 1000


def show_batches(which: str, user: str) -> None:
    """Show every batch of a dataset."""
    session = commands.open_session(user)
    dataset_id = commands.find_dataset(session, which)
    rows = [
        [
            str(batch.id),
            f"{batch.committed:%Y-%m-%d %H:%M:%S}",
            batch.rows_loaded,
            batch.rows_already_there,
            batch.rows_quarantined,
        ]
        for batch in _all(session, dataset_id)
    ]
    print(write_table(["BATCH", "COMMITTED (UTC)", "LOADED", "THERE ALREADY", "QUARANTINED"], rows))


def show_batch(which: str, batch: str, user: str) -> None:
    """Show one batch: its counts, and field by field how the values came about."""
    session = commands.open_session(user)
    dataset_id = commands.find_dataset(session, which)
    identity = commands.read_id(batch)
    if identity is None:
        raise NotFound(f"batch {batch!r}", "it is no batch's id", "`cdmp batches` lists them")
    print(describe(read_batch(session.services, session.requestor, dataset_id, identity)))


def describe(view: BatchView) -> str:
    """Write a batch; names and numbers of the configuration, no values of rows."""
    record = view.record
    head = [
        f"batch      {record.id}",
        f"run        {record.run_id}",
        f"committed  {record.committed:%Y-%m-%d %H:%M:%S} UTC",
        f"rows       {record.rows_loaded:,} loaded, {record.rows_already_there:,} there already, "
        f"{record.rows_quarantined:,} in quarantine",
    ]
    if view.lineage is None:
        return "\n".join([*head, "", "How its values came about was not recorded."])
    fields = [
        [
            each["field"],
            _source(each),
            " ".join(_reading(each)),
            " ".join(_conversion(each)),
            view.lineage["anonymized"].get(each["field"]),
        ]
        for each in view.lineage["fields"]
    ]
    head.append(f"version    {view.lineage['collection_version']} of the collection")
    return "\n".join([*head, "", write_table(["FIELD", "FROM", "READ AS", "CONVERTED", "ANONYMIZED"], fields)])


def _source(field: Mapping[str, Any]) -> str:
    if field["source"]:
        return " + ".join(field["source"])
    return "" if field["constant"] is None else repr(field["constant"])


def _reading(field: Mapping[str, Any]) -> Iterator[str]:
    yield field["read"]
    if field["decimal"] is not None:
        thousands = f" and {field['thousands']!r}" if field["thousands"] else ""
        yield f"with {field['decimal']!r}{thousands}"
    for name in ("formula", "format", "zone"):
        if field[name] is not None:
            yield field[name]
    if field["values"] is not None:
        yield f"of {field['values']}"
    if field["options"]:
        yield ", ".join(f"{name}: {option}" for name, option in field["options"].items())


def _conversion(field: Mapping[str, Any]) -> Iterator[str]:
    if field["sign"] < 0:
        yield "negated"
    if field["from_unit"] is not None:
        yield f"{field['from_unit']} → {field['to_unit']}"
        steps = [("×", field["multiplier"], 1), ("+", field["summand"], 0), ("÷", field["divisor"], 1)]
        yield " ".join(f"{sign} {number}" for sign, number, nothing in steps if number != nothing)
    if field["interval"] is not None:
        yield f"per {field['interval']}"


def _all(session: commands.Session, dataset_id: UUID) -> Iterator[BatchRecord]:
    cursor: str | None = None
    while True:
        page = list_batches(session.services, session.requestor, dataset_id, cursor=cursor, limit=_PAGE)
        yield from page.batches
        cursor = page.cursor
        if cursor is None:
            return
