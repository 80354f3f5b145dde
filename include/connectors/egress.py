"""The one way out: requests to other machines, to addresses that were looked at first."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

import httpx

from include.errors import SourceRefused, SourceUnavailable

MOST_BYTES: Final = 256 << 20
"""The most that one answer may hold, unpacked."""

# What `is_global` calls public, and is not one machine on the internet: addresses with an IPv4 address inside that
# nobody looked at (6to4, Teredo), the IETF's protocol assignments, 6to4's relays, documentation (RFC 9637, later
# than Python 3.11), and where Azure serves its metadata.
_CLOSED: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    ipaddress.ip_network(each)
    for each in ("2002::/16", "2001::/32", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All of IPv6 that is given to machines (RFC 4291); NAT64 and IPv4-compatible addresses lie outside."""

_TOO_MANY_REQUESTS: Final = 429
_WHOLE_ANSWER_FACTOR: Final = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source answered with 2xx."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Egress:
    """Sends requests to public addresses, and to the private ones that the operator names.

    Attributes:
        allow: `host:port` of sources that may lie at a private address, spelled as in their URL.
    """

    allow: frozenset[str] = field(default_factory=frozenset)

    def get(self, url: str, parameters: Mapping[str, str], timeout_s: float) -> Answer:
        """GET a URL; follows no redirect, uses no proxy, and connects only to an address that was vetted.

        Args:
            timeout_s: For connecting, and for each wait in between; the whole answer may take ten times that.

        Raises:
            SourceUnavailable: Nobody answered in time, or the answer was 429 or 5xx.
            SourceRefused: The address is not one to connect to, or the answer was anything else than 2xx.
        """
        target = _read_url(url)
        where = target.host
        addresses = self._resolve(target)
        transport = httpx.HTTPTransport(trust_env=False)
        with httpx.Client(transport=transport, trust_env=False, follow_redirects=False, timeout=timeout_s) as client:
            for last, address in enumerate(addresses, start=1 - len(addresses)):
                # the vetted address instead of the name: a second look-up could answer something else
                request = client.build_request(
                    "GET",
                    target.copy_with(host=str(address)),
                    params={**dict(target.params), **parameters},
                    headers={"Host": target.netloc.decode(), "Accept": "application/json"},
                    extensions={"sni_hostname": target.host} if target.scheme == "https" else {},
                )
                try:
                    return Answer(_read(client, request, where, timeout_s))
                except httpx.ConnectError as error:
                    if last == 0:
                        raise SourceUnavailable(where, "nobody takes the connection", "Is the service up?") from error
                except httpx.TimeoutException as error:
                    raise SourceUnavailable(where, f"it did not answer within {timeout_s:g} s") from error
                except httpx.TransportError as error:
                    raise SourceUnavailable(where, "the connection broke off") from error
        raise SourceUnavailable(where, "the name leads to no address")

    def _resolve(self, target: httpx.URL) -> list[IPv4Address | IPv6Address]:
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            found = socket.getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise SourceUnavailable(target.host, "the name leads to no address", "Is it spelled right?") from error
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if f"{target.host}:{port}" not in self.allow and not all(map(is_public, addresses)):
            raise SourceRefused(
                f"{target.host}:{port}",
                "it lies at an address inside a private network, which a source may not",
                "An operator can allow it: CDMP_EGRESS_ALLOW lists host:port.",
            )
        return list(dict.fromkeys(addresses))


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


def _read_url(url: str) -> httpx.URL:
    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        raise SourceRefused("the source's URL", "it is no URL", "It looks like https://host/path.") from None
    if target.scheme not in ("http", "https") or not target.host:
        raise SourceRefused("the source's URL", "it is neither http nor https", "It looks like https://host/path.")
    if target.userinfo:
        raise SourceRefused(
            target.host, "its URL holds a user name or password", "A configuration is no place for credentials."
        )
    return target


def _read(client: httpx.Client, request: httpx.Request, where: str, timeout_s: float) -> bytes:
    deadline = time.monotonic() + _WHOLE_ANSWER_FACTOR * timeout_s
    response = client.send(request, stream=True)
    try:
        _check_status(response, where)
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                raise SourceRefused(
                    where, f"it answers with more than {MOST_BYTES >> 20} MiB", "Ask for less at a time."
                )
            if time.monotonic() > deadline:
                raise SourceUnavailable(where, f"its answer took more than {_WHOLE_ANSWER_FACTOR * timeout_s:g} s")
        return bytes(body)
    except httpx.DecodingError:
        raise SourceRefused(where, "its answer is packed in a way that cannot be unpacked") from None
    finally:
        response.close()


def _check_status(response: httpx.Response, where: str) -> None:
    status = response.status_code
    if status == _TOO_MANY_REQUESTS or response.is_server_error:
        raise SourceUnavailable(where, f"it answers {status}", "It may be busy; the next attempt may succeed.")
    if response.is_redirect:
        raise SourceRefused(where, f"it answers {status}, a redirect", "Enter the address that it leads to.")
    if not response.is_success:
        raise SourceRefused(where, f"it answers {status}", "Check the address and the parameters.")
