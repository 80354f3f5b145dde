"""Checks what an owner has set of a format before detection takes it as right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from include.configuration import Configuration
from include.errors import ConfigurationInvalid, Problem

Form = TypeVar("Form", bound=Configuration)

_SPELLED: Final = {"\\t": "\t", "tab": "\t", "space": " "}


def read_settings(given: Mapping[str, Any], form: type[Configuration]) -> dict[str, Any]:
    """Give the settings with the types that the format's fields have; from a terminal they come as texts.

    A list or an object may be written in JSON; a tab as `\\t` or `tab`.

    Raises:
        ConfigurationInvalid: A key is no field of the format, or a value does not fit it.
    """
    values = _read_known(given, form)
    try:
        checked = form.model_validate(values)
    except ValidationError as error:
        raise _refusal(error) from None
    return {key: getattr(checked, key) for key in values}


def settle(kind: type[Form], found: Mapping[str, Any], given: Mapping[str, Any]) -> Form:
    """Make a format of what was found and what is given; what is given is right.

    Raises:
        ConfigurationInvalid: As `read_settings`, or the two do not go together.
    """
    settings = _read_known({key: value for key, value in given.items() if key != "kind"}, kind)
    try:
        return kind(**{**found, **settings})
    except ValidationError as error:
        raise _refusal(error) from None


def _read_known(given: Mapping[str, Any], form: type[Configuration]) -> dict[str, Any]:
    unknown = [key for key in given if key not in form.model_fields]
    if unknown:
        raise ConfigurationInvalid([_name_close(key, form) for key in unknown])
    return {key: _plain(value) for key, value in given.items()}


def _refusal(error: ValidationError) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        [Problem(".".join(map(str, found["loc"])) or "format", found["msg"]) for found in error.errors()]
    )


def _name_close(key: str, form: type[Configuration]) -> Problem:
    close = get_close_matches(key, form.model_fields) or list(form.model_fields)
    return Problem(key, "no setting is called so", f"There are: {', '.join(close)}.")


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value in _SPELLED:
        return _SPELLED[value]
    if value[:1] in {"[", "{"} and len(value) > 1:
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return None if value == "none" else value
