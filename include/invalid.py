"""What pydantic finds wrong in something that a person wrote, told to that person: where, what, what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from json import dumps
from typing import Any, Final
from unicodedata import name

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails

from include.errors import Problem, name_close

Properties = Sequence[tuple[str, Mapping[str, Any]]]
"""Every key of a document and of its parts, with what its JSON Schema says of it."""

_TELLS: Final[Mapping[str, tuple[str, str]]] = {
    "string_type": ("it is no text", "Write text in quotes."),
    "int_type": ("it is no whole number", "Write a whole number without quotes or a point."),
    "int_parsing": ("it is no whole number", "Write a whole number."),
    "int_parsing_size": ("it has more than 64 bits", "Write a smaller number."),
    "float_type": ("it is no number", "Write a number without quotes, with a point."),
    "float_parsing": ("it is no number", "Write a number, with a point."),
    "finite_number": ("it is no finite number", "Write a number of at most 64 bits."),
    "bool_type": ("it is neither true nor false", "Write true or false without quotes."),
    "bool_parsing": ("it is neither true nor false", "Write true or false."),
    "timezone_aware": ("it is a time without an offset", "Write 2024-01-31T00:00:00Z, or +01:00 in the place of Z."),
}
_LIKE: Final[Mapping[str, tuple[str, str]]] = {
    "list": ("it is no list", "Write a list: [a, b]."),
    "tuple": ("it is no list", "Write a list: [a, b]."),
    "model": ("it has no keys of its own", "Write keys and their values."),
    "dict": ("it has no keys of its own", "Write keys and their values."),
    "datetime": ("it is no time", "Write it in ISO 8601, for example 2024-01-31T00:00:00Z."),
    "time_delta": ("it is no length of time", "Write it in ISO 8601, for example PT15M."),
    "uuid": ("it is no id", "Take the id as it was given: c0d1e2f3-0a1b-4c2d-8e3f-a4b5c6d7e8f9."),
}
"""Of kinds of error that begin so."""

_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than": ("it is too small", "Write more than {}."),
    "greater_than_equal": ("it is too small", "Write {} or more."),
    "less_than": ("it is too large", "Write less than {}."),
    "less_than_equal": ("it is too large", "Write {} or less."),
}
_HIDDEN: Final = re.compile(r"'\\[xu]([0-9a-f]{2,4})'")


def tell_errors(errors: Iterable[ErrorDetails], plain: Any, properties: Properties, whole: str) -> list[Problem]:
    """Tell everything that is wrong, each place once.

    Args:
        plain: What was read.
        properties: Of what it should be, for examples and for names that are written alike.
        whole: What the whole of it is called.
    """
    problems: dict[str, Problem] = {}
    for error in errors:
        problem = _tell(error, plain, properties, whole)
        there = problems.setdefault(problem.where, problem)
        if problem.remedy not in there.remedy:  # of a union, each kind says what it would take
            remedy = f"{there.remedy} Or {problem.remedy[0].lower()}{problem.remedy[1:]}"
            problems[problem.where] = Problem(there.where, there.what, remedy)
    # a list whose items are all wrong is called too short as well
    inner = [where for where in problems if not any(other.startswith(f"{where}[") for other in problems)]
    return [problems[where] for where in inner]


@cache
def find_properties(kind: Any) -> Properties:
    """Give every key that a model, or another type that pydantic reads, has anywhere in it."""
    schema = TypeAdapter(kind).json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return tuple(each for part in parts for each in part.get("properties", {}).items())


def _tell(error: ErrorDetails, plain: Any, properties: Properties, whole: str) -> Problem:
    kind, context = error["type"], error.get("ctx", {})
    where = _path(error["loc"], plain, missing=kind == "missing") or whole
    match kind:
        case "missing":
            told = ("it is missing", f"Add it{_example(error, properties, ', for example ')}.")
        case "extra_forbidden":
            told = ("there is no such key", _name_key(str(error["loc"][-1]), properties))
        case "value_error":
            what, _, remedy = str(context["error"]).partition("; ")
            told = (what, f"{remedy[:1].upper()}{remedy[1:]}{'' if remedy.endswith('?') else '.'}")
        case "union_tag_invalid" | "union_tag_not_found":
            tag = str(context["discriminator"]).strip("'")
            where, told = f"{where}.{tag}", _tell_tag(error, tag)
        case "string_pattern_mismatch":
            like = _example(error, properties, "Write it like ") or f"Its pattern is {context['pattern']}"
            told = ("it is not written as it has to be", f"{like}.")
        case "literal_error" | "enum":
            told = ("it is none of what it may be", f"Write {_show_hidden(str(context['expected']))}.")
        case "string_too_short" | "string_too_long" | "too_short" | "too_long":
            told = _tell_length(kind, context)
        case _:
            told = _tell_kind(error)
    return Problem(where, *told)


def _tell_kind(error: ErrorDetails) -> tuple[str, str]:
    kind = error["type"]
    if kind in _TELLS:
        return _TELLS[kind]
    if kind in _BOUNDS:
        what, remedy = _BOUNDS[kind]
        return what, remedy.format(re.split(r" than (?:or equal to )?", error["msg"])[-1])
    alike = next((told for start, told in _LIKE.items() if kind.startswith(start)), None)
    return alike or (f"it cannot be used: {error['msg'].removesuffix('.')}", "The documentation says what it may be.")


def _tell_length(kind: str, context: Mapping[str, Any]) -> tuple[str, str]:
    short = kind.endswith("short")
    count = context["min_length" if short else "max_length"]
    items = "character" if kind.startswith("string") else "item"
    most = f"{count:,} {items}{'' if count == 1 else 's'}"
    if short:
        return ("it is empty" if count == 1 else "it is too short"), f"Write at least {most}."
    return "it is too long", f"Write at most {most}."


def _tell_tag(error: ErrorDetails, tag: str) -> tuple[str, str]:
    """Tell of the key that says which of a union is meant."""
    if error["type"] == "union_tag_not_found":
        return "it is missing", "Add it: it says which one is meant."
    given = error["input"].get(tag) if isinstance(error["input"], Mapping) else error["ctx"]["tag"]
    text = given if isinstance(given, str) else ""
    known = re.findall(r"'([^']+)'", str(error["ctx"]["expected_tags"]))
    return f"it cannot be {repr(text) if text else dumps(given)}", name_close(text, known)


def _name_key(key: str, properties: Properties) -> str:
    names = sorted({each for each, _ in properties})
    if key in names:
        return "It belongs to another part."
    close = get_close_matches(key, names, n=1)
    return f"Did you mean {close[0]}?" if close else "Leave it out, or look its name up."


def _example(error: ErrorDetails, properties: Properties, before: str) -> str:
    key = error["loc"][-1] if error["loc"] else ""
    schemas = (part for each, schema in properties if each == key for part in (schema, *schema.get("anyOf", ())))
    return next((f"{before}{part['examples'][0]}" for part in schemas if "examples" in part), "")


def _show_hidden(text: str) -> str:
    """Call characters by their names that would look like blanks, and stand there as escapes."""
    return _HIDDEN.sub(lambda found: name(chr(int(found[1], 16))).lower(), text)


def _path(location: Sequence[int | str], plain: Any, *, missing: bool) -> str:
    """Write the place as people do, without the steps that name a kind of union and stand in no document."""
    path = ""
    for step, part in enumerate(location, start=1):
        last = missing and step == len(location)
        if isinstance(part, int) and (last or (isinstance(plain, list | tuple) and part < len(plain))):
            path, plain = f"{path}[{part}]", None if last else plain[part]
        elif isinstance(plain, Mapping) and part in plain:
            path, plain = f"{path}.{part}", plain[part]
        elif last:
            path = f"{path}.{part}"
    return path.removeprefix(".")
