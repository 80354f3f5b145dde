"""What `cdmp clean` and `cdmp check` do."""

from __future__ import annotations

from datetime import timedelta

from cli.environment import load_environment
from cli.formats import write_table
from include.wiring import platform


def clean(dry_run: bool, idle_minutes: int) -> None:
    """Remove what crashes left, or only say what that is."""
    load_environment()
    at_hand = platform()
    before = at_hand.clock() - timedelta(minutes=idle_minutes)
    found = at_hand.janitor.find(before) if dry_run else at_hand.janitor.remove(before)
    if found:
        print(write_table(["WHAT", "NAME", "FILES", "BYTES"], [[e.kind, e.name, e.files, e.bytes] for e in found]))
    verb = "would be removed" if dry_run else "removed"
    print(f"{len(found)} things that nobody needs {verb}." if found else "Nothing was left behind.")


def check() -> bool:
    """Say what does not agree; True where all does."""
    load_environment()
    said = platform().disagreements()
    print("\n".join(said) if said else "Rows, batches, quarantine, events, staging, uploads and index agree.")
    return not said
