"""Checks what an owner has set of a format before detection takes it as right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_origin

from pydantic import ValidationError

from include.configuration import Configuration
from include.errors import ConfigurationInvalid, Problem, name_close

Form = TypeVar("Form", bound=Configuration)

_SPELLED: Final = {"\\t": "\t", "tab": "\t", "space": " "}


def read_settings(given: Mapping[str, Any], form: type[Configuration]) -> dict[str, Any]:
    """Give the settings with the types that the format's fields have; from a terminal they come as texts.

    A list or an object may be written in JSON, a list of words with commas; a tab as `\\t` or `tab`.

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
    return {key: _plain(value, form.model_fields[key].annotation) for key, value in given.items()}


def _check(kind: type[Form], values: Mapping[str, Any]) -> Form:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigurationInvalid(
            [Problem(".".join(map(str, found["loc"])) or "format", found["msg"]) for found in error.errors()]
        ) from None


def _plain(value: Any, kind: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value in _SPELLED:
        return _SPELLED[value]
    if value[:1] in {"[", "{"} and len(value) > 1:
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    if get_origin(kind) is tuple:
        return tuple(value.split(","))
    return None if value == "none" else value
