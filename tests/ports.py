"""Ports of this machine that are free: two suites at once do not meet."""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress
from random import SystemRandom
from typing import Final

_PORTS: Final = (10_240, 32_768)
"""Below those that a system gives to connections, one of which could take the port before the server does."""


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on, all different."""
    chance = SystemRandom()  # not `random`, which hypothesis seeds alike in every process
    numbers: list[int] = []
    with ExitStack() as held:
        while len(numbers) < count:
            number = chance.randrange(*_PORTS)
            with suppress(OSError):
                held.enter_context(socket.socket()).bind(("127.0.0.1", number))
                numbers.append(number)
    return numbers


def free_port() -> int:
    """Find a port that nobody listens on."""
    return free_ports(1)[0]
