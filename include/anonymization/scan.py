"""Scans free text for personal data, with Presidio's analyzer and the recognisers of this room; no network."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

LANGUAGE: Final = "xx"
"""The recognisers know words of several languages; Presidio wants one to be named: spaCy's name for any."""

SURE: Final = 0.5
"""What is less sure is not a finding: digits that nothing before them explains."""


_AT_ONCE: Final = 2_000
_SHARED: Final = 200
"""So many characters are looked at together, and so many again: Presidio's time grows with the square of a text."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that is personal data.

    Attributes:
        start, end: Characters of the text, `end` not included.
        entity: What it is, as Presidio names entities.
        score: From 0 to 1.
    """

    start: int
    end: int
    entity: str
    score: float


_OF_MODELS: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP", "DATE_TIME"})
"""What a model of spaCy adds, as Presidio names it."""


def installed_models() -> frozenset[str]:
    """Name the spaCy models that are installed as packages, without importing spaCy."""
    return frozenset(each.name for each in entry_points(group="spacy_models"))


def tell_absent(model: str) -> tuple[str, str]:
    """Say that a model is not here, and what would be right."""
    others = sorted(installed_models())
    here = f"installed are {', '.join(others)}" if others else "no model is installed"
    return f"no spaCy model {model!r} is installed", f"Install its package, or leave `model` out: {here}."


def known_entities(model: str | None = None) -> frozenset[str]:
    """Name what can be found in a text, with a model or without one."""
    from include.anonymization.recognisers.catalogue import KINDS
    from include.anonymization.recognisers.labelled import LABELLED

    without = frozenset({"PERSON", *LABELLED, *(kind.entity for kind in KINDS)})
    return without if model is None else without | _OF_MODELS


@cache
def load_analyzer(model: str | None = None) -> AnalyzerEngine:
    """Build the analyzer, once per process and model: a second, most of it Presidio's import.

    Args:
        model: A spaCy model that is installed as a package; it finds names and places without a title before them.
            By default a blank pipeline, which knows words and nothing of language.

    Raises:
        ConfigurationInvalid: There is no such model; nothing is ever downloaded.
    """
    from include.anonymization.recognisers.analyzer import build_analyzer

    return build_analyzer(model)


def scan_text(text: str, analyzer: AnalyzerEngine | None = None, entities: Collection[str] | None = None) -> list[Span]:
    """Find personal data in a text, in order; where two findings overlap, the surer and then the longer stays.

    Args:
        analyzer: Of `load_analyzer`; the blank one by default.
        entities: Only these are sought; all by default.
    """
    engine = analyzer or load_analyzer()
    storable = text.encode(errors="replace").decode()  # as long as before; spaCy takes no lone surrogates
    found = [
        Span(start + each.start, start + each.end, each.entity_type, each.score)
        for start in range(0, max(len(text) - _SHARED, 1), _AT_ONCE - _SHARED)
        for each in engine.analyze(
            storable[start : start + _AT_ONCE],
            language=LANGUAGE,
            entities=sorted(entities) if entities else None,
            score_threshold=SURE,
        )
    ]
    spans: list[Span] = []
    for each in sorted(found, key=lambda span: (span.start, -span.end)):
        if not spans or spans[-1].end <= each.start:
            spans.append(each)
        elif _worth(each) > _worth(spans[-1]):
            spans[-1] = each
    return spans


def _worth(span: Span) -> tuple[float, int]:
    return span.score, span.end - span.start
