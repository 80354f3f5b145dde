"""Progress of a command, as lines for the person who waits."""

from __future__ import annotations

import time
from collections.abc import Callable


class Progress:
    """Prints `[ 3.2 s] what: how`, counted from its making."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line."""
        print(f"[{self.seconds():6.1f} s] {text}", flush=True)

    def seconds(self) -> float:
        """How long it has been."""
        return time.monotonic() - self._begun

    def wait(
        self,
        what: str,
        check: Callable[[], str | None],
        *,
        limit_s: float,
        every_s: float = 0.25,
        remind_s: float = 10.0,
    ) -> None:
        """Wait until `check` gives None; it gives what is still missing, which is said every `remind_s`.

        Raises:
            TimeoutError: After `limit_s`, with what is still missing.
        """
        begun = said = time.monotonic()
        while (missing := check()) is not None:
            now = time.monotonic()
            if now - begun > limit_s:
                raise TimeoutError(f"{what}: still {missing} after {limit_s:.0f} s")
            if now - said >= remind_s:
                said = now
                self.say(f"{what}: {missing}, waiting")
            time.sleep(every_s)
