"""The Common Information Model that is installed: the concepts of `concepts/*.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from include.cim.concept import Concept, Field, FieldType, Personal, SourceKind, Term
from include.cim.units import find_unit
from include.errors import NotFound

FOLDER: Final = Path(__file__).parent / "concepts"
STANDARDS: Final = Path(__file__).parent / "standards.yaml"


@dataclass(frozen=True, slots=True)
class Definition:
    """The installed concepts, by name."""

    by_name: Mapping[str, Concept]

    def concept(self, name: str) -> Concept:
        """Give one concept; raises NotFound, naming what there is."""
        if name not in self.by_name:
            raise NotFound("concept", f"the CIM has no concept {name!r}", f"It has {', '.join(self.by_name)}.")
        return self.by_name[name]

    def concepts(self) -> Sequence[Concept]:
        """Give every concept, by name."""
        return tuple(self.by_name.values())


@cache
def load_definition() -> Definition:
    """Read the concepts that come with the platform."""
    return read_definition(FOLDER)


def read_definition(folder: Path) -> Definition:
    """Read a folder of concepts.

    Raises:
        ValueError: A file contradicts itself; names the file, because whoever wrote it is a developer.
    """
    concepts: dict[str, Concept] = {}
    for file in sorted(folder.glob("*.yaml")):
        try:
            concept = _concept(yaml.safe_load(file.read_text(encoding="utf-8")))
        except (KeyError, TypeError, ValueError, NotFound) as error:
            raise ValueError(f"{file.name}: {error}") from error
        concepts[concept.name] = concept
    return Definition(concepts)


def _concept(plain: dict[str, Any]) -> Concept:
    fields = {name: _field(name, entry) for name, entry in plain["fields"].items()}
    for name in plain["key"]:
        if not fields[name].required:
            raise ValueError(f"field {name} is part of the key and has to be required")
    for field in fields.values():
        if field.after is not None and fields[field.after].type is not FieldType.TIMESTAMP:
            raise ValueError(f"field {field.name} lies after {field.after}, which is no timestamp")
    return Concept(
        name=plain["name"],
        title=plain["title"],
        description=plain["description"],
        key=tuple(plain["key"]),
        fields=fields,
        anchors=_terms(plain),
        sources=tuple(map(SourceKind, plain.get("sources", ()))),
    )


def _field(name: str, plain: dict[str, Any]) -> Field:
    kind = FieldType(plain["type"])
    if "unit" in plain and find_unit(plain["unit"]).name != plain["unit"]:
        raise ValueError(f"field {name}: {plain['unit']} is an alias; write the unit itself")
    if (kind is FieldType.ENUM) != bool(plain.get("values")):
        raise ValueError(f"field {name}: values go with the type enum, and the type enum with values")
    return Field(
        **{
            **plain,
            "name": name,
            "type": kind,
            "values": tuple(plain.get("values", ())),
            "personal": Personal(plain.get("personal", Personal.NONE)),
            "anchors": _terms(plain),
        }
    )


def _terms(plain: dict[str, Any]) -> tuple[Term, ...]:
    return tuple(_term(**each) for each in plain.get("anchors", ()))


def _term(term: str, standard: str, verified: bool = False, exact: bool = False, note: str = "") -> Term:
    """Write a term out: its IRI by its standard, and where it was found."""
    known = load_standards().get(standard)
    if known is None:
        raise ValueError(f"no standard is called {standard!r}; {STANDARDS.name} lists them")
    if exact and not verified:
        raise ValueError(f"{term}: nobody knows that it means the same before it is verified")
    found = known.get("copy") if verified else None
    if verified and not (found or note):
        raise ValueError(f"{term}: {STANDARDS.name} has no copy of {standard}, so say in `note` where it was verified")
    return Term(known.get("iris", "") + term, standard, verified, exact, note or found or "")


@cache
def load_standards() -> Mapping[str, Mapping[str, str]]:
    """Read the standards whose terms are named: title, beginning of IRIs, and the copy that was looked at."""
    standards: dict[str, dict[str, str]] = yaml.safe_load(STANDARDS.read_text(encoding="utf-8"))
    return standards
