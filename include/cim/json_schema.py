"""The Common Information Model as JSON Schema, for rows as the interface gives them in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from include.cim.concept import Concept, Field, FieldType, Personal, Term
from include.cim.unit_codes import find_codes

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
NAMESPACE: Final = "urn:cdmp:cim:"
"""Where concepts are named while no server serves them."""

_TYPES: Final[dict[FieldType, dict[str, Any]]] = {
    FieldType.ID: {"type": "string"},
    FieldType.TEXT: {"type": "string"},
    FieldType.ENUM: {"type": "string"},
    FieldType.TIMESTAMP: {"type": "string", "format": "date-time"},
    FieldType.FLOAT: {"type": "number"},
    FieldType.INTEGER: {"type": "integer"},
    FieldType.BOOLEAN: {"type": "boolean"},
}


def concept_schema(concept: Concept, namespace: str = NAMESPACE) -> dict[str, Any]:
    """Give the schema of one row of a concept.

    What JSON Schema has no word for stands under `x-`: `x-unit` (its name here, in UCUM, UN/ECE and QUDT), `x-key`,
    `x-after`, `x-personal`, `x-terms`, `x-sources`, `x-synonyms`, `x-replaced-by`. A field that is not required may be
    null.

    Args:
        namespace: What the concept's IRI begins with, up to its name.

    Source: JSON Schema, draft 2020-12.
    """
    return {
        "$schema": DIALECT,
        "$id": f"{namespace}{concept.name}",
        **_body(concept),
    }


def definition_schema(concepts: Iterable[Concept], namespace: str = NAMESPACE) -> dict[str, Any]:
    """Give the schema of a row of any of these concepts; each is below `$defs`, by its name."""
    bodies = {concept.name: _body(concept) for concept in concepts}
    return {
        "$schema": DIALECT,
        "$id": f"{namespace}definition",
        "title": "Common Information Model",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in bodies],
        "$defs": bodies,
    }


def _body(concept: Concept) -> dict[str, Any]:
    return {
        "title": concept.title,
        "description": concept.description,
        "type": "object",
        "properties": {field.name: _property(field) for field in concept.fields.values()},
        "required": [field.name for field in concept.fields.values() if field.required],
        "additionalProperties": False,
        "x-key": list(concept.key),
        **({"x-sources": [str(source) for source in concept.sources]} if concept.sources else {}),
        **_terms(concept.anchors),
    }


def _property(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {**_TYPES[field.type], "description": field.description}
    if field.values:
        schema["enum"] = [*field.values] if field.required else [*field.values, None]
    if not field.required:
        schema["type"] = [schema["type"], "null"]
    if field.minimum is not None:
        schema["minimum"] = field.minimum
    if field.maximum is not None:
        schema["maximum"] = field.maximum
    if field.unit is not None:
        codes = find_codes(field.unit)
        qudt = f"http://qudt.org/vocab/unit/{codes.qudt}" if codes.qudt else None
        told = {"name": field.unit, "ucum": codes.ucum, "unece": codes.unece, "qudt": qudt}
        schema["x-unit"] = {name: code for name, code in told.items() if code is not None}
    if field.after is not None:
        schema["x-after"] = field.after
    if field.personal is not Personal.NONE:
        schema["x-personal"] = str(field.personal)
    if field.synonyms:
        schema["x-synonyms"] = list(field.synonyms)
    if field.replaced_by is not None:
        schema |= {"deprecated": True, "x-replaced-by": field.replaced_by}
    return {**schema, **_terms(field.anchors)}


def _terms(terms: tuple[Term, ...]) -> dict[str, Any]:
    told = [
        {
            "term": term.term,
            "standard": term.standard,
            "verified": term.verified,
            **({"exact": True} if term.exact else {}),
            **({"note": term.note} if term.note else {}),
        }
        for term in terms
    ]
    return {"x-terms": told} if told else {}
