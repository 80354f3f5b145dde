"""Stops the platform, the last started first, until no process of it is left."""

from __future__ import annotations

from deploy.layout import Layout
from deploy.lock import only_one
from deploy.processes import is_alive, recorded, stop
from deploy.progress import Progress


def down(layout: Layout, progress: Progress) -> None:
    """Stop everything that was started here."""
    if not layout.run.is_dir():
        progress.say("Nothing runs.")
        return
    with only_one(layout):
        known = recorded(layout)
        for started in reversed(known):
            alive = is_alive(started)
            # PostgreSQL writes its last checkpoint; Airflow's processes get a little time for the tasks that they run
            count = stop(layout, started, patience_s=60 if started.name == "postgres" else 10)
            if alive or count:
                progress.say(f"{started.name}: stopped")
    progress.say("Everything is stopped." if known else "Nothing runs.")
