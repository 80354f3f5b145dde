"""The header sets that suggestions are measured with: labels of the CIM, units that fit, a split by vendor."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from include.cim.concept import Field
from include.cim.definition import load_definition
from include.cim.units import find_unit
from tests.unit.cim.header_sets import FOLDER, labels_of, read_sets

HALVES: Final = ("tuning", "heldout")
MORE: Final = (
    *("tuning_more", "tuning_third", "tuning_fourth"),
    *("tuning_fifth", "tuning_sixth", "tuning_seventh"),
)
FILES: Final = (*HALVES, *MORE)
ONCE_KNOWN: Final = frozenset(
    {
        *("Fluvius", "GivEnergy", "OMIE", "ENTSO-E", "NREL"),
        *("PVGIS", "Bundesnetzagentur", "ACN", "Forecast.Solar", "HomeWizard"),
    }
)
SET_KEYS: Final = {"name", "kind", "source", "licence", "vendor", "language", "file", "cells", "columns"}
# What a mapping brings into the field's dimension by an interval.
FITS: Final = {("energy", "power"), ("irradiance", "irradiation")}


def all_sets() -> list[Mapping[str, Any]]:
    return [one for file in FILES for one in read_sets(FOLDER / f"{file}.yaml")]


def labels() -> Iterator[tuple[str, Field, Mapping[str, Any]]]:
    for one in all_sets():
        for column in one["columns"]:
            for label in labels_of(column["truth"]):
                if label is not None:
                    field = load_definition().concept(label["concept"]).fields.get(label["field"])
                    assert field is not None, f"{one['name']}: {label['concept']} has no field {label['field']}"
                    yield f"{one['name']}: {column['name']}", field, label


def test_every_set_says_what_it_is_and_where_it_comes_from() -> None:
    for one in all_sets():
        assert set(one) == SET_KEYS, one["name"]
        assert all(isinstance(one[key], str) and one[key].strip() for key in SET_KEYS - {"columns"}), one["name"]
        assert one["cells"] in {"source", "typical"}, one["name"]
    assert len({one["name"] for one in all_sets()}) == len(all_sets())


def test_every_column_has_cells_and_a_truth() -> None:
    for one in all_sets():
        assert len(one["columns"]) >= 2, one["name"]
        assert len({column["name"] for column in one["columns"]}) == len(one["columns"]), one["name"]
        for column in one["columns"]:
            assert set(column) == {"name", "unit", "examples", "truth"}, f"{one['name']}: {column}"
            assert 1 <= len(column["examples"]) <= 5, f"{one['name']}: {column['name']}"
            assert all(isinstance(cell, str) for cell in column["examples"]), f"{one['name']}: {column['name']}"
            given = labels_of(column["truth"])
            assert len(given) == len({str(label) for label in given}), f"{one['name']}: {column['name']} twice"


def test_every_label_is_a_field_with_a_unit_that_fits() -> None:
    for where, field, label in labels():
        assert set(label) == {"concept", "field", "unit"}, where
        if label["unit"] is None:
            continue
        assert field.unit is not None, f"{where}: {field.name} has no unit"
        given, wanted = find_unit(label["unit"]), find_unit(field.unit)
        assert given.name == label["unit"], f"{where}: {label['unit']} is an alias"
        assert given.dimension == wanted.dimension or (wanted.dimension, given.dimension) in FITS, where


def test_no_vendor_is_in_both_halves() -> None:
    tuning, heldout, *more = ({one["vendor"] for one in read_sets(FOLDER / f"{file}.yaml")} for file in FILES)
    assert not tuning.union(*more) & heldout
    for at, later in enumerate(more[1:], start=1):
        assert not later & tuning.union(*more[:at])


@pytest.mark.parametrize("half", HALVES)
def test_the_vendor_s_name_decides_the_half(half: str) -> None:
    for one in read_sets(FOLDER / f"{half}.yaml"):
        even = hashlib.sha256(one["vendor"].encode()).digest()[0] % 2 == 0
        assert (even or one["vendor"] in ONCE_KNOWN) == (half == "tuning"), one["vendor"]


def test_there_are_enough_sets_of_every_language_in_both_halves() -> None:
    for half in HALVES:
        assert len(read_sets(FOLDER / f"{half}.yaml")) >= 80
    assert all(len(read_sets(FOLDER / f"{file}.yaml")) >= 60 for file in MORE)
    assert sum(len(read_sets(FOLDER / f"{file}.yaml")) for file in MORE) >= 550
    languages = Counter(one["language"] for one in all_sets())
    assert all(languages[language] >= 20 for language in ("de", "fr", "nl", "es")), languages
    assert languages["it"] + languages["pt"] >= 20, languages


def test_few_sets_are_from_memory() -> None:
    remembered = [one["name"] for one in all_sets() if one["source"].startswith("from memory")]
    assert len(remembered) < 0.15 * len(all_sets()), remembered


@pytest.mark.parametrize("file", FILES)
def test_every_file_has_columns_that_belong_nowhere(file: str) -> None:
    truths = [labels_of(column["truth"]) for one in read_sets(FOLDER / f"{file}.yaml") for column in one["columns"]]
    nowhere = sum(given == [None] for given in truths)
    assert 0.1 * len(truths) < nowhere < 0.4 * len(truths)
