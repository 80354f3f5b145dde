"""One command at a time starts or stops the platform."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.layout import Layout


@contextmanager
def only_one(layout: Layout) -> Iterator[None]:
    """Hold the lock while the body runs; the kernel gives it back when the process ends, however it ends.

    Raises:
        SystemExit: Another command holds it.
    """
    with (layout.run / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("Another command is starting or stopping the platform; wait for it to end.") from None
        yield
