"""Finds the fields of the CIM that a proposed one may double."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from include.cim.concept import Field, Term
from include.cim.definition import Definition
from include.cim.extension import Proposal, ProposedChange, ProposedField, ProposedTerm
from include.cim.units import known_unit

MOST: Final = 20
MOST_PENDING: Final = 1000
"""So many fields of proposals that wait are looked at."""

NAMES_ALIKE: Final = 0.75
DESCRIPTIONS_ALIKE: Final = 0.5

_EMPTY_WORDS: Final = frozenset(
    {"the", "and", "for", "its", "that", "this", "with", "from", "into", "per", "not", "all"}
)


class Likeness(StrEnum):
    """What two fields have in common, the strongest first."""

    SAME_NAME = "same name"  # or the one is a synonym of the other
    SAME_TERM = "same term of a standard"
    SIMILAR_NAME = "similar name"
    SIMILAR_MEANING = "unit of the same dimension, similar description"


@dataclass(frozen=True, slots=True)
class NearMatch:
    """A field that is there, or that another extension proposes.

    Attributes:
        field: The proposed field that it is like.
        into: The other, as `concept.field`.
        score: From 0 to 1.
        pending: It is not there yet: another proposal waits with it.
    """

    field: str
    into: str
    likeness: Likeness
    score: float
    description: str
    unit: str | None
    pending: bool = False


def find_near_matches(
    proposal: Proposal, definition: Definition, pending: Iterable[Proposal] = ()
) -> tuple[NearMatch, ...]:
    """Find what a proposal may double, the likest first: in the CIM, and in proposals that wait.

    Example:
        >>> from include.cim.definition import load_definition
        >>> field = {"name": "charge_state", "type": "float", "unit": "%", "description": "How full it is."}
        >>> near = find_near_matches(Proposal(concept="battery_status", field=field), load_definition())
        >>> near[0].into, near[0].likeness.value
        ('battery_status.state_of_charge', 'similar name')
    """
    others = [_Known.of(c.name, field, field.anchors) for c in definition.concepts() for field in c.fields.values()]
    waiting = ((each.about[0], field) for each in pending for field in _proposed(each))
    others += [_Known.of(name, field, field.terms, pending=True) for name, field in islice(waiting, MOST_PENDING)]
    mine = [_Known.of("", field, field.terms) for field in _proposed(proposal)]
    if proposal.change is not None:  # what it adds to a field may be another's
        mine = [_Known.added(proposal.change)]
        others = [each for each in others if each.into != proposal.subject]
    found = [near for each in mine for other in others if (near := _compare(each, other)) is not None]
    order = list(Likeness)
    return tuple(sorted(found, key=lambda each: (order.index(each.likeness), -each.score, each.into))[:MOST])


@dataclass(frozen=True, slots=True)
class _Known:
    """A field, ready to be compared."""

    name: str
    into: str
    names: frozenset[str]
    pairs: tuple[frozenset[str], ...]
    description: str
    words: frozenset[str]
    unit: str | None
    dimension: str | None
    terms: frozenset[str]
    pending: bool

    @classmethod
    def of(
        cls, concept: str, field: Field | ProposedField, terms: Iterable[Term | ProposedTerm], *, pending: bool = False
    ) -> _Known:
        unit = known_unit(field.unit) if field.unit else None
        names = frozenset(map(_folded, (field.name, *field.synonyms)))
        return cls(
            name=field.name,
            into=f"{concept}.{field.name}",
            names=names,
            pairs=tuple(map(_letter_pairs, names)),
            description=field.description,
            words=frozenset(re.findall(r"\w{3,}", field.description.casefold())) - _EMPTY_WORDS,
            unit=field.unit,
            dimension=unit.dimension if unit else None,
            terms=frozenset(each.term for each in terms),
            pending=pending,
        )

    @classmethod
    def added(cls, change: ProposedChange) -> _Known:
        """Names and terms that a change adds."""
        names = frozenset(map(_folded, change.synonyms))
        return cls(
            name=change.field,
            into="",
            names=names,
            pairs=tuple(map(_letter_pairs, names)),
            description="",
            words=frozenset(),
            unit=None,
            dimension=None,
            terms=frozenset(each.term for each in change.terms),
            pending=False,
        )


def _proposed(proposal: Proposal) -> tuple[ProposedField, ...]:
    if proposal.new_concept is not None:
        return proposal.new_concept.fields
    return (proposal.field,) if proposal.field is not None else ()


def _compare(mine: _Known, other: _Known) -> NearMatch | None:
    if mine.names & other.names:
        likeness, score = Likeness.SAME_NAME, 1.0
    elif mine.terms & other.terms:
        likeness, score = Likeness.SAME_TERM, 1.0
    elif (alike := max((_shared(a, b) for a in mine.pairs for b in other.pairs), default=0.0)) >= NAMES_ALIKE:
        likeness, score = Likeness.SIMILAR_NAME, alike
    elif (
        mine.dimension is not None
        and mine.dimension == other.dimension
        and (told := _shared(mine.words, other.words)) >= DESCRIPTIONS_ALIKE
    ):
        likeness, score = Likeness.SIMILAR_MEANING, told
    else:
        return None
    return NearMatch(mine.name, other.into, likeness, round(score, 3), other.description, other.unit, other.pending)


def _folded(name: str) -> str:
    return "_".join(re.findall(r"\w+", name.casefold().replace("_", " ")))


def _letter_pairs(name: str) -> frozenset[str]:
    """Give each word's neighbouring letters, its ends too: alike whatever the order of words, or with a slip."""
    words = (f"^{word}$" for word in name.split("_"))
    return frozenset(word[at : at + 2] for word in words for at in range(len(word) - 1))


def _shared(first: frozenset[str], second: frozenset[str]) -> float:
    """Sørensen's index of two sets."""
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0
