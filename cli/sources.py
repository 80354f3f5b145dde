"""What the verbs of `cdmp` do about sources: dry runs, presets, secrets, spans of time."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import datetime
from pathlib import Path

from api.record_formats import plain_records
from cli.commands import find_collection, open_session, read_document
from cli.formats import write_table
from include.collection.mapping_preset import load_mapping_presets
from include.collection.preset import load_presets
from include.operations.collection_life import pause_collection, resume_collection
from include.operations.collection_reading import view_collection
from include.operations.collection_running import backfill_collection
from include.operations.secret_keeping import list_secrets, remove_secret, store_secret
from include.operations.source_trying import DryRun, try_source


def dry_run_file(file: Path, user: str) -> None:
    """Ask the source of a YAML file once, and show what comes."""
    config = read_document(file)
    session = open_session(user)
    print(write_dry_run(try_source(session.services, session.requestor, config)))


def write_dry_run(run: DryRun) -> str:
    """Write a dry run as people read it: the request, the answer, the rows, and what the mapping made of them."""
    trial, lines = run.trial, []
    if trial.request is not None:
        lines.append(f"{trial.request.method} {trial.request.url}")
        lines += [f"{name}: {value}" for name, value in trial.request.headers.items()]
        lines += [trial.request.body] if trial.request.body is not None else []
    if trial.status is not None:
        lines += ["", f"{trial.status}  {trial.content_type or ''}  {trial.size:,} bytes"]
    if trial.rows is not None:
        lines += ["", write_table(trial.rows.columns, trial.rows.rows())]
        told = f" of {trial.total:,}" if trial.total is not None else ""
        lines.append(f"{trial.rows.height} rows{told}{', and another page' if trial.more else ''}")
    lines += trial.notes
    if run.missing:
        lines += ["", f"the mapping reads {', '.join(map(repr, run.missing))}, and the answer has no such column"]
    if run.problem is not None:
        lines += ["", f"{run.problem.where}: {run.problem.what}"]
        lines += [f"  → {run.problem.remedy}"] if run.problem.remedy else []
    if run.rehearsal is not None and run.mapped is not None:
        rows = list(plain_records(run.mapped.to_arrow()))
        names = [name for name in rows[0] if any(row[name] is not None for row in rows)] if rows else []
        lines += ["", write_table(names, [[row[name] for name in names] for row in rows])]
        lines += [f"row {cell.row_id}: {cell.field} could not be read ({cell.rule})" for cell in run.rehearsal.issues]
        lines.append(", ".join(f"{name} {count:,}" for name, count in run.rehearsal.counts.items()))
    return "\n".join(lines)


def show_presets() -> None:
    """Show every preset with what it needs to be told."""
    for name, preset in load_presets().items():
        print(f"{name}\n  {preset.title}\n  {preset.documentation}\n  {preset.licence}")
        if preset.note:
            print(f"  {preset.note}")
        for parameter, choice in preset.parameters.items():
            default = f" [{json.dumps(choice.default)}]" if choice.default is not None else ""
            print(f"    {parameter}{default}  {choice.description}")
        print()
    for name, mapping in load_mapping_presets().items():
        print(
            f"mapper: {{preset: {name}}}\n  {mapping.title}, read in the format {mapping.format}: {mapping.concept}\n"
        )


def set_secret(name: str, user: str) -> None:
    """Store a secret that is typed, or comes by standard input: never an argument, which other users could read."""
    session = open_session(user)
    value = getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.read().rstrip("\r\n")
    _, new = store_secret(session.services, session.requestor, name, value)
    print(f"{'stored' if new else 'replaced'}  {name}")


def show_secrets(user: str) -> None:
    """Show the user's secrets: names and dates."""
    session = open_session(user)
    entries = list_secrets(session.services, session.requestor)
    rows = [[entry.name, f"{entry.created:%Y-%m-%d %H:%M}", f"{entry.updated:%Y-%m-%d %H:%M}"] for entry in entries]
    print(write_table(["NAME", "CREATED", "UPDATED"], rows))


def forget_secret(name: str, user: str) -> None:
    """Remove a secret of the user's."""
    session = open_session(user)
    remove_secret(session.services, session.requestor, name)
    print(f"removed  {name}")


def rotate_secrets(user: str) -> None:
    """Seal everything with the newest master key."""
    counts = open_session(user).services.secrets.seal_again()
    print(write_table(["TABLE", "SEALED AGAIN"], [[table, rows] for table, rows in counts.items()]))
    print("Only the first key of CDMP_MASTER_KEYS is needed now.")


def backfill_one(which: str, start: datetime, end: datetime, user: str) -> None:
    """Read a span of time again."""
    session = open_session(user)
    collection = find_collection(session, which)
    started = backfill_collection(session.services, session.engine, session.requestor, collection.id, start, end)
    print(f"{started.state}  {started.run_id}  {collection.config.title}")


def set_paused(which: str, paused: bool, user: str) -> None:
    """Let a collection's schedule rest, or go on."""
    session = open_session(user)
    change = pause_collection if paused else resume_collection
    changed = change(session.services, session.engine, session.requestor, find_collection(session, which).id)
    print(f"{view_collection(session.services, changed).status}  {changed.config.title}")
