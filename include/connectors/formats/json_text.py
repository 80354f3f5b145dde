"""JSON of any length as a stream of values, in bounded memory."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NoReturn

from include.anonymization.telling import list_names
from include.collection.inspection import Issue
from include.connectors.content import CHUNK, Content
from include.connectors.formats.text import find_decoder, not_in
from include.errors import SourceRefused

MOST_DEPTH: Final = 64
MOST_HELD: Final = 8 << 20
MOST_HEAD: Final = 4 << 20
"""A number of one digit takes fifty times its room once it is read."""

"""Characters of one value that is held in memory: a record, or what stands beside the records."""

_NUMBER_GOES_ON: Final = 3
"""Characters behind a number that tell that it is over: `1` may be cut off from `1.5`, and `1e` from `1e-5`."""

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_ANY: Final = re.compile(".", re.DOTALL)
_NO_BLANK: Final = re.compile(r"[^ \t]")
_WORD_ENDS: Final = re.compile(r"\s")
_LINE_ENDS: Final = re.compile(r"[\r\n]")
_NO_PAYLOAD: Final = {"", "(null)"}
"""What mosquitto_sub writes for a message without a payload."""

_SIGN: Final = re.compile(r'["{}\[\],]')
_BETWEEN: Final = re.compile(r'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
"""What stands between brackets: whole strings, and whatever is in none."""

_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


class Number(str):
    """A number as the source wrote it: 247.60 stays 247.60, and 12345678901234567890 keeps its last digit."""

    __slots__ = ()


class JsonText:
    """Reads one value after the other.

    Lists and objects that are too large to hold are gone through item by item; what is of no interest is skipped. A
    number is a `Number`. NaN and Infinity, which JSON does not have and Python writes, are nothing; `content.issues`
    tells the first.

    Raises:
        SourceRefused: It is no JSON, ends too early, names a member twice, or holds too large a value.
    """

    def __init__(self, content: Content, encoding: str = "utf-8", decimal: str = ".") -> None:
        self._content = content
        self._name = content.name
        self._encoding = encoding
        self._decoder = find_decoder(encoding, content.name)
        self._constant = ""
        decoder = json_decoder(content.name, decimal, self._note_constant)
        self._scan: Callable[[str, int], tuple[Any, int]] = decoder.scan_once  # type: ignore[attr-defined]
        self._text = ""
        self._place = 0
        self._lines = 0
        self._ended = False
        self._told = False
        self._fill()
        self._text = self._text.removeprefix("\ufeff")

    def head(self) -> str:
        """Give the first `MOST_HEAD` characters; before anything else is read."""
        while len(self._text) < MOST_HEAD and not self._ended:
            self._fill()
        return self._text[:MOST_HEAD]

    def peek(self) -> str:
        """Give the next character that is no space; nothing at the end."""
        while True:
            self._place = _SPACE.match(self._text, self._place).end()  # type: ignore[union-attr]
            if self._place < len(self._text):
                return self._text[self._place]
            if self._ended:
                return ""
            self._fill()

    def value(self) -> Any:
        """Read the next value whole."""
        self.peek()
        while True:
            try:
                value, end = self._scan(self._text, self._place)
            except (StopIteration, json.JSONDecodeError) as error:
                if self._ended:
                    self._refuse(error)
                self._hold()
            except RecursionError:
                raise too_deep(self._name) from None
            except SourceRefused as error:
                line, column = _line_and_column(self._text, self._place, self._lines)
                where = f"{self._name}, in the value that begins at line {line}, column {column}"
                raise SourceRefused(where, error.what, error.remedy) from None
            else:
                behind = len(self._text) - end
                if behind >= _NUMBER_GOES_ON or (behind and not isinstance(value, Number)) or self._ended:
                    if self._constant and not self._told:
                        self._tell_constant()
                    self._place = end
                    return value
                self._hold()

    def items(self) -> Iterator[Any]:
        """Go through the list that is next."""
        for _ in self.places():
            yield self.value()

    def places(self) -> Iterator[None]:
        """Go through the list that is next; whoever asks reads or skips each item."""
        self._take("[")
        if self.peek() == "]":
            self._place += 1
            return
        while True:
            yield
            if self._take(",]") == "]":
                return

    def members(self) -> Iterator[str]:
        """Go through the object that is next; whoever asks reads or skips each member's value."""
        self._take("{")
        if self.peek() == "}":
            self._place += 1
            return
        seen: set[str] = set()
        while True:
            if self.peek() != '"':
                self._refuse()
            key = self.value()
            if key in seen:
                raise named_twice(self._name, key)
            seen.add(key)
            self._take(":")
            yield key
            if self._take(",}") == "}":
                return

    def documents(self, lead: Sequence[str] = ()) -> Iterator[Any]:
        """Go through values that follow one another, each in a line of its own or not.

        Args:
            lead: What the words before each value are called, of lines that begin with some. Then each value is an
                object with these words as members, without brackets around them; one that is none is its member
                `value`.
        """
        while self.peek():
            yield self._led(lead) if lead else self.value()

    def _led(self, lead: Sequence[str]) -> dict[str, Any]:
        words: dict[str, Any] = {}
        for name in lead:
            words[name] = self._until(_WORD_ENDS).strip("[]")
            self._until(_NO_BLANK)
        if self._next() != "{":
            rest = self._until(_LINE_ENDS).strip()
            return {**words, "value": None if rest in _NO_PAYLOAD else rest}
        value = self.value()
        if twice := words.keys() & value:
            what = f"an object has a member {min(twice)!r} of its own"
            raise SourceRefused(self._name, what, "Give the words before it other names in `lead`.")
        self._until(_NO_BLANK)
        if self._next() not in {"", "\n", "\r"}:
            self._refuse()
        return {**words, **value}

    def _next(self) -> str:
        """Give the next character, whatever it is; nothing at the end."""
        self._until(_ANY)
        return self._text[self._place : self._place + 1]

    def _until(self, ends: re.Pattern[str]) -> str:
        """Pass over what stands before the first sign of some, and give it."""
        while not (found := ends.search(self._text, self._place)) and not self._ended:
            self._hold()
        begin, self._place = self._place, found.start() if found else len(self._text)
        return self._text[begin : self._place]

    def skip(self) -> None:
        """Pass over the next value, however large it is."""
        if self.peek() not in {"{", "["}:
            self.value()
            return
        self._place += 1
        self._leave(1)

    def finish(self) -> None:
        """See that nothing follows."""
        if self.peek():
            self._refuse()

    def _leave(self, depth: int) -> None:
        while depth:
            self._place = _BETWEEN.match(self._text, self._place).end()  # type: ignore[union-attr]
            sign = self._text[self._place : self._place + 1]
            if sign in {"", '"'}:  # a string that is not over
                if self._ended:
                    self._refuse(at=len(self._text))
                self._hold()
                continue
            self._place += 1
            depth += 1 if sign in "{[" else -1
            if depth > MOST_DEPTH:
                raise too_deep(self._name)

    def _take(self, signs: str) -> str:
        sign = self.peek()
        if not sign or sign not in signs:
            self._refuse()
        self._place += 1
        return sign

    def _hold(self) -> None:
        """Read on, behind a value that is not complete."""
        held = len(self._text) - self._place
        if held >= MOST_HELD:
            raise SourceRefused(
                self._name,
                f"one value in it is larger than {MOST_HELD >> 20} MiB",
                "Hand over smaller records, or point `records` at the list that is so long.",
            )
        for _ in range(max(1, held // CHUNK)):  # so that a long value is not scanned once for every chunk
            self._fill()

    def _fill(self) -> None:
        chunk = self._content.read(CHUNK)
        self._ended = not chunk
        try:
            text = self._decoder.decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            self._content.refuse_no_text()
            place = self._content.count - len(error.object) + error.start + 1
            raise SourceRefused(
                self._name,
                f"byte {place} is not {'UTF-8' if self._encoding == 'utf-8' else f'text in {self._encoding}'}",
                "JSON is written in UTF-8; set `encoding` where it is not.",
            ) from None
        except UnicodeError:
            self._content.refuse_no_text()
            raise not_in(self._encoding, self._name) from None
        self._lines += self._text.count("\n", 0, self._place)
        self._text = self._text[self._place :] + text
        self._place = 0

    def _note_constant(self, constant: str) -> None:
        self._constant = self._constant or constant

    def _tell_constant(self) -> None:
        line, column = _line_and_column(self._text, self._place, self._lines)
        what = f"it holds {self._constant}, which is no JSON: NaN and Infinity are read as nothing"
        where = f"the value that begins at line {line}, column {column}"
        self._content.issues.append(Issue(where, what, "Null is how JSON writes that there is no number."))
        self._told = True

    def _refuse(self, error: Exception | None = None, at: int | None = None) -> NoReturn:
        match error:
            case json.JSONDecodeError():
                # an unterminated string is told by its beginning
                at = len(self._text) if error.msg.startswith("Unterminated") else error.pos
            case StopIteration():
                at = error.value
        refuse_syntax(self._name, self._text, self._place if at is None else at, self._lines)


def refuse_syntax(name: str, text: str, place: int, lines_before: int = 0) -> NoReturn:
    """Say where a text stops being JSON."""
    if not text[place:].strip():
        raise SourceRefused(name, "the JSON ends too early", "It is empty, or was cut off on its way; get it again.")
    line, column = _line_and_column(text, place, lines_before)
    raise SourceRefused(
        name, f"it is no JSON from line {line}, column {column} on", "Is it the file or address you meant?"
    )


def _line_and_column(text: str, place: int, lines_before: int) -> tuple[int, int]:
    return lines_before + text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)


def json_decoder(name: str, decimal: str = ".", note: Callable[[str], None] | None = None) -> json.JSONDecoder:
    """Make the decoder that reads every value: exact numbers, null for NaN and Infinity, no member twice.

    Args:
        decimal: How numbers that are texts write it: others are written alike.
        note: Takes each NaN or Infinity; a value that is read again, because it was not complete, gives it again.
    """

    def make_number(text: str) -> Number:
        return Number(text.replace(".", decimal))

    def pass_over(constant: str) -> None:
        if note is not None:
            note(constant)

    def make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise named_twice(name, next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1))
        return made

    return json.JSONDecoder(
        parse_float=Number if decimal == "." else make_number,
        parse_int=Number,
        parse_constant=pass_over,
        object_pairs_hook=make_object,
    )


