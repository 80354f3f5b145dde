"""How a source is asked gently: at its pace, and again after a while when it cannot answer now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from include.connectors.egress import Answer
from include.errors import SourceRefused, SourceUnavailable

MOST_WAIT_S: Final = 120.0
"""The longest wait that a source may ask for within a run; for a longer one the run ends, and Airflow tries again."""

ACCEPTED: Final = 202
_BUSY: Final = frozenset({408, 425, 429})
Given = TypeVar("Given")


class Busy(SourceUnavailable):
    """The source cannot answer now, and may have said for how long; `wait_s` is not part of the sentence."""

    wait_s: float | None = None


class Doubtful(SourceUnavailable):
    """An answer that cannot be read: it may have been cut off on its way, so it is asked for once more."""

    def __init__(self, refusal: SourceRefused) -> None:
        super().__init__(refusal.where, refusal.what, refusal.remedy)
        self.refusal = refusal


@dataclass(slots=True)
class Patience:
    """Waits between requests.

    Attributes:
        tries: How often one request is sent before the source counts as unavailable.
        least_gap_s: Between the starts of two requests.
    """

    tries: int = 4
    least_gap_s: float = 0.0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _last: float | None = field(default=None, init=False)

    def keep_pace(self) -> None:
        """Wait until the next request may start."""
        now = self.monotonic()
        if self._last is not None and (left := self._last + self.least_gap_s - now) > 0:
            self.sleep(left)
            now = self.monotonic()
        self._last = now

    def insist(self, ask: Callable[[], Given]) -> Given:
        """Ask until there is an answer; the last try's error is raised.

        Raises:
            SourceUnavailable: It did not answer within the tries, or wants to be left alone for longer.
            SourceRefused: What it answers cannot be read, twice.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(SourceUnavailable),
            stop=self._is_enough,
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return attempts(ask)
        except Doubtful as doubt:
            raise doubt.refusal from None

    def _is_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome is not None else None
        doubted = isinstance(error, Doubtful) and state.attempt_number > 1
        return doubted or state.attempt_number >= self.tries or (_asked_wait(state) or 0.0) > MOST_WAIT_S


def refuse_busy(answer: Answer, where: str, now: datetime) -> None:
    """Raise SourceUnavailable where an answer says that there is none now."""
    status = answer.status
    if status == ACCEPTED and "retry-after" in answer.headers:
        raise unready(answer, where, now)
    if status not in _BUSY and status < 500:
        return
    wait_s = read_retry_after(answer.headers.get("retry-after"), now)
    asks = f" and asks to wait {wait_s:.0f} s" if wait_s is not None else ""
    busy = Busy(where, f"it answers {status}{asks}", "It may be busy; the next attempt may succeed.")
    busy.wait_s = wait_s
    raise busy


def unready(answer: Answer, where: str, now: datetime) -> Busy:
    """Say that what was asked for is not ready: it is asked for again, after the time that the source says."""
    busy = Busy(where, f"it answers {ACCEPTED}: what was asked for is not ready", "The next attempt may get it.")
    busy.wait_s = read_retry_after(answer.headers.get("retry-after"), now)
    return busy


def read_retry_after(header: str | None, now: datetime) -> float | None:
    """Read `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).

    Example:
        >>> now = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
        >>> read_retry_after("30", now), read_retry_after("Sat, 28 Nov 2026 12:01:00 GMT", now)
        (30.0, 60.0)
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header.strip()[:9])
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _asked_wait(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error.wait_s if isinstance(error, Busy) else None


def _wait(state: RetryCallState) -> float:
    # a moment that has passed, or a clock that goes after ours, is no leave to ask at once
    return _asked_wait(state) or wait_random_exponential(multiplier=0.5, max=20)(state)
