"""Samples over HTTP: found out, kept a day for their owner, and previewed stage by stage."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from include.collection.check import check_collection
from include.collection.model import CollectionConfig
from include.operations import sampling
from tests.factories import a_collection, a_config, a_plain_config
from tests.interface import METERS, SAMPLE_ID, Interface

CONTENT = METERS.read_bytes()
OCTETS = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def interface(tmp_path: Path) -> Interface:
    interface = Interface()
    interface.services.incoming.folder = tmp_path
    interface.services.staging.root = tmp_path / "staging"
    return interface


def draft(**changes: Any) -> dict[str, Any]:
    plain = a_plain_config()
    return {"mapper": plain["mapper"], "anonymization": plain["anonymization"], **changes}


def preview(interface: Interface, **body: Any) -> Any:
    answer = interface.client().post(f"/sample/{SAMPLE_ID}/preview", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert not list(interface.services.staging.root.glob("*")), "nothing stays"
    return answer.json()


def test_a_file_is_dropped_and_understood(interface: Interface):
    client = interface.client()
    answer = client.post("/sample?filename=Z%C3%A4hler.csv", content=CONTENT + b"\n", headers=OCTETS)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["name"] == "Zähler.csv"
    assert told["upload"] == hashlib.sha256(CONTENT + b"\n").hexdigest()
    (table,) = told["inspection"]["tables"]
    assert table["rows"] == 5
    energy = next(column for column in table["columns"] if column["name"] == "energy_wh")
    assert "1000" in energy["examples"]
    assert client.get(answer.headers["location"]).json() == told
    (kept,) = (each for each in client.get("/upload/").json()["uploads"] if each["upload"] == told["upload"])
    assert kept["expires"] is not None
    assert client.get(answer.headers["location"], headers={"Authorization": "Bearer steward"}).status_code == 404


def test_what_the_owner_sets_is_taken_as_right(interface: Interface):
    body = {"upload": interface.upload, "set": {"kind": "csv", "delimiter": ";"}}
    told = interface.client().post("/sample", json=body).json()
    assert told["inspection"]["dialect"]["delimiter"] == ";"
    assert len(told["inspection"]["tables"][0]["columns"]) == 1
    wrong = interface.client().post("/sample", json={**body, "set": {"delimitre": ";"}})
    assert wrong.status_code == 422


def test_the_owner_says_what_the_rows_are(interface: Interface):
    body = {"upload": interface.upload, "set": {"concept": "heat_pump_operation"}}
    told = interface.client().post("/sample", json=body).json()["inspection"]
    assert told["proposal"]["mapper"]["concept"] == "heat_pump_operation"
    wrong = interface.client().post("/sample", json={**body, "set": {"concept": "heat_pump"}})
    assert wrong.status_code == 422
    assert "heat_pump_operation" in wrong.text


def test_a_sample_is_gone_after_a_day(interface: Interface):
    client = interface.client()
    assert client.get(f"/sample/{SAMPLE_ID}").status_code == 200
    interface.services.clock.now += timedelta(days=1)
    assert client.get(f"/sample/{SAMPLE_ID}").status_code == 404
    assert client.post(f"/sample/{SAMPLE_ID}/preview", json={}).status_code == 404


WRONG = [
    pytest.param(b"", OCTETS, 422, id="nothing"),
    pytest.param(b"\x00\x01\x02\x03" * 10, OCTETS, 422, id="what cannot be read"),
    pytest.param(b"{", {"Content-Type": "application/json"}, 400, id="half JSON"),
    pytest.param(b'{"upload": "../x"}', {"Content-Type": "application/json"}, 422, id="a path for an id"),
    pytest.param(b'{"upload": "' + b"0" * 64 + b'"}', {"Content-Type": "application/json"}, 404, id="no such upload"),
    pytest.param(b'{"upload": "x", "owner_id": "9"}', {"Content-Type": "application/json"}, 422, id="an unknown key"),
]


@pytest.mark.parametrize(("body", "headers", "status"), WRONG)
def test_what_is_no_sample_is_refused_and_leaves_nothing_on_its_way(
    interface: Interface, body: bytes, headers: dict[str, str], status: int
):
    before = set(interface.services.incoming.find("7"))
    answer = interface.client().post("/sample", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["errors"]
    assert set(interface.services.incoming.find("7")) == before


def test_a_sample_has_to_say_how_long_it_is_and_must_not_be_too_long(
    interface: Interface, monkeypatch: pytest.MonkeyPatch
):
    client = interface.client()
    assert client.post("/sample", content=iter([CONTENT]), headers=OCTETS).status_code == 411
    monkeypatch.setattr(sampling, "MOST_BYTES", 20)
    for answer in (
        client.post("/sample", content=CONTENT, headers=OCTETS),
        client.post("/sample", json={"upload": interface.upload}),
    ):
        assert answer.status_code == 413
        assert "cdmp inspect" in answer.json()["detail"]


def test_a_preview_shows_the_rows_after_every_stage(interface: Interface):
    told = preview(interface, **draft())
    assert [row["energy_wh"] for row in told["read"]["rows"]] == ["1000", "1500", "many", "250", "260"]
    assert told["mapped"]["rows"][0]["energy"] == 1.0
    assert told["mapped"]["rows"][3]["quality"] == "estimated"
    assert [row["row_id"] for row in told["curated"]["rows"]] == [1, 2, 4]
    points = {row["usage_point_id"] for row in told["anonymized"]["rows"]}
    assert len(points) == 2
    assert not points & {"p1", "p2"}
    assert {"row": 3, "field": "energy", "columns": ["energy_wh"], "rule": "unreadable_number"} in told["issues"]
    repeat = next(each for each in told["issues"] if each["row"] == 5)
    assert repeat["rule"] == "expect_compound_columns_to_be_unique"
    assert repeat["columns"] == ["point", "register", "start"]
    assert told["report"]["rows_quarantined"] == 2
    assert told["problems"] == []
    assert told["foreseen"] is None


def test_a_preview_follows_the_draft_at_once(interface: Interface):
    other = preview(interface, **draft(), format={"kind": "csv", "null_values": ["", "many"]}, rows=2)
    assert len(other["read"]["rows"]) == 2
    assert other["counts"]["cells_unreadable"] == 0


def test_a_method_that_is_none_is_told_in_our_words(interface: Interface):
    plan = {"fields": {"usage_point_id": {"method": "pseudonymise"}}}
    answer = interface.client().post(f"/sample/{SAMPLE_ID}/preview", json={"anonymization": plan})
    [problem] = answer.json()["errors"]
    assert problem["where"] == "anonymization.fields.usage_point_id.method"
    assert "Did you mean pseudonym" in problem["expected"]


def test_a_preview_goes_as_far_as_the_draft_does(interface: Interface):
    nothing = preview(interface)
    assert (nothing["mapped"], len(nothing["read"]["rows"]), nothing["problems"]) == (None, 5, [])
    mapper = draft()["mapper"]
    begun = preview(interface, mapper={**mapper, "rules": mapper["rules"][:1]})
    assert begun["mapped"]["rows"][0]["usage_point_id"] == "p1"
    assert {part["where"] for part in begun["problems"]} >= {"mapper.rules", "anonymization.fields"}
    assert begun["anonymized"] is None
    unknown = preview(interface, mapper={**mapper, "concept": "meter_redding"})
    assert (unknown["mapped"], unknown["problems"][0]["where"]) == (None, "mapper.concept")
    absent = preview(interface, mapper={**mapper, "rules": [{"field": "register", "source": "nope"}]})
    assert (len(absent["read"]["rows"]), absent["mapped"]) == (5, None)
    assert "'nope', which is not there" in absent["problems"][-1]["what"]
    rules = [{"type": "expect_column_values_to_be_nice", "kwargs": {"column": "energy"}}]
    curated = preview(interface, **draft(curator={"rules": rules}))
    assert curated["mapped"]["rows"]
    assert curated["curated"] is None
    assert curated["problems"][0]["where"].startswith("curator")


def test_a_rule_that_refuses_the_batch_says_so_in_the_preview(interface: Interface):
    rule = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "energy", "max_value": 0.1},
        "on_violation": "fail",
    }
    told = preview(interface, **draft(curator={"rules": [rule]}))
    assert told["curated"] is None
    assert "energy" in str(told["problems"][0])
    assert told["mapped"]["rows"]


def test_a_mapping_is_proposed_as_such_columns_were_mapped_here_and_checked(interface: Interface):
    rules = [{"field": "dc_power", "source": "Kanal_7B", "unit": "W"}]
    config = a_config(mapper={"concept": "pv_generation", "rules": rules})
    interface.services.collections.add(a_collection(id=uuid4(), config=config))
    content = b"Zeit;Kanal 7b\n2026-06-01T10:00:00Z;812.5\n2026-06-01T10:15:00Z;790.25\n"
    told = interface.client().post("/sample?filename=x.csv", content=content, headers=OCTETS).json()["inspection"]
    suggested = told["tables"][0]["columns"][1]["suggestion"]
    assert (suggested["concept"], suggested["field"]) == ("pv_generation", "dc_power")
    assert suggested["reason"].startswith("mapped so in 1 collection here")
    assert told["tables"][0]["columns"][1]["candidates"][0] == suggested
    assert all(set(each) == set(suggested) for column in told["tables"][0]["columns"] for each in column["candidates"])
    mapper, missing = told["proposal"]["mapper"], told["proposal"]["missing"]
    assert mapper["concept"] == "pv_generation"
    assert any(rule.get("source") == "Kanal 7b" for rule in mapper["rules"])
    config = CollectionConfig.model_validate({"title": "x", "mapper": mapper})
    checked = check_collection(config, interface.services.definition)
    assert {each["where"] for each in missing} == {"mapper.rules.device_id", "mapper.rules.dc_power.unit"}
    assert {each.where for each in checked} == {"mapper.rules", "mapper.rules[2].unit"}


PEOPLE = """EAN;Kunde;E-Mail;Beginn;Verbrauch (kWh)
541448820000000016;Anna Vogel;anna@example.org;2026-01-01T00:00:00Z;1,5
541448820000000023;Uwe Brandt;uwe@example.org;2026-01-01T00:15:00Z;2,5
"""


def test_personal_data_is_found_and_a_plan_proposed(interface: Interface):
    told = interface.client().post("/sample?filename=a.csv", content=PEOPLE.encode(), headers=OCTETS).json()
    inspection = told["inspection"]
    found = {each["column"]: each for each in inspection["personal"]}
    assert {name: each["entity"] for name, each in found.items()} == {
        "EAN": "ENERGY_EAN",
        "Kunde": "PERSON",
        "E-Mail": "EMAIL_ADDRESS",
    }
    assert found["E-Mail"]["share"] == 1.0
    reasons = " ".join(each["reason"] for each in found.values())
    assert not any(value in reasons for value in ("Vogel", "example.org", "5414"))
    proposal = inspection["proposal"]
    assert proposal["anonymization"] == {"fields": {"usage_point_id": {"method": "pseudonym"}}}
    assert "anonymization.fields" not in {each["where"] for each in proposal["missing"]}


def test_a_preview_says_what_one_field_more_would_single_out(interface: Interface):
    plan = draft()["anonymization"]
    told = preview(interface, **draft(anonymization=plan | {"k_anonymity": {"quasi_identifiers": ["quality"], "k": 2}}))
    assert told["problems"] == []
    assert set(told["singled_out"]) == {"usage_point_id", "register", "interval_start", "interval_end", "energy"}
    rows = [tuple(row.values()) for row in told["anonymized"]["rows"]]
    at = told["anonymized"]["columns"].index
    groups = Counter((row[at("quality")], row[at("interval_start")]) for row in rows)
    assert told["singled_out"]["interval_start"] == sum(count == 1 for count in groups.values())
    by_meter = draft(
        anonymization=plan | {"k_anonymity": {"quasi_identifiers": ["quality"], "k": 2, "subject": "usage_point_id"}}
    )
    assert "usage_point_id" not in preview(interface, **by_meter)["singled_out"]
