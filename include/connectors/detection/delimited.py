"""Detects delimited text: encoding, dialect, and the tables in it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from include.collection.formats.delimited import CsvFormat
from include.collection.inspection import DetectedTable, Detection, Issue, Question
from include.connectors.detection.dialect import Dialect, detect_dialect, split_lines
from include.connectors.detection.encoding import DetectedEncoding, decode_head, detect_encoding
from include.connectors.detection.layout import detect_layout
from include.connectors.detection.layout_findings import Rows
from include.connectors.detection.marked_lines import Marks, detect_marked, find_marks
from include.connectors.detection.sample import Sample
from include.connectors.detection.sections import find_sections
from include.connectors.detection.settings import read_settings
from include.connectors.formats.layout import MOST_RAW_COLUMNS
from include.connectors.formats.text import MOST_LINE, find_decoder
from include.errors import SourceRefused

_TAIL_BYTES: Final = 1 << 16
_ROWS: Final = 20_000
_LEAST_SCORE: Final = 0.25
_NOTES: Final = 100
_MOST_CELL_LINES: Final = 50
_LONG_LINE: Final = MOST_LINE * 3 // 4
_MARKUP: Final = re.compile(rb'[\xef\xbb\xbf\s]*(?:\{|\[\s*[\[{"\d-]|<[?!a-zA-Z])')
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f\x7f]")
_EDIFACT: Final = re.compile(r"\ufeff?(UNA.{6}\s*)?UNB\+")
_NO_LAYOUT: Final = frozenset({"encoding", "delimiter", "quote", "excel_text", "ragged", "row_mark", "header_mark"})


def detect_delimited(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Say how a sample is read as delimited text; None where it is none.

    Raises:
        SourceRefused: The owner says that it is delimited text, and it cannot be.
        ConfigurationInvalid: A setting is none of this format.
    """
    if given.get("kind", "csv") != "csv" or (not given and _MARKUP.match(sample.head[:1000])):
        return None
    settings = read_settings({key: value for key, value in given.items() if key != "kind"}, CsvFormat)
    encoding = _find_encoding(sample, settings)
    if encoding is None:
        _refuse_control(sample)
        return None
    lines = _read_lines(sample.head, encoding.encoding, sample.whole)
    _refuse_long_line(sample, lines)
    if not any(line.strip() for line in lines):
        raise SourceRefused(sample.name, "the file is empty", "Hand over a file with a header and rows.")
    dialect = detect_dialect(
        lines, settings.get("delimiter"), (settings["quote"] or "") if "quote" in settings else None
    )
    certain = "kind" in given or "delimiter" in given
    if not certain and _EDIFACT.match(lines[0]):
        raise SourceRefused(sample.name, "it is an EDIFACT message, no table", "Convert it to CSV or XML beforehand.")
    if dialect.score < _LEAST_SCORE and not certain:
        return _detect_one_column(sample, lines, encoding, settings)
    return _detect_tables(sample, lines, encoding, dialect, settings)


def _refuse_control(sample: Sample) -> None:
    """Refuse a text with single control characters; where there are many, it is no text at all."""
    found = _CONTROL.findall(sample.head)
    if not 0 < len(found) < len(sample.head) / 20:
        return
    sign = b"\0" if b"\0" in found else found[0]
    line = sample.head[: sample.head.index(sign)].count(b"\n") + 1
    what, remedy = "a NUL character, which no text has", "The file is damaged; get it again."
    if sign != b"\0":
        what = f"a control character ({sign[0]:#04x}), and {len(found)} of such are too many for a text"
        remedy = "Take them out, or set `encoding`: then it is read with them."
    raise SourceRefused(sample.name, f"line {line} holds {what}", remedy)


def _refuse_monsters(name: str, cells: Sequence[Sequence[str]]) -> None:
    """Refuse what no reader would take: too many columns, or a quoted cell that swallows the lines after it."""
    line = 1
    for row in cells:
        if len(row) > MOST_RAW_COLUMNS:
            raise SourceRefused(name, f"line {line} has more than {MOST_RAW_COLUMNS} cells", "Is the delimiter right?")
        height = sum(cell.count("\n") for cell in row)
        if height > _MOST_CELL_LINES:
            raise SourceRefused(
                name,
                f"from line {line} on, a quote is opened that is never closed",
                "Close the quote, or set another `quote` (or none) in the format.",
            )
        line += max(height, 1)


def _find_encoding(sample: Sample, settings: Mapping[str, Any]) -> DetectedEncoding | None:
    if "encoding" in settings:
        find_decoder(settings["encoding"], sample.name)
        return DetectedEncoding(settings["encoding"], 1.0)
    return detect_encoding(sample.head)


def _read_lines(head: bytes, encoding: str, whole: bool) -> list[str]:
    text = decode_head(head, encoding).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    # the last line of a part is cut off; where it is most of the part, it is told to be too long
    return lines[:_ROWS] if whole or len(lines[-1]) > _LONG_LINE else lines[:-1][:_ROWS]


def _refuse_long_line(sample: Sample, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines, start=1):
        if len(line) > (MOST_LINE if sample.whole else _LONG_LINE):
            raise SourceRefused(
                sample.name,
                f"line {number} is longer than 1 MiB",
                "It is no table in lines; is it the file you meant?",
            )


