"""The one way out: requests to other machines, to addresses that were looked at first."""

from __future__ import annotations

import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from ssl import SSLContext
from typing import BinaryIO, Final, cast
from urllib.parse import unquote, unquote_plus

import httpcore
import httpx

from include.connectors.content import FREE_BYTES, GREATEST_RATIO
from include.connectors.egress_address import VettedNetwork
from include.errors import SourceRefused, SourceUnavailable

MOST_REDIRECTS: Final = 3
_IN_MEMORY: Final = 1 << 20
"""Bytes of an answer that are held in memory; a longer one lies in a file that has no name."""

_CHUNK: Final = 1 << 20
_SHORTEST_KEY: Final = 4
_WBITS_GZIP: Final = 31
_SEE_OTHER: Final = 303
_KEEP_METHOD: Final = (307, 308)
_REDIRECTS: Final = (301, 302, _SEE_OTHER, *_KEEP_METHOD)

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves who asks: sent to the origin of the request, to no other, and written nowhere."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Parameters = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of another machine."""

    url: str
    method: str = "GET"
    parameters: Parameters = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    credentials: Credentials = Credentials()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large an answer may be.

    Attributes:
        timeout_s: For connecting, and for each wait in between.
        whole_s: For the whole answer, redirects included.
        most_bytes: Unpacked.
    """

    timeout_s: float = 30.0
    whole_s: float = 300.0
    most_bytes: int = 256 << 20
    most_redirects: int = MOST_REDIRECTS


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status.

    Attributes:
        url: Where it came from in the end; it may hold a key.
        headers: By names in lower case.
        body: At its beginning; whoever reads it closes it.
        size: Bytes of the body, unpacked.
    """

    status: int
    url: httpx.URL = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: BinaryIO = field(repr=False)
    size: int


@dataclass(frozen=True, slots=True)
class Egress:
    """Sends requests to public addresses, and to the private ones that the operator names.

    Attributes:
        allow: `host:port` of services that may lie at a private address or at another port, spelled as in their URL.
    """

    allow: frozenset[str] = field(default_factory=frozenset)

    @contextmanager
    def open(self) -> Iterator[Session]:
        """Open what keeps connections for several requests; no proxy is used, whatever the environment says."""
        network = VettedNetwork(self.allow)
        with httpcore.ConnectionPool(_trusted(), max_connections=4, network_backend=network) as pool:
            yield Session(pool, network)


