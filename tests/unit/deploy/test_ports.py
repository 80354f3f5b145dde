"""Taken ports are found before anything starts, and the message names the variable that changes them."""

from __future__ import annotations

import re
import socket

import pytest

from deploy.environment import ports_of
from deploy.ports import find_taken, refusal
from deploy.processes import Started
from tests import ports

SERVICES = ("postgres", "mail", "replay", "api-server")


def free_ports() -> dict[str, int]:
    return dict(zip(SERVICES, ports.free_ports(len(SERVICES)), strict=True))


def test_free_ports_are_no_matter() -> None:
    assert find_taken(free_ports(), SERVICES, {}) == []


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_named_with_its_variable_its_holder_and_a_free_one(address: str) -> None:
    with socket.socket() as other:
        other.bind((address, 0))
        other.listen()
        taken = other.getsockname()[1]
        [sentence] = find_taken(free_ports() | {"postgres": taken}, SERVICES, {})
        assert f"Port {taken} for PostgreSQL is taken by process" in sentence
        suggested = re.search(r"CDMP_POSTGRES_PORT=(\d+)", sentence)
        assert suggested and refusal(int(suggested[1])) is None


def test_a_port_of_our_own_running_platform_is_not_in_the_way() -> None:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        own.listen()
        numbers = free_ports() | {"mail": own.getsockname()[1]}
        assert find_taken(numbers, SERVICES, {"mail": Started("mail", 1, 0.0, 15)}) == []


def test_a_service_that_is_not_wanted_needs_no_port() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        numbers = free_ports() | {"postgres": other.getsockname()[1]}
        assert find_taken(numbers, ("mail", "replay", "api-server"), {}) == []


def test_a_port_that_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(SystemExit, match="CDMP_PORT=http is no port"):
        ports_of({"CDMP_PORT": "http"})


def test_a_number_that_is_no_port_is_refused_by_name() -> None:
    [sentence] = find_taken(free_ports() | {"api-server": 70000}, SERVICES, {})
    assert sentence.startswith("CDMP_PORT=70000 is no port")
