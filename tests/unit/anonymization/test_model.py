"""A spaCy model that is installed as a package finds what nothing in a text tells of; none is ever fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import spacy

from include.anonymization.config import FIELD_PLAN, AnonymizationConfig, Scan
from include.anonymization.free_text import scan_texts
from include.anonymization.scan import installed_models, load_analyzer, scan_text
from include.collection.check_plan import check_plan
from tests.staged import READING

MODEL = "en_street_names"
INIT = """
from spacy.util import load_model_from_init_py

def load(**overrides):
    return load_model_from_init_py(__file__, **overrides)
"""
TEXT = "Duqyaha waited near Vlierbeek, MPRN 10012345678, born on 12/01/1980"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make a model that knows a person and a place, and lay it where packages are, as `spacy package` does."""
    pipeline = spacy.blank("en", meta={"name": "street_names", "version": "1.0.0"})
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Duqyaha"}, {"label": "GPE", "pattern": "Vlierbeek"}])  # type: ignore[attr-defined]
    root = tmp_path / MODEL
    root.mkdir()
    pipeline.to_disk(root / f"{MODEL}-1.0.0")
    (root / "meta.json").write_text((root / f"{MODEL}-1.0.0" / "meta.json").read_text())
    (root / "__init__.py").write_text(INIT)
    information = tmp_path / f"{MODEL}-1.0.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {MODEL}\nVersion: 1.0.0\n")
    (information / "entry_points.txt").write_text(f"[spacy_models]\n{MODEL} = {MODEL}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield MODEL
    load_analyzer.cache_clear()


def found(text: str, model: str | None) -> dict[str, str]:
    return {text[span.start : span.end]: span.entity for span in scan_text(text, load_analyzer(model))}


def problems(**scan: object) -> list[str]:
    plan = AnonymizationConfig.model_validate({"fields": {"note": {"method": "scan", **scan}}})
    return [problem.where for problem in check_plan(plan, [], READING)]


def test_a_model_adds_to_what_is_found_without_one(model: str) -> None:
    blank = {"10012345678": "IE_MPRN", "12/01/1980": "BIRTH_DATE"}
    assert found(TEXT, None) == blank
    assert found(TEXT, model) == {"Duqyaha": "PERSON", "Vlierbeek": "LOCATION", **blank}


def test_a_plan_names_the_model_and_what_only_it_finds(model: str) -> None:
    plan = FIELD_PLAN.validate_python({"method": "scan", "model": model, "entities": ["LOCATION", "PERSON"]})
    assert isinstance(plan, Scan)
    assert scan_texts(pl.Series([TEXT]), plan)[0] == TEXT.replace("Duqyaha", "<PERSON>").replace(
        "Vlierbeek", "<LOCATION>"
    )


def test_a_model_is_known_on_saving_while_it_is_installed(model: str) -> None:
    assert installed_models() == {model}
    assert problems(model=model, entities=["LOCATION"]) == []
    assert problems(entities=["LOCATION"]) == ["anonymization.fields.note.entities[0]"]
    plan = AnonymizationConfig.model_validate({"fields": {"note": {"method": "scan", "model": "en_street_name"}}})
    (problem,) = check_plan(plan, [], READING)
    assert f"installed are {model}" in problem.remedy


def test_without_one_the_remedy_says_that_there_is_none() -> None:
    plan = AnonymizationConfig.model_validate({"fields": {"note": {"method": "scan", "model": "en_core_web_sm"}}})
    (problem,) = check_plan(plan, [], READING)
    assert problem.where == "anonymization.fields.note.model"
    assert "no model is installed" in problem.remedy
