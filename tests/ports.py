"""Ports of this machine that are free: two suites at once do not meet."""

from __future__ import annotations

import socket


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    numbers = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return numbers


def free_port() -> int:
    """Find a port that nobody listens on."""
    return free_ports(1)[0]
