"""The way out: what may be connected to, and what may not."""

from __future__ import annotations

import gzip
import ipaddress
import random
import socket
import time
from contextlib import closing
from typing import Any

import pytest

from include.connectors import egress_address
from include.connectors.egress import Credentials, Egress, Limits, Request
from include.connectors.egress_address import is_public
from include.errors import SourceRefused, SourceUnavailable
from tests.source_server import Asked, Reply, SourceServer, serve

PUBLIC, PRIVATE = "8.8.8.8", "127.0.0.1"


@pytest.fixture
def canary(server: SourceServer, monkeypatch: pytest.MonkeyPatch) -> SourceServer:
    """What reaches it is in `asked`; at a port that sources may be asked at: only its address stands in the way."""
    server.answer = lambda _: Reply([])
    monkeypatch.setattr(egress_address, "PORTS", frozenset({80, 443, server.port}))
    return server


def ask(egress: Egress, request: Request | str, **limits: Any) -> tuple[int, bytes]:
    wanted = Request(request) if isinstance(request, str) else request
    with egress.open() as session:
        answer = session.send(wanted, Limits(**{"timeout_s": 2, "whole_s": 5, **limits}))
        with answer.body:
            return answer.status, answer.body.read()


def allowed(*servers: SourceServer) -> Egress:
    return Egress(frozenset(server.here for server in servers))


def resolve(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> list[str]:
    """Let names lead to addresses, each look-up to the next one; gives what was looked up."""
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *rest: Any, **more: Any) -> Any:
        if host not in names:
            return real(host, port, *rest, **more)
        looked_up.append(host)
        answers = names[host]
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in address.split()]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return looked_up


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


