"""docs/cim.md says what is installed."""

from __future__ import annotations

from include.cim.concept import SourceKind
from include.cim.definition import load_definition
from tests.cim_page import PAGE, page


def test_the_page_is_of_the_installed_concepts() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.cim_page writes it"


def test_every_concept_and_every_kind_of_source_stands_in_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"\n### {concept.name}\n" in text for concept in load_definition().concepts())
    assert all(f"\n| {kind} | [" in text for kind in SourceKind)
