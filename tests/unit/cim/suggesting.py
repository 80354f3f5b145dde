"""Columns to suggest fields for, and what is said of them."""

from __future__ import annotations

from include.cim.definition import load_definition
from include.cim.suggest.advise import SURE, advise
from include.cim.suggest.column import Advice, Candidate, Column

CONCEPTS = load_definition().concepts()


def number(name: str, unit: str | None = None, low: float | None = None, high: float | None = None) -> Column:
    return Column(name, "decimal", unit, low, high)


def text(name: str) -> Column:
    return Column(name, "text")


def time(name: str) -> Column:
    return Column(name, "timestamp", tells_time=True)


def suggest(*columns: Column, hints: str = "") -> Advice:
    return advise(columns, CONCEPTS, hints)


def first(advice: Advice, name: str) -> Candidate | None:
    candidates = advice.columns[name]
    return candidates[0] if candidates and candidates[0].confidence >= SURE else None


def said(advice: Advice, name: str) -> str | None:
    found = first(advice, name)
    return f"{found.concept}.{found.field}" if found else None
