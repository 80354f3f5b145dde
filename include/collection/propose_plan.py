"""Proposes what becomes of the fields that columns with personal data fill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import ValidationError

from include.anonymization.config import FIELD_PLAN, AnonymizationConfig, FieldPlan
from include.anonymization.finding import Finding
from include.cim.concept import Personal
from include.cim.mapping_config import MapperConfig
from include.cim.suggest.propose import Proposal
from include.collection.check import Concepts, check_collection
from include.collection.inspection import Inspection
from include.collection.model import CollectionConfig

_INSTEAD: Final = {"generalise": ("drop", "pseudonym"), "scan": ("redact", "drop")}
_ELSE: Final = ("pseudonym", "drop")
"""What comes next where a method is not possible: the field's type cannot hold it, or its rows need the field."""


def plan_for(inspection: Inspection, proposal: Proposal, definition: Concepts) -> AnonymizationConfig:
    """Propose a plan for the mapping that is proposed; an empty one where there is none."""
    if proposal.mapper is None:
        return AnonymizationConfig()
    main = inspection.tables[0].name
    return propose_plan([each for each in inspection.personal if each.table == main], proposal.mapper, definition)


def propose_plan(findings: Sequence[Finding], mapper: MapperConfig, definition: Concepts) -> AnonymizationConfig:
    """Propose a method for each mapped field that names a person, or that a column with personal data fills.

    A field for which no method is possible is left out; checking says what is wrong then.

    Args:
        findings: Of the main table.
    """
    concept = definition.concept(mapper.concept)
    by_column = {each.column: each for each in findings}
    fields: dict[str, FieldPlan] = {}
    for rule in mapper.rules:
        sources = (rule.source,) if isinstance(rule.source, str) else rule.source or ()
        found = next((by_column[source] for source in sources if source in by_column), None)
        if found is None and concept.fields[rule.field].personal is not Personal.DIRECT:
            continue
        wanted = found.method if found else "pseudonym"
        for plan in _plans((wanted, *_INSTEAD.get(wanted, _ELSE))):
            if _is_possible(rule.field, plan, mapper, definition):
                fields[rule.field] = plan
                break
    return AnonymizationConfig(fields=fields)


def _plans(methods: Sequence[str]) -> Iterator[FieldPlan]:
    for method in methods:
        try:
            yield FIELD_PLAN.validate_python({"method": method})
        except ValidationError:
            continue  # it needs to be told more than what was found out


def _is_possible(field: str, plan: FieldPlan, mapper: MapperConfig, definition: Concepts) -> bool:
    config = CollectionConfig(
        title="A proposal", mapper=mapper, anonymization=AnonymizationConfig(fields={field: plan})
    )
    problems = check_collection(config, definition)
    return not any(problem.where.startswith(f"anonymization.fields.{field}") for problem in problems)
