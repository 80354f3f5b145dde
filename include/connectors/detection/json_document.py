"""Tells JSON, and where its records are."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from include.collection.formats.json_records import JsonFormat
from include.collection.inspection import DetectedTable, Detection, Issue, Question
from include.connectors.content import Content
from include.connectors.detection.json_shapes import TIME
from include.connectors.detection.json_statistics import KINDS, detect_statistics
from include.connectors.detection.json_tables import FoundTable, find_tables
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import settle
from include.connectors.formats.json_text import JsonText, close_brackets, json_decoder, refuse_syntax, too_deep
from include.connectors.formats.text import find_decoder, not_in
from include.errors import SourceRefused

_BEGINS: Final = re.compile(r'\s*(\{\s*("|\}|$)|\[\s*([\[{"\]\d-]|true|false|null|$))')
_FOLLOWS: Final = re.compile(r"\s*[\[{]")
_LED: Final = re.compile(r'((?:\[?[^\s{}\[\]"<,;]+\]?[ \t]+){1,4})(\{.*\})\s*')
"""A line that begins with words: the topic, a time before it, and what a device sent."""

_CLOCK: Final = re.compile(r"[12]\d{9}(\.\d+)?")
_MOST_LINES: Final = 200
_TOPIC: Final = "/"


def detect_json(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Say where in JSON the records are, from its beginning alone."""
    if given.get("kind", "json") not in {"json", *KINDS}:
        return None
    encoding = given.get("encoding") or (
        "utf-16" if sample.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    )
    decoder = find_decoder(encoding, sample.name)
    try:
        text = decoder.decode(sample.head, final=sample.whole).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if not _BEGINS.match(sample.head[:1000].decode("latin-1")):
            return None
        raise SourceRefused(
            sample.name,
            f"byte {error.start + 1} is not text in {encoding}",
            "Set `encoding` to the one it is written in.",
        ) from None
    except UnicodeError:
        raise not_in(encoding, sample.name) from None
    lead = settle(JsonFormat, {"lines": True}, {"lead": given["lead"]}).lead if "lead" in given else _find_lead(text)
    if not (lead or "kind" in given or _BEGINS.match(text)):
        return None
    documents, cut = (_read_led(sample, text, lead), False) if lead else _read(sample, text)
    if not {"records", "shape"} & set(given):
        cube = detect_statistics(sample.name, documents[0], given)
        if cube is not None:
            return cube
    lines = bool(lead) or (
        settle(JsonFormat, {}, {"lines": given["lines"]}).lines if "lines" in given else len(documents) > 1
    )
    found = find_tables(documents if lines else documents[0], cut=cut)
    if cut and (not found or found[0].settings.get("shape", "list") != "list"):
        documents, cut = _read(sample, _read_longer(sample, encoding))
        found = find_tables(documents[0], cut=cut)
    settings = {"encoding": encoding, "lines": lines, "lead": lead}
    if "records" in given or "shape" in given:
        found = [_chosen(found, given)]
    if not found:
        raise SourceRefused(sample.name, "no list of records is in its first part", "Set `records` to where they are.")
    tables = tuple(
        DetectedTable(
            each.name, settle(JsonFormat, {**settings, **each.settings, **each.numbers.beside(given)[0]}, given)
        )
        for each in found
    )
    rivals = [each for each in found[1:] if each.weight * 2 > found[0].weight]
    questions: tuple[Question, ...] = ()
    if rivals and "records" not in given:
        options = tuple(each.settings["records"] for each in (found[0], *rivals))
        questions = (Question("records", "which of several lists is the main one", options),)
    return Detection(
        tables,
        confidence=0.7 if rivals else 0.95,
        encoding=encoding,
        issues=(*_tell_resolved(tables), *_look_for_loss(text)),
        questions=(*questions, *found[0].numbers.beside(given)[1]),
    )


def _read_longer(sample: Sample, encoding: str) -> str:
    """Read as much as may be held: columns and keys stand behind one another."""
    with sample.open() as content:
        return JsonText(content, encoding).head()


