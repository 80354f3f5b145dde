"""Suggestions in the light of this installation: its CIM, and what its collections have mapped before."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from include.access.requestor import Requestor
from include.anonymization.config import AnonymizationConfig
from include.cim.mapping_config import MapperConfig
from include.cim.suggest.fields import FieldRef
from include.cim.suggest.precedent import Precedents, normalise
from include.cim.suggest.propose import Proposal
from include.collection.check import Concepts, check_collection
from include.collection.inspection import Inspection
from include.collection.model import CollectionConfig
from include.collection.personal import detect_personal
from include.collection.propose_plan import plan_for
from include.collection.proposing_rules import propose_rules, rules_document
from include.collection.suggesting import proposal_document, suggest_fields
from include.errors import Problem
from include.operations.services import Services

OWNERS: Final = 3
"""So many others must have mapped a name alike before anybody else hears of it: a column's name may tell something."""

_RULE: Final = re.compile(r"rules\[(\d+)\]")


def suggest_mapping(
    services: Services, requestor: Requestor, inspection: Inspection, name: str
) -> tuple[Inspection, dict[str, Any]]:
    """Suggest a field for every column, find personal data, and propose a mapping, a plan and rules.

    The proposal has everything that checking would find lacking in it.

    Args:
        name: What the file is called.
    """
    definition = services.definition.current()
    precedents = find_precedents(services, requestor)
    concepts = definition.concepts()
    inspection, proposal = suggest_fields(inspection, name, concepts, precedents)
    inspection = detect_personal(inspection, name, concepts)
    plan = plan_for(inspection, proposal, definition)
    rules = (
        propose_rules(inspection, proposal.mapper, definition.concept(proposal.mapper.concept))
        if proposal.mapper is not None
        else ()
    )
    document = proposal_document(_check(proposal, plan, definition), plan)
    return inspection, document | {"curator": rules_document(rules)}


def find_precedents(services: Services, requestor: Requestor) -> Precedents:
    """Count what columns of each name were mapped to: in the requestor's collections, and in those of enough others."""
    counts: defaultdict[str, Counter[FieldRef]] = defaultdict(Counter)
    for _, mapper in services.collections.mappers(requestor.id):
        for name, ref in _plain_rules(mapper):
            counts[name][ref] += 1
    owners: defaultdict[tuple[str, FieldRef], list[str]] = defaultdict(list)
    for owner_id, mapper in services.collections.mappers(None):
        if owner_id != requestor.id:
            for each in _plain_rules(mapper):
                owners[each].append(owner_id)
    for (name, ref), theirs in owners.items():
        if len(set(theirs)) >= OWNERS:
            counts[name][ref] += len(theirs)
    return counts


def _plain_rules(mapper: MapperConfig) -> Iterator[tuple[str, FieldRef]]:
    """Give the names whose columns fill a field as they are: another column of this name can be mapped likewise."""
    made = mapper.unpivot.made if mapper.unpivot else ()
    plain = {
        (normalise(rule.source), FieldRef(mapper.concept, rule.field))
        for rule in mapper.rules
        if isinstance(rule.source, str)
        and rule.source not in made
        and not (rule.where or rule.extract or rule.negate or rule.difference)
    }
    yield from sorted(plain)


def _check(proposal: Proposal, plan: AnonymizationConfig, definition: Concepts) -> Proposal:
    """Add to what a proposal lacks what checking finds; that a required field is not mapped, it says itself."""
    mapper = proposal.mapper
    if mapper is None:
        return proposal
    missing = list(proposal.missing)
    said = {each.where for each in missing}
    config = CollectionConfig(title="A proposal", mapper=mapper, anonymization=plan)
    for problem in check_collection(config, definition):
        where = _RULE.sub(lambda found: f"rules.{mapper.rules[int(found[1])].field}", problem.where)
        if where != "mapper.rules" and where not in said:
            missing.append(Problem(where, problem.what, problem.remedy))
    return replace(proposal, missing=tuple(missing))
