"""Collections in and out of YAML."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from include.cim.mapping_config import After
from include.collection.document import read_plain, read_yaml, write_yaml
from include.collection.rest_source import RestSource
from include.collection.source_format import CsvFormat
from include.configuration import LONGEST
from include.errors import ConfigurationInvalid
from tests.factories import a_config, a_plain_config


def problems_of(plain: Any) -> dict[str, str]:
    with pytest.raises(ConfigurationInvalid) as raised:
        read_plain(plain)
    return {problem.where: f"{problem.what}. {problem.remedy}" for problem in raised.value.problems}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="whole"),
        pytest.param({"ingester": None, "mapper": None, "metadata": None}, id="a draft"),
        pytest.param({"ingester": {"kind": "rest", "url": "https://example.org/x"}}, id="REST with every default"),
        pytest.param(
            {"ingester": {"kind": "file", "format": {"kind": "csv", "quote": None, "null_values": ["", "-"]}}},
            id="null where null is not the default",
        ),
        pytest.param({"ingester": {"kind": "file", "format": {"kind": "json", "records": "$.a"}}}, id="JSON"),
        pytest.param({"schedule": {"every": "PT15M"}}, id="every quarter of an hour"),
        pytest.param({"schedule": {"every": "P400D"}}, id="every 400 days"),
        pytest.param({"schedule": {"cron": "0 6 * * *", "zone": "Europe/Brussels"}}, id="cron"),
        pytest.param(
            {"curator": {"rules": [{"type": "expect_x", "kwargs": {"a": [1, 2.5, None, True, "no"]}}]}}, id="kwargs"
        ),
    ],
)
def test_what_is_written_reads_as_the_same(changes: dict[str, Any]) -> None:
    config = a_config(**changes)
    assert read_yaml(write_yaml(config)) == config


@given(st.timedeltas(min_value=timedelta(microseconds=1), max_value=LONGEST))
@example(timedelta(days=365))
def test_any_length_is_stored_so_that_it_is_read_again(length: timedelta) -> None:
    after = After(field="interval_start", duration=length)
    assert After.model_validate(after.model_dump(mode="json")) == after


@given(
    st.text(min_size=1, max_size=40).filter(lambda text: "\0" not in text),
    st.floats(allow_nan=False, allow_infinity=False),
)
@example("\x85", 0.0)
@example("a\u2028b \ufeff\r\n", -0.0)
def test_any_text_and_number_survive_the_way_through_yaml(text: str, number: float) -> None:
    config = a_config(
        title=text, tags=[text], curator={"rules": [{"type": "expect_x", "kwargs": {"v": number, "t": text}}]}
    )
    assert read_yaml(write_yaml(config)) == config


def test_formats_made_in_code_are_written_with_their_kind() -> None:
    config = a_config().model_copy(update={"ingester": RestSource(url="https://example.org")})
    assert yaml.safe_load(write_yaml(config))["ingester"]["kind"] == "rest"
    file = a_config().ingester.model_copy(update={"format": CsvFormat()})
    assert yaml.safe_load(write_yaml(a_config().model_copy(update={"ingester": file})))["ingester"]["format"] == {
        "kind": "csv"
    }


def test_words_stay_words() -> None:
    config = read_yaml(
        "title: no\n"
        "tags: [on, 2024-01-01, 12:30]\n"
        "mapper: {concept: c, rules: [{field: f, source: s, values: {True: true, no: false, 1: 2, 1e5: yes}}]}"
    )
    assert config.title == "no"
    assert config.tags == ("on", "2024-01-01", "12:30")
    assert config.mapper is not None
    assert config.mapper.rules[0].values == {"True": True, "no": False, "1": 2, "1e5": "yes"}


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        pytest.param("title: [", "line 1", "no YAML", id="broken"),
        pytest.param("title: a\ntitle: b", "line 2", "'title' is there twice", id="a key twice"),
        pytest.param("tags: &t [a]\ntitle: *t", "line 2", "aliases", id="an alias"),
        pytest.param("title: !!python/object/apply:os.getcwd []", "line 1", "could not determine", id="code"),
        pytest.param("- 1", "document", "no collection", id="a list"),
        pytest.param("", "document", "no collection", id="nothing"),
        pytest.param("title: \x07", "document", "no YAML", id="a bell"),
        pytest.param('title: "a\\0b"', "title", "NUL", id="NUL"),
        pytest.param("[" * 5000, "document", "nested too deep", id="deep"),
        pytest.param("x" * (1 << 20) + "y", "document", "characters", id="long"),
    ],
)
def test_what_is_no_document_says_where(text: str, where: str, says: str) -> None:
    with pytest.raises(ConfigurationInvalid) as raised:
        read_yaml(text)
    assert raised.value.problems[0].where == where
    assert says in str(raised.value)
    assert raised.value.problems[0].remedy


def test_everything_that_is_wrong_is_told_at_once_with_its_path() -> None:
    plain = a_plain_config(
        titel="x",
        ingester={"kind": "file", "format": {"kind": "csv", "delimitr": ";", "decimal": "'"}},
        schedule={"every": "PT1S"},
        anonymization={"fields": {"usage_point_id": {"method": "keep"}}},
    )
    plain["mapper"]["rules"] = [{"field": "energy", "source": 5}, {"field": "x"}, {"source": "y"}]
    plain["mapper"]["rules"].append({"field": "z", "source": []})
    del plain["metadata"]["publisher"]
    assert problems_of(plain) == {
        "titel": "there is no such key. Did you mean title?",
        "ingester.format.delimitr": "there is no such key. Did you mean delimiter?",
        "ingester.format.decimal": "it is none of what it may be. Write '.' or ','.",
        "mapper.rules[0].source": "it is no text. Write text in quotes. Or write a list: [a, b].",
        "mapper.rules[1]": "field 'x' has none of its origins. Write one of source, constant, after, formula.",
        "mapper.rules[2].field": "it is missing. Add it.",
        "mapper.rules[3]": "field 'z': `source` names no column. Name one, or several.",
        "anonymization.fields.usage_point_id.reason": "it is missing. Add it, for example it is the owner's own meter.",
        "metadata.publisher": "it is missing. Add it, for example Energy community North.",
        "schedule.every": "it is too short. Write PT1M or more.",
    }


@pytest.mark.parametrize("length", ["P1M", "P1Y", "P1Y2M"])
@pytest.mark.parametrize("place", ["schedule.every", "ingester.window.step", "ingester.window.look_back"])
def test_a_duration_whose_length_differs_is_refused_wherever_it_stands(length: str, place: str) -> None:
    """Pydantic takes 30 days for a month, and 365 for a year."""
    window = {"begin": "2024-01-01"}
    plain = a_plain_config(schedule={"every": "P30D"})
    plain["ingester"] = {"kind": "rest", "url": "https://data.example.org/{start}", "window": window}
    {"schedule": plain["schedule"], "ingester": window}[place.split(".", maxsplit=1)[0]][place.rsplit(".", 1)[1]] = (
        length
    )
    told = problems_of(plain)
    assert told == {place: "months and years differ in length. Write weeks, days or hours."}


@pytest.mark.parametrize("begin", [2024, "2024", 1704067200, "1704067200.0"])
def test_a_number_is_no_time(begin: object) -> None:
    """Pydantic takes 2024 for 33 minutes after the beginning of 1970."""
    source = {"kind": "rest", "url": "https://data.example.org/{start}", "window": {"begin": begin}}
    told = problems_of(a_plain_config(ingester=source))
    assert told["ingester.window.begin"].startswith("a number alone is no time. Write it in ISO 8601")


def test_what_is_empty_says_what_there_should_be() -> None:
    plain = a_plain_config(title="")
    plain["mapper"] |= {"rules": [], "unpivot": {"label": "x", "groups": {}}}
    assert problems_of(plain) == {
        "title": "it is empty. Write at least 1 character.",
        "mapper.unpivot.groups": "it is empty. Write at least 1 item.",
        "mapper.rules": "it is empty. Write at least 1 item.",
    }


def test_kinds_that_do_not_exist_are_told() -> None:
    kind = problems_of(a_plain_config(ingester={"kind": "ftp"}))["ingester.kind"]
    assert kind == "it cannot be 'ftp'. There are file, rest."
    assert "missing" in problems_of(a_plain_config(ingester={"format": {}}))["ingester.kind"]


@pytest.mark.parametrize("text", ["a\0b", "\ud800"], ids=["NUL", "half a character"])
def test_text_that_no_store_holds_is_refused_wherever_it_stands(text: str) -> None:
    assert "title" in problems_of(a_plain_config(title=text))
    rule = {"type": "expect_x", "kwargs": {"values": ["fine", text]}}
    assert "curator.rules[0].kwargs.values[1]" in problems_of(a_plain_config(curator={"rules": [rule]}))
    assert "document" in problems_of({text: 1})
