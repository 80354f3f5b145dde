"""Knows columns of a fixed width by the blanks between them, which stand at the same place in every line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from include.collection.formats.fixed_width import FixedWidthFormat
from include.collection.inspection import DetectedTable, Detection
from include.connectors.detection.dialect import split_lines
from include.connectors.detection.encoding import decode_head, detect_encoding
from include.connectors.detection.layout import detect_layout
from include.connectors.detection.layout_findings import Rows
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import read_settings
from include.connectors.formats.fixed_width import Columns, split_line

SAMPLE_LINES: Final = 5_000

_LEAST_LINES: Final = 4
_LEAST_COLUMNS: Final = 3
_HEADER_LINES: Final = 4
_WIDEST: Final = 4_096
_TYPED: Final = re.compile(r"[-+]?[\d.,:/\-T ]*\d[\d.,:/\-Z%]*([eE][-+]?\d+)?|[-*.]+|")
_DELIMITERS: Final = (";", "\t", "|", ",")


def detect_fixed_width(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Detect columns of a fixed width.

    Raises:
        ConfigurationInvalid: The owner says that it has them, and a setting is none of this format.
    """
    certain = given.get("kind") == "fixed_width" or "columns" in given
    if not certain and (given.get("kind") or set(given) - FixedWidthFormat.model_fields.keys()):
        return None
    encoding = given.get("encoding") or getattr(detect_encoding(sample.head), "encoding", None)
    if encoding is None or b"\0" in sample.head[:_WIDEST]:
        return None
    lines = decode_head(sample.head, encoding).removeprefix("\ufeff").splitlines()
    lines = lines[:SAMPLE_LINES] if sample.whole else lines[: min(len(lines) - 1, SAMPLE_LINES)]
    columns: Columns | None = None if "columns" in given else find_columns(lines)
    if columns is None and not certain:
        return None
    found = {"encoding": encoding} | ({"columns": columns} if columns else {})
    settings = read_settings({**found, **given}, FixedWidthFormat)
    own = {key: settings.pop(key) for key in ("kind", "encoding", "columns") if key in settings}
    cells = [split_line(line, own["columns"]) for line in lines]
    layouts = detect_layout(Rows(cells, sample.whole and len(lines) < SAMPLE_LINES, word="line"), settings)
    if not layouts:
        return None
    main = layouts[0]
    tables = tuple(
        DetectedTable(
            f"table {number}" if len(layouts) > 1 else "table", FixedWidthFormat(**own, **layout.fields), layout.notes
        )
        for number, layout in enumerate(layouts, start=1)
    )
    confidence = main.confidence if certain else round(0.9 * main.confidence, 2)
    return Detection(tables, confidence, encoding, main.issues, main.questions)


def find_columns(lines: Sequence[str]) -> Columns | None:
    """Find columns: places that are blank in every line of the body part them; None where the lines have none.

    A column takes the blanks beside it, up to where the header's words end, so that nothing stands outside.

    Returns:
        Where each column begins and ends, from 1; the last one goes to the line's end.
    """
    body = _find_body(lines)
    texts = [lines[at] for at in body]
    if len(body) < _LEAST_LINES or _is_delimited(texts, _lines_above(lines, body[0])[:1]):
        return None
    taken = _taken(texts)
    spans = [match.span() for match in re.finditer(r"x+", taken)]
    if len(spans) < _LEAST_COLUMNS:
        return None
    typed = [
        sum(bool(_TYPED.fullmatch(text[begin:end].strip())) for text in texts) > 0.9 * len(texts)
        and any(text[begin:end].strip() for text in texts)
        for begin, end in spans
    ]
    if sum(typed) < max(2, len(spans) / 3):
        return None
    header = _lines_above(lines, body[0])
    starts = [1]
    for (_, end), (begin, _) in pairwise(spans):
        first, behind = _longest_blank(header, end, begin)
        starts.append((first + 1 if _left_aligned(texts, begin) else behind) + 1)
    ends = [start - 1 for start in starts[1:]]
    return tuple(zip(starts, [*ends, None], strict=True))


def _lines_above(lines: Sequence[str], start: int) -> list[str]:
    above = []
    for line in reversed(lines[max(0, start - _HEADER_LINES) : start]):
        if not line.strip():
            break
        above.append(line)
    return above


def _longest_blank(header: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Find the longest part between two columns that the header leaves blank, so that its words stay whole."""
    blank = "".join("x" if any(line[at : at + 1].strip() for line in header) else " " for at in range(start, end))
    runs = [match.span() for match in re.finditer(r" +", blank)]
    first, behind = max(runs, key=lambda run: run[1] - run[0], default=(end - start - 1, end - start))
    return start + first, start + behind


def _find_body(lines: Sequence[str]) -> range:
    """Find the longest run of lines that hold numbers: what is above, between and below them is no body."""
    best, start = range(0), 0
    for at, line in enumerate([*lines, ""]):
        if at < len(lines) and len(line.split()) > 1 and _has_number(line) and len(line) <= _WIDEST:
            continue
        best = max(best, range(start, at), key=len)
        start = at + 1
    return best


def _has_number(line: str) -> bool:
    words = line.split()
    return sum(bool(_TYPED.fullmatch(word)) for word in words) >= max(1, len(words) / 3)


def _taken(texts: Sequence[str]) -> str:
    """Mark the places that are blank in hardly any line; a footer's line may be otherwise."""
    width = max(map(len, texts))
    counts = [0] * width
    for text in texts:
        for match in re.finditer(r"\S+", text):
            for at in range(*match.span()):
                counts[at] += 1
    allowed = len(texts) // 500
    return "".join("x" if count > allowed else " " for count in counts)


def _left_aligned(texts: Sequence[str], begin: int) -> bool:
    return sum(not text[begin : begin + 1].isspace() for text in texts if len(text) > begin) > 0.9 * len(texts)


def _is_delimited(texts: Sequence[str], header: Sequence[str]) -> bool:
    """Say whether a delimiter is in every line; a comma between digits is none, unless the header has as many."""
    for sign in _DELIMITERS:
        widths = {len(row) for row in split_lines([*header, *texts[:200]], sign, '"')}
        if header and len(widths) == 1 and widths != {1}:
            return True
        pattern = re.escape(sign) if sign != "," else r"(?<!\d),|,(?!\d)"
        counts = [len(re.findall(pattern, text)) for text in texts[:200]]
        if min(counts) > 0:
            return True
    return False
