"""Chooses how an answer is written."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from enum import StrEnum
from typing import TypeVar

_Format = TypeVar("_Format", bound=StrEnum)


def choose_format(asked: _Format | None, accept: str, media_types: Mapping[_Format, str]) -> _Format:
    """Choose by the parameter, else by what `Accept` wants most of what is served, else the first of those served."""
    if asked is not None:
        return asked
    served = {media: form for form, media in media_types.items()}
    wanted = [(media, quality) for media, quality in map(_read, accept.split(",")) if media in served and quality > 0]
    # of several that are wanted alike, the first
    return served[max(wanted, key=lambda each: each[1])[0]] if wanted else next(iter(media_types))


def _read(part: str) -> tuple[str, float]:
    """Read a type and how much it is wanted (RFC 9110, 12.4.2); a number that is none is the usual 1."""
    message = Message()
    message["content-type"] = " ".join(part.split())
    try:
        quality = float(str(message.get_param("q", "1")))
    except ValueError:
        quality = 1.0
    return message.get_content_type(), quality
