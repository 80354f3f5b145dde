"""Personal data inside longer texts, found by patterns alone: enough to say that a column needs a scan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from include.anonymization.recognisers.catalogue import KINDS
from include.anonymization.recognisers.names import find_names
from include.anonymization.recognisers.value_kind import IN_TEXT, Telling, ValueKind

_WORDS: Final = 4
"""Of fewer words, a cell is a value rather than a text."""

_TELLING: Final = frozenset({"EMAIL_ADDRESS", "IBAN_CODE", "PHONE_NUMBER", "IT_FISCAL_CODE", "ES_CUPS", "UK_NINO"})


def share_with_personal(texts: Sequence[str]) -> float:
    """Give the share of texts that hold personal data beside other words."""
    return sum(map(_holds, texts)) / len(texts)


def _holds(text: str) -> bool:
    if text.count(" ") < _WORDS - 1:
        return False
    if find_names(text):
        return True
    return any(
        kind.valid is None or kind.valid(found.group()) for kind, seeks in _seeking() for found in seeks.finditer(text)
    )


@cache
def _seeking() -> tuple[tuple[ValueKind, re.Pattern[str]], ...]:
    return tuple(
        (kind, re.compile(IN_TEXT.format(kind.pattern), re.IGNORECASE))
        for kind in KINDS
        if kind.entity in _TELLING and kind.telling is Telling.ALONE
    )
