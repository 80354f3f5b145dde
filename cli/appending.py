"""What `cdmp append` does."""

from __future__ import annotations

from pathlib import Path

from cli import commands
from cli.formats import write_table
from include.operations.appending import append_file, preview_file
from include.operations.uploading import upload_file
from include.upload_ports import Rehearsal

_MOST_FIELDS = 10


def append_one(which: str, file: Path, user: str, preview: bool) -> None:
    """Hand over a further file for a collection and run it, or say what that would do, and keep nothing."""
    session = commands.open_session(user)
    collection = commands.find_collection(session, which)
    if preview:
        print(describe(preview_file(session.services, session.requestor, collection.id, file)))
        return
    upload = upload_file(session.services, session.requestor, file)
    started = append_file(session.services, session.engine, session.requestor, collection.id, upload)
    print(f"{started.state}  {started.run_id}  {collection.config.title}")


def describe(rehearsal: Rehearsal) -> str:
    """Write what a file would bring; rules and numbers of rows, no values."""
    report, foreseen = rehearsal.report, rehearsal.foreseen
    counts: list[list[object]] = [["read", rehearsal.counts["rows_read"]]]
    if report is not None:
        counts += [["quarantined", report.rows_quarantined], ["dropped", report.rows_dropped]]
    if foreseen is not None:
        counts += [["already there, and stay as they are", foreseen.rows_already_there]]
        counts += [["of these with other values", foreseen.rows_differing]] if foreseen.rows_differing else []
        counts += [["new", foreseen.rows_new]]
        counts += [["replacing one that is there", foreseen.rows_replaced]] if foreseen.rows_replaced else []
        counts += [["there, and taken away", foreseen.rows_removed]] if foreseen.rows_removed else []
    parts = [write_table(["ROWS", ""], counts)]
    broken = [each for each in report.outcomes if each.failed] if report is not None else []
    if broken:
        rows = [[each.rule, each.field, each.action, each.failed, _listed(each.row_ids)] for each in broken]
        parts.append(write_table(["RULE", "FIELD", "ACTION", "FAILED", "FIRST ROWS"], rows))
    if alone := {name: rows for name, rows in rehearsal.singled_out.items() if rows}:
        listed = sorted(alone.items(), key=lambda each: -each[1])[:_MOST_FIELDS]
        header = ["FIELD THAT WOULD SINGLE OUT", "ROWS, BESIDE THE QUASI-IDENTIFIERS"]
        parts.append(write_table(header, [[name, rows] for name, rows in listed]))
    parts += rehearsal.notes
    if rehearsal.stopped is not None:
        parts.append(f"Nothing would be loaded. {rehearsal.stopped}")
    return "\n\n".join(parts)


def _listed(row_ids: tuple[int, ...]) -> str:
    return ", ".join(map(str, row_ids[:5])) + (" …" if len(row_ids) > 5 else "")
