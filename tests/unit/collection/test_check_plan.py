"""A plan that cannot be carried out, or that leaves a person named, is refused on saving, with what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from include.anonymization.config import AnonymizationConfig
from include.collection.check_plan import check_plan
from include.collection.document import read_plain
from include.errors import ConfigurationInvalid
from tests.factories import a_config, a_plain_config
from tests.staged import READING

PSEUDONYM = {"method": "pseudonym"}


def found(fields: dict[str, Any], **gate: Any) -> dict[str, str]:
    plan = AnonymizationConfig.model_validate({"fields": fields, **gate})
    return {each.where: f"{each.what}. {each.remedy}" for each in check_plan(plan, list(READING.fields), READING)}


@pytest.mark.parametrize(
    ("field", "plan"),
    [
        ("note", {"method": "scan"}),
        ("note", {"method": "mask", "keep_last": 3}),
        ("note", {"method": "replace", "value": "hidden"}),
        ("note", {"method": "encrypt"}),
        ("note", {"method": "hash"}),
        ("note", {"method": "generalise", "first": 2}),
        ("direction", {"method": "replace", "value": "import"}),
        ("direction", {"method": "swap"}),
        ("direction", {"method": "drop"}),
        ("end", {"method": "generalise", "to": "day"}),
        ("energy", {"method": "generalise", "width": 5}),
        ("energy", {"method": "generalise", "bins": [0, 1, 10]}),
        ("energy", {"method": "round", "digits": 1}),
        ("energy", {"method": "noise", "scale": 0.5}),
        ("energy", {"method": "swap"}),
        ("meter_id", {"method": "hash", "algorithm": "sha512"}),
        ("meter_id", {"method": "encrypt", "equal_for_equal": True}),
        ("meter_id", {"method": "keep", "reason": "a public transformer"}),
    ],
)
def test_what_can_be_carried_out_passes(field: str, plan: dict[str, Any]) -> None:
    assert found({"meter_id": PSEUDONYM, field: plan}) == {}


@pytest.mark.parametrize(
    ("field", "plan", "place", "says"),
    [
        ("energy", {"method": "mask"}, ".method", "energy holds float, and cannot hold what mask gives"),
        ("note", {"method": "noise", "scale": 1}, ".method", "note holds text"),
        ("note", {"method": "generalise", "width": 1}, ".method", "cannot hold what generalise with `width` gives"),
        ("energy", {"method": "generalise", "to": "day"}, ".method", "generalise (width, bins, grid_degrees)"),
        ("energy", {"method": "generalise", "grid_degrees": 1}, ".grid_degrees", "no coordinate in degrees"),
        ("direction", {"method": "replace", "value": "imports"}, ".value", "Did you mean "),
        ("energy", {"method": "drop"}, ".method", "requires energy"),
        ("start", {"method": "generalise", "to": "day"}, ".method", "part of the key"),
        ("start", {"method": "swap"}, ".method", "part of the key"),
        ("meter_id", {"method": "mask", "keep_last": 4}, ".method", "part of the key"),
        ("meter_id", {"method": "encrypt"}, ".method", "part of the key"),
        ("meter_id", {"method": "generalise", "first": 8}, ".method", "part of the key"),
        ("metre_id", {"method": "drop"}, "", "Did you mean meter_id?"),
        ("end", {"method": "encrypt"}, ".method", "For timestamp there are generalise (to), drop, swap, keep"),
        ("start", {"method": "encrypt", "equal_for_equal": True}, ".method", "start holds timestamp"),
        ("start", {"method": "drop"}, ".method", "part of the key"),
        ("meter_id", {"method": "redact"}, ".method", "part of the key"),
        ("meter_id", {"method": "scan"}, ".method", "part of the key"),
        ("meter_id", {"method": "swap"}, ".method", "part of the key"),
        ("energy", {"method": "generalise", "first": 2}, ".method", "generalise with `first`"),
        ("direction", {"method": "mask"}, ".method", "direction holds enum"),
        ("direction", {"method": "round", "digits": 1}, ".method", "For enum there are replace, drop, swap, keep"),
        ("note", {"method": "generalise", "grid_degrees": 0.1}, ".method", "note holds text"),
        ("note", {"method": "scan", "entities": ["PERSON", "PERSN"]}, ".entities[1]", "Did you mean PERSON"),
        ("note", {"method": "scan", "entities": ["LOCATION"]}, ".entities[0]", "is found in texts without a model"),
        ("note", {"method": "scan", "model": "en_core_web_lg"}, ".model", "Install its package, or leave `model` out"),
    ],
)
def test_what_cannot_is_told_with_its_place(field: str, plan: dict[str, Any], place: str, says: str) -> None:
    problems = found({"meter_id": PSEUDONYM, field: plan})
    assert list(problems) == [f"anonymization.fields.{field}{place}"]
    assert says in problems[f"anonymization.fields.{field}{place}"]


@pytest.mark.parametrize(
    ("plan", "where", "says"),
    [
        ({"method": "anonymise"}, ".method", "it cannot be 'anonymise'"),
        ({"method": "psuedonym"}, ".method", "Did you mean pseudonym?"),
        ({}, ".method", "it is missing"),
        ({"method": "keep"}, ".reason", "it is missing"),
        ({"method": "mask", "keep_first": -1}, ".keep_first", "0 or more"),
        ({"method": "mask", "sign": "**"}, ".sign", "at most 1 character"),
        ({"method": "noise", "scale": 0}, ".scale", "more than 0"),
        ({"method": "noise", "scale": float("inf")}, ".scale", "finite"),
        ({"method": "round", "digits": 10}, ".digits", "9 or less"),
        ({"method": "generalise"}, "", "has no way. Write one of width"),
        ({"method": "generalise", "first": 2, "to": "day"}, "", "has to and first. Write one of width"),
        ({"method": "generalise", "bins": [1, 1]}, "", "from the lowest to the highest"),
        ({"method": "hash", "algorithm": "md5"}, ".algorithm", "'sha256' or 'sha512'"),
        ({"method": "hash", "salt": "none"}, ".salt", "there is no such key"),
        ({"method": "replace"}, ".value", "it is missing"),
        ({"method": "replace", "value": "a\x00b"}, ".value", "NUL"),
        ({"method": "replace", "value": "a\x1b[2Jb"}, ".value", "like a household"),
        ({"method": "mask", "sign": "\n"}, ".sign", "like *"),
        ({"method": "mask", "sign": 7}, ".sign", "text in quotes"),
        ({"method": "generalise", "bins": [float("nan")]}, ".bins[0]", "finite"),
        ({"method": "generalise", "bins": []}, ".bins", "at least 1"),
        ({"method": "generalise", "width": -5}, ".width", "more than 0"),
        ({"method": "generalise", "grid_degrees": 91}, ".grid_degrees", "90 or less"),
        ({"method": "generalise", "to": "week"}, ".to", "'hour', 'day', 'month' or 'year'"),
        ({"method": "keep", "reason": "   "}, ".reason", "like it is the owner"),
        ({"method": "scan", "model": "../../etc/passwd"}, ".model", "like en_core_web_lg"),
        ({"method": "pseudonym", "key": "0" * 64}, ".key", "there is no such key"),
        ({"method": "drop", "keep_last": 4}, ".keep_last", "there is no such key"),
        ("pseudonym", "", "Write keys and their values"),
        (None, "", "Write keys and their values"),
    ],
)
def test_a_parameter_out_of_its_range_is_told_on_reading(plan: dict[str, Any], where: str, says: str) -> None:

    with pytest.raises(ConfigurationInvalid) as raised:
        read_plain(a_plain_config(anonymization={"fields": {"usage_point_id": plan}}))
    (problem,) = raised.value.problems
    assert problem.where == f"anonymization.fields.usage_point_id{where}"
    assert says in str(problem)


@pytest.mark.parametrize(
    ("gate", "place", "says"),
    [
        ({"quasi_identifiers": ["not"]}, "quasi_identifiers[0]", "Did you mean note?"),
        ({"quasi_identifiers": ["note", "note"]}, "quasi_identifiers[1]", "another part in the gate"),
        ({"quasi_identifiers": ["note"], "subject": "note"}, "subject", "another part in the gate"),
        ({"quasi_identifiers": ["note"], "l_diversity": {"field": "x", "l": 2}}, "l_diversity.field", "no field 'x'"),
    ],
)
def test_a_gate_on_fields_that_are_not_there_is_told(gate: dict[str, Any], place: str, says: str) -> None:
    problems = found({"meter_id": PSEUDONYM}, k_anonymity=gate)
    assert says in problems[f"anonymization.k_anonymity.{place}"]


@pytest.mark.parametrize(
    ("field", "plan"),
    [
        pytest.param("note", {"method": "encrypt"}, id="each row would be another person"),
        pytest.param("note", {"method": "mask", "keep_last": 1}, id="persons become one"),
        pytest.param("note", {"method": "drop"}, id="there is none"),
        pytest.param("note", {"method": "swap"}, id="rows are another's"),
    ],
)
def test_a_subject_that_the_plan_takes_away_is_told(field: str, plan: dict[str, Any]) -> None:
    gate = {"quasi_identifiers": ["direction"], "subject": field}
    problems = found({"meter_id": PSEUDONYM, field: plan}, k_anonymity=gate)
    assert "does not tell persons apart" in problems["anonymization.k_anonymity.subject"]


@pytest.mark.parametrize("plan", [{"method": "encrypt"}, {"method": "redact"}, {"method": "replace", "value": "x"}])
def test_a_sensitive_field_that_says_nothing_any_more_is_told(plan: dict[str, Any]) -> None:
    gate = {"quasi_identifiers": ["direction"], "l_diversity": {"field": "note", "l": 2}}
    problems = found({"meter_id": PSEUDONYM, "note": plan}, k_anonymity=gate)
    assert "say nothing of how many" in problems["anonymization.k_anonymity.l_diversity.field"]


@pytest.mark.parametrize(
    ("gate", "where", "says"),
    [
        ({"quasi_identifiers": []}, ".quasi_identifiers", "at least 1"),
        ({}, ".quasi_identifiers", "it is missing"),
        ({"quasi_identifiers": ["energy"], "k": 1}, ".k", "2 or more"),
        ({"quasi_identifiers": ["energy"], "k": "five"}, ".k", "a whole number"),
        ({"quasi_identifiers": ["energy"], "on_violation": "warn"}, ".on_violation", "'suppress' or 'fail'"),
        (
            {"quasi_identifiers": ["energy"], "l_diversity": {"field": "quality", "l": 1}},
            ".l_diversity.l",
            "2 or more",
        ),
        ({"quasi_identifiers": ["energy"], "t_closeness": 0.2}, ".t_closeness", "there is no such key"),
    ],
)
def test_a_gate_out_of_its_range_is_told_on_reading(gate: dict[str, Any], where: str, says: str) -> None:
    with pytest.raises(ConfigurationInvalid) as raised:
        read_plain(a_plain_config(anonymization={"k_anonymity": gate}))
    (problem,) = raised.value.problems
    assert problem.where == f"anonymization.k_anonymity{where}"
    assert says in str(problem)


def test_a_plan_is_read_back_as_it_was_written() -> None:
    plan = {
        "fields": {"usage_point_id": {"method": "mask", "keep_last": 2}, "energy": {"method": "round", "digits": 1}},
        "k_anonymity": {"quasi_identifiers": ["energy"], "l_diversity": {"field": "quality", "l": 3}},
    }
    read = a_config(anonymization=plan)
    assert type(read).model_validate(read.model_dump(mode="json")) == read
    assert read.anonymization.k_anonymity is not None
    assert read.anonymization.k_anonymity.k == 5
