"""What is wrong in a document is told in words for people, wherever it comes in, and with what would be right."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from api.schemas.sample import PreviewRequest, SampleRequest
from include.cim.extension import Proposal, Review
from include.collection.document import read_model
from include.collection.model import CollectionConfig
from include.configuration import Configuration, Duration, lasting
from include.errors import ConfigurationInvalid
from include.expectations.suite_document import Suite
from include.invalid import find_properties, tell_errors
from tests.factories import DATASET_ID
from tests.interface import Interface

ROOT = Path(__file__).parents[2]
STRICT_INT = Annotated[int, Field(strict=True)]
MINUTES = Annotated[Duration, lasting(timedelta(minutes=1))]
ID = "c0d1e2f3-0a1b-4c2d-8e3f-a4b5c6d7e8f9."


def told(kind: Any, value: Any) -> str:
    """Say what is told of a value, as `what. remedy`."""
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(value)
    (problem,) = tell_errors(raised.value.errors(), value, (), "it all")
    assert problem.where == "it all"
    return f"{problem.what}. {problem.remedy}"


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        (str, 5, "it is no text. Write text in quotes."),
        (str | tuple[str, ...], 5, "it is no text. Write text in quotes. Or write a list: [a, b]."),
        (int, "x", "it is no whole number. Write a whole number."),
        (STRICT_INT, "5", "it is no whole number. Write a whole number without quotes or a point."),
        (Annotated[bool, Field(strict=True)], 1, "it is neither true nor false. Write true or false without quotes."),
        (tuple[str, ...], "a", "it is no list. Write a list: [a, b]."),
        (Annotated[tuple[int, ...], Field(min_length=2)], [1], "it is too short. Write at least 2 items."),
        (Annotated[str, Field(max_length=1)], "ab", "it is too long. Write at most 1 character."),
        (Annotated[int, Field(le=1000)], 1001, "it is too large. Write 1000 or less."),
        (MINUTES, "PT1S", "it is too short. Write PT1M or more."),
        (timedelta, "15 min", "it is no length of time. Write it in ISO 8601, for example PT15M."),
        (AwareDatetime, "01.01.2024", "it is no time. Write it in ISO 8601, for example 2024-01-31T00:00:00Z."),
        (Literal["a", "b"], "c", "it is none of what it may be. Write 'a' or 'b'."),
        (Literal["\u00a0"], "c", "it is none of what it may be. Write no-break space."),
        (dict[str, int], [], "it has no keys of its own. Write keys and their values."),
    ],
)  # fmt: skip
def test_each_kind_of_mistake_is_told_in_our_words(kind: Any, value: Any, says: str) -> None:
    assert told(kind, value) == says


@pytest.mark.parametrize("given", [None, 1, ["csv"], {}])
def test_a_kind_that_is_no_text_is_shown_as_it_was_written(given: Any) -> None:
    with pytest.raises(ConfigurationInvalid) as raised:
        read_model(CollectionConfig, {"title": "x", "ingester": {"kind": "file", "format": {"kind": given}}})
    (problem,) = raised.value.problems
    assert problem.where == "ingester.format.kind"
    assert problem.what == {"None": "it cannot be null", "1": "it cannot be 1"}.get(
        str(given), f"it cannot be {str(given).replace(chr(39), chr(34))}"
    )


@pytest.mark.parametrize("model", [CollectionConfig, Proposal, Review, Suite, SampleRequest, PreviewRequest])
def test_what_has_a_pattern_has_an_example(model: type[Configuration]) -> None:
    """A pattern tells a person without programming skills nothing."""
    without = {
        name
        for name, schema in find_properties(model)
        for part in (schema, *schema.get("anyOf", ()))
        if "pattern" in part and not {"examples"} & (schema.keys() | part.keys())
    }
    assert without == set()


def test_what_has_a_pattern_in_the_path_has_an_example() -> None:
    paths = Interface().client().get("/openapi.json").json()["paths"]
    parameters = [each for path in paths.values() for verb in path.values() for each in verb.get("parameters", [])]
    assert {
        each["name"] for each in parameters if "pattern" in each["schema"] and "examples" not in each["schema"]
    } == (set())


def _raised() -> Iterator[tuple[str, str]]:
    """Give each message that a validator raises, with its place."""
    of_the_library = ROOT / "include/expectations/series_rules.py"  # whose words `check_arguments` knows
    for file in {*(ROOT / "include").rglob("*.py"), *(ROOT / "api").rglob("*.py")} - {of_the_library}:
        for function in ast.walk(ast.parse(file.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            if any("_validator" in ast.unparse(each) for each in function.decorator_list):
                messages = [ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.Constant)]
                for node in ast.walk(function):
                    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                        whole = ast.unparse(node.exc)
                        named = [text for text in messages if "{wrong}" in whole and "; " in text]
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", whole + "".join(named)


def test_no_validator_leaves_out_what_would_be_right() -> None:
    """`tell_errors` takes it from behind the semicolon."""
    raised = dict(_raised())
    assert len(raised) > 30
    assert [place for place, message in raised.items() if "; " not in message] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"concept": "meter_reading", "field": {"name": "Energy X", "description": "d"}},
        {"concept": "meter_reading", "field": {"name": "x", "type": "number", "minimum": "0", "description": ""}},
        {"concept": "meter_reading", "field": {"name": "x", "type": "enum", "values": ["a", ""], "description": "d"}},
        {"concept": "meter_reading", "change": {"field": "energy"}},
        {"concept": "meter_reading", "sampel": 1},
    ],
)
def test_rest_and_the_terminal_tell_the_same_of_the_same(body: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationInvalid) as raised:
        read_model(Proposal, body)
    said = [(each.where.replace("document", "body"), each.what, each.remedy) for each in raised.value.problems]
    answer = Interface().client().post("/cim/extension", json=body)
    assert answer.status_code == 422
    assert [(each["where"], each["what"], each["expected"]) for each in answer.json()["errors"]] == said
    assert all(remedy for _, _, remedy in said)


@pytest.mark.parametrize(
    ("path", "where", "expected"),
    [
        ("/data-collection/?limit=abc", "limit", "Write a whole number."),
        ("/data-collection/?limit=1001", "limit", "Write 1000 or less."),
        ("/search?start=2024-01-01", "start", "Write 2024-01-31T00:00:00Z, or +01:00 in the place of Z."),
        ("/search?start=2024", "start", "Write it in ISO 8601, for example 2024-01-31T00:00:00Z."),
        ("/data-collection/?limt=5", "limt", "Did you mean limit?"),
        (f"/dataset/{DATASET_ID}/records?asof=3", "asof", "Did you mean as_of?"),
        (f"/dataset/{DATASET_ID}?fields=energy", "fields", "Leave it out."),
        ("/data-collection/nope", "collection_id", "Take the id as it was given: " + ID),
    ],
)  # fmt: skip
def test_parameters_are_told_likewise(path: str, where: str, expected: str) -> None:
    (problem,) = Interface().client().get(path).json()["errors"]
    assert (problem["where"], problem["expected"]) == (where, expected)


def test_a_name_that_is_being_given_is_wrong_and_not_unknown() -> None:
    answer = Interface().client().put("/secret/a%20b", json={"value": "x"})
    (problem,) = answer.json()["errors"]
    assert (answer.status_code, problem["where"], problem["expected"]) == (422, "name", "Write it like utility_token.")
