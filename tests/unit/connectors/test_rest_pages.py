"""Pages: every way to the next one, where it ends, and what must not be believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from include.errors import SourceRefused, SourceUnavailable
from tests.source_server import Asked, Reply, SourceServer
from tests.unit.connectors.rest_fixtures import a_connector, column, records, rows_of

ALL = records(0, 25)


def page(rows: list[Any], **around: Any) -> Reply:
    return Reply({"results": rows, **around})


def by_number(asked: Asked) -> Reply:
    first = (int(asked.get("page", "1")) - 1) * 10
    return page(ALL[first : first + 10], pages=3, total=25)


def by_offset(asked: Asked) -> Reply:
    first = int(asked.get("offset", "0"))
    return page(ALL[first : first + 10], total="25")  # as a text, as EIA does


def by_cursor(asked: Asked) -> Reply:
    first = int(asked.get("after", "c0")[1:])
    return page(ALL[first : first + 10], meta={"next": f"c{first + 10}" if first + 10 < 25 else None})


def by_link(asked: Asked) -> Reply:
    first = int(asked.get("from", "0"))
    links = [f'</data?from={first - 10}>; rel="prev"', f'</data?from={first + 10}&x=a%2Bb>; rel="next"']
    return Reply({"results": ALL[first : first + 10]}, headers={"Link": ", ".join(links[: 2 if first < 20 else 1])})


def by_url(asked: Asked) -> Reply:
    first = int(asked.get("from", "0"))
    there = f"http://{asked.headers['Host']}/data?from={first + 10}"
    return page(ALL[first : first + 10], links={"next": there if first < 20 else ""})


def in_body(asked: Asked) -> Reply:
    first = asked.json()["skip"]
    return page(ALL[first : first + 10])


WAYS = [
    pytest.param(by_number, {"kind": "page"}, {}, 4, id="numbered, until one is empty"),
    pytest.param(by_number, {"kind": "page", "pages": "$.pages"}, {}, 3, id="numbered, as many as declared"),
    pytest.param(by_number, {"kind": "page"}, {"total": "$.total"}, 3, id="numbered, until the total is there"),
    pytest.param(by_offset, {"kind": "offset"}, {}, 4, id="offset, until one is empty"),
    pytest.param(by_offset, {"kind": "offset"}, {"total": "$.total"}, 3, id="offset, until the total is there"),
    pytest.param(by_cursor, {"kind": "cursor", "parameter": "after", "path": "$.meta.next"}, {}, 3, id="cursor"),
    pytest.param(by_link, {"kind": "link"}, {}, 3, id="the header Link"),
    pytest.param(by_url, {"kind": "next_url", "path": "$.links.next"}, {}, 3, id="next URL in JSON"),
    pytest.param(
        in_body,
        {"kind": "offset", "parameter": "skip", "place": "body"},
        {"method": "POST", "body": {"filter": "all"}},
        4,
        id="offset in the posted body",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "pagination", "more", "requests"), WAYS)
def test_every_way_of_paging_gives_every_record_once(
    answer: Callable[[Asked], Reply], pagination: Any, more: Any, requests: int, server: SourceServer
) -> None:
    server.answer = answer
    reading = a_connector(server, pagination=pagination, parameters={"kind": "load"}, **more).read(None)
    assert column(reading, "n") == [str(record["n"]) for record in ALL]
    assert len(server.asked) == requests
    assert server.asked[0].get("kind") == "load"
    if "body" in more:
        assert [asked.json() for asked in server.asked] == [{"filter": "all", "skip": n} for n in (0, 10, 20, 25)]


def test_a_source_that_gives_less_than_it_is_asked_for_is_still_read_to_its_end(server: SourceServer) -> None:
    server.answer = lambda asked: page(ALL[(first := int(asked.get("offset"))) : first + 7])  # whatever `limit` says
    reading = a_connector(server, parameters={"limit": 100}, pagination={"kind": "offset"}).read(None)
    assert len(rows_of(reading)) == 25


EVENTS = [
    {
        "id": f"ev-{n}",
        "objectType": "EVENT",
        "programID": "p",
        "intervalPeriod": {"start": "2026-10-25T00:00:00Z", "duration": "PT1H"},
        "intervals": [{"id": at, "payloads": [{"type": "PRICE", "values": [at]}]} for at in range(0 if n == 3 else n)],
    }
    for n in range(1, 8)
]


def as_lines(given: list[int]) -> bytes:
    return "".join(["meter,01,02,03\n", *(f"{n},{n}.1,{n}.2,{n}.3\n" for n in given)]).encode()


def as_series(given: list[int]) -> bytes:
    if not given:
        return b"<Acknowledgement_MarketDocument><Reason><code>999</code></Reason></Acknowledgement_MarketDocument>"
    day = "<Period><timeInterval><start>2026-10-2{}T00:00Z</start><end>2026-10-2{}T03:00Z</end></timeInterval>"
    points = "".join(f"<Point><position>{at}</position><quantity>{at}</quantity></Point>" for at in (1, 2, 3))
    periods = "".join(f"{day.format(n, n)}<resolution>PT60M</resolution>{points}</Period>" for n in (1, 2))
    series = "".join(f"<TimeSeries><mRID>{n}</mRID>{periods}</TimeSeries>" for n in given)
    return f"<GL_MarketDocument>{series}</GL_MarketDocument>".encode()


METERS = [{"id": n, "readings": [{"n": f"{n}-{at}"} for at in range(0 if n in {3, 4} else n)]} for n in range(1, 8)]


@pytest.mark.parametrize("total", [None, "X-Total"])
@pytest.mark.parametrize(
    ("given", "form", "rows"),
    [
        pytest.param(EVENTS, {"kind": "openadr3"}, 25, id="events with several intervals, and one with none"),
        pytest.param(METERS, {"kind": "json", "records": "$[*].readings"}, 21, id="lists within the list, two empty"),
        pytest.param(as_lines, {"kind": "csv", "unpivot": {"keep": ["meter"]}}, 21, id="hours across"),
        pytest.param(as_series, {"kind": "market_document"}, 42, id="series of several periods"),
    ],
)
@pytest.mark.parametrize("kind", ["offset", "page"])
def test_pages_are_of_what_the_source_counts_whatever_rows_it_gives(
    kind: str,
    given: list[Any] | Callable[[list[int]], bytes],
    form: Any,
    rows: int,
    total: str | None,
    server: SourceServer,
) -> None:
    def answer(asked: Asked) -> Reply:
        first = int(asked.get("offset")) if kind == "offset" else (int(asked.get("page")) - 1) * 2
        some = slice(first, first + 2)
        body = given[some] if isinstance(given, list) else given([*range(1, 8)][some])
        return Reply(body, headers={"X-Total": "7"})

    server.answer = answer
    reading = a_connector(server, pagination={"kind": kind}, format=form, total=total).read(None)
    assert len(rows_of(reading)) == rows
    assert len(server.asked) == (5 if total is None else 4)


def test_a_total_may_count_the_rows_within_lists(server: SourceServer) -> None:
    server.answer = lambda _: Reply(METERS, headers={"X-Total": "21"})
    source = {"format": {"kind": "json", "records": "$[*].readings"}, "total": "X-Total"}
    assert len(rows_of(a_connector(server, **source).read(None))) == 21
    server.answer = lambda _: Reply(METERS, headers={"X-Total": "22"})
    with pytest.raises(SourceUnavailable, match="declares 22 records and delivered 21"):
        rows_of(a_connector(server, **source).read(None))


def test_a_page_without_records_is_not_the_last_where_more_are_declared(server: SourceServer) -> None:
    server.answer = lambda asked: page([] if asked.get("page") == "2" else records(int(asked.get("page")), 1), pages=3)
    reading = a_connector(server, pagination={"kind": "page", "pages": "$.pages"}).read(None)
    assert column(reading, "n") == ["1", "3"]
    assert len(server.asked) == 3


def test_pages_become_few_frames_with_the_members_of_all(server: SourceServer) -> None:
    def answer(asked: Asked) -> Reply:
        number = int(asked.get("page"))
        return page([] if number > 50 else [{"n": number} if number != 30 else {"n": 30, "late": "x"}])

    server.answer = answer
    (frame,) = a_connector(server, pagination={"kind": "page"}).read(None).frames
    assert frame.columns == ["n", "late"]
    assert frame["late"].drop_nulls().to_list() == ["x"]
    assert frame.height == 50


def by_url_for_ever(asked: Asked) -> Reply:
    """CKAN: the next page is named whether there is one or not."""
    first = int(asked.get("offset", "0"))
    return page(ALL[first : first + 10], next=f"/data?offset={first + 10}", total=25)


def test_links_that_go_on_behind_the_declared_records_end_at_the_first_empty_page(server: SourceServer) -> None:
    server.answer = by_url_for_ever
    paged = {"pagination": {"kind": "next_url", "path": "$.next"}}
    reading = a_connector(server, total="$.total", **paged).read(None)
    assert column(reading, "n") == [str(record["n"]) for record in ALL]
    assert len(server.asked) == 4

    server.asked.clear()
    with pytest.raises(SourceRefused, match=r"100 pages one after the other give no row.*Set `total`"):
        rows_of(a_connector(server, **paged).read(None))
    assert len(server.asked) == 3 + 100


@pytest.mark.parametrize(
    ("answer", "pagination"),
    [
        pytest.param(lambda _: page(ALL[:10]), {"kind": "page"}, id="it does not know the parameter"),
        pytest.param(
            lambda _: page(ALL[:10], next="c1"),
            {"kind": "cursor", "path": "$.next"},
            id="the same cursor for ever",
        ),
        pytest.param(
            lambda asked: page(ALL[:5], next=f"/data?n={int(asked.get('n', '0')) + 1}"),
            {"kind": "next_url", "path": "$.next"},
            id="ever new links to the same page",
        ),
        pytest.param(
            lambda asked: page([], next=f"/data?n={(int(asked.get('n', '0')) + 1) % 3}"),
            {"kind": "next_url", "path": "$.next"},
            id="links in a circle, without a record",
        ),
    ],
)
def test_pages_that_would_never_end_are_noticed(
    answer: Callable[[Asked], Reply], pagination: Any, server: SourceServer
) -> None:
    server.answer = answer
    with pytest.raises(SourceRefused, match="repeats an earlier one"):
        rows_of(a_connector(server, pagination=pagination).read(None))
    assert len(server.asked) <= 5


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"requests": 7}, "more than 7 requests"),
        ({"rows": 30}, "more than 30 rows"),
        ({"bytes": 2000}, "more than 2,000 bytes"),
    ],
)
def test_ever_new_pages_end_at_a_limit(limits: Any, says: str, server: SourceServer) -> None:
    def endless(asked: Asked) -> Reply:
        number = int(asked.get("n", "0"))
        return page(records(number, 5), next=f"/data?n={number + 5}")

    server.answer = endless
    with pytest.raises(SourceRefused, match=says):
        rows_of(a_connector(server, pagination={"kind": "next_url", "path": "$.next"}, limits=limits).read(None))
    assert len(server.asked) <= 11


@pytest.mark.parametrize("total", ["$.total", "X-Total-Count"], ids=["declared in the body", "declared in a header"])
def test_fewer_than_declared_is_never_taken_for_all(total: str, server: SourceServer) -> None:
    def short(asked: Asked) -> Reply:
        rows = ALL[:10] if asked.get("page") == "1" else []
        return Reply({"results": rows, "total": 25}, headers={"X-Total-Count": "25"})

    server.answer = short
    with pytest.raises(SourceUnavailable, match="declares 25 records and delivered 10"):
        rows_of(a_connector(server, pagination={"kind": "page"}, total=total).read(None))


def test_a_declared_total_is_checked_without_pages_too(server: SourceServer) -> None:
    server.answer = lambda _: page(ALL[:10], total=11)
    with pytest.raises(SourceUnavailable, match="declares 11 records and delivered 10"):
        rows_of(a_connector(server, total="$.total").read(None))


@pytest.mark.parametrize(
    "link",
    [
        pytest.param('<{}>; title="a; b, c=d"; rel="next"', id="a title with what parts links"),
        pytest.param('</data?n=9>; rel="last"; title="<x>; rel=next", <{}>; rel="next"', id="a title like a link"),
        pytest.param('<{}>; type="application/json;charset=utf-8"; Rel="last NEXT"', id="two relations"),
        pytest.param("<{}>;rel=next;hreflang", id="without quotes"),
    ],
)
def test_the_next_page_is_found_however_its_link_is_written(link: str, server: SourceServer) -> None:
    second = "/data?n=2&fields=a,b;c"
    server.answer = lambda asked: (
        page(ALL[10:]) if asked.get("n") == "2" else Reply({"results": ALL[:10]}, headers={"Link": link.format(second)})
    )
    assert len(rows_of(a_connector(server, pagination={"kind": "link"}).read(None))) == 25
    assert [asked.target for asked in server.asked] == ["/data", second]


@pytest.mark.parametrize(
    "link",
    ["http://169.254.169.254/latest", "http://other.example.org/data?n=1", "https://127.0.0.1/data", "//10.0.0.1/"],
)
def test_a_next_page_at_another_origin_is_not_asked_for(link: str, server: SourceServer) -> None:
    server.answer = lambda _: page(ALL[:10], next=link)
    authentication = {"kind": "bearer", "secret_ref": "plain"}
    pagination = {"kind": "next_url", "path": "$.next"}
    with pytest.raises(SourceRefused, match="another origin") as raised:
        rows_of(a_connector(server, pagination=pagination, authentication=authentication).read(None))
    assert f"//{link.split('/')[2]}" in raised.value.what
    assert len(server.asked) == 1


def test_a_key_in_the_query_goes_along_to_the_next_url(server: SourceServer) -> None:
    server.answer = by_url
    authentication = {"kind": "api_key", "place": "query", "name": "token", "secret_ref": "key"}
    pagination = {"kind": "next_url", "path": "$.links.next"}
    assert len(rows_of(a_connector(server, pagination=pagination, authentication=authentication).read(None))) == 25
    assert {asked.get("token") for asked in server.asked} == {"canary-s3cr3t/+ü"}


def test_csv_comes_in_pages_too(server: SourceServer) -> None:
    def answer(asked: Asked) -> Reply:
        first = int(asked.get("offset"))
        lines = [f"{record['n']};{record['at']}" for record in ALL[first : first + 10]]
        return Reply("\n".join(["n;at", *lines]).encode() + b"\n")

    server.answer = answer
    reading = a_connector(server, pagination={"kind": "offset"}, format={"kind": "csv", "delimiter": ";"}).read(None)
    assert column(reading, "n") == [str(record["n"]) for record in ALL]


def test_the_same_records_are_the_same_content_however_they_are_cut(server: SourceServer) -> None:
    def digest(size: int) -> str:
        server.answer = lambda asked: page(ALL[(first := int(asked.get("offset"))) : first + size], at=size)
        reading = a_connector(server, pagination={"kind": "offset"}).read(None)
        rows_of(reading)
        return str(reading.digest())

    assert digest(10) == digest(10) == digest(7)
    server.answer = lambda _: page(ALL[:24])
    other = a_connector(server).read(None)
    rows_of(other)
    assert other.digest() != digest(10)
