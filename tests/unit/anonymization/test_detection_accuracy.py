"""What is found of labelled personal data does not become less; docs/personal-data.md has the figures."""

from __future__ import annotations

import pytest

from tests.unit.anonymization.figures import measure_headers, measure_tables, measure_texts


@pytest.mark.parametrize(("half", "precision", "recall"), [("tuning", 0.98, 0.98), ("heldout", 0.97, 0.97)])
def test_on_made_tables(half: str, precision: float, recall: float) -> None:
    figures = measure_tables(half)
    assert figures.precision() >= precision, figures.table()
    assert figures.recall() >= recall, figures.table()


@pytest.mark.parametrize(("half", "precision", "recall"), [("tuning", 0.9, 0.74), ("heldout", 0.95, 0.7)])
def test_on_headers_of_public_formats(half: str, precision: float, recall: float) -> None:
    figures = measure_headers(half)
    assert figures.precision() >= precision
    assert figures.recall() >= recall


FLOORS = {
    "PERSON": (0.97, 0.79),
    "PHONE_NUMBER": (1.0, 1.0),
    "CREDIT_CARD": (1.0, 1.0),
    "EMAIL_ADDRESS": (1.0, 1.0),
    "IP_ADDRESS": (1.0, 1.0),
    "ADDRESS": (1.0, 0.82),
}


@pytest.mark.parametrize("entity", FLOORS)
def test_in_free_text(entity: str) -> None:
    figures, (precision, recall) = measure_texts(), FLOORS[entity]
    assert figures.precision(entity) >= precision, figures.table()
    assert figures.recall(entity) >= recall, figures.table()


@pytest.mark.parametrize(("half", "precision", "recall"), [("tuning", 0.98, 0.89), ("heldout", 0.97, 0.68)])
def test_in_free_text_of_every_entity(half: str, precision: float, recall: float) -> None:
    figures = measure_texts(half)
    # of the held-out half only the totals are for anybody's eyes
    assert (figures.precision() >= precision, figures.recall() >= recall) == (True, True)