def _detect_tables(
    sample: Sample, lines: Sequence[str], encoding: DetectedEncoding, dialect: Dialect, settings: Mapping[str, Any]
) -> Detection | None:
    cells = split_lines(lines, dialect.delimiter, dialect.quote)
    _refuse_monsters(sample.name, cells)
    common: dict[str, Any] = {
        "encoding": encoding.encoding,
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
    }
    if any(cell.strip().startswith('="') for row in cells[:1000] for cell in row):
        common["excel_text"] = True
        cells = [[cell.strip().removeprefix('="').removesuffix('"') for cell in row] for row in cells]
    cut = not sample.whole or len(lines) == _ROWS
    end = split_lines(_read_end(sample, encoding.encoding), dialect.delimiter, dialect.quote) if cut else []
    likely = "," if dialect.delimiter == ";" else "."
    layout_given = {key: value for key, value in settings.items() if key not in _NO_LAYOUT}
    sure = 1.0 if "delimiter" in settings else _sureness(dialect)
    if not {"skip_lines", "header_lines", "comment", "row_mark"} & set(settings) and (marks := find_marks(cells)):
        others = [row for row in cells[:_NOTES] if row and row[0].strip() not in {marks.header, marks.row}]
        notes = tuple("\t".join(row) for row in others)
        return _detect_marked(sample, marks, common, layout_given, encoding, sure, notes)
    layouts = detect_layout(Rows(cells, not cut, end, "line", likely, dialect.delimiter), layout_given)
    if not layouts:
        return None
    issues = [*encoding.issues, *_tell_lost(cells), *layouts[0].issues]
    questions = [*encoding.questions, *layouts[0].questions]
    if sure < 0.7:
        questions.append(Question("delimiter", "What parts the cells is not certain.", (dialect.delimiter,)))
    tables = []
    for number, layout in enumerate(layouts, start=1):
        fields = {**common, **layout.fields, **settings}
        if layout.ragged and "ragged" not in settings:
            fields["ragged"] = "skip"
        if "section" in layout.fields and any(len(cells[at]) < layout.width for at in find_sections(cells)):
            fields["ragged"] = settings.get("ragged", "fill")
        tables.append(
            DetectedTable(f"table {number}" if len(layouts) > 1 else "table", CsvFormat(**fields), layout.notes)
        )
    if layouts[0].ragged and "ragged" not in settings:
        questions.append(
            Question("ragged", "Rows have more or fewer cells than there are columns.", ("skip", "fill", "refuse"))
        )
    if len(tables) > 1:
        issues.append(
            Issue("the file", f"it holds {len(tables)} tables", "Each is read by itself; choose one by its settings.")
        )
    confidence = round(sure * encoding.confidence * layouts[0].confidence, 2)
    return Detection(tuple(tables), confidence, encoding.encoding, tuple(issues), tuple(questions))


def _detect_marked(
    sample: Sample,
    marks: Marks,
    common: dict[str, Any],
    given: Mapping[str, Any],
    encoding: DetectedEncoding,
    sure: float,
    notes: tuple[str, ...],
) -> Detection | None:
    """Say of lines that say what they are how each of their tables is read."""
    given = {key: value for key, value in given.items() if key != "table"}
    found = detect_marked(sample, marks, common, given, "," if common["delimiter"] == ";" else ".")
    if not found:
        return None
    tables = tuple(
        DetectedTable(
            table.name or (f"table {number}" if len(found) > 1 else "table"),
            CsvFormat(**{**common, **table.fields}),
            notes,
        )
        for number, table in enumerate(found, start=1)
    )
    main = found[0].layout
    what = f"the first cell of its lines says what they are: {marks.header!r} a header, {marks.row!r} a row"
    issues = [Issue("the file", what, "Lines of other types are no rows: `header_mark`, `row_mark`.")]
    if len(tables) > 1:
        issues.append(Issue("the file", f"it holds {len(tables)} tables", "Choose one by `table`."))
    confidence = round(sure * encoding.confidence * main.confidence, 2)
    return Detection(tables, confidence, encoding.encoding, (*encoding.issues, *issues, *main.issues), main.questions)


def _sureness(dialect: Dialect) -> float:
    if dialect.rival > 0.9 * dialect.score:
        return 0.6
    return min(1.0, 0.6 + dialect.score / 2)


def _tell_lost(cells: Sequence[Sequence[str]]) -> list[Issue]:
    for number, row in enumerate(cells, start=1):
        if any("\ufffd" in cell for cell in row):
            column = next(at for at, cell in enumerate(row, start=1) if "\ufffd" in cell)
            return [
                Issue(
                    f"line {number}, column {column}",
                    "U+FFFD stands for characters that were lost before the file came here",
                    "Export it again in UTF-8; what is lost cannot be read from this file.",
                )
            ]
    return []


def _detect_one_column(
    sample: Sample, lines: Sequence[str], encoding: DetectedEncoding, settings: Mapping[str, Any]
) -> Detection | None:
    """Take a column of numbers or times as one, with a question; anything else is no table."""
    cells = [[line] for line in lines]
    given = {key: value for key, value in settings.items() if key not in _NO_LAYOUT}
    layouts = detect_layout(Rows(cells, sample.whole, (), "line", "."), given)
    if not layouts or layouts[0].confidence <= 0.6:
        return None
    form = CsvFormat(**{"encoding": encoding.encoding, "delimiter": ";", **layouts[0].fields, **settings})
    question = Question("delimiter", "Only one column was found: what parts the cells?", (",", ";", "\\t", "|", " "))
    return Detection(
        (DetectedTable("table", form),),
        0.3,
        encoding.encoding,
        (*encoding.issues, *layouts[0].issues, Issue("the file", "it has one column only", "Set `delimiter`.")),
        (question, *encoding.questions, *layouts[0].questions),
    )


def _read_end(sample: Sample, encoding: str) -> list[str]:
    """Read the last lines of a source that is longer than its sample."""
    last: deque[bytes] = deque(maxlen=2)
    with sample.open() as content:
        while chunk := content.read(_TAIL_BYTES):
            last.append(chunk)
    if encoding.startswith(("utf-16", "utf-32")):
        return []
    return _read_lines(b"".join(last), encoding, True)[1:]
