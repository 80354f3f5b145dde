"""Presets: public sources written once, so that few parameters are enough to read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from include.cim.tables import read_tables
from include.configuration import Configuration
from include.errors import name_close

_FOLDER: Final = Path(__file__).with_name("presets")
_PLACE: Final = re.compile(r"\$\{([a-z_]+)\}")


class Choice(Configuration):
    """A parameter of a preset: text that matches a pattern, a number within bounds, or a list of either."""

    description: str
    type: Literal["text", "number", "list", "numbers"] = "text"
    pattern: str = r"^[A-Za-z0-9_.:+ -]+$"
    minimum: float | None = None
    maximum: float | None = None
    default: Any = None
    optional: bool = False

    def read(self, name: str, value: Any) -> Any:
        """Check what the owner wrote; raises ValueError with the sentence for them."""
        if self.type in ("text", "number"):
            return self._one(name, value)
        items = value if isinstance(value, list | tuple) else [value]
        if not items:
            raise ValueError(f"`{name}` is an empty list; write what to ask for: {self.description}")
        return [self._one(name, item) for item in items]

    def _one(self, name: str, value: Any) -> str | float:
        if self.type in ("text", "list"):
            if isinstance(value, str) and re.fullmatch(self.pattern, value):
                return value
            what = f"`{name}` is not written as it has to be"
            raise ValueError(f"{what}; its pattern is {self.pattern}: {self.description}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            what = f"`{name}` is no number"
            raise ValueError(f"{what}; write one without quotes: {self.description}")  # noqa: TRY004  # pydantic's word
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"`{name}` is out of its range; write {low:g} to {high:g}: {self.description}")
        return value


class Preset(Configuration):
    """A public source: where it is documented, what its owner has to say, and the source with `${parameter}`s."""

    title: str
    documentation: str
    licence: str
    note: str = ""
    parameters: dict[str, Choice]
    ingester: dict[str, Any]


def expand_preset(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Write a source out that names a preset; keys beside the preset's parameters replace what the preset says.

    Raises:
        ValueError: There is no such preset, or a parameter is missing or wrong; with the sentence for its owner.
    """
    name = plain["preset"]
    presets = load_presets()
    if not isinstance(name, str) or name not in presets:
        raise ValueError(f"no preset is called {name!r}; {name_close(str(name), presets)}")
    preset = presets[name]
    values: dict[str, Any] = {}
    for parameter, choice in preset.parameters.items():
        value = plain.get(parameter, choice.default)
        if value is None and not choice.optional:
            raise ValueError(f"the preset {name} needs `{parameter}`; add it: {choice.description}")
        values[parameter] = None if value is None else choice.read(parameter, value)
    written = _fill(preset.ingester, values)
    own = {key: value for key, value in plain.items() if key not in ("preset", *preset.parameters)}
    return _merge(written, own)


@cache
def load_presets() -> Mapping[str, Preset]:
    """Read every preset, by name."""
    return MappingProxyType({name: Preset.model_validate(plain) for name, plain in read_tables(_FOLDER).items()})


_ABSENT: Final = object()


def _fill(plain: Any, values: Mapping[str, Any]) -> Any:
    """Put the values in; a member that is nothing but a parameter without a value is left out."""
    if isinstance(plain, dict):
        filled = {key: _fill(value, values) for key, value in plain.items()}
        return {key: value for key, value in filled.items() if value is not _ABSENT}
    if isinstance(plain, list):
        return [value for value in (_fill(each, values) for each in plain) if value is not _ABSENT]
    if not isinstance(plain, str):
        return plain
    alone = _PLACE.fullmatch(plain)
    if alone is not None:
        value = values[alone.group(1)]
        return _ABSENT if value is None else value
    return _PLACE.sub(lambda place: _as_text(values[place.group(1)]), plain)


def _as_text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _merge(base: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the owner's keys over the preset's, member by member."""
    merged = dict(base)
    for key, value in own.items():
        there = merged.get(key)
        merged[key] = _merge(there, value) if isinstance(there, dict) and isinstance(value, Mapping) else value
    return merged
