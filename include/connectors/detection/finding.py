"""One thing that detection found: what it means for the format, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from include.collection.inspection import Issue, Question


@dataclass(frozen=True, slots=True)
class Finding:
    """What is right for some fields of a format, with what there is to tell and to ask about them."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    confidence: float = 1.0
    issues: tuple[Issue, ...] = ()
    questions: tuple[Question, ...] = ()


def join_findings(findings: Sequence[Finding], given: Mapping[str, Any]) -> Finding:
    """Take several findings together; what the owner has set is right, and no longer asked."""
    fields = {key: value for finding in findings for key, value in finding.fields.items()}
    return Finding(
        fields | dict(given),
        round(prod(finding.confidence for finding in findings), 2),
        tuple(issue for finding in findings for issue in finding.issues),
        tuple(question for finding in findings for question in finding.questions if question.key not in given),
    )
