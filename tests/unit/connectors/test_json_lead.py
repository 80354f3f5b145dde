"""JSON behind words: what `mosquitto_sub -v` writes, and loggers that put a time before it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from include.collection.formats.json_records import JsonFormat
from include.connectors.content import CHUNK, Content
from include.connectors.formats.json_records import read_json
from include.errors import SourceRefused
from tests.unit.connectors.documents import detect_bytes, read_tables

SENT = [
    ("tele/kitchen/SENSOR", {"Time": "2024-01-01T00:00:00", "ENERGY": {"Total": 100.5, "Power": 12}}),
    ("tele/cellar/SENSOR", {"Time": "2024-01-01T00:05:00", "ENERGY": {"Total": 7, "Power": 0}}),
    ("tele/kitchen/SENSOR", {"Time": "2024-01-01T00:10:00", "ENERGY": {"Total": 101, "Power": 3}}),
]


def written(before: str = "", after: str = "") -> bytes:
    lines = [f"{before}{topic} {json.dumps(message)}{after}\n" for topic, message in SENT]
    return "".join(lines).encode()


def read(body: bytes, **settings: Any) -> list[dict[str, Any]]:
    form = JsonFormat.model_validate({"lines": True, "lead": ["topic"], **settings})
    return [row for frame in read_json(Content.of(body, "m.txt"), form) for row in frame.to_dicts()]


@pytest.mark.parametrize("after", ["", "\r", " "])
@pytest.mark.parametrize(
    ("before", "lead"),
    [
        ("", ["topic"]),
        ("2024-01-01T00:00:07+0100 ", ["time", "topic"]),
        ("1704067207.25  ", ["time", "topic"]),
        ("[2024-01-01T00:00:07Z] ", ["time", "topic"]),
        ("Jan 07 00:00:07 ", ["word", "word_2", "time", "topic"]),
    ],
)
def test_messages_with_their_topic_are_a_table(before: str, lead: list[str], after: str) -> None:
    body = written(before, after)
    form = detect_bytes(body).tables[0].form
    assert form == JsonFormat(lines=True, lead=tuple(lead))
    frame = read_tables(body)["records"]
    assert frame.columns == [*lead, "Time", "ENERGY.Total", "ENERGY.Power"]
    assert frame["topic"].to_list() == [topic for topic, _ in SENT]
    assert frame["ENERGY.Total"].to_list() == ["100.5", "7", "101"]


def test_a_message_that_is_no_object_is_a_value_or_nothing() -> None:
    body = b"tele/a/LWT Online now\n\n" + written() + b'a/b (null)\na/c\na/d 12.50\na/e [1, 2]\na/f {\n "Time": "x"\n}'
    plain = b"a/b Online now\na/c\n" * 9
    assert detect_bytes(plain + written()).tables[0].form == JsonFormat(lines=True, lead=("topic",))
    rows = [(row["topic"], row["Time"], row["value"]) for row in read(body)]
    assert rows[0] == ("tele/a/LWT", None, "Online now")
    assert [row[1] for row in rows[1:4]] == [message["Time"] for _, message in SENT]
    assert rows[4:] == [
        ("a/b", None, None), ("a/c", None, None), ("a/d", None, "12.50"), ("a/e", None, "[1, 2]"), ("a/f", "x", None),
    ]  # fmt: skip


@pytest.mark.parametrize("before", range(12))
def test_words_that_are_cut_where_a_piece_ends_are_read_whole(before: int) -> None:
    body = b" " * (CHUNK - 1 - before) + b'a/bcd  {"n": 1}\nx/y {"n": 2}'
    assert read(body) == [{"topic": "a/bcd", "n": "1"}, {"topic": "x/y", "n": "2"}]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b'a {"n": 1}\nb {"n": 2,}\n', "no JSON from line 2", id="no JSON"),
        pytest.param(b'a {"n": 1}\nb {"n": 2} {"n": 3}\n', "no JSON from line 2, column 12", id="two on a line"),
        pytest.param(b'a {"n": 1}\nb {"n"', "ends too early", id="cut off"),
        pytest.param(b'a {"topic": 1}\n', "a member 'topic' of its own", id="a name of both"),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        read(body)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'time;payload\n2024-01-01 00:00;{"a": 1}\n2024-01-01 00:05;{"a": 2}\n', id="cells of lines"),
        pytest.param(b"home/a/power 12\nhome/b/power 13\nhome/a/power 14\n", id="plain payloads"),
    ],
)
def test_other_lines_are_none(body: bytes) -> None:
    assert detect_bytes(body).tables[0].form.kind == "csv"
