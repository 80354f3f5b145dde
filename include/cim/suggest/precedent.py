"""What is known of columns beside what they say themselves: what was made of such names before, here or elsewhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from include.cim.suggest.fields import FieldRef

Precedents = Mapping[str, Mapping[FieldRef, int]]
"""A name as `normalise` writes it → field → the number of collections here that fill it from a column of this name."""

NO_PRECEDENTS: Final[Precedents] = MappingProxyType({})
_MAPPED_BEFORE: Final = 0.97
"""How sure it is what every collection here has made of a name, in a file of the same concept."""


class Precedent(NamedTuple):
    """A field that a column filled before.

    Attributes:
        ref: None where it filled none.
        reason: For a person.
        share: Of all that was made of such a column, how much this was; above 0, up to 1.
        sure: How sure the field is, from 0 to 1.
        unit: The source's, where the file tells none.
        of_file: Whether the file as a whole is known, and not only the name: then the field may be of another concept
            than the file.
        together: Whether several columns may fill it.
    """

    ref: FieldRef | None
    reason: str
    share: float
    sure: float
    unit: str | None = None
    of_file: bool = False
    together: bool = False


def normalise(name: str) -> str:
    """Write a column's name so that case, spaces and underscores make no difference; signs do: `P+` is not `P-`."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())


def mapped_here(names: Iterable[str], precedents: Precedents) -> Mapping[str, tuple[Precedent, ...]]:
    """Say what this installation has made of these names."""
    return {name: made for name in names if (made := tuple(_made_here(precedents.get(normalise(name), {}))))}


def _made_here(counts: Mapping[FieldRef, int]) -> Iterator[Precedent]:
    for ref, count in counts.items():
        share = count / sum(counts.values())
        reason = f"mapped so in {count} collection{'s' if count > 1 else ''} here"
        yield Precedent(ref, reason, share, _MAPPED_BEFORE * share)
