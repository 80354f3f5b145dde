"""Replaces what names a person in free text by what it is."""

from __future__ import annotations

import polars as pl

from include.anonymization.config import Scan
from include.anonymization.methods import change_distinct
from include.anonymization.presidio import AnonymizerEngine, RecognizerResult
from include.anonymization.scan import load_analyzer, scan_text


def scan_texts(column: pl.Series, plan: Scan) -> pl.Series:
    """Replace each entity that Presidio's analyzer finds, `<PERSON>` for a name, once per distinct text.

    Without a model, names are found only where something tells of them; what is missed stays as it is.

    Raises:
        ConfigurationInvalid: The plan names a model that is not installed.
    """
    analyzer, engine = load_analyzer(plan.model), AnonymizerEngine()  # type: ignore[no-untyped-call]

    def hide_entities(text: str) -> str:
        found = scan_text(text, analyzer, plan.entities or None)
        results = [RecognizerResult(each.entity, each.start, each.end, each.score) for each in found]
        return engine.anonymize(text, results).text if results else text

    return change_distinct(column, hide_entities)