def close_brackets(text: str) -> str:
    """Make a document of its beginning: cut it behind the last complete value, and close what is open.

    Example:
        >>> close_brackets('{"data": [{"a": 1}, {"a": 2}, {"a')
        '{"data": [{"a": 1}, {"a": 2}]}'
    """
    open_: list[str] = []
    place = kept = depth = 0
    before = ""
    while (found := _next_token(text, place)) and len(open_) <= MOST_DEPTH:
        sign = found.group()
        if sign == ",":
            kept, depth = found.start(), len(open_)
        elif sign in {"[", "{"}:
            open_.append("]" if sign == "[" else "}")
            if before != ",":  # an item of a list that nothing is known of is none
                kept, depth = found.end(), len(open_)
        elif sign in {"]", "}"} and open_:
            open_.pop()
            kept, depth = found.end(), len(open_)
        place, before = found.end(), sign
    return text[:kept] + "".join(reversed(open_[:depth]))


def _next_token(text: str, place: int) -> re.Match[str] | None:
    """Find the next whole string, or sign that opens, closes or parts; None where nothing, or a string, is not over."""
    found = _SIGN.search(text, place)
    return _STRING.match(text, found.start()) if found and found.group() == '"' else found


def too_deep(name: str) -> SourceRefused:
    """Say that something is nested too deep."""
    return SourceRefused(name, f"it is nested more than {MOST_DEPTH} deep", "Give flatter records.")


def named_twice(name: str, member: str) -> SourceRefused:
    """Say that one of two values would be lost."""
    what = f"an object names a member twice: {list_names([member])}"
    return SourceRefused(name, what, "Only one of the two values could be kept.")