SPELLINGS = [
    # loopback by its numbers: short, decimal, hexadecimal, octal, mixed, with leading zeros
    "http://127.0.0.1:{}/", "http://127.1:{}/", "http://127.0.1:{}/", "http://2130706433:{}/",
    "http://0x7f000001:{}/", "http://0x7f.1:{}/", "http://0x7f.0x0.0x0.0x1:{}/", "http://0177.0.0.1:{}/",
    "http://0177.0.0.01:{}/", "http://017700000001:{}/", "http://0x7F.0.1:{}/", "http://127.0x0.0.1:{}/",
    "http://0:{}/", "http://0.0.0.0:{}/", "http://00.0.0.0:{}/", "http://127.127.127.127:{}/", "http://127.0.0.1.:{}/",
    # signs that turn into digits, dots and letters
    "http://①②⑦.0.0.1:{}/", "http://127。0。0。1:{}/", "http://127．0．0．1:{}/", "http://１２７.0.0.1:{}/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{}/", "http://ｌocalhost:{}/", "http://loc\u00adalhost:{}/", "http://lo\u200bcalhost:{}/",
    "http://localhost:{}/", "http://LOCALHOST:{}/", "http://localhost.:{}/", "http://ip6-localhost:{}/",
    # IPv6, and IPv4 inside of it
    "http://[::1]:{}/", "http://[0:0:0:0:0:0:0:1]:{}/", "http://[::]:{}/", "http://[::ffff:127.0.0.1]:{}/",
    "http://[::ffff:7f00:1]:{}/", "http://[::127.0.0.1]:{}/", "http://[64:ff9b::7f00:1]:{}/",
    "http://[64:ff9b::127.0.0.1]:{}/", "http://[2002:7f00:1::]:{}/", "http://[2001:0:7f00:1::]:{}/",
    "http://[fe80::1%25lo]:{}/", "http://[::1%25lo]:{}/", "http://[0000::1]:{}/",
    # what looks like another host
    "http://user:secret@127.0.0.1:{}/", "http://8.8.8.8@127.0.0.1:{}/", "http://8.8.8.8:80@127.0.0.1:{}/",
    "http://example.org%40127.0.0.1:{}/", "http://127.0.0.1:{}\\@8.8.8.8/", "http://127.0.0.1:{}#@8.8.8.8/",
    "http://127.0.0.1:{}?@8.8.8.8/", "http:/127.0.0.1:{}/", "http:127.0.0.1:{}/", "http:///127.0.0.1:{}/",
    "http:// 127.0.0.1:{}/", "http://127.0.0.1 :{}/", "http://127.0.0.1\t:{}/", "http://127.0.0.1%00.example.org:{}/",
    "http://127.0.0.1\r\nHost: x:{}/", "HTTP://127.0.0.1:{}/", "hTtP://127.0.0.1:{}/",
    # other private places
    "http://169.254.169.254/latest/meta-data", "http://0xa9fea9fe/", "http://2852039166/", "http://[fd00:ec2::254]/",
    "http://[::ffff:169.254.169.254]/", "http://168.63.129.16/", "http://192.0.0.192/", "http://10.0.0.1/",
    "http://192.168.0.1/", "http://224.0.0.1/", "http://255.255.255.255/",
    # no web at all
    "file:///etc/passwd", "file://127.0.0.1/etc/passwd", "gopher://127.0.0.1:{}/_INFO", "ftp://127.0.0.1:{}/",
    "dict://127.0.0.1:{}/", "jar:http://127.0.0.1:{}!/", "ldap://127.0.0.1:{}/", "tftp://127.0.0.1:{}/",
    "ws://127.0.0.1:{}/", "data:text/plain,x", "javascript:alert(1)", "unix:///var/run/docker.sock", "//127.0.0.1:{}/",
    "127.0.0.1:{}", "http://", "", "http://:{}/", "http://127.0.0.1:99999/", "http://127.0.0.1:-1/", "http://[::1/",
    "http://\x00/", "http://%31%32%37.0.0.1:{}/",
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_private_address_reaches_it(spelling: str, canary: SourceServer) -> None:
    with pytest.raises((SourceRefused, SourceUnavailable)) as raised:
        ask(Egress(frozenset({"127.0.0.1:1"})), spelling.format(canary.port))
    assert canary.asked == []
    assert "secret" not in str(raised.value)


def test_the_canary_hears_what_is_allowed_to_reach_it(canary: SourceServer) -> None:
    """Otherwise the silence above would say nothing."""
    assert len(SPELLINGS) >= 60
    assert ask(allowed(canary), canary.url("/ok")) == (200, b"[]")
    assert [asked.path for asked in canary.asked] == ["/ok"]


def test_a_name_is_looked_up_once_and_the_address_that_was_vetted_is_used(
    monkeypatch: pytest.MonkeyPatch, canary: SourceServer
) -> None:
    looked_up = resolve(monkeypatch, {"flips.example.org": [PRIVATE, PUBLIC]})
    egress = Egress(frozenset({f"flips.example.org:{canary.port}"}))
    assert ask(egress, f"http://flips.example.org:{canary.port}/ok")[1] == b"[]"
    assert looked_up == ["flips.example.org"]
    assert canary.asked[0].headers["Host"] == f"flips.example.org:{canary.port}"


def test_a_name_that_flips_to_a_private_address_is_refused_at_its_next_look_up(
    monkeypatch: pytest.MonkeyPatch, canary: SourceServer
) -> None:
    resolve(monkeypatch, {"flips.example.org": ["203.0.113.9", PRIVATE]})
    monkeypatch.setattr(egress_address, "is_public", lambda address: str(address) != PRIVATE)
    for _ in range(2):  # the first address is nobody's: no connection; the second is ours
        with pytest.raises((SourceRefused, SourceUnavailable)):
            ask(Egress(), f"http://flips.example.org:{canary.port}/", timeout_s=0.2, whole_s=0.3)
    assert canary.asked == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch, canary: SourceServer
) -> None:
    resolve(monkeypatch, {"two.example.org": [f"{PUBLIC} {PRIVATE}"]})
    with pytest.raises(SourceRefused, match="CDMP_EGRESS_ALLOW"):
        ask(Egress(), f"http://two.example.org:{canary.port}/")
    assert canary.asked == []


def test_what_the_operator_allows_is_allowed_on_that_port_only(canary: SourceServer) -> None:
    request = Request(
        canary.url("/ok?a=1"), parameters=(("since", "2024-01-01T00:00:00+01:00"), ("b", "1"), ("b", "2"))
    )
    assert ask(allowed(canary), request)[1] == b"[]"
    assert canary.asked[0].target == "/ok?a=1&since=2024-01-01T00%3A00%3A00%2B01%3A00&b=1&b=2"
    with pytest.raises(SourceRefused):
        ask(allowed(canary), "http://127.0.0.1:8/")


