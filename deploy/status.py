"""Says what of the platform runs, and where."""

from __future__ import annotations

from deploy.airflow import ADMIN, COMMANDS, healthy_processes
from deploy.layout import Layout
from deploy.ports import HOST
from deploy.processes import running, session


def status(layout: Layout) -> bool:
    """Print one line a process; True: Airflow is whole and healthy."""
    alive = running(layout)
    if not alive:
        print("Nothing runs. `make up` starts the platform.")
        return False
    server = alive.get("api-server")
    healthy = healthy_processes(server.port, alive) if server and server.port else set()
    for name, started in sorted(alive.items(), key=lambda item: item[1].created):
        state = "healthy" if name in healthy else "not healthy" if name in COMMANDS else "running"
        where = f"{HOST}:{started.port}" if started.port else ""
        print(f"{name:14} {state:12} {where:18} process {started.pid}, {len(session(started))} in all")
    for name in [name for name in COMMANDS if name not in alive]:
        print(f"{name:14} not running; see {layout.logs / name}.log")
    if server:
        print(f"\nhttp://{HOST}:{server.port}  user {ADMIN}, password in {layout.admin_password}")
    return healthy == set(COMMANDS)
