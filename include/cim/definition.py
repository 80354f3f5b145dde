"""A Common Information Model: the concepts that come with the platform (`concepts/*.yaml`), or a version of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from include.cim.codes import LISTS
from include.cim.concept import Concept, Field, FieldType, Personal, SourceKind, Term
from include.cim.tables import read_table
from include.cim.units import find_unit
from include.errors import NotFound

FOLDER: Final = Path(__file__).parent / "concepts"
STANDARDS: Final = Path(__file__).parent / "standards.yaml"


@dataclass(frozen=True, slots=True)
class Definition:
    """Some concepts, by name.

    Attributes:
        version: Of the platform's record; 0 for what comes with the platform, before any record of it.
    """

    by_name: Mapping[str, Concept]
    version: int = 0

    def concept(self, name: str) -> Concept:
        """Give one concept; raises NotFound, naming what there is."""
        if name not in self.by_name:
            raise NotFound("concept", f"the CIM has no concept {name!r}", f"It has {', '.join(self.by_name)}.")
        return self.by_name[name]

    def concepts(self) -> Sequence[Concept]:
        """Give every concept, by name."""
        return tuple(self.by_name.values())

    def current(self) -> Definition:
        """Give itself: it does not change."""
        return self

    def at(self, version: int) -> Definition:
        """Give itself, where it is this version; raises NotFound."""
        if version != self.version:
            raise absent_version(version)
        return self


def absent_version(version: int) -> NotFound:
    """Say that there is no such version."""
    return NotFound(f"version {version}", "the CIM has no such version", "`GET /cim/version` lists them.")


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
            concept = read_concept(read_table(file), _term)
        except (KeyError, TypeError, ValueError, NotFound) as error:
            raise ValueError(f"{file.name}: {error}") from error
        concepts[concept.name] = concept
    return Definition(concepts)


def read_definition_document(plain: Mapping[str, Any], version: int) -> Definition:
    """Read what `write_definition` gave."""
    return Definition({name: read_concept(entry, Term) for name, entry in plain.items()}, version)


def write_definition(definition: Definition) -> dict[str, Any]:
    """Give a definition as JSON: concept → what its YAML says, with its terms written out."""
    return {concept.name: write_concept(concept) for concept in definition.concepts()}


def write_concept(concept: Concept) -> dict[str, Any]:
    """Give a concept as its YAML says it, with its terms written out; what has its default is left out."""
    fields = {name: _written(field) for name, field in concept.fields.items()}
    for entry in fields.values():
        del entry["name"]
    return {**_written(concept), "fields": fields}


def _written(part: Concept | Field) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for attribute in dataclass_fields(part):
        value = getattr(part, attribute.name)
        if value == attribute.default or attribute.name == "fields":
            continue
        if attribute.name == "anchors":
            plain["anchors"] = [{name: told for name, told in asdict(term).items() if told} for term in value]
        else:
            plain[attribute.name] = list(value) if isinstance(value, tuple) else value
    return plain


def read_concept(plain: Mapping[str, Any], read_term: Callable[..., Term]) -> Concept:
    """Read one concept as its YAML says it; raises KeyError, TypeError, ValueError or NotFound where it cannot be."""
    fields = {name: _field(name, entry, read_term) for name, entry in plain["fields"].items()}
    for name in plain["key"]:
        if not fields[name].required:
            raise ValueError(f"field {name} is part of the key and has to be required")
    for field in fields.values():
        if field.after is not None and fields[field.after].type is not FieldType.TIMESTAMP:
            raise ValueError(f"field {field.name} lies after {field.after}, which is no timestamp")
        if field.replaced_by is not None and (field.required or fields[field.replaced_by].replaced_by is not None):
            raise ValueError(f"field {field.name} is required, or replaced by one that is deprecated too")
    return Concept(
        name=plain["name"],
        title=plain["title"],
        description=plain["description"],
        key=tuple(plain["key"]),
        fields=fields,
        anchors=tuple(read_term(**each) for each in plain.get("anchors", ())),
        sources=tuple(map(SourceKind, plain.get("sources", ()))),
    )


def _field(name: str, plain: Mapping[str, Any], read_term: Callable[..., Term]) -> Field:
    kind = FieldType(plain["type"])
    if "unit" in plain and find_unit(plain["unit"]).name != plain["unit"]:
        raise ValueError(f"field {name}: {plain['unit']} is an alias; write the unit itself")
    if (kind is FieldType.ENUM) != bool(plain.get("values")):
        raise ValueError(f"field {name}: values go with the type enum, and the type enum with values")
    if "codes" in plain and (kind is not FieldType.TEXT or plain["codes"] not in LISTS):
        raise ValueError(f"field {name}: codes go with the type text, and are one of {', '.join(LISTS)}")
    return Field(
        **{
            **plain,
            "name": name,
            "type": kind,
            "values": tuple(plain.get("values", ())),
            "personal": Personal(plain.get("personal", Personal.NONE)),
            "anchors": tuple(read_term(**each) for each in plain.get("anchors", ())),
            "synonyms": tuple(plain.get("synonyms", ())),
        }
    )


def _term(term: str, standard: str, verified: bool = False, exact: bool = False, note: str = "") -> Term:
    """Write a term out: its IRI by its standard, and where it was found; what is written out already stays."""
    known = load_standards().get(standard, {})
    if exact and not verified:
        raise ValueError(f"{term}: nobody knows that it means the same before it is verified")
    found = known.get("copy") if verified else None
    if verified and not (found or note):
        raise ValueError(f"{term}: {STANDARDS.name} has no copy of {standard}, so say in `note` where it was verified")
    iris = "" if term.startswith(("http://", "https://")) else known.get("iris", "")
    return Term(iris + term, standard, verified, exact, note or found or "")


@cache
def load_standards() -> Mapping[str, Mapping[str, str]]:
    """Read the standards whose terms are named: title, beginning of IRIs, and the copy that was looked at."""
    standards: dict[str, dict[str, str]] = read_table(STANDARDS)
    return standards
