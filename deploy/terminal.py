"""The command `cdmp`: what `cli` offers, and the verbs for the machine's operator that need more than the platform."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.app import app, main
from cli.environment import load_environment

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the backup.")]
Keys = Annotated[
    Path | None, typer.Option("--keys", metavar="FILE", help="The file of its keys; else DIR.keys.json, beside it.")
]


@app.command()
def backup(folder: Folder, keys: Keys = None) -> None:
    """Back up both databases and the uploads into a new folder, and the keys into a file apart; nothing has to stop."""
    from deploy.backup import back_up, keys_file  # noqa: PLC0415  # each verb loads what it needs
    from deploy.layout import layout  # noqa: PLC0415
    from deploy.progress import Progress  # noqa: PLC0415

    load_environment()
    place, progress = folder.absolute(), Progress()
    kept = keys or keys_file(place)
    back_up(layout(), os.environ, place, kept, progress)
    progress.say(f"The backup is in {place}, its keys in {kept}: keep them apart. Without the keys it opens nothing.")


@app.command()
def restore(folder: Folder, keys: Keys = None) -> None:
    """Restore a backup into an empty folder (CDMP_VAR) and empty databases, and compare it with what was backed up."""
    from deploy.backup import keys_file  # noqa: PLC0415
    from deploy.layout import layout  # noqa: PLC0415
    from deploy.progress import Progress  # noqa: PLC0415
    from deploy.restore import restore as bring_back  # noqa: PLC0415

    place = folder.absolute()
    bring_back(layout(), os.environ, place, keys or keys_file(place), Progress())


@app.command()
def clean(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    idle: Annotated[int, typer.Option(min=1, metavar="MINUTES", help="What was written to since then stays.")] = 60,
) -> None:
    """Remove what crashes left behind; housekeeping does so every hour. What a run needs stays, however old it is."""
    from cli.operating import clean as remove  # noqa: PLC0415

    remove(dry_run, idle)


@app.command()
def check() -> None:
    """Say whether rows, batches, quarantine, events, staging, uploads and index agree, while no run is active."""
    from cli.operating import check as look  # noqa: PLC0415

    if not look():
        raise typer.Exit(1)


__all__ = ["main"]

if __name__ == "__main__":
    main()
