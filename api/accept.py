"""Chooses how an answer is written."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

_Format = TypeVar("_Format", bound=StrEnum)


def choose_format(asked: _Format | None, accept: str, media_types: Mapping[_Format, str]) -> _Format:
    """Choose by the parameter, else by the first type of `Accept` that is served, else the first of those served."""
    if asked is not None:
        return asked
    served = {media: form for form, media in media_types.items()}
    wanted = (part.split(";")[0].strip().lower() for part in accept.split(","))
    return next((served[media] for media in wanted if media in served), next(iter(media_types)))
