"""Proposes what becomes of the fields that columns with personal data fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from include.anonymization.config import FIELD_PLAN, AnonymizationConfig, FieldPlan
from include.anonymization.finding import Finding
from include.cim.concept import Field, FieldType, Personal
from include.cim.mapping_config import MapperConfig
from include.cim.suggest.propose import Proposal
from include.collection.check import Concepts, check_collection
from include.collection.inspection import ColumnProfile, Inspection
from include.collection.model import CollectionConfig

_DEGREES: Final = {"grid_degrees": 0.1}  # 11 km
_COARSER: Final[Mapping[str, tuple[dict[str, Any], ...]]] = {
    "POSTAL_CODE": ({"first": 2}, {"width": 1000}),
    "COORDINATES": (_DEGREES,),
    "BIRTH_DATE": ({"to": "year"}, {"width": 10}),
}
"""How coarse each entity becomes, by what its field may hold."""

_BINS: Final = 10
_INSTEAD: Final = {"generalise": ("drop", "pseudonym"), "scan": ("redact", "drop")}
_ELSE: Final = ("pseudonym", "drop")
"""What comes next where a method is not possible: the field's type cannot hold it, or its rows need the field."""


def plan_for(inspection: Inspection, proposal: Proposal, definition: Concepts) -> AnonymizationConfig:
    """Propose a plan for the mapping that is proposed; an empty one where there is none."""
    if proposal.mapper is None:
        return AnonymizationConfig()
    main = inspection.tables[0]
    findings = [each for each in inspection.personal if each.table == main.name]
    return propose_plan(findings, proposal.mapper, definition, main.columns)


def propose_plan(
    findings: Sequence[Finding], mapper: MapperConfig, definition: Concepts, columns: Sequence[ColumnProfile] = ()
) -> AnonymizationConfig:
    """Propose a method for each mapped field that names a person, that a column with personal data fills, or that
    singles somebody out together with others and can be coarser.

    A field for which no method is possible is left out; checking says what is wrong then.

    Args:
        findings: Of the main table; so are `columns`.
    """
    concept = definition.concept(mapper.concept)
    by_column = {each.column: each for each in findings}
    profiles = {each.name: each for each in columns}
    fields: dict[str, FieldPlan] = {}
    for rule in mapper.rules:
        sources = (rule.source,) if isinstance(rule.source, str) else rule.source or ()
        found = next((by_column[source] for source in sources if source in by_column), None)
        field = concept.fields[rule.field]
        for plan in _plans(field, found, [profiles[source] for source in sources if source in profiles]):
            if _is_possible(rule.field, plan, mapper, definition):
                fields[rule.field] = plan
                break
    return AnonymizationConfig(fields=fields)


def _plans(field: Field, found: Finding | None, columns: Sequence[ColumnProfile]) -> Iterator[FieldPlan]:
    """Give what may be done to a field, the fittest first."""
    methods: tuple[str, ...]
    if found is None and field.personal is Personal.QUASI:
        wanted, options, methods = "generalise", tuple(_coarser(field, columns)), ()
    elif found is None and field.personal is not Personal.DIRECT:
        return
    else:
        wanted = found.method if found else "pseudonym"
        options, methods = _COARSER.get(found.entity, ()) if found else (), _INSTEAD.get(wanted, _ELSE)
    if wanted == "generalise":
        yield from (FIELD_PLAN.validate_python({"method": wanted, **each}) for each in options)
    else:
        yield FIELD_PLAN.validate_python({"method": wanted})
    yield from (FIELD_PLAN.validate_python({"method": method}) for method in methods)


def _coarser(field: Field, columns: Sequence[ColumnProfile]) -> Iterator[dict[str, Any]]:
    """Say how a field becomes coarser that singles somebody out together with others: some ten bins of a number."""
    if field.unit == "deg":
        yield _DEGREES
    elif field.type in {FieldType.INTEGER, FieldType.FLOAT} and len(columns) == 1 and columns[0].unit is None:
        width = _width(columns[0])
        if width > (1 if field.type is FieldType.INTEGER else 0):
            yield {"width": float(width)}


def _width(column: ColumnProfile) -> Decimal:
    """Give 1, 2 or 5 times a power of ten: the least of which some ten span the column; 0 where it spans nothing."""
    try:
        span = Decimal(column.maximum or "0") - Decimal(column.minimum or "0")
    except InvalidOperation:
        return Decimal(0)
    if span <= 0:
        return Decimal(0)
    least = span / _BINS
    ten = Decimal(10) ** least.adjusted()
    return next(width for width in (ten, 2 * ten, 5 * ten, 10 * ten) if width >= least)


def _is_possible(field: str, plan: FieldPlan, mapper: MapperConfig, definition: Concepts) -> bool:
    config = CollectionConfig(
        title="A proposal", mapper=mapper, anonymization=AnonymizationConfig(fields={field: plan})
    )
    problems = check_collection(config, definition)
    return not any(problem.where.startswith(f"anonymization.fields.{field}") for problem in problems)
