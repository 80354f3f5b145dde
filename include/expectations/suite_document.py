"""A curation suite as the JSON that Great Expectations writes: what happens on violation stands in `meta`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Literal

from pydantic import Field

from include.configuration import Configuration
from include.errors import ConfigurationInvalid, Problem
from include.expectations.config import Action, CurationRule, Fill, RuleType, Share


class Meta(Configuration):
    """What happens on violation."""

    on_violation: Action = Action.QUARANTINE
    fill: Fill | None = None
    threshold: Share | None = None
    demanded_by: str | None = Field(None, description="the concept that demands it; null: a rule of the owner's")


class Expectation(Configuration):
    """One expectation. Of what Great Expectations writes beside these, nothing is kept."""

    type: RuleType
    kwargs: dict[str, Any] = Field(description="the expectation's own arguments; columns are CIM fields")
    meta: Meta = Meta()
    id: str | None = None
    notes: str | list[str] | None = None
    description: str | None = None
    severity: Literal["critical"] = Field("critical", description="its default; `meta.on_violation` says what happens")


class Suite(Configuration):
    """A suite. Its name, id, notes and meta are not kept."""

    name: str = Field("", max_length=1000)
    expectations: tuple[Expectation, ...]
    meta: dict[str, Any] = Field({})
    id: str | None = None
    notes: str | list[str] | None = None


def read_suite(suite: Suite, demands: Sequence[CurationRule]) -> dict[int, CurationRule]:
    """Give the owner's rules by their place in the suite; what the concept demands may stand there, or not.

    Raises:
        ConfigurationInvalid: Something is said to be demanded that is not: it would be lost.
    """
    rules: dict[int, CurationRule] = {}
    problems: list[Problem] = []
    for place, each in enumerate(suite.expectations):
        told = each.meta.model_dump(exclude={"demanded_by"})
        rule = CurationRule(type=each.type, kwargs=each.kwargs, **told)
        if each.meta.demanded_by is None:
            rules[place] = rule
        elif rule not in demands:
            what = "the concept does not demand this expectation, as it stands here, of what is mapped"
            remedy = "Leave demanded_by out to make it a rule of yours, beside what the concept demands in any case"
            problems.append(Problem(f"expectations[{place}].meta.demanded_by", what, remedy))
    if problems:
        raise ConfigurationInvalid(problems)
    return rules


def write_suite(
    demands: Sequence[CurationRule], rules: Sequence[CurationRule], concept: str | None = None
) -> dict[str, Any]:
    """Write what a concept demands and what its owner adds as the JSON of an ExpectationSuite."""
    return {
        "name": concept or "curation",
        "expectations": [
            *(_write(rule, {"demanded_by": concept}) for rule in demands),
            *(_write(rule, {}) for rule in rules),
        ],
        "meta": {"great_expectations_version": version("great_expectations")},
    }


def _write(rule: CurationRule, more: dict[str, Any]) -> dict[str, Any]:
    meta = rule.model_dump(mode="json", exclude={"type", "kwargs"}, exclude_none=True)
    return {"type": rule.type, "kwargs": rule.kwargs, "meta": meta | more}
