"""What the owner has set, put over what detection found."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from include.errors import ConfigurationInvalid, Problem

Form = TypeVar("Form", bound=BaseModel)


def settle(kind: type[Form], found: Mapping[str, Any], given: Mapping[str, Any]) -> Form:
    """Make a format of what was found and what is given; what is given is right.

    Raises:
        ConfigurationInvalid: It knows no such setting, or the setting takes no such value.
    """
    fields = kind.model_fields
    problems = []
    for key in sorted(given.keys() - fields.keys()):
        close = difflib.get_close_matches(key, fields, n=3)
        known = f"Did you mean {' or '.join(close)}?" if close else f"There are {', '.join(fields)}."
        problems.append(Problem(key, "no such setting of this format", known))
    if problems:
        raise ConfigurationInvalid(problems)
    listed = {
        key: tuple(value.split(","))
        if isinstance(value, str) and str(fields[key].annotation).startswith("tuple")
        else value
        for key, value in given.items()
    }
    try:
        return kind(**{**found, **listed})
    except ValidationError as error:
        raise ConfigurationInvalid(
            [Problem(".".join(map(str, each["loc"])) or fields["kind"].default, each["msg"]) for each in error.errors()]
        ) from None
