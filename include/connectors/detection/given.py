"""What the owner has set of a format: taken as right, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError

from include.configuration import Configuration
from include.errors import ConfigurationInvalid, Problem

FormatT = TypeVar("FormatT", bound=Configuration)


def apply_given(form: FormatT, given: Mapping[str, Any]) -> FormatT:
    """Put what the owner has set in the place of what was found.

    Raises:
        ConfigurationInvalid: The format has no such setting, or it cannot have this value.
    """
    known = type(form).model_fields
    kind = known["kind"].default
    problems = []
    for key in given.keys() - known.keys():
        close = get_close_matches(key, known, n=3)
        remedy = f"Did you mean {' or '.join(close)}?" if close else f"There are {', '.join(known)}."
        problems.append(Problem(key, f"the format {kind} has no such setting", remedy))
    if problems:
        raise ConfigurationInvalid(sorted(problems, key=lambda problem: problem.where))
    try:
        return type(form).model_validate({**form.model_dump(), **given})
    except ValidationError as error:
        raise ConfigurationInvalid(
            [Problem(".".join(map(str, each["loc"])) or kind, each["msg"]) for each in error.errors()]
        ) from None
