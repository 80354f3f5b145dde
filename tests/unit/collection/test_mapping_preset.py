"""Mapping presets fit their format and concept, and an owner's rules go before theirs."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from shapeshifter_uftp.transport import to_xml

from include.cim.definition import load_definition
from include.collection.check import check_collection
from include.collection.document import read_plain, read_yaml, write_yaml
from include.collection.mapping_preset import MappingPreset, load_mapping_presets
from include.collection.source_format import Format
from include.connectors.content import Content
from include.connectors.formats.choose import read_frames
from include.errors import ConfigurationInvalid
from tests.factories import a_config, a_plain_config
from tests.messages import EVENT, PROGRAM, REPORT, a_message_config, an_order

PRESETS = load_mapping_presets()
MESSAGES = {
    "openadr3_events": json.dumps(EVENT),
    "openadr3_reports": json.dumps(REPORT),
    "openadr3_programs": json.dumps(PROGRAM),
    "uftp_events": to_xml(an_order()),
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_collection_that_names_a_preset_is_whole(name: str) -> None:
    preset = PRESETS[name]
    config = a_config(**a_message_config(name, {"kind": preset.format}))
    assert check_collection(config, load_definition()) == []
    assert config.mapper is not None
    assert config.mapper.concept == preset.concept
    assert preset.format in {kind.model_fields["kind"].default for kind in get_args(get_args(Format)[0])}
    assert read_yaml(write_yaml(config)) == config


@pytest.mark.parametrize("name", MESSAGES)
def test_every_column_that_a_preset_reads_is_given_by_its_format(name: str) -> None:
    config = a_config(**a_message_config(name, {"kind": PRESETS[name].format}))
    assert config.mapper is not None
    assert config.ingester is not None
    (frame,) = read_frames(Content.of(MESSAGES[name].encode(), "m"), config.ingester.format)
    assert set(config.mapper.columns) <= set(frame.columns)


def test_an_owners_rule_goes_before_the_presets() -> None:
    plain = a_message_config("openadr3_events", {"kind": "openadr3"})
    plain["mapper"]["rules"] = [{"field": "program_id", "constant": "ours"}]
    config = a_config(**plain)
    assert config.mapper is not None
    (rule,) = [rule for rule in config.mapper.rules if rule.field == "program_id"]
    assert rule.constant == "ours"
    assert len(config.mapper.rules) == len(PRESETS["openadr3_events"].rules)


def test_an_unknown_preset_is_answered_with_the_close_one() -> None:
    with pytest.raises(ConfigurationInvalid, match="openadr3_events"):
        read_plain(a_plain_config(mapper={"preset": "openadr3_event"}))


@pytest.mark.parametrize(
    ("rules", "where"),
    [
        pytest.param(5, "mapper.rules", id="a number"),
        pytest.param(None, "mapper.rules", id="nothing"),
        pytest.param("energy", "mapper.rules", id="text"),
        pytest.param({"field": "energy"}, "mapper.rules", id="an object"),
        pytest.param(["energy: kwh"], "mapper.rules[0]", id="a rule that is text"),
        pytest.param([{"field": ["energy"], "constant": 5}], "mapper.rules[0].field", id="a field that is a list"),
    ],
)
def test_rules_beside_a_preset_that_are_none_are_refused_and_not_dropped(rules: object, where: str) -> None:
    with pytest.raises(ConfigurationInvalid) as raised:
        read_plain(a_plain_config(mapper={"preset": "openadr3_events", "rules": rules}))
    assert [problem.where for problem in raised.value.problems] == [where]


def test_a_preset_maps_no_field_twice() -> None:
    for preset in PRESETS.values():
        assert isinstance(preset, MappingPreset)
        fields = [rule["field"] for rule in preset.rules]
        assert len(fields) == len(set(fields))
