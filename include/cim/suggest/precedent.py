"""What columns of these names were mapped to before, in the same installation."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from include.cim.suggest.fields import FieldRef

Precedents = Mapping[str, Mapping[FieldRef, int]]
"""A name as `normalise` writes it → field → the number of collections that fill it from a column of this name."""

NO_PRECEDENTS: Final[Precedents] = MappingProxyType({})


def normalise(name: str) -> str:
    """Write a column's name so that case, spaces and underscores make no difference; signs do: `P+` is not `P-`."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())
