"""Personal data inside longer texts, found by patterns alone: enough to say that a column needs a scan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from include.anonymization.recognisers.catalogue import KINDS
from include.anonymization.recognisers.value_kind import IN_TEXT, Telling, ValueKind

_TITLES: Final = (
    r"(?:mr|mrs|ms|miss|dr|prof|herrn?|frau|fam|familie|dhr|mevr|mevrouw|meneer|mme|mlle|monsieur|madame"
    r"|señora?|doña|sig|sig\.ra|signora?|dott|κος|κα|κυρία|κύριος|kyria|kyrios)\b\.?"
)
_SAID: Final = r"(?:my name is|i am called|mein name ist|ich heiße|je m'appelle|mijn naam is|me llamo|mi chiamo|με λένε)"
_ONE: Final = r"[^\W\d_][^\W\d_.]*(?:['’-][^\W\d_]+)*"
_NAMES: Final = re.compile(rf"(?<!\w)(?i:{_TITLES}|{_SAID})\s+(?P<names>{_ONE}(?:\s+{_ONE}){{0,2}})")
"""A title or an introduction, and up to three words behind it."""


def find_names(text: str) -> list[tuple[int, int]]:
    """Find where names stand behind a title, or where somebody gives theirs.

    Behind the first word, only words with a capital belong to a name.

    Example:
        >>> find_names("Spoke to Mrs. Walsh about it; my name is Jan Maes.")
        [(14, 19), (41, 49)]
    """
    found = []
    for each in _NAMES.finditer(text):
        end = start = each.start("names")
        for number, word in enumerate(re.finditer(_ONE, each["names"])):
            if number and not word.group()[0].isupper():
                break
            end = start + word.end()
        found.append((start, end))
    return found


_TELLING: Final = frozenset({"EMAIL_ADDRESS", "IBAN_CODE", "PHONE_NUMBER", "IT_FISCAL_CODE", "ES_CUPS", "UK_NINO"})


def share_with_personal(texts: Sequence[str]) -> float:
    """Give the share of texts that hold personal data beside other words."""
    return sum(map(_holds, texts)) / len(texts)


def _holds(text: str) -> bool:
    if text.count(" ") < 2:
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