class Session:
    """Sends requests, one after the other, by connections that it keeps."""

    def __init__(self, pool: httpcore.ConnectionPool, network: VettedNetwork) -> None:
        self._pool = pool
        self._network = network

    def send(self, request: Request, limits: Limits = Limits()) -> Answer:  # a frozen value
        """Send a request and follow a few redirects, each vetted like the first address.

        A redirect to another origin takes no credentials along, and one that leads from https to http is refused.

        Returns:
            The answer whatever its status: what 404 means only the one who asks can know.

        Raises:
            SourceUnavailable: Nobody answered in time, or the answer broke off.
            SourceRefused: An address is not one to connect to, or the answer is too large.
        """
        self._network.deadline = time.monotonic() + limits.whole_s
        url = full_url(request, request.credentials.parameters)
        for turn in range(limits.most_redirects + 1):
            answer = self._send_once(url, request, limits)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            answer.body.close()
            if turn < limits.most_redirects:
                url, request = _redirect(url, request, answer)
        raise SourceRefused(
            url.host, f"it redirects more than {limits.most_redirects} times", "Enter the address that it leads to."
        )

    def _send_once(self, url: httpx.URL, request: Request, limits: Limits) -> Answer:
        where = url.host
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": "cdmp",
            "Accept": "*/*",
            # the one packing that is undone here, with its limits; a source that packs otherwise is refused
            "Accept-Encoding": "gzip",
            **request.headers,
            **request.credentials.headers,
        }
        if request.body is not None:
            headers["Content-Length"] = str(len(request.body))
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), limits.timeout_s)
        try:
            with self._pool.stream(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=[(name.encode(), value.encode()) for name, value in headers.items()],
                content=request.body,
                extensions={"timeout": timeouts},
            ) as response:
                named = _read_headers(response.headers)
                body, size = _spool(response.iter_stream(), named, where, limits.most_bytes)
                return Answer(response.status, url, named, body, size)
        except httpcore.ConnectError as error:
            raise SourceUnavailable(where, "nobody takes the connection", "Is the service up?") from error
        except httpcore.TimeoutException as error:
            spent = time.monotonic() >= self._network.deadline
            within = limits.whole_s if spent else limits.timeout_s
            raise SourceUnavailable(where, f"it did not answer within {within:g} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise SourceUnavailable(where, "the connection broke off") from error


def read_url(url: str) -> httpx.URL:
    """Read the URL of a request; raises SourceRefused where it is none that may be asked."""
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
    return target.copy_with(fragment=None)


def full_url(request: Request, hidden: Parameters) -> httpx.URL:
    """Write a request's URL with its parameters, and those that stand for its credentials."""
    url, parameters = read_url(request.url), [*request.parameters, *hidden]
    return url.copy_with(params=_merged(url, parameters)) if parameters else url


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Give what credentials belong to: scheme, host and port."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


@cache
def _trusted() -> SSLContext:
    # the environment may name the operator's own authorities (SSL_CERT_FILE)
    return httpx.create_ssl_context()


def _merged(url: httpx.URL, parameters: Parameters) -> httpx.QueryParams:
    """What is given replaces what the URL says under the same name; one name may be given several times."""
    given = {name for name, _ in parameters}
    return httpx.QueryParams([*(pair for pair in url.params.multi_items() if pair[0] not in given), *parameters])


def _redirect(url: httpx.URL, request: Request, answer: Answer) -> tuple[httpx.URL, Request]:
    where = url.host
    try:
        target = read_url(str(url.join(answer.headers["location"])))
    except httpx.InvalidURL:
        raise SourceRefused(where, "it redirects to what is no URL") from None
    if url.scheme == "https" and target.scheme == "http":
        raise SourceRefused(where, "it redirects from https to http", "What is sent there could be read on its way.")
    keeps = request.method == "GET" or answer.status in _KEEP_METHOD
    if not keeps:
        request = replace(request, method="GET", body=None)
    if origin(target) != origin(url):
        if request.body is not None:
            raise SourceRefused(where, "it redirects what is posted to another origin", "Enter the final address.")
        keys = {value for _, value in request.credentials.parameters if len(value) >= _SHORTEST_KEY}
        if any(key in text for key in keys for text in (unquote_plus(str(target)), unquote(str(target)))):
            what = "it redirects to another origin, and writes the key into the address"
            raise SourceRefused(where, what, "Enter the final address.")
        kept = {name: value for name, value in request.headers.items() if name.lower() == "accept"}
        request = replace(request, headers=kept, credentials=Credentials())
    return target, request


def _read_headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    named: dict[str, str] = {}
    for key, value in raw:
        name, text = key.decode("latin-1").lower(), value.decode("latin-1")
        named[name] = f"{named[name]}, {text}" if name in named else text
    return named


def _spool(chunks: Iterator[bytes], headers: Mapping[str, str], where: str, most: int) -> tuple[BinaryIO, int]:
    packing = headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", "x-gzip", ""):
        raise SourceRefused(where, "its answer is packed in a way that was not asked for", "It may send gzip.")
    body = cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  # the answer's reader closes it
    size = 0
    try:
        for chunk in chunks if packing in ("identity", "") else _unpack(chunks, where):
            size += len(chunk)
            if size > most:
                raise SourceRefused(where, f"it answers with more than {most:,} bytes", "Ask for less at a time.")
            body.write(chunk)
        body.seek(0)
    except BaseException:  # a stop too: nobody else has the file yet
        body.close()
        raise
    return body, size


def _unpack(chunks: Iterator[bytes], where: str) -> Iterator[bytes]:
    """Undo gzip a piece at a time: a bomb is noticed before it has unfolded."""
    packed = unpacked = 0
    member = zlib.decompressobj(_WBITS_GZIP)
    try:
        for chunk in chunks:
            packed += len(chunk)
            rest = chunk
            while True:
                piece = member.decompress(rest, _CHUNK)
                unpacked += len(piece)
                if unpacked > FREE_BYTES and unpacked > GREATEST_RATIO * packed:
                    raise SourceRefused(
                        where, f"its answer unpacks to more than {GREATEST_RATIO} times its size", "It may be a bomb."
                    )
                yield piece
                rest = member.unused_data if member.eof else member.unconsumed_tail
                if not rest and (member.eof or len(piece) < _CHUNK):
                    break
                if member.eof:  # gzip may consist of several members
                    member = zlib.decompressobj(_WBITS_GZIP)
    except zlib.error:
        raise SourceUnavailable(where, "its answer is gzip that is damaged") from None
    if packed and not member.eof:
        raise SourceUnavailable(where, "its answer is gzip that ends too early")
