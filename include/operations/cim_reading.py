"""Reading the CIM: its concepts, its versions, and who uses a concept or a field of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from include.access.requestor import Requestor
from include.cim.concept import Concept, FieldType
from include.cim.definition import Definition
from include.cim.extension import CimVersion
from include.cim_ports import Use
from include.operations.cursor import read_cursor, write_cursor
from include.operations.services import Services


@dataclass(frozen=True, slots=True)
class FoundConcept:
    """A concept of a list.

    Attributes:
        matched: The fields that all the asked words speak of, where the concept itself was not enough.
    """

    concept: Concept
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mentions:
    """Who uses something: what the requestor may see, and how many others."""

    visible: tuple[Use, ...]
    others: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The collections and datasets that use a concept, or a field of it."""

    collections: Mentions
    datasets: Mentions


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Some versions, newest first; `cursor` is None on the last page."""

    versions: Sequence[CimVersion]
    cursor: str | None


def read_definition(services: Services, version: int | None = None) -> Definition:
    """Give the CIM as it is now, or as it was; raises NotFound."""
    return services.definition.current() if version is None else services.definition.at(version)


def find_concepts(definition: Definition, words: str | None = None) -> list[FoundConcept]:
    """Find the concepts that speak of every word, in whatever case: those with it in their own name first.

    A concept is found by its name, title, description and terms, or by one field that speaks of all the words.
    """
    asked = re.findall(r"\w+", (words or "").casefold())
    if not asked:
        return [FoundConcept(concept) for concept in definition.concepts()]
    ranked: list[tuple[int, FoundConcept]] = []
    for concept in definition.concepts():
        terms = [term.term for term in concept.anchors]
        matched = tuple(
            field.name
            for field in concept.fields.values()
            if _speaks(asked, (field.name, field.description, *field.synonyms, *(term.term for term in field.anchors)))
        )
        if _speaks(asked, (concept.name, concept.title)):
            ranked.append((0, FoundConcept(concept, matched)))
        elif _speaks(asked, (concept.name, concept.title, concept.description, *terms)):
            ranked.append((1, FoundConcept(concept, matched)))
        elif matched:
            ranked.append((2, FoundConcept(concept, matched)))
    return [found for _, found in sorted(ranked, key=lambda each: each[0])]


def list_versions(services: Services, *, cursor: str | None = None, limit: int = 50) -> VersionPage:
    """List the versions, newest first; raises ConfigurationInvalid for what is no cursor."""
    before = int(read_cursor(cursor, (FieldType.INTEGER,))[0]) if cursor else None
    versions = services.cim.versions(before=before, limit=limit + 1)
    page = versions[:limit]
    return VersionPage(page, write_cursor([page[-1].version]) if len(versions) > limit else None)


def read_usage(services: Services, requestor: Requestor, concept: Concept) -> tuple[Usage, Mapping[str, Usage]]:
    """Say who uses a concept, and who each of its fields; fields that nobody uses are left out."""
    uses = services.cim.uses(concept.name)
    by_field = {name: [use for use in uses if _uses(use, name)] for name in concept.fields}
    return _usage(requestor, uses), {name: _usage(requestor, users) for name, users in by_field.items() if users}


def read_field_usage(services: Services, requestor: Requestor, concept: str, field: str | None) -> Usage:
    """Say who uses one field, or, without one, the concept."""
    uses = services.cim.uses(concept)
    return _usage(requestor, [use for use in uses if field is None or _uses(use, field)])


def _speaks(words: Iterable[str], texts: Iterable[str]) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in words)


def _uses(use: Use, field: str) -> bool:
    return use.fields is None or field in use.fields


def _usage(requestor: Requestor, uses: Sequence[Use]) -> Usage:
    kinds = [[use for use in uses if use.kind == kind] for kind in ("collection", "dataset")]
    seen = [tuple(use for use in users if requestor.may_see(use.owner_id)) for users in kinds]
    return Usage(*(Mentions(visible, len(users) - len(visible)) for visible, users in zip(seen, kinds, strict=True)))
