"""Checks a REST source: what no request may hold, and what has to be a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from include.collection.authentication import ApiKey, ClientCredentials
from include.collection.formats.json_records import PATH
from include.collection.rest_source import RestSource
from include.errors import Problem

_OURS: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive"}
    | {"accept-encoding", "proxy-authorization", "proxy-connection", "range"}
)
"""Headers that the way out writes itself."""

_SECRETS: Final = frozenset(
    {
        "authorization",
        "cookie",
        "password",
        "passwd",
        "pwd",
        "secret",
        "clientsecret",
        "token",
        "accesstoken",
        "apitoken",
    }
    | {"authtoken", "xauthtoken", "securitytoken", "apikey", "xapikey", "appkey", "subscriptionkey", "bearer"}
    | {"ocpapimsubscriptionkey", "privatekey", "sessionid"}
)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, 5.6.2
_REMEDY: Final = "Store it with `cdmp secret set`, and name it in `ingester.authentication`."


def check_rest(source: RestSource) -> Iterator[Problem]:
    """Find what is wrong with a source, beside what its own types refuse."""
    yield from _check_url(source.url, "ingester.url")
    if isinstance(source.authentication, ClientCredentials):
        yield from _check_url(source.authentication.token_url, "ingester.authentication.token_url")
    if isinstance(source.authentication, ApiKey) and source.authentication.place == "header":
        yield from _check_header(source.authentication.name, "", "ingester.authentication.name")
    for name, value in source.headers.items():
        yield from _check_header(name, value, f"ingester.headers.{name}")
        yield from _refuse_secret(name, f"ingester.headers.{name}")
    for name in source.parameters:
        yield from _refuse_secret(name, f"ingester.parameters.{name}")
    yield from _check_body(source.body, "ingester.body")
    total = source.total
    path = total is not None and total.startswith("$")
    if total is not None and (re.fullmatch(PATH, total) if path else _TOKEN.fullmatch(total)) is None:
        yield Problem(
            "ingester.total", "it is neither a path nor the name of a header", "For example $.total or X-Total."
        )


def _check_url(url: str, where: str) -> Iterator[Problem]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        yield Problem(where, "it is no URL", "It looks like https://host/path.")
        return
    if not host:
        yield Problem(where, "it names no host", "It looks like https://host/path.")
    if "@" in parts.netloc:
        yield Problem(where, "it holds a user name or password", _REMEDY)
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        yield Problem(where, "it holds a blank, or a character that does not print", "Write it as %20 and so on.")
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        yield from _refuse_secret(name, where)


def _check_header(name: str, value: str, where: str) -> Iterator[Problem]:
    if _TOKEN.fullmatch(name) is None:
        yield Problem(where, "it is no name of a header", "Letters, digits and `-`, for example X-Api-Version.")
    elif name.lower() in _OURS:
        yield Problem(where, "it is written by the platform", "Leave it out.")
    if not value.isascii() or not value.isprintable():
        what = "its value holds a line end, or something else that no header can"
        yield Problem(where, what, "Write it in one line of ASCII.")


def _check_body(plain: Any, where: str) -> Iterator[Problem]:
    if isinstance(plain, dict):
        for name, value in plain.items():
            yield from _refuse_secret(name, f"{where}.{name}")
            yield from _check_body(value, f"{where}.{name}")
    elif isinstance(plain, list):
        for number, value in enumerate(plain):
            yield from _check_body(value, f"{where}[{number}]")


def _refuse_secret(name: str, where: str) -> Iterator[Problem]:
    if re.sub(r"[^a-z]", "", name.lower()) in _SECRETS:
        yield Problem(where, f"{name} looks like a credential, which a document may not hold", _REMEDY)