@pytest.mark.parametrize("port", [22, 25, 3306, 5432, 6379, 9092, 11211])
def test_a_public_address_is_asked_where_web_services_listen(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    resolve(monkeypatch, {"data.example.org": [PUBLIC]})
    with pytest.raises(SourceRefused, match="sources are asked at the ports 80, 443, 8080, 8443"):
        ask(Egress(), f"http://data.example.org:{port}/")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, canary: SourceServer) -> None:
    with serve() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url())
        assert ask(allowed(canary), canary.url("/ok"))[1] == b"[]"
        assert proxy.asked == []


SECRET = Credentials({"Authorization": "Bearer hush"}, (("key", "hush"),))


def test_a_redirect_within_an_origin_takes_credentials_along(canary: SourceServer) -> None:
    canary.answer = lambda asked: Reply(status=302, headers={"Location": "/b?x=1"}) if asked.path == "/a" else Reply([])
    assert ask(allowed(canary), Request(canary.url("/a"), credentials=SECRET))[0] == 200
    assert [asked.target for asked in canary.asked] == ["/a?key=hush", "/b?x=1"]
    assert canary.asked[1].headers["Authorization"] == "Bearer hush"


def test_a_redirect_to_another_origin_takes_none_along(canary: SourceServer) -> None:
    with serve(lambda _: Reply([])) as other:
        canary.answer = lambda _: Reply(status=307, headers={"Location": other.url("/b")})
        request = Request(canary.url("/a"), headers={"X-Mine": "hush", "Accept": "text/csv"}, credentials=SECRET)
        assert ask(allowed(canary, other), request)[0] == 200
        (asked,) = other.asked
    assert asked.target == "/b"
    assert "hush" not in str(asked)
    assert asked.headers["Accept"] == "text/csv"


@pytest.mark.parametrize("key", ["hush", "hu sh+/ü"])
@pytest.mark.parametrize("place", ["/b?{query}", "/b/{query}", "/login?from=%2Fa%3F{query}"])
def test_a_redirect_that_writes_the_key_into_another_origins_address_is_refused(
    place: str, key: str, canary: SourceServer
) -> None:
    with serve(lambda _: Reply([])) as other:
        canary.answer = lambda asked: Reply(
            status=302, headers={"Location": other.url(place.format(query=asked.target.partition("?")[2]))}
        )
        secret = Credentials(parameters=(("key", key),))
        with pytest.raises(SourceRefused, match="writes the key into the address") as refused:
            ask(allowed(canary, other), Request(canary.url("/a"), credentials=secret))
    assert other.asked == []
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data", "http://localhost:{}/", "//127.1:{}/", "http://[::1]:{}/",
        "file:///etc/passwd", "gopher://127.0.0.1:{}/", "http://a:b@127.0.0.1:{}/", "http://10.0.0.1/", "http://[::1",
    ],
)  # fmt: skip
def test_a_redirect_is_vetted_like_the_first_address(target: str, canary: SourceServer) -> None:
    with serve(lambda _: Reply(status=302, headers={"Location": target.format(canary.port)})) as source:
        with pytest.raises((SourceRefused, SourceUnavailable)):
            ask(allowed(source), source.url())
        assert len(source.asked) == 1
    assert canary.asked == []


@pytest.mark.parametrize(("hops", "followed"), [(3, True), (4, False)])
def test_three_redirects_are_followed_and_no_more(hops: int, followed: bool, canary: SourceServer) -> None:
    def answer(asked: Asked) -> Reply:
        left = int(asked.path.strip("/"))
        return Reply(status=302, headers={"Location": f"/{left - 1}"}) if left else Reply([])

    canary.answer = answer
    if followed:
        assert ask(allowed(canary), canary.url(f"/{hops}"))[0] == 200
    else:
        with pytest.raises(SourceRefused, match="more than 3 times"):
            ask(allowed(canary), canary.url(f"/{hops}"))
    assert len(canary.asked) == 4


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_what_is_posted_is_posted_again_only_where_the_redirect_says_so(
    status: int, method: str, canary: SourceServer
) -> None:
    canary.answer = lambda asked: Reply(status=status, headers={"Location": "/b"}) if asked.path == "/a" else Reply([])
    ask(allowed(canary), Request(canary.url("/a"), "POST", body=b"{}"))
    assert (canary.asked[1].method, canary.asked[1].body) == (method, b"{}" if method == "POST" else b"")


