"""Starts processes that outlive the command, and finds and stops them again: by their ids, never by a name."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from deploy.account import Account, as_options
from deploy.layout import Layout, write_private

# psutil derives a start time from the boot time, which moves a little when the clock is set
CLOCK_TOLERANCE_S = 2.0
# the shell tells the id and goes, so that the process belongs to nobody's command; `setsid` makes it the leader of a
# session by which all its children can be found, also those that lost their parent
LAUNCH = 'setsid "$@" >&2 & echo $!'


@dataclass(frozen=True, slots=True)
class Started:
    """A process that we started. The id alone could be another's by now: it counts together with the start time."""

    name: str
    pid: int
    created: float
    stop_signal: int
    port: int | None = None


def start(
    layout: Layout,
    name: str,
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    *,
    port: int | None = None,
    folder: Path | None = None,
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Started:
    """Start a process in a session of its own; its output goes to `var/logs/NAME.log`.

    Args:
        account: Whose process it becomes, where that is not ours (root only).
        stop_signal: What asks it to end in order.
    """
    log = log_file(layout, name)
    with log.open("ab") as output:
        output.write(f"--- started {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\n".encode())
        output.flush()
        told = subprocess.run(
            ["sh", "-c", LAUNCH, "sh", *map(str, command)],
            check=True,
            cwd=folder or layout.var,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            **as_options(account),
        )
    pid = int(told.stdout)
    try:
        created = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        created = time.time()
    started = Started(name, pid, created, int(stop_signal), port)
    write_private(layout.run / f"{name}.json", json.dumps(asdict(started)))
    return started


def log_file(layout: Layout, name: str) -> Path:
    """Where a process's output goes."""
    return layout.logs / f"{name}.log"


def last_lines(layout: Layout, name: str, count: int = 15) -> str:
    """What a process said last, for the person who has to see why it ended."""
    text = log_file(layout, name).read_bytes()[-20_000:].decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-count:])


def recorded(layout: Layout) -> list[Started]:
    """Every process that was started and not yet stopped, in the order of its start."""
    if not layout.run.is_dir():
        return []
    found = [Started(**json.loads(path.read_text())) for path in layout.run.glob("*.json")]
    return sorted(found, key=lambda started: started.created)


def running(layout: Layout) -> dict[str, Started]:
    """The started processes that are alive, by name."""
    return {started.name: started for started in recorded(layout) if is_alive(started)}


def is_alive(started: Started) -> bool:
    """Say whether this very process lives; a zombie does not."""
    try:
        process = psutil.Process(started.pid)
        return is_same(started, process) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_same(started: Started, process: psutil.Process) -> bool:
    """Say whether a process of this id is the one that we started, and not a later one."""
    return abs(process.create_time() - started.created) < CLOCK_TOLERANCE_S


def stop(layout: Layout, started: Started, *, patience_s: float = 20.0) -> int:
    """End a process and its session: asked first, killed after `patience_s`. Gives how many there were."""
    members = session(started)
    if is_alive(started):
        leader = psutil.Process(started.pid)
        send([leader], started.stop_signal)
        await_end([leader], patience_s)
    # whoever is left lost its parent, or did not listen; new ones may have come meanwhile
    left = await_end({process.pid: process for process in (*members, *session(started))}.values(), 0)
    send(left, signal.SIGTERM)
    left = await_end(left, 3)
    send(left, signal.SIGKILL)
    await_end(left, 5)
    (layout.run / f"{started.name}.json").unlink(missing_ok=True)
    return len(members)


def await_end(processes: Iterable[psutil.Process], patience_s: float) -> list[psutil.Process]:
    """Wait until these have ended; gives those that have not. A zombie has: who collects it is not our matter."""
    give_up = time.monotonic() + patience_s
    left = list(processes)
    while (left := [process for process in left if not has_ended(process)]) and time.monotonic() < give_up:
        time.sleep(0.05)
    return left


def has_ended(process: psutil.Process) -> bool:
    """Say whether a process is gone, or a zombie."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def session(started: Started) -> list[psutil.Process]:
    """Find the members of a started process's session, whether or not it lives itself, and its children elsewhere.

    The kernel gives no new process the number of a session that has members; so a living process of that number, which
    is not ours, shows that the session is another's.
    """
    found: list[psutil.Process] = []
    try:
        leader = psutil.Process(started.pid)
        if not is_same(started, leader):
            return found
        found += leader.children(recursive=True)  # PostgreSQL gives each of its own a session of its own
    except psutil.NoSuchProcess:
        pass
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == started.pid and process.create_time() > started.created - CLOCK_TOLERANCE_S:
                found.append(process)
        except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            continue
    return [process for process in found if not has_ended(process)]


def send(processes: Iterable[psutil.Process], number: int) -> None:
    """Send a signal to each; one that is gone already is no error."""
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
