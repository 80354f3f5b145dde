"""The way out: what may be connected to, and what may not."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from include.connectors import egress
from include.connectors.egress import Egress, is_public
from include.errors import SourceRefused, SourceUnavailable


class Canary(BaseHTTPRequestHandler):
    """Answers what the path asks for, and keeps what it was asked."""

    asked: list[tuple[str, dict[str, str]]] = []  # noqa: RUF012  # one list for all requests is what it is for

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers)))
        kind = self.path.strip("/").partition("?")[0]
        if kind == "hang-up":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(int(kind) if kind.isdigit() else 200)
        if kind == "302":
            self.send_header("Location", f"http://127.0.0.1:{PORT}/secret")
        body = b"x" * 2000 if kind == "long" else b"[]"
        self.send_header("Content-Length", "5000" if kind == "cut" else str(len(body)))
        self.end_headers()
        if kind == "slow":
            self.wfile.flush()
            threading.Event().wait(1)
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


LISTENER = ThreadingHTTPServer(("127.0.0.1", 0), Canary)
PORT = LISTENER.server_port
HERE = f"127.0.0.1:{PORT}"


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    thread = threading.Thread(target=LISTENER.serve_forever, args=(0.05,))
    thread.start()
    yield
    LISTENER.shutdown()
    thread.join()
    LISTENER.server_close()


@pytest.fixture(autouse=True)
def forget() -> None:
    Canary.asked.clear()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.8", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "192.88.99.1",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "::1", "::", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::808:808", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:808:808::", "2001:0:7f00:1::", "2001:db8::1",
        "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "3fff::1", "5f00::1",
    ],
)  # fmt: skip
def test_addresses_that_are_nobodys_on_the_internet_are_no_target(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "9.9.9.9", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450:4001::200e"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:{PORT}/", f"http://localhost:{PORT}/", f"http://127.1:{PORT}/", f"http://2130706433:{PORT}/",
        f"http://0x7f000001:{PORT}/", f"http://0177.0.0.1:{PORT}/", f"http://0x7f.1:{PORT}/", f"http://127.0.1:{PORT}/",
        f"http://①②⑦.0.0.1:{PORT}/", f"http://127。0。0。1:{PORT}/", f"http://0:{PORT}/", f"http://[::1]:{PORT}/",
        f"http://[::ffff:127.0.0.1]:{PORT}/", f"http://[::127.0.0.1]:{PORT}/", f"http://[64:ff9b::7f00:1]:{PORT}/",
        f"http://user:secret@127.0.0.1:{PORT}/", f"http://127.0.0.1.:{PORT}/", f"http://LOCALHOST:{PORT}/",
        f"http://8.8.8.8@127.0.0.1:{PORT}/", f"http:/127.0.0.1:{PORT}/", f"http://127.0.0.1:{PORT}\\@8.8.8.8/",
        f"HTTP://127.0.0.1:{PORT}/", f"http://127.0.0.1%00.example.org:{PORT}/", f"http:// 127.0.0.1:{PORT}/",
        "http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/", "http://168.63.129.16/",
        "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "ftp://127.0.0.1/", "dict://127.0.0.1:11211/",
        "jar:http://127.0.0.1!/", "http://", "//127.0.0.1/", "", "http://127.0.0.1:99999/", "http://[::1/", "http://\x00/",
    ],
)  # fmt: skip
def test_no_spelling_of_a_private_address_reaches_it(url: str) -> None:
    with pytest.raises((SourceRefused, SourceUnavailable)) as raised:
        Egress(frozenset({"127.0.0.1:1"})).get(url, {}, 2)
    assert Canary.asked == []
    assert "secret" not in str(raised.value)


def test_a_name_is_looked_up_once_and_the_address_that_was_vetted_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", PORT))]])
    looked_up = []

    def flip(host: str, *_: Any, **__: Any) -> Any:
        looked_up.append(host)
        if host == "flips.example.org":
            return next(answers)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, PORT))]

    monkeypatch.setattr(socket, "getaddrinfo", flip)
    answer = Egress(frozenset({f"flips.example.org:{PORT}"})).get(f"http://flips.example.org:{PORT}/ok", {}, 2)
    assert answer.body == b"[]"
    assert looked_up.count("flips.example.org") == 1
    assert Canary.asked[0][1]["Host"] == f"flips.example.org:{PORT}"


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, PORT)) for each in ("8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(SourceRefused, match="CDMP_EGRESS_ALLOW"):
        Egress().get(f"http://two.example.org:{PORT}/", {}, 2)
    assert Canary.asked == []


def test_what_the_operator_allows_is_allowed_on_that_port_only() -> None:
    allowed = Egress(frozenset({HERE}))
    assert allowed.get(f"http://{HERE}/ok?a=1", {"since": "2024-01-01T00:00:00+01:00"}, 2).body == b"[]"
    assert Canary.asked[0][0] == "/ok?a=1&since=2024-01-01T00%3A00%3A00%2B01%3A00"
    with pytest.raises(SourceRefused):
        allowed.get("http://127.0.0.1:8/", {}, 2)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Egress(frozenset({HERE})).get(f"http://{HERE}/ok", {}, 2).body == b"[]"


def test_a_redirect_is_not_followed() -> None:
    with pytest.raises(SourceRefused, match="redirect"):
        Egress(frozenset({HERE})).get(f"http://{HERE}/302", {}, 2)
    assert [path for path, _ in Canary.asked] == ["/302"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("429", SourceUnavailable), ("500", SourceUnavailable), ("503", SourceUnavailable),
        ("hang-up", SourceUnavailable), ("slow", SourceUnavailable), ("cut", SourceUnavailable),
        ("400", SourceRefused), ("401", SourceRefused),
        ("404", SourceRefused),
    ],
)  # fmt: skip
def test_what_passes_is_told_from_what_will_not(path: str, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        Egress(frozenset({HERE})).get(f"http://{HERE}/{path}", {}, 0.3)
    assert type(raised.value) is error


def test_nobody_at_home_is_worth_another_try() -> None:
    with socket.socket() as deaf, pytest.raises(SourceUnavailable, match="nobody takes the connection"):
        deaf.bind(("127.0.0.1", 0))
        there = f"127.0.0.1:{deaf.getsockname()[1]}"
        Egress(frozenset({there})).get(f"http://{there}/", {}, 2)


def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "MOST_BYTES", 1999)
    with pytest.raises(SourceRefused, match="more than"):
        Egress(frozenset({HERE})).get(f"http://{HERE}/long", {}, 2)
    monkeypatch.setattr(egress, "MOST_BYTES", 2000)
    assert len(Egress(frozenset({HERE})).get(f"http://{HERE}/long", {}, 2).body) == 2000
