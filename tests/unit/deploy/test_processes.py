"""What is started can be found and stopped again, with all that it started itself."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deploy.layout import Layout
from deploy.processes import has_ended, is_alive, last_lines, recorded, running, session, start, stop

SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "var")
    made.make()
    return made


def wait_until(condition: Callable[[], object], seconds: float = 10) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


def told_number(layout: Layout, name: str) -> int:
    """The number that a process prints as its last line."""
    wait_until(lambda: last_lines(layout, name, 1).isdigit())
    return int(last_lines(layout, name, 1))


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_started_process_leads_a_session_of_its_own_and_is_not_our_child(layout: Layout) -> None:
    started = start(layout, "sleeper", python(SLEEP), os.environ, port=1234)
    wait_until(lambda: os.getsid(started.pid) == started.pid)
    assert running(layout) == {"sleeper": started}
    assert started.pid not in {child.pid for child in psutil.Process().children()}
    assert stop(layout, started) == 1
    assert not is_alive(started)
    assert recorded(layout) == []


def test_stop_ends_children_that_have_lost_their_parent(layout: Layout) -> None:
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid, flush=True)"
    started = start(layout, "gone", python(code), os.environ)
    wait_until(lambda: not is_alive(started))
    orphan = psutil.Process(told_number(layout, "gone"))
    assert session(started) == [orphan]
    stop(layout, started)
    assert has_ended(orphan)


def test_stop_ends_children_with_sessions_of_their_own(layout: Layout) -> None:
    code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    started = start(layout, "parent", python(code), os.environ)
    child = psutil.Process(told_number(layout, "parent"))
    stop(layout, started)
    assert has_ended(child)


def test_a_process_that_does_not_listen_is_killed(layout: Layout) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    started = start(layout, "deaf", python(code), os.environ)
    wait_until(lambda: last_lines(layout, "deaf").endswith("deaf"))
    stop(layout, started, patience_s=0.2)
    assert not is_alive(started)


def test_the_signal_that_ends_it_in_order_is_the_one_that_was_asked_for(layout: Layout) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(print('in order', flush=True)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    started = start(layout, "orderly", python(code), os.environ, stop_signal=signal.SIGINT)
    wait_until(lambda: last_lines(layout, "orderly").endswith("ready"))
    stop(layout, started)
    assert last_lines(layout, "orderly").endswith("in order")


def test_another_process_with_the_same_number_is_not_touched(layout: Layout) -> None:
    started = start(layout, "mine", python(SLEEP), os.environ)
    record = layout.run / "mine.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "created": started.created - 3600}))
    [other] = recorded(layout)
    assert not is_alive(other)
    assert session(other) == []
    stop(layout, other)
    assert is_alive(started)
    stop(layout, started)