def _read(sample: Sample, text: str) -> tuple[list[Any], bool]:
    """Read the documents in a text: one, or the lines of NDJSON; and say whether the one was cut off."""
    decoder = json_decoder(sample.name)
    documents: list[Any] = []
    place = len(text) - len(text.lstrip())
    try:
        while place < len(text):
            try:
                document, place = decoder.raw_decode(text, place)
            except json.JSONDecodeError as error:
                if sample.whole or not (closed := close_brackets(text[place:])):
                    at = len(text) if error.msg.startswith("Unterminated") else error.pos
                    refuse_syntax(sample.name, text, at)
                if documents:  # the last line is cut off
                    break
                return [decoder.decode(closed)], True
            documents.append(document)
            while place < len(text) and text[place].isspace():
                place += 1
            if place < len(text) and not _FOLLOWS.match(text, place):
                refuse_syntax(sample.name, text, place)
    except json.JSONDecodeError as error:
        refuse_syntax(sample.name, text, error.pos)
    except RecursionError:
        raise too_deep(sample.name) from None
    if not documents:
        refuse_syntax(sample.name, text, len(text))
    return documents, False


def _find_lead(text: str) -> tuple[str, ...]:
    """Name the words before the objects that lines end with; none where they are nothing of that kind."""
    lines = [line for line in text.split("\n")[:_MOST_LINES] if line.strip()]
    led = [found[1].split() for line in lines if (found := _LED.fullmatch(line)) and _is_object(found[2])]
    widths = {len(words) for words in led}
    if len(widths) != 1:
        return ()
    # a broker's devices send plain numbers as well
    (width,) = widths
    topics = [line.split(maxsplit=width)[width - 1 : width] for line in lines]
    if 2 * len(led) <= len(lines) and not all(words and _TOPIC in words[0] for words in topics):
        return ()
    names = [_name_lead(word, last=at == width) for at, word in enumerate(led[0], start=1)]
    return tuple(name if names.index(name) == at else f"{name}_{at + 1}" for at, name in enumerate(names))


def _name_lead(word: str, *, last: bool) -> str:
    word = word.strip("[]")
    if TIME.fullmatch(word) or _CLOCK.fullmatch(word):
        return "time"
    return "topic" if last or _TOPIC in word else "word"


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _read_led(sample: Sample, text: str, lead: Sequence[str]) -> list[Any]:
    """Read the lines in a text that begin with words; the last one may be cut off."""
    whole = text if sample.whole else text[: text.rfind("\n") + 1]
    return list(JsonText(Content.of(whole.encode(), sample.name)).documents(lead))


def _chosen(found: list[FoundTable], given: Mapping[str, Any]) -> FoundTable:
    """Take the table that the owner points at, with what detection knows of it."""
    records = given.get("records", found[0].settings["records"] if found else "$")
    same = [
        each
        for each in found
        if each.settings["records"] == records and given.get("shape") in {None, each.settings.get("shape", "list")}
    ]
    return same[0] if same else FoundTable({"records": records}, 0, 0)


def _tell_resolved(tables: Sequence[DetectedTable]) -> Iterator[Issue]:
    for table in tables:
        if getattr(table.form, "senml", False):
            what = "it is SenML: its base values (bn, bt, bu, bv, bs) are written into the records that they hold for"
            yield Issue(f"table {table.name!r}", what, "`senml: false` leaves them where they are.")
        if getattr(table.form, "ngsi", False):
            what = "it holds entities of NGSI: the value of each attribute stands under the attribute's name"
            yield Issue(f"table {table.name!r}", what, "`ngsi: false` leaves them where they are.")
        if carried := getattr(table.form, "carry", ()):
            what = f"only the first record of each list says {', '.join(map(repr, carried))}: it holds for all of it"
            yield Issue(f"table {table.name!r}", what, "`carry: []` leaves the others empty.")


def _look_for_loss(text: str) -> list[Issue]:
    lost = text.count("\ufffd")
    if not lost:
        return []
    line = text.count("\n", 0, text.index("\ufffd")) + 1
    return [
        Issue(
            f"line {line}",
            f"{lost} characters were lost before this file was written (U+FFFD)",
            "Export it again as UTF-8.",
        )
    ]
