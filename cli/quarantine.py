"""What `cdmp quarantine` and `cdmp review` do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from uuid import UUID

from cli import commands
from cli.formats import write_table
from include.collection.quarantine import Replay, Selection
from include.collection.run import Run
from include.errors import ConfigurationInvalid, Conflict, NotFound, Problem
from include.operations.quarantine_keeping import (
    discard_quarantined,
    edit_quarantined,
    list_departures,
    list_quarantine,
    read_quarantined,
    replay_quarantined,
)
from include.operations.reviewing import review_run
from include.quarantine_ports import QuarantinedRow

_PAGE = 1000


def show_rows(which: str, batch: str | None, rule: str | None, user: str) -> None:
    """Show the rows that wait: where they are from, and why."""
    session = commands.open_session(user)
    rows = [
        [
            str(row.key),
            str(row.key.batch_id),
            row.key.row_id,
            ", ".join(f"{field}: {rule}" for field, rule in row.reasons),
            f"{row.edited:%Y-%m-%d} by {row.edited_by}" if row.edited else None,
            f"{row.set_aside + session.services.quarantine_for:%Y-%m-%d}",
        ]
        for row in _rows(session, commands.find_dataset(session, which), _batch(batch), rule)
    ]
    print(write_table(["ROW", "BATCH", "NUMBER", "REASONS", "EDITED", "EXPIRES"], rows))


def show_left(which: str, user: str) -> None:
    """Show what became of rows that have left."""
    session = commands.open_session(user)
    page = list_departures(session.services, session.requestor, commands.find_dataset(session, which), limit=_PAGE)
    rows = [
        [f"{each.at:%Y-%m-%d %H:%M}", each.what, each.by, each.rows_left, each.rows_loaded, each.rows_back, each.note]
        for each in page.departures
    ]
    print(write_table(["AT (UTC)", "WHAT", "BY", "LEFT", "LOADED", "BACK", "NOTE"], rows))


def show_row(which: str, row: str, user: str) -> None:
    """Show one row, cell by cell."""
    session = commands.open_session(user)
    found = read_quarantined(session.services, session.requestor, commands.find_dataset(session, which), row)
    for field, rule in found.reasons:
        print(f"{field}: {rule}")
    original = found.original or found.cells
    lines = [[name, _cell(original.get(name)), _changed(found, name)] for name in found.cells]
    print(f"\n{write_table(['COLUMN', 'AS READ', 'EDITED'], lines)}")


def edit_row(which: str, row: str, cells: Sequence[str], user: str) -> None:
    """Write other text into cells of a row."""
    named = [cell.partition("=") for cell in cells]
    if lacking := [name for name, sign, _ in named if not sign]:
        raise ConfigurationInvalid([Problem(name, "is no cell", "Write COLUMN=TEXT") for name in lacking])
    session = commands.open_session(user)
    dataset_id = commands.find_dataset(session, which)
    new = {name: text for name, _, text in named}
    edited = edit_quarantined(session.services, session.requestor, dataset_id, row, new)
    print(f"edited  {edited.key}")


def replay_rows(
    which: str, rows: Sequence[str] | None, batch: str | None, everything: bool, note: str | None, user: str
) -> None:
    """Replay rows, or release them where there is a note."""
    session = commands.open_session(user)
    asked = Replay(_selection(rows, batch, everything), release=note is not None, note=note or "")
    dataset_id = commands.find_dataset(session, which)
    collection, run = replay_quarantined(session.services, session.engine, session.requestor, dataset_id, asked)
    print(f"{run.state}  {run.run_id}  {collection.config.title}")


def discard_rows(
    which: str, rows: Sequence[str] | None, batch: str | None, everything: bool, note: str, user: str
) -> None:
    """Destroy rows."""
    session = commands.open_session(user)
    dataset_id = commands.find_dataset(session, which)
    done = discard_quarantined(
        session.services, session.requestor, dataset_id, _selection(rows, batch, everything), note
    )
    print(f"discarded  {done.rows_left}")


def review_latest(which: str, approve: bool, reject: bool, note: str, user: str) -> None:
    """Decide on the latest run of a collection, or show why it waits."""
    if approve and reject:
        raise ConfigurationInvalid([Problem("--approve", "and --reject are given", "Give one of them")])
    session = commands.open_session(user)
    collection = commands.find_collection(session, which)
    latest = session.services.runs.latest([collection.id]).get(collection.id)
    if latest is None:
        raise Conflict(collection.config.title, "it has not run yet", "Run it")
    if not approve and not reject:
        print("\n".join(why_held(latest) or ["It does not wait for a review."]))
        return
    review_run(
        session.services, session.engine, session.requestor, collection.id, latest.run_id, approve=approve, note=note
    )
    print(f"{'approved' if approve else 'rejected'}  {latest.run_id}  {collection.config.title}")


def why_held(run: Run) -> list[str]:
    """Say why a run waits, or what was decided; nothing where no rule holds its batch."""
    if run.report is None or not run.report.held:
        return []
    if run.review is None:
        return ["A rule holds this batch: approve or reject it with `cdmp review`.", *run.report.held]
    decided = "approved" if run.review.approved else "rejected"
    return [f"{decided} by {run.review.by or 'nobody in time'}: {run.review.note}".rstrip(": ")]


def _rows(
    session: commands.Session, dataset_id: UUID, batch: UUID | None, rule: str | None
) -> Iterator[QuarantinedRow]:
    cursor: str | None = None
    while True:
        page = list_quarantine(
            session.services, session.requestor, dataset_id, batch_id=batch, rule=rule, cursor=cursor, limit=_PAGE
        )
        yield from page.rows
        cursor = page.cursor
        if cursor is None:
            return


def _selection(rows: Sequence[str] | None, batch: str | None, everything: bool) -> Selection:
    return Selection.of(tuple(rows or ()), _batch(batch), everything)


def _batch(text: str | None) -> UUID | None:
    if text is None:
        return None
    identity = commands.read_id(text)
    if identity is None:
        raise NotFound(f"batch {text!r}", "it is no batch's id", "`cdmp batches` lists them")
    return identity


def _cell(text: str | None) -> str | None:
    return None if text is None else json.dumps(text, ensure_ascii=False)


def _changed(row: QuarantinedRow, name: str) -> str | None:
    changed = row.original is not None and row.original.get(name) != row.cells[name]
    return _cell(row.cells[name]) if changed else None
