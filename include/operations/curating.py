"""The curation step of a collection: its suite, read and written as Great Expectations' JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from include.access.requestor import Requestor
from include.cim.concept import Concept
from include.collection.model import Collection, CollectionConfig
from include.collection.suite import complete_rule, demands_of
from include.errors import ConfigurationInvalid, Problem
from include.expectations.config import CurationRule, CuratorConfig
from include.expectations.suite_document import Suite, read_suite, write_suite
from include.operations.collection_life import change_collection
from include.operations.collection_reading import refuse_others
from include.operations.services import Services
from include.ports import Engine


def describe_suite(services: Services, collection: Collection) -> dict[str, Any]:
    """Give the whole suite: what the concept demands of what is mapped, each marked so, and the owner's rules."""
    config = collection.config
    concept = _concept(services, config)
    if concept is None:
        return write_suite((), config.curator.rules)
    own = [complete_rule(rule, concept) for rule in config.curator.rules]
    return write_suite(_demands(config, concept), own, concept.name)


def change_suite(
    services: Services, engine: Engine, requestor: Requestor, collection: Collection, suite: Suite
) -> Collection:
    """Make the suite's rules the owner's, in the place of those before.

    Without a mapping yet, only what a rule says by itself is checked; its fields are when there is one.

    Raises:
        NotAllowed: The requestor does not own the collection.
        ConfigurationInvalid: Lists everything that is wrong; of the rules, with the place in the suite.
        Conflict: Somebody was quicker.
    """
    refuse_others(requestor, collection)
    rules = read_suite(suite, _demands(collection.config, _concept(services, collection.config)))
    curator = CuratorConfig(rules=tuple(rules.values()))
    config = collection.config.model_copy(update={"curator": curator})
    try:
        return change_collection(services, engine, requestor, collection, config)
    except ConfigurationInvalid as error:
        places = list(rules)
        raise ConfigurationInvalid([_place(problem, places) for problem in error.problems]) from None


def _concept(services: Services, config: CollectionConfig) -> Concept | None:
    return services.definition.concept(config.mapper.concept) if config.mapper else None


def _demands(config: CollectionConfig, concept: Concept | None) -> tuple[CurationRule, ...]:
    if config.mapper is None or concept is None:
        return ()
    return demands_of(concept, {rule.field for rule in config.mapper.rules})


def _place(problem: Problem, places: Sequence[int]) -> Problem:
    """Tell a problem of the collection's document with its place in the suite."""
    found = re.fullmatch(r"curator\.rules\[(\d+)\](\.(?:on_violation|fill|threshold)\b)?(.*)", problem.where)
    if found is None:
        return problem
    number, told, rest = found.groups(default="")
    where = f"expectations[{places[int(number)]}]{'.meta' if told else ''}{told}{rest}"
    return Problem(where, problem.what, problem.remedy)
