"""Writes why a column may fill a field."""

from __future__ import annotations

from typing import Final

from include.cim.suggest.decide import Decision
from include.cim.suggest.reading import Option, Reading
from include.cim.suggest.words import Word

_LANGUAGES: Final = {
    "en": "English", "de": "German", "fr": "French", "nl": "Dutch", "es": "Spanish", "it": "Italian",
    "pt": "Portuguese", "da": "Danish", "sv": "Swedish", "no": "Norwegian", "pl": "Polish",
    "cs": "Czech", "fi": "Finnish", "el": "Greek",
}  # fmt: skip


def write_reason(option: Option, reading: Reading, decision: Decision) -> str:
    """Write one sentence for a person."""
    parts = []
    parts += [each.reason for each in (reading.nowhere, option.precedent) if each is not None]
    if option.named.words:
        parts.append("the name says " + ", ".join(_word(each) for each in option.named.words))
    elif option.precedent is None and not option.fit.told:
        parts.append("it tells the time of the rows")
    if option.fit.told and reading.column.unit_column:
        parts.append(f"{reading.column.unit_column!r} tells units of it")
    elif option.fit.told:
        parts.append(f"its unit is {option.fit.unit}")
    elif option.fit.likely:
        parts.append(f"its values look like {option.fit.unit}")
    beside = decision.filled.get(option.ref.concept, 0) - (
        decision.taken.get(reading.column.name, ("",))[0] == option.ref.concept
    )
    if beside:
        parts.append(f"{beside} other column{'s are' if beside > 1 else ' is'} of {option.ref.concept}")
    return "; ".join(parts)[:500]


def _word(word: Word) -> str:
    spoken = frozenset().union(*word.languages)
    named = [_LANGUAGES[each] for each in sorted(spoken) if each in _LANGUAGES]
    return f"{word.text!r} ({named[0]})" if len(named) == 1 and named[0] != "English" else repr(word.text)