def test_what_is_posted_goes_to_no_other_origin(canary: SourceServer) -> None:
    away = Reply(status=307, headers={"Location": canary.url()})
    with serve(lambda _: away) as source, pytest.raises(SourceRefused, match="another origin"):
        ask(allowed(source, canary), Request(source.url(), "POST", body=b"{}"))
    assert canary.asked == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(Reply(hang_up=True), SourceUnavailable, id="hangs up"),
        pytest.param(Reply([], declared=5000), SourceUnavailable, id="declares more than it sends"),
        pytest.param(Reply(b"x" * 9, drip_s=0.9), SourceUnavailable, id="stalls"),
        pytest.param(Reply(b"x" * 900, drip_s=0.1), SourceUnavailable, id="a body that drips"),
        pytest.param(Reply(drip_head_s=0.1), SourceUnavailable, id="a head that drips"),
        pytest.param(Reply(b"x", headers={"Content-Encoding": "br"}), SourceRefused, id="a packing not asked for"),
        pytest.param(Reply(b"x", headers={"Content-Encoding": "gzip, gzip"}), SourceRefused, id="packed twice"),
        pytest.param(Reply(b"xyz", headers={"Content-Encoding": "gzip"}), SourceUnavailable, id="no gzip"),
        pytest.param(
            Reply(gzip.compress(b"x" * 9)[:-9], headers={"Content-Encoding": "gzip"}), SourceUnavailable, id="cut gzip"
        ),
        pytest.param(
            Reply(gzip.compress(b"0" * (64 << 20)), headers={"Content-Encoding": "gzip"}), SourceRefused, id="a bomb"
        ),
    ],
)
def test_what_passes_is_told_from_what_will_not(reply: Reply, error: type[Exception], canary: SourceServer) -> None:
    canary.answer = lambda _: reply
    begun = time.monotonic()
    with pytest.raises(error) as raised:
        ask(allowed(canary), canary.url(), timeout_s=0.5, whole_s=1)
    assert type(raised.value) is error
    assert time.monotonic() - begun < 10  # the drips would take a minute and a half


@pytest.mark.parametrize("status", [200, 204, 400, 404, 429, 500, 503])
def test_a_status_is_for_the_one_who_asks_to_judge(status: int, canary: SourceServer) -> None:
    canary.answer = lambda _: Reply(b"" if status == 204 else b"[]", status)
    assert ask(allowed(canary), canary.url())[0] == status


def test_gzip_is_undone_in_all_its_members(canary: SourceServer) -> None:
    text = random.Random(1).randbytes(5_000_000)
    canary.answer = lambda _: Reply(
        gzip.compress(text[:999]) + gzip.compress(text[999:]), headers={"Content-Encoding": "gzip"}
    )
    assert ask(allowed(canary), canary.url())[1] == text


def test_nobody_at_home_is_worth_another_try() -> None:
    with closing(socket.socket()) as deaf, pytest.raises(SourceUnavailable, match="nobody takes the connection"):
        deaf.bind(("127.0.0.1", 0))
        there = f"127.0.0.1:{deaf.getsockname()[1]}"
        ask(Egress(frozenset({there})), f"http://{there}/")


def test_an_answer_without_end_is_refused_and_one_that_just_fits_is_not(canary: SourceServer) -> None:
    canary.answer = lambda _: Reply(b"x" * 2000)
    with pytest.raises(SourceRefused, match="more than 1,999 bytes"):
        ask(allowed(canary), canary.url(), most_bytes=1999)
    assert len(ask(allowed(canary), canary.url(), most_bytes=2000)[1]) == 2000


def test_a_long_answer_lies_in_a_file_and_a_short_one_does_not(canary: SourceServer) -> None:
    for size, in_file in ((1 << 20, False), ((1 << 20) + 1, True)):
        canary.answer = lambda _, size=size: Reply(b"x" * size)
        with allowed(canary).open() as session, session.send(Request(canary.url())).body as body:
            assert body._rolled is in_file  # type: ignore[attr-defined]


def test_credentials_are_in_no_representation() -> None:
    assert "hush" not in repr(Request("http://a/", credentials=SECRET, body=b"hush"))
