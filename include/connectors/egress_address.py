"""Which addresses may be connected to, and the connection that goes to no other."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from math import inf
from typing import Any, Final

import httpcore

from include.errors import SourceRefused, SourceUnavailable

PORTS: Final = frozenset({80, 443, 8080, 8443})
"""Where web services listen. Behind another port may be something else: it needs the operator's word."""

# What `is_global` calls public, and is not one machine on the internet: addresses with an IPv4 address inside that
# nobody looked at (6to4, Teredo), the IETF's protocol assignments, 6to4's relays, documentation (RFC 9637, later
# than Python 3.11), and where Azure serves its metadata.
_CLOSED: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    ipaddress.ip_network(each)
    for each in ("2002::/16", "2001::/32", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All of IPv6 that is given to machines (RFC 4291); NAT64 and IPv4-compatible addresses lie outside."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public internet, and to one machine there.

    Example:
        >>> [is_public(ipaddress.ip_address(each)) for each in ("9.9.9.9", "10.0.0.1", "64:ff9b::7f00:1", "224.0.0.1")]
        [True, False, False, False]
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_UNICAST:
            return False
    closed = any(address in network for network in _CLOSED if network.version == address.version)
    return address.is_global and not address.is_multicast and not address.is_reserved and not closed


def find_addresses(host: str, port: int, allow: frozenset[str]) -> list[str]:
    """Look a name up, once, and give the addresses to connect to.

    Args:
        allow: `host:port` of private services that the operator allows, spelled as in their URL.

    Raises:
        SourceUnavailable: The name leads nowhere.
        SourceRefused: One of its addresses, or the port, is not one to connect to.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceUnavailable(host, "the name leads to no address", "Is it spelled right?") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if f"{host}:{port}" not in allow:
        # one private address among public ones is enough: who set the name up decides which is taken
        if not addresses or not all(map(is_public, addresses)):
            raise SourceRefused(
                f"{host}:{port}",
                "it lies at an address inside a private network, which a source may not",
                "An operator can allow it: CDMP_EGRESS_ALLOW lists host:port.",
            )
        if port not in PORTS:
            raise SourceRefused(
                f"{host}:{port}",
                f"sources are asked at the ports {', '.join(map(str, sorted(PORTS)))}",
                "An operator can allow another one: CDMP_EGRESS_ALLOW lists host:port.",
            )
    return list(dict.fromkeys(map(str, addresses)))


class VettedNetwork(httpcore.NetworkBackend):
    """Opens connections to addresses that were vetted when they were looked up, and ends everything at a deadline.

    The name is looked up here and nowhere else: between vetting and connecting nothing can answer differently.

    Attributes:
        deadline: Of `time.monotonic`. Each wait for a byte ends by then, however steadily the bytes drip.
    """

    def __init__(self, allow: frozenset[str]) -> None:
        self.deadline = inf
        self._allow = allow
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first vetted address that takes the connection."""
        *others, last = find_addresses(host, port, self._allow)
        for address in (*others, last):
            try:
                stream = self._network.connect_tcp(address, port, self.within(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if address == last:
                    raise
            else:
                return _Stream(stream, self)
        raise AssertionError("a list that is not empty has a last address")

    def within(self, timeout: float | None) -> float:
        """Shorten a timeout to what is left; raises ReadTimeout when nothing is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline is over")
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    """A connection whose waits end at the network's deadline."""

    def __init__(self, stream: httpcore.NetworkStream, network: VettedNetwork) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(
            self._stream.start_tls(ssl_context, server_hostname, self._network.within(timeout)), self._network
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
