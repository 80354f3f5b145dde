"""Hostile documents end in a refusal, within seconds and 512 MB, whatever their size."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.unit.connectors.documents import ROOT

MOST_MEMORY = 512 << 20
MOST_SECONDS = 20.0  # of the processor: the machine may be busy

PROGRAM = """
import io, json, re, sys, time
from pathlib import Path
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.sample import take_sample
from include.connectors.formats.choose import read_frames
from include.errors import CdmpError

begin, unit, end, size = (eval(each) for each in sys.argv[1:])

class Endless(io.RawIOBase):
    # a file of any size that takes no room
    def __init__(self):
        self.at, self.length = 0, len(begin) + size // len(unit) * len(unit) + len(end)
    def readable(self):
        return True
    def seekable(self):
        return True
    def seek(self, place, whence=0):
        self.at = place + (0, self.at, self.length)[whence]
        return self.at
    def tell(self):
        return self.at
    def read(self, count=-1):
        stop = self.length if count < 0 else min(self.length, self.at + count)
        parts = []
        while self.at < stop:
            if self.at < len(begin):
                piece = begin[self.at:stop]
            elif self.at < self.length - len(end):
                phase = (self.at - len(begin)) % len(unit)
                upto = min(stop, self.length - len(end))
                piece = (unit * ((upto - self.at + phase) // len(unit) + 1))[phase:phase + upto - self.at]
            else:
                piece = end[self.at - self.length + len(end):][:stop - self.at]
            parts.append(piece)
            self.at += len(piece)
        return b"".join(parts)

started = time.process_time()
said = "read"
rows = 0
try:
    found = detect(take_sample("a bomb", lambda: Content(Endless(), "a bomb")), {})
    for frame in read_frames(Content(Endless(), "a bomb"), found.tables[0].form):
        rows += frame.height
except CdmpError as error:
    said = str(error)
# not ru_maxrss: that one is handed down by the process that started this one
memory = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
print(json.dumps({"said": said, "rows": rows, "memory": memory, "seconds": time.process_time() - started}))
"""

GIB = 1 << 30
LAUGHS = b"<?xml version='1.0'?><!DOCTYPE d [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (letter + 1, b"&%c;" % letter * 10) for letter in range(ord("a"), ord("j"))
)
OUTSIDE = b"<?xml version='1.0'?><!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><d><r><v>&x;</v></r>"


@pytest.mark.parametrize(
    ("begin", "unit", "end", "size", "says"),
    [
        pytest.param(b"", b"[", b"", GIB, "nested more than 64 deep", id="JSON: brackets"),
        pytest.param(b"", b'{"a":', b"", GIB, "nested more than 64 deep", id="JSON: objects in objects"),
        pytest.param(b'[{"a":1},{"a":', b"[", b"", GIB, "nested more than 64 deep", id="JSON: brackets in a record"),
        pytest.param(b'["', b"a", b'"]', GIB, "no list of records", id="JSON: one text"),
        pytest.param(b'[{"a":1},{"a":"', b"a", b'"}]', GIB, "larger than 8 MiB", id="JSON: a text in a record"),
        pytest.param(b'[{"a":1},{"a":"', b"a", b'"}]', 4 << 20, "a cell is longer than 1 MiB", id="JSON: a long cell"),
        pytest.param(b'[{"a":1},{"a":', b"9", b"}]", GIB, "larger than 8 MiB", id="JSON: a number without an end"),
        pytest.param(b'[{"a":1},', b'{"b":{},"c":[', b"", GIB, "nested more than 64", id="JSON: mixed"),
        pytest.param(b'{"data":[{"a":1,"b":2}]', b" ", b"", GIB >> 4, "the JSON ends too early", id="JSON: spaces"),
        pytest.param(b'{"h":{"t":[1', b",1", b"", GIB, "no list of records", id="JSON: a column"),
        pytest.param(LAUGHS + b"]><d><r><v>&j;</v></r>", b"<r/>", b"</d>", 8, "declares entities", id="XML: laughs"),
        pytest.param(OUTSIDE, b"<r/>", b"</d>", 8, "declares entities", id="XML: a file of the server"),
        pytest.param(b"", b"<d>", b"", GIB, "nested more than 64 deep", id="XML: depth"),
        pytest.param(b"<d><r><v>1</v></r><r><v>", b"a", b"", GIB, "longer than 1 MiB", id="XML: one text"),
        pytest.param(b"<d><r><v>1</v></r><r ", b"a", b"", GIB, "longer than 1 MiB", id="XML: one name"),
        pytest.param(b"<d><r><v>1</v></r><r/><r>", b"<v/>", b"", GIB, "larger than 8 MiB", id="XML: one record"),
        pytest.param(b"<d><r><v>1</v></r><r/><!--", b"a", b"", GIB, "longer than 1 MiB", id="XML: a comment"),
        pytest.param(b"100,NEM12,1,A,B\n", b"9", b"", GIB, "longer than 1 MiB", id="NEM12: one line"),
        pytest.param(b"/ISk5\\2MT\r\n\r\n", b"1-0:1.8.1(1*kWh)\r\n", b"", GIB, "longer than 64 KiB", id="P1: no end"),
    ],
)
def test_a_bomb_is_refused_in_bounded_time_and_memory(
    begin: bytes, unit: bytes, end: bytes, size: int, says: str
) -> None:
    told = run(begin, unit, end, size)
    assert says in told["said"]
    assert told["memory"] < MOST_MEMORY
    assert told["seconds"] < MOST_SECONDS


@pytest.mark.parametrize(
    ("begin", "unit", "end", "rows"),
    [
        pytest.param(b"", b'{"t":"2024-01-01T00:00:00Z","kwh":1.25,"meter":"A"}\n', b"", 400_000, id="NDJSON"),
        pytest.param(b'{"data":[{"kwh":1.25}', b',{"kwh":1.25}', b"]}", 1_000_001, id="one JSON document"),
        pytest.param(b"<d><u>kWh</u>", b"<r><t>2024-01-01</t><v>1.25</v></r>", b"</d>", 150_000, id="XML"),
    ],
)
def test_a_long_document_is_read_in_bounded_memory(begin: bytes, unit: bytes, end: bytes, rows: int) -> None:
    told = run(begin, unit, end, len(unit) * (rows - begin.count(b"kwh")))
    assert (told["said"], told["rows"]) == ("read", rows)
    assert told["memory"] < MOST_MEMORY


def run(*arguments: object) -> dict[str, object]:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(repr, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    return json.loads(result.stdout)
