"""What is proposed for messages and registers of standards: by what the standard says, and not by names alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from shapeshifter_uftp.transport import to_xml

from include.collection.suggesting import suggest_fields
from include.connectors.detection.inspect import inspect_source
from tests.messages import REPORT, an_order
from tests.unit.collection.test_proposed_mapping import CIM, propose, write


def test_registers_are_scaled_by_the_powers_of_ten_beside_them(tmp_path: Path) -> None:
    """SunSpec: whole numbers, and a column that says how many of their digits stand behind the point."""

    def powers(names: str, rows: Iterable[str], concept: str) -> dict[str, tuple[object, str | None]]:
        lines = (f"2024-06-01T10:{at:02}:00Z,{row}" for at, row in enumerate(rows))
        mapper = propose(write(tmp_path, "\n".join([f"ts,{names}", *lines])), concept=concept).mapper
        assert mapper is not None
        return {rule.field: (rule.source, rule.power_of_ten) for rule in mapper.rules if rule.power_of_ten}

    inverter = (f"4{at:02},{at % 2},4999,-2,35,0,4" for at in range(60))
    assert powers("W,W_SF,Hz,Hz_SF,TmpCab,Tmp_SF,St", inverter, "pv_generation") == {
        "ac_power": ("W", "W_SF"), "inverter_temperature": ("TmpCab", "Tmp_SF"),
    }  # fmt: skip
    phases = (f"8{at:02},712,690,-2,23{at:02},2310,2290,-1" for at in range(60))
    names = "I_L1,I_L2,I_L3,I_SF,U_L1,U_L2,U_L3,U_SF"
    assert powers(names, phases, "electrical_measurement") == {
        "current": ("current", "I_SF"), "voltage": ("voltage", "U_SF"),
    }  # fmt: skip


def test_square_feet_are_no_power_of_ten(tmp_path: Path) -> None:
    file = write(tmp_path, "ts,W,W_SF\n" + "".join(f"2024-06-01T10:{at:02}:00Z,4{at},12{at}\n" for at in range(60)))
    mapper = propose(file, concept="electrical_measurement").mapper
    assert mapper is not None
    assert {rule.power_of_ten for rule in mapper.rules} == {None}


def test_columns_of_a_standards_message_are_suggested_what_its_mapping_makes_of_them(tmp_path: Path) -> None:
    """The day that a message is of looks like a beginning, and an accuracy in per cent like a fraction."""

    def suggested(body: str) -> dict[str, tuple[str, str | None] | None]:
        inspection = inspect_source(write(tmp_path, body), "sample", {})
        columns = suggest_fields(inspection, "sample", CIM.concepts())[0].tables[0].columns
        found = {each.name: each.suggestion for each in columns}
        assert {name for name, each in found.items() if each} == {each.name for each in columns if each.candidates}
        return {name: (each.field, each.unit) if each else None for name, each in found.items()}

    order = suggested(to_xml(an_order()))
    assert (order["period"], order["start"], order["power_w"]) == (None, ("interval_start", None), ("power", "W"))
    report = suggested(json.dumps(REPORT))
    assert (report["accuracy"], report["value"]) == (("accuracy", "%"), ("value", None))


@pytest.mark.parametrize(("around", "concept"), [("MeterReading", "meter_reading"), ("Device", "flexibility_report")])
def test_the_elements_around_the_rows_tell_what_they_are(tmp_path: Path, around: str, concept: str) -> None:
    """IEC 61968-9: every reading has a type, as reports of flexibility have."""
    readings = "".join(
        f"<IntervalReadings><timeStamp>2026-01-01T{at:02}:00:00Z</timeStamp><value>0.{at:02}</value></IntervalReadings>"
        for at in range(24)
    )
    file = tmp_path / "answer.xml"
    file.write_text(
        f"""<{around}s xmlns="http://iec.ch/TC57/2011/MeterReadings#"><{around}><Meter><Names><name>M1</name></Names></Meter>
        <IntervalBlocks><ReadingType ref="0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"/>{readings}</IntervalBlocks></{around}>
        </{around}s>""",
        encoding="utf-8",
    )
    mapper = propose(file).mapper
    assert mapper is not None
    assert mapper.concept == concept
