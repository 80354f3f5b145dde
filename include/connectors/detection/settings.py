"""Checks what an owner has set of a format before detection takes it as right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from include.collection.source_format import Format
from include.configuration import Configuration
from include.errors import ConfigurationInvalid, Problem, name_close
from include.invalid import find_properties, tell_errors

Form = TypeVar("Form", bound=Configuration)

_FORMATS: Final[tuple[type[Configuration], ...]] = get_args(get_args(Format)[0])
_SPELLED: Final = {"\\t": "\t", "tab": "\t", "space": " ", "null": None, "none": None}


def check_values(given: Mapping[str, Any]) -> None:
    """Refuse what no format takes, before a detector reads it; which format it is nobody knows yet.

    Raises:
        ConfigurationInvalid: Formats have such a key, and none of them takes the value.
    """
    for key, value in given.items():
        kinds = [form.model_fields[key] for form in _FORMATS if key in form.model_fields]
        if key == "kind" and value not in (known := [kind.default for kind in kinds]):
            raise ConfigurationInvalid([Problem(key, f"no format is called {value!r}", name_close(str(value), known))])
        refused = [_find_wrong(kind.annotation, key, value) for kind in kinds]
        if refused and all(refused):
            raise ConfigurationInvalid(refused[0])


def _find_wrong(kind: Any, key: str, value: Any) -> list[Problem]:
    try:
        TypeAdapter(kind).validate_python(_plain(key, value, kind))
    except ValidationError as error:
        return tell_errors(({**each, "loc": (key, *each["loc"])} for each in error.errors()), {key: value}, (), key)
    return []


def read_settings(given: Mapping[str, Any], form: type[Configuration]) -> dict[str, Any]:
    """Give the settings with the types that the format's fields have, texts as `read_value` reads them.

    A list of words may be written with commas.

    Raises:
        ConfigurationInvalid: A key is no field of the format, or a value does not fit it.
    """
    values = _plain_settings(given, form)
    whole = _check(form, values)
    return {key: getattr(whole, key) for key in values}


def settle(kind: type[Form], found: Mapping[str, Any], given: Mapping[str, Any]) -> Form:
    """Make a format of what was found and what is given; what is given is right.

    Raises:
        ConfigurationInvalid: As `read_settings`, or the two do not go together.
    """
    return _check(kind, {**found, **_plain_settings(given, kind)})


def _plain_settings(given: Mapping[str, Any], form: type[Configuration]) -> dict[str, Any]:
    unknown = [key for key in given if key not in form.model_fields]
    if unknown:
        what = f"the format {form.model_fields['kind'].default} has no such setting"
        raise ConfigurationInvalid([Problem(key, what, name_close(key, form.model_fields)) for key in unknown])
    return {key: _plain(key, value, form.model_fields[key].annotation) for key, value in given.items()}


def _check(kind: type[Form], values: Mapping[str, Any]) -> Form:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problems = tell_errors(error.errors(), values, find_properties(kind), "format")
        raise ConfigurationInvalid(problems) from None


def read_value(key: str, value: Any) -> Any:
    r"""Read what an owner has set; from a terminal it comes as a text.

    `null` and `none` are nothing, `\t` and `tab` a tab, `space` a blank; what begins as a list or an object of
    JSON is one.

    Raises:
        ConfigurationInvalid: It begins as JSON, and is none.

    Example:
        >>> [read_value("null_values", text) for text in ('["", "-"]', "null", "tab", ";")]
        [['', '-'], None, '\t', ';']
    """
    if not isinstance(value, str):
        return value
    if value in _SPELLED:
        return _SPELLED[value]
    if value[:1] in {"[", "{"} and len(value) > 1:
        try:
            return json.loads(value)
        except (json.JSONDecodeError, RecursionError) as error:
            place = f"from character {error.pos + 1} on" if isinstance(error, json.JSONDecodeError) else "so deep"
            raise ConfigurationInvalid(
                [Problem(key, f"its value is no JSON {place}", """For example '["", "n/a"]'""")]
            ) from None
    return value


def _plain(key: str, value: Any, kind: Any) -> Any:
    value = read_value(key, value)
    if not isinstance(value, str):
        return value
    words = tuple(value.split(",")) if get_origin(kind) is tuple else value
    try:
        return TypeAdapter(kind).validate_python(words)  # a terminal writes numbers and truths as text
    except ValidationError:
        return words  # which the format refuses, with its place
