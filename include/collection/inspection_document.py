"""An inspection as plain data: what the terminal and the REST interface answer."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from include.collection.inspection import ColumnProfile, Inspection, Issue, Question, Suggestion, TimeProfile
from include.errors import CdmpError, ConfigurationInvalid


def inspection_document(inspection: Inspection) -> dict[str, Any]:
    """Give an inspection as JSON takes it. Numbers are exact decimal strings; no examples, they may name a person."""
    found = inspection.detection
    form = found.tables[0].form
    return {
        "format": form.kind,
        "encoding": found.encoding,
        "confidence": round(found.confidence, 3),
        "dialect": form.model_dump(mode="json"),
        "tables": [
            {
                "name": table.name,
                "rows": table.rows,
                "known_format": table.known_format,
                "columns": [_column(column) for column in table.columns],
            }
            for table in inspection.tables
        ],
        "time": _time(inspection.time),
        "personal": [asdict(finding) for finding in inspection.personal],
        "issues": [_issue(issue) for issue in inspection.issues],
        "questions": [_question(question) for question in inspection.questions],
    }


def refusal_document(error: CdmpError) -> dict[str, Any]:
    """Give the reason why there is no inspection, as JSON takes it."""
    problems = error.problems if isinstance(error, ConfigurationInvalid) else (error,)
    first = problems[0]
    document = {"where": first.where, "what": first.what, "suggestion": first.remedy}
    return {"refused": document | {"problems": [str(problem) for problem in problems]}}


def write_number(number: Decimal) -> str:
    """Write a number as it is, without an exponent, and zero without a sign.

    Example:
        >>> write_number(Decimal("1E+3")), write_number(Decimal("-0.0"))
        ('1000', '0.0')
    """
    return f"{abs(number) if number.is_zero() else number:f}"


def _column(column: ColumnProfile) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type.value,
        "unit": column.unit,
        "nulls": column.nulls,
        "distinct": column.distinct,
        "min": column.minimum,
        "max": column.maximum,
        "sum": None if column.total is None else write_number(column.total),
        "suggestion": None if column.suggestion is None else _suggestion(column.suggestion),
        "candidates": [_suggestion(each) for each in column.candidates],
    }


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "concept": suggestion.concept,
        "field": suggestion.field,
        "unit": suggestion.unit,
        "confidence": round(suggestion.confidence, 3),
        "reason": suggestion.reason,
    }


def _time(time: TimeProfile | None) -> dict[str, Any] | None:
    if time is None:
        return None
    return {
        "column": " ".join(time.columns),
        "format": time.format,
        "zone": time.zone,
        "first": time.first,
        "last": time.last,
        "resolution": time.resolution,
        "interval_label": time.interval_label,
        "date": time.date,
        "period": time.period,
        "numbering": time.numbering,
        "repeated_flag": asdict(time.repeated_flag) if time.repeated_flag else None,
    }


def _issue(issue: Issue) -> dict[str, str]:
    return {"where": issue.where, "what": issue.what, "suggestion": issue.suggestion}


def _question(question: Question) -> dict[str, Any]:
    return {"key": question.key, "question": question.what, "options": list(question.options)}
