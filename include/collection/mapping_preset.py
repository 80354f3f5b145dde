"""Mapping presets: what the columns of a standard's messages mean, written once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import Field

from include.cim.tables import read_tables
from include.configuration import Configuration
from include.errors import name_close

_FOLDER: Final = Path(__file__).with_name("mappings")


class MappingPreset(Configuration):
    """A mapping that fits whatever a format gives: the concept, and a rule for each field.

    Attributes:
        where: Of a format whose rows are of several kinds, those that it is made for: source column → its values.
    """

    title: str
    format: str
    concept: str
    where: dict[str, tuple[str, ...]] = Field({})
    rules: tuple[dict[str, Any], ...]


def expand_mapping(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Write a mapping out that names a preset; rules beside it go before those that the preset has for their fields.

    Raises:
        ValueError: There is no such preset.
    """
    presets = load_mapping_presets()
    name = plain["preset"]
    if not isinstance(name, str) or name not in presets:
        raise ValueError(f"no mapping preset is called {name!r}; {name_close(str(name), presets)}")
    preset, own = presets[name], plain.get("rules", [])
    others = {key: value for key, value in plain.items() if key not in ("preset", "rules")}
    if isinstance(own, list | tuple):  # what is none of it, the reader refuses, with its place
        replaced = [rule.get("field") for rule in own if isinstance(rule, Mapping)]
        own = [*own, *(rule for rule in preset.rules if rule["field"] not in replaced)]
    return {"concept": preset.concept, "where": preset.where, **others, "rules": own}


@cache
def load_mapping_presets() -> Mapping[str, MappingPreset]:
    """Read every preset, by name."""
    return MappingProxyType({name: MappingPreset.model_validate(plain) for name, plain in read_tables(_FOLDER).items()})
