"""The ports that the platform listens on, and whether they are free."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

from deploy.processes import Started

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Port:
    """A port and the environment variable that changes it."""

    service: str
    variable: str
    default: int
    what: str


PORTS = (
    Port("postgres", "CDMP_POSTGRES_PORT", 5442, "PostgreSQL"),
    Port("mail", "CDMP_SMTP_PORT", 1025, "the mail sink"),
    Port("replay", "CDMP_REPLAY_PORT", 8091, "the recorded Open Data source"),
    Port("api-server", "CDMP_PORT", 8080, "Airflow, the API and the user interface"),
)


def find_taken(numbers: Mapping[str, int], needed: Sequence[str], running: Mapping[str, Started]) -> list[str]:
    """Say for each service that is to be started what stands in its way, and which variable gives it another port.

    Args:
        numbers: Port number by service.
        needed: Services that this start wants.
        running: Our own processes: a service that runs already is not in its own way.
    """
    wanted = [port for port in PORTS if port.service in needed and port.service not in running]
    sentences = []
    for port in wanted:
        number = numbers[port.service]
        if not 0 < number < 65536:
            sentences.append(f"{port.variable}={number} is no port: choose one between 1024 and 65535.")
        elif reason := refusal(number):
            sentences.append(
                f"Port {number} for {port.what} {reason}. "
                f"Choose another with {port.variable}, for example {port.variable}={free_port_near(number)}."
            )
    return sentences


def refusal(number: int) -> str | None:
    """Say why nobody can listen on a port of this machine; None: one can."""
    with socket.socket() as probe:
        # what the servers do as well: a port whose last connections are only fading away is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except OSError as error:
            if error.errno == errno.EACCES:
                return "is reserved for root"
            if error.errno == errno.EADDRINUSE:
                return "is taken" + holder(number)
            return f"cannot be used ({error.strerror})"
    return None


def is_listening(number: int) -> bool:
    """Say whether somebody answers on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, number)) == 0


def holder(number: int) -> str:
    """Name the process that listens on a port, where the machine tells us."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (number,) and connection.pid:
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        return ""
    return ""


def free_port_near(number: int) -> int:
    """Find a free port to suggest."""
    above = (candidate for candidate in range(max(number + 1, 1024), 65536) if refusal(candidate) is None)
    return next(above, 0)
