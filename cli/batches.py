"""What `cdmp batches` and `cdmp rollback` do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from cli import commands
from cli.formats import write_table
from include.batch import BatchRecord
from include.errors import NotFound
from include.history_ports import Rollback
from include.operations.batch_reading import BatchView, list_batches, read_batch
from include.operations.rolling_back import list_rollbacks, roll_back_batch

_PAGE = 1000


def show_batches(which: str, user: str) -> None:
    """Show every batch of a dataset."""
    session = commands.open_session(user)
    dataset_id = commands.find_dataset(session, which)
    rows = [
        [
            batch.number,
            str(batch.id),
            f"{batch.committed:%Y-%m-%d %H:%M:%S}",
            batch.rows_loaded,
            batch.rows_replaced,
            batch.rows_removed,
            batch.rows_already_there,
            batch.rows_quarantined,
        ]
        for batch in _all(session, dataset_id)
    ]
    counts = ["LOADED", "REPLACED", "REMOVED", "THERE ALREADY", "QUARANTINED"]
    print(write_table(["NUMBER", "BATCH", "COMMITTED (UTC)", *counts], rows))
    if gone := list(_taken_back(session, dataset_id)):
        rows = [
            [each.number, f"{each.at:%Y-%m-%d %H:%M:%S}", each.by, each.rows_removed, each.rows_restored, each.note]
            for each in gone
        ]
        header = ["TAKEN BACK", "AT (UTC)", "BY", "ROWS REMOVED", "RESTORED", "WHY"]
        print(f"\n{write_table(header, rows)}")


def show_batch(which: str, batch: str, user: str) -> None:
    """Show one batch: its counts, and field by field how the values came about."""
    session = commands.open_session(user)
    dataset_id = commands.find_dataset(session, which)
    identity = find_batch(session, dataset_id, batch)
    print(describe(read_batch(session.services, session.requestor, dataset_id, identity)))


def roll_back_one(which: str, batch: str, note: str, user: str) -> None:
    """Take a batch back, and say what that did."""
    session = commands.open_session(user)
    dataset_id = commands.find_dataset(session, which)
    identity = find_batch(session, dataset_id, batch)
    done = roll_back_batch(session.services, session.requestor, dataset_id, identity, note)
    rollback = done.rollback
    print(
        f"batch {rollback.number} taken back: {rollback.rows_removed:,} rows removed, {rollback.rows_restored:,}"
        f" restored; the dataset has {done.dataset.rows:,}"
    )
    for each in done.notes:
        print(f"\n{each}")


def find_batch(session: commands.Session, dataset_id: UUID, batch: str) -> UUID:
    """Find a batch by its id or its number; raises NotFound."""
    identity = commands.read_id(batch)
    if identity is None and batch.isdecimal():
        identity = next((each.id for each in _all(session, dataset_id) if each.number == int(batch)), None)
    if identity is None:
        raise NotFound(f"batch {batch!r}", "it is no batch's id or number", "`cdmp batches` lists them")
    return identity


def describe(view: BatchView) -> str:
    """Write a batch; names and numbers of the configuration, no values of rows."""
    record = view.record
    replaced = f", {record.rows_replaced:,} replaced" if record.rows_replaced else ""
    removed = f", {record.rows_removed:,} removed" if record.rows_removed else ""
    head = [
        f"batch      {record.id}, number {record.number}",
        f"run        {record.run_id}",
        f"source     {view.file + ', ' if view.file else ''}SHA-256 {record.source_digest}",
        f"committed  {record.committed:%Y-%m-%d %H:%M:%S} UTC",
        f"rows       {record.rows_loaded:,} loaded{replaced}{removed}, {record.rows_already_there:,} there already, "
        f"{record.rows_quarantined:,} in quarantine",
    ]
    if view.lineage is None:
        return "\n".join([*head, "", "How its values came about was not recorded."])
    head.append(f"version    {view.lineage['collection_version']} of the collection")
    parts = ["\n".join(head), _fields(view.lineage)]
    for each in view.lineage.get("replayed", ()):
        version = each["collection_version"]
        parts += [
            f"out of quarantine by load {each['load']} (_since), version {version} of the collection",
            _fields(each),
        ]
    return "\n\n".join(parts)


def _fields(lineage: Mapping[str, Any]) -> str:
    fields = [
        [
            each["field"],
            _source(each),
            " ".join(_reading(each)),
            " ".join(_conversion(each)),
            lineage["anonymized"].get(each["field"]),
        ]
        for each in lineage["fields"]
    ]
    return write_table(["FIELD", "FROM", "READ AS", "CONVERTED", "ANONYMIZED"], fields)


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
        yield _steps(field, field["to_unit"])
    if field.get("units"):  # batches of earlier versions have none
        yield "; ".join(_steps(unit, field["to_unit"]) for unit in field["units"])
    if field["interval"] is not None:
        yield f"per {field['interval']}"


def _steps(unit: Mapping[str, Any], to_unit: str) -> str:
    steps = [("×", unit["multiplier"], 1), ("+", unit["summand"], 0), ("÷", unit["divisor"], 1)]
    made = [f"{sign} {number}" for sign, number, nothing in steps if number != nothing]
    return " ".join((f"{unit['from_unit']} → {to_unit}", *made))


def _taken_back(session: commands.Session, dataset_id: UUID) -> Iterator[Rollback]:
    cursor: str | None = None
    while True:
        page = list_rollbacks(session.services, session.requestor, dataset_id, cursor=cursor, limit=_PAGE)
        yield from page.rollbacks
        cursor = page.cursor
        if cursor is None:
            return


def _all(session: commands.Session, dataset_id: UUID) -> Iterator[BatchRecord]:
    cursor: str | None = None
    while True:
        page = list_batches(session.services, session.requestor, dataset_id, cursor=cursor, limit=_PAGE)
        yield from page.batches
        cursor = page.cursor
        if cursor is None:
            return
