"""Finds what an answer says of an error beside its records, or without any, though its status says that all is well."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from html import unescape
from typing import Any, Final

from include.anonymization.telling import tell_name
from include.collection.formats.json_records import JsonFormat, Step, path_steps
from include.connectors.content import Content
from include.connectors.formats.json_text import JsonText
from include.connectors.rest_more import MORE
from include.errors import SourceRefused

_MOST_WORDS: Final = 200
_MOST_DEPTH: Final = 4
_MOST_TEXTS: Final = 3
_ERRORS: Final = frozenset(
    [
        *("error", "errors", "err", "fault", "faults", "exception", "exceptions", "fehler", "erreur", "fout"),
        *("errormessage", "errormessages", "errormsg", "errmsg", "errortext", "errordescription", "errordetails"),
        *("errorcode", "errcode", "errno", "errorno", "faultcode", "failcode", "failurereason"),
    ]
)
_STATES: Final = frozenset(
    ["status", "state", "result", "outcome", "resultstatus", "responsestatus", "statustext", "level", "type"]
)
_CODES: Final = frozenset(["status", "statuscode", "code", "httpstatus", "httpcode", "responsecode", "resultcode"])
_SUCCESSES: Final = frozenset(["success", "ok", "issuccess", "successful", "succeeded"])
_FAILURES: Final = frozenset(["iserror", "haserror", "haserrors", "failed", "isfailed"])
_MESSAGES: Final = (
    *("message", "msg", "errormessage", "errormsg", "errmsg", "errordescription", "description", "detail", "details"),
    *("reason", "title", "text", "info", "messages", "error", "statusmessage"),
)
_SAID: Final = frozenset(["message", "messages", "msg", "detail", "statusmessage"])
_WARNINGS: Final = frozenset(["warning", "warnings", "warnmsg", "warningmessage", "warningmessages", "notices"])
_AROUND: Final = frozenset(
    ["meta", "metadata", "header", "head", "response", "responsestatus", "status", "result", "envelope", "info"]
)
"""Objects in an answer that say something of it; what stands in others may be what was asked for."""

_TOLD: Final = frozenset().union(_ERRORS, _STATES, _CODES, _SUCCESSES, _FAILURES, _MESSAGES, _WARNINGS, _AROUND, MORE)

_WELL: Final = re.compile(
    r"(?:[0\s.-]*|2\d\d|ok(?:ay)?|no(?:ne|t? ?errors?)?|null|nil|n/?a|false|success(?:ful(?:ly)?)?|succeeded|good"
    r"|(?:no|without) (?:errors?|problems?)(?: .*)?|all good|done|completed?|request (?:ok|successful|succeeded))[.!]?",
    re.IGNORECASE,
)
_ERROR_TEXT: Final = re.compile(
    r"\b(?:error|exception|exceeded|unauthori[sz]ed|forbidden|denied|invalid|failed|failure|not allowed|expired"
    r"|too many|fehler|erreur)\b",
    re.IGNORECASE,
)
_ELEMENT: Final = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)(?:\s[^<>]*)?>([^<>]+)</")
_PAGE: Final = re.compile(r"<(?:html|head|body)\b", re.IGNORECASE)
_FAILED: Final = re.compile(
    r"(?:error|err|fail|failed|failure|fault|ko|nok|not ?ok|exception|unauthori[sz]ed|forbidden|denied|rejected"
    r"|invalid)(?:[\s_:-].*)?",
    re.IGNORECASE | re.DOTALL,
)


def read_around(content: Content, form: JsonFormat) -> dict[str, Any]:
    """Read what an answer in JSON says beside its records, in bounded memory however many these are.

    Returns:
        Its object without the way to the records; empty where the records are the answer, or it is no JSON: whoever
        reads the records says what is wrong with it.
    """
    steps = path_steps(form.records)
    first = steps.index(None) if None in steps else len(steps)
    read = {step for path in form.inherit for step in path_steps(path)}
    try:
        text = JsonText(content, form.encoding)
        return {} if form.lines or not steps[:first] or text.peek() != "{" else _read_beside(text, steps[:first], read)
    except SourceRefused:
        return {}


def _read_beside(text: JsonText, way: Sequence[Step], read: Collection[str | None]) -> dict[str, Any]:
    around: dict[str, Any] = {}
    for name in text.members():
        if name == way[0] and len(way) > 1 and text.peek() == "{":
            around[name] = _read_beside(text, way[1:], read)
        elif name == way[0] or name in read or _plain(name) not in _TOLD:
            text.skip()
        else:
            around[name] = text.value()
    return around


def find_error(document: Any) -> str | None:
    """Give an answer's words of an error; None where it tells of none.

    Example:
        >>> find_error({"error": "quota exceeded", "data": []})
        'quota exceeded'
        >>> find_error({"status": "error", "message": "no such key", "results": []})
        'no such key'
        >>> find_error({"status": "ok", "error": None, "errors": [], "error_code": 0, "data": []})
    """
    if not isinstance(document, dict):
        return None
    for each in _parts(document):
        if _tells_error(each):
            words = [*_words_of(each), *_words_of(document)] or [*_codes_of(each)] or ["no more than that"]
            return "; ".join(dict.fromkeys(words[:_MOST_TEXTS]))
    return None


def find_warning(document: Mapping[str, Any]) -> str | None:
    """Give what an answer warns of beside its records: that they are not all, for example."""
    words = [
        text
        for each in _parts(document)
        for name, value in each.items()
        if _plain(name) in _WARNINGS
        for text in _texts(value)
    ]
    return "; ".join(words[:_MOST_TEXTS]) or None


def find_error_text(text: str) -> str | None:
    """Give the words of an error where lines of cells should be, and there is no more than a header.

    Example:
        >>> find_error_text("Error: quota exceeded"), find_error_text("time,error_code,kWh")
        ('Error: quota exceeded', None)
    """
    text = text.strip()
    return text if _ERROR_TEXT.search(text) and not re.search(r"[,;\t|]\S", text) else None


def find_refusal(body: bytes) -> str | None:
    """Give the words of an answer whose status says that it is none: of JSON, XML or a line; a web page has none.

    Example:
        >>> find_refusal(b'{"error": {"code": 3, "message": "no such area"}}'), find_refusal(b"Try later")
        ('no such area', 'Try later')
        >>> find_refusal(b"<Ack><Reason><code>999</code><text>No matching data found</text></Reason></Ack>")
        'No matching data found'
    """
    text = body.decode(errors="replace").strip()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        words = [each for part in _parts(document) for each in _words_of(part)]
    elif text.startswith("<"):
        told = () if _PAGE.search(text) else _ELEMENT.findall(text)
        words = [unescape(each).strip() for name, each in told if _plain(name) in _MESSAGES]
    else:
        words = [text] if document is None and len(text) <= _MOST_WORDS else []
    return "; ".join(dict.fromkeys(filter(None, words[:_MOST_TEXTS]))) or None


def find_message(document: Any) -> str | None:
    """Give what an answer says beside its records, where it is more than that all is well."""
    if not isinstance(document, dict):
        return None
    words = [text for name, value in document.items() if _plain(name) in _SAID for text in _texts(value)]
    return "; ".join(words[:_MOST_TEXTS]) or None


def _parts(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    inner = [each for name, each in document.items() if _plain(name) in _AROUND and isinstance(each, dict)]
    return [document, *inner]


def _tells_error(each: Mapping[str, Any]) -> bool:
    for name, value in each.items():
        plain = _plain(name)
        text = str(value).strip()
        if plain in _ERRORS and not _is_well(value):
            return True
        if plain in _STATES and isinstance(value, str) and _FAILED.fullmatch(text):
            return True
        failed = re.fullmatch(r"[45]\d\d", text) is not None and not isinstance(value, dict | list)
        if plain in _CODES and failed and any(_words_of(each)):
            return True
        if plain in _SUCCESSES and (
            value is False or text.lower() == "false" or (text == "0" and any(_words_of(each)))
        ):
            return True
        if plain in _FAILURES and text.lower() == "true":
            return True
    return False


def _is_well(value: Any, depth: int = 1) -> bool:
    """Say whether what stands where an error would says that there is none."""
    if isinstance(value, dict):
        # a time or a request's number says neither
        telling = [each for name, each in value.items() if _plain(name) in {*_MESSAGES, *_CODES, *_ERRORS}]
        value = telling or list(value.values())
    if isinstance(value, list):
        return depth < _MOST_DEPTH and all(_is_well(each, depth + 1) for each in value)
    return not value or (not isinstance(value, bool) and _WELL.fullmatch(str(value).strip()) is not None)


def _words_of(each: Mapping[str, Any]) -> Iterator[str]:
    """Give the texts that say what is wrong: of errors first, then of the answer."""
    for wanted in (_ERRORS, *({name} for name in _MESSAGES)):
        for name, value in each.items():
            if _plain(name) in wanted:
                yield from _texts(value)


def _codes_of(each: Mapping[str, Any]) -> Iterator[str]:
    for name, value in each.items():
        if _plain(name) in {*_ERRORS, *_CODES} and isinstance(value, int | str) and not _is_well(value):
            yield f"{name}: {value}"


def _texts(value: Any, depth: int = 1) -> Iterator[str]:
    if isinstance(value, str) and not _WELL.fullmatch(value.strip()):
        yield value
    elif isinstance(value, list | dict) and depth < _MOST_DEPTH:
        inner = value if isinstance(value, list) else list(value.values())
        if isinstance(value, dict):
            inner = [each for name in _MESSAGES for own, each in value.items() if _plain(own) == name] or inner
        for each in inner:
            yield from _texts(each, depth + 1)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def tell_words(words: str) -> str:
    """Bring foreign words into one short line: they go to logs and mails, and may name a person.

    Secrets have to be out of them already: where a line is cut, half of one would not be known again.
    """
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in words[: 10 * _MOST_WORDS]).split())
    return tell_name(line if len(line) <= _MOST_WORDS else f"{line[:_MOST_WORDS]}…")
