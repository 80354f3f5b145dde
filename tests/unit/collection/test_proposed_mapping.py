"""The mapping that is proposed for real files: what it fills by itself, and what it leaves to the owner."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shapeshifter_uftp.transport import to_xml

from include.cim.concept import Field, FieldType
from include.cim.definition import load_definition
from include.cim.mapping_config import Difference, MapperConfig, MappingRule
from include.cim.suggest.cell_values import find_value
from include.cim.suggest.certain import counts_the_other_way
from include.cim.suggest.column import Column
from include.cim.suggest.families import unpivot
from include.cim.suggest.fields import FieldRef
from include.cim.suggest.propose import Proposal
from include.collection.mapping_preset import expand_mapping
from include.collection.suggesting import suggest_fields
from include.connectors.detection.inspect import inspect_source
from include.errors import Problem
from tests.messages import EVENT, PROGRAM, REPORT, an_order
from tests.proposals import FILES, Needed, count_right, documented, table, tell

ROOT = Path(__file__).parents[3]
CIM = load_definition()
PHASES = CIM.concept("electrical_measurement")


def propose(file: Path, **given: str) -> Proposal:
    return suggest_fields(inspect_source(file, file.name, given), file.name, CIM.concepts())[1]


def write(folder: Path, text: str) -> Path:
    file = folder / "sample.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_field_of_a_meters_file_is_filled_and_its_words_are_looked_up() -> None:
    proposal = propose(ROOT / "examples/data/01_fluvius_elec_15min_nl.csv")
    assert proposal.missing == ()
    assert proposal.mapper is not None
    rules = {rule.field: rule for rule in proposal.mapper.rules}
    assert set(rules) >= {"usage_point_id", "meter_id", "register", "interval_start", "interval_end", "energy"}
    assert rules["quality"].values == {"Gevalideerd": "measured", "Geschat": "estimated", "Geen verbruik": "missing"}


def test_kinds_of_generation_side_by_side_become_rows() -> None:
    proposal = propose(ROOT / "examples/data/32_smard_lu_2024_15min_de.csv")
    assert proposal.mapper is not None
    assert proposal.mapper.unpivot is not None
    (rule,) = [rule for rule in proposal.mapper.rules if rule.field == "psr_type"]
    assert rule.values is not None
    said = {"Biomasse": "B01", "Erdgas": "B04", "Wind Onshore": "B19", "Photovoltaik": "B16", "Gesamtverbrauch": "A05"}
    assert said.items() <= rule.values.items()
    # what no code is for is told, and not made up
    assert [each.where for each in proposal.missing] == [
        "mapper.rules.psr_type.values",
        "mapper.rules.area_id",
    ]
    (quantity,) = [rule for rule in proposal.mapper.rules if rule.field == "quantity"]
    assert {"Gesamtverbrauch": "load", "Biomasse": "generation"}.items() <= (quantity.values or {}).items()


@pytest.mark.parametrize(
    ("root", "area", "asked"),
    [("GL_MarketDocument", "outBiddingZone_Domain", False), ("Publication_MarketDocument", "in_Domain", True)],
)
def test_what_the_rows_are_is_not_asked_where_a_standards_document_says_so(
    tmp_path: Path, root: str, area: str, asked: bool
) -> None:
    """Publications are of prices, flows and capacities: their name alone tells nothing."""
    points = "".join(f"<Point><position>{at}</position><quantity>{at * 10}</quantity></Point>" for at in range(1, 25))
    file = tmp_path / "answer.xml"
    file.write_text(
        f"""<{root} xmlns="urn:iec62325.351"><type>A65</type><createdDateTime>2026-03-31T00:00:00Z</createdDateTime>
        <TimeSeries><mRID>1</mRID><businessType>A04</businessType><{area}.mRID>10YBE----------2</{area}.mRID>
        <quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name><Period>
        <timeInterval><start>2026-03-28T00:00Z</start><end>2026-03-29T00:00Z</end></timeInterval>
        <resolution>PT60M</resolution>{points}</Period></TimeSeries></{root}>""",
        encoding="utf-8",
    )
    inspection, proposal = suggest_fields(inspect_source(file, file.name, {}), file.name, CIM.concepts())
    assert proposal.mapper is not None
    assert (proposal.mapper.concept == "grid_observation") is not asked
    assert any(question.key == "concept" for question in inspection.questions) is asked


def test_prices_of_two_areas_become_rows_and_a_nameless_hour_is_their_time() -> None:
    proposal = propose(ROOT / "tests/data/samples/16_omie_pmd_dst25_latin1.txt")
    assert proposal.mapper is not None
    assert proposal.mapper.unpivot is not None
    assert {column for group in proposal.mapper.unpivot.groups.values() for column in group} == {"price"}
    assert {"Precio de ajuste en el sistema español (EUR/MWh)"} < set(proposal.mapper.unpivot.columns)
    assert {rule.field for rule in proposal.mapper.rules} >= {"market_area", "interval_start", "price"}
    assert {rule.constant for rule in proposal.mapper.rules if rule.field == "currency"} == {"EUR"}, "its unit says it"
    assert [each.where for each in proposal.missing] == [
        "mapper.unpivot",
        "mapper.rules.product",
        "mapper.rules.interval_start.zone",
    ]
    assert "Energía" in proposal.missing[0].what, "it would be in the rows of both areas, and count twice"


@pytest.mark.parametrize(
    ("message", "name", "preset"),
    [
        pytest.param(json.dumps(EVENT), "e.json", "openadr3_events", id="an event of OpenADR 3"),
        pytest.param(json.dumps(REPORT), "r.json", "openadr3_reports", id="a report"),
        pytest.param(json.dumps(PROGRAM), "p.json", "openadr3_programs", id="a program"),
        pytest.param(to_xml(an_order()), "o.xml", "uftp_events", id="an order of UFTP"),
    ],
)
def test_a_standards_message_is_mapped_as_its_preset_says(message: str, name: str, preset: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(message, encoding="utf-8")
    proposal = propose(file)
    assert proposal == Proposal(MapperConfig.model_validate(expand_mapping({"preset": preset})), ())


def test_a_standards_message_of_which_its_owner_says_something_else_is_mapped_as_said(tmp_path: Path) -> None:
    file = tmp_path / "e.json"
    file.write_text(json.dumps(EVENT), encoding="utf-8")
    proposal = propose(file, concept="flexibility_report")
    assert proposal.mapper is None or proposal.mapper.concept == "flexibility_report"


def test_what_stands_beside_phases_belongs_to_their_total(tmp_path: Path) -> None:
    header = "meter_id,time,power_w,power_l1_w,power_l2_w,current_l1_a,current_l2_a,frequency_hz\n"
    rows = "".join(f"M1,2024-03-01T0{hour}:00:00Z,600,200,400,1.1,1.9,50.01\n" for hour in range(6))
    proposal = propose(write(tmp_path, header + rows))
    assert proposal.mapper is not None
    assert proposal.mapper.unpivot is not None
    groups = proposal.mapper.unpivot.groups
    assert groups["total"] == {"active_power": "power_w", "frequency": "frequency_hz"}
    assert groups["l1"] == {"active_power": "power_l1_w", "current": "current_l1_a"}


def test_columns_that_differ_in_their_numbers_become_rows_together(tmp_path: Path) -> None:
    # by its name, P2 might be anything, and P1 surely is a power
    rows = "".join(f"2024-03-01T0{hour}:00:00Z,23{hour},231,229,-5{hour},40,7{hour}\n" for hour in range(6))
    proposal = propose(write(tmp_path, "Time,U1 [V],U2 [V],U3 [V],P1 [W],P2 [W],P3 [W]\n" + rows))
    assert proposal.mapper is not None
    assert proposal.mapper.unpivot is not None
    assert proposal.mapper.unpivot.groups == {
        f"U{phase}": {"voltage": f"U{phase} [V]", "active_power": f"P{phase} [W]"} for phase in (1, 2, 3)
    }
    assert rules_of(proposal)["phase"].values == {"U1": "L1", "U2": "L2", "U3": "L3"}


def test_registers_side_by_side_become_rows_that_are_called_as_they_are(tmp_path: Path) -> None:
    names = ["1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.0"]
    rows = "".join(f"2024-03-01T0{hour}:00:00Z,90{hour}.5,1400.{hour},7.{hour}\n" for hour in range(6))
    proposal = propose(write(tmp_path, f"Timestamp,{','.join(f'{name} (kWh)' for name in names)}\n" + rows))
    assert proposal.mapper is not None
    assert proposal.mapper.unpivot is not None
    assert proposal.mapper.unpivot.groups == {name: {"cumulative_energy": f"{name} (kWh)"} for name in names}


def test_without_a_field_to_tell_them_apart_nothing_is_unpivoted() -> None:
    missing: list[Problem] = []
    assert unpivot({"energy": ["a kWh", "b kWh"]}, CIM.concept("meter_reading"), {"register"}, missing) is None
    assert [(each.where, each.what) for each in missing] == [
        ("mapper.unpivot", "2 columns fill energy: a kWh, b kWh"),
    ]


METER = "EAN;Beginn;{name}\n" + "".join(
    f"541448820000000016;2024-03-01T0{hour}:00:00Z;{{cells[{hour}]}}\n" for hour in range(6)
)


def rules_of(proposal: Proposal) -> dict[str, MappingRule]:
    return {rule.field: rule for rule in proposal.mapper.rules} if proposal.mapper else {}


def test_a_counter_gives_what_it_counted_where_its_name_says_it_is_one(tmp_path: Path) -> None:
    # no field of an interval's volume is filled by readings
    text = METER.format(name="Gas Zählerstand (m3)", cells=["4000,5", "4000,9", "4001,2", "4001,2", "4003", "4004,25"])
    rules = rules_of(propose(write(tmp_path, text)))
    assert rules["volume"].difference == Difference()


READINGS = "Zählernummer;Ablesung;Zählerstand Gas (m³)\n"


def test_what_a_counter_has_counted_ends_with_its_reading_and_is_of_one_meter(tmp_path: Path) -> None:
    rows = "".join(f"G-1;01.03.2024 {hour:02}:00;400{hour},5\n" for hour in range(8))
    rules = rules_of(propose(write(tmp_path, READINGS + rows), zone="Europe/Vienna"))
    assert (rules["interval_start"].label, rules["interval_start"].interval) == ("end", timedelta(hours=1))
    assert rules["interval_start"].occurrence_per == ("Zählernummer",)  # an hour that is twice, meter by meter
    assert rules["interval_end"].after is not None
    assert rules["volume"].difference == Difference(per=["Zählernummer"])


def test_what_was_counted_between_irregular_readings_begins_with_the_one_before(tmp_path: Path) -> None:
    days = ["02.01.2024 08:10", "11.01.2024 09:00", "02.02.2024 18:30", "09.03.2024 10:00", "01.04.2024 12:00"]
    rows = "".join(f"G-1;{day};4{number}01,5\n" for number, day in enumerate(days))
    rules = rules_of(propose(write(tmp_path, READINGS + rows), zone="Europe/Vienna"))
    start, end = rules["interval_start"], rules["interval_end"]
    assert (start.source, start.label, start.interval) == ("Ablesung", "end", "previous")
    assert start.occurrence_per == ("Zählernummer",)
    assert (end.source, end.label, end.interval) == ("Ablesung", "start", None)


def test_what_a_day_has_brought_so_far_is_a_counter_but_where_a_row_is_a_day(tmp_path: Path) -> None:
    header = "Time;Inverter;Daily yield [kWh];AC power [kW]\n"
    rows = "".join(f"2024-07-01 {hour:02}:00;INV1;{(hour % 12) * 1.5};{hour % 7}.5\n" for hour in range(24))
    proposal = propose(write(tmp_path, header + rows), zone="UTC")
    assert rules_of(proposal)["energy"].difference == Difference(reset=True)
    assert rules_of(proposal)["interval_start"].label == "end"
    assert "mapper.rules.energy.difference" in {each.where for each in proposal.missing}
    rows = "".join(f"2024-07-{day:02};INV1;{day}.5;{day % 7}.5\n" for day in range(1, 25))
    assert rules_of(propose(write(tmp_path, header + rows), zone="UTC"))["energy"].difference is None


def test_what_rises_like_a_counter_is_asked_for_and_not_mapped_as_it_is(tmp_path: Path) -> None:
    text = METER.format(name="Gas volume (m3)", cells=["4000,5", "4000,9", "4001,2", "4001,3", "4003", "4004,25"])
    proposal = propose(write(tmp_path, text))
    assert "volume" not in rules_of(proposal)
    assert "mapper.rules.volume.difference" in {each.where for each in proposal.missing}
    text = METER.format(name="Gas volume (m3)", cells=["0,5", "0,1", "0,2", "0,9", "3", "4,25"])
    assert rules_of(propose(write(tmp_path, text)))["volume"].difference is None


def test_a_meter_that_has_rolled_over_is_asked_about_and_months_are_no_length(tmp_path: Path) -> None:
    rows = ["G-17;01.01.2024 06:00;99.995,250", "G-17;01.02.2024 06:00;99.999,750", "G-17;01.03.2024 06:00;4,250"]
    proposal = propose(write(tmp_path, "\n".join(["EAN;Ablesung;Stand Gas (m³)", *rows, ""])))
    rules = rules_of(proposal)
    assert "mapper.rules.volume.difference" in {each.where for each in proposal.missing}
    assert "volume" not in rules
    assert "interval_start" in rules
    assert "interval_end" not in rules, "a month is no length"


@pytest.mark.parametrize(
    ("name", "lowest", "expected"),
    [
        pytest.param("battery discharge power", 0.0, True, id="the other direction"),
        pytest.param("Batterie Ladeleistung", 0.0, False, id="the field's own direction"),
        pytest.param("battery power", 0.0, False, id="no direction, and none below zero"),
        pytest.param("battery power", -5.0, None, id="no direction, and some below zero"),
        pytest.param("charge/discharge power", -5.0, None, id="both directions"),
    ],
)
def test_a_sign_is_turned_only_where_the_name_says_it(name: str, lowest: float, expected: bool | None) -> None:
    column = Column(name, "decimal", "kW", lowest, 5.0)
    assert counts_the_other_way(column, FieldRef("battery_status", "power")) is expected


def test_the_direction_of_a_battery_is_asked_for_where_nothing_tells_it(tmp_path: Path) -> None:
    rows = "".join(f"b1,2024-03-01T0{hour}:00:00Z,{50 + hour},{hour - 3},{hour - 3}\n" for hour in range(6))
    header = "battery_id,time,soc (%),battery power (kW),battery discharge current (A)\n"
    proposal = propose(write(tmp_path, header + rows))
    rules = rules_of(proposal)
    assert not rules["power"].negate
    assert rules["current"].negate
    (asked,) = [each for each in proposal.missing if each.where == "mapper.rules.power.negate"]
    assert "charge or discharge" in asked.what


def test_the_end_of_an_interval_tells_its_beginning(tmp_path: Path) -> None:
    rows = "".join(f"hp1;01.03.2024 {hour:02}:00;1,{hour}\n" for hour in range(1, 8))
    proposal = propose(write(tmp_path, "heat pump id;Zeit (Ende);heat pump power (kW)\n" + rows))
    start = rules_of(proposal)["interval_start"]
    assert (start.source, start.label, start.interval) == ("Zeit (Ende)", "end", timedelta(hours=1))
    assert rules_of(proposal)["interval_end"].after is not None


def test_a_day_and_the_clock_that_ends_an_interval_are_one_time(tmp_path: Path) -> None:
    rows = "".join(f"03/01/2024,{hour:02}:00,1{hour}.5\n" for hour in range(1, 9))
    rules = rules_of(propose(write(tmp_path, "OperDay,HourEnding,Load_MW\n" + rows), date_order="mdy", zone="UTC"))
    start, end = rules["interval_start"], rules["interval_end"]
    assert (start.source, start.label, start.interval) == (("OperDay", "HourEnding"), "end", timedelta(hours=1))
    assert end.after is not None, "read from the same columns, the interval would have no length"


@pytest.mark.parametrize(
    ("shown", "column"),
    [
        pytest.param("", None, id="a clock tells ends less well around a change"),
        pytest.param("+01:00", "tot", id="instants"),
    ],
)
def test_ends_of_intervals_that_are_all_as_long_follow_from_their_beginnings(
    tmp_path: Path, shown: str, column: str | None
) -> None:
    begun = [datetime(2024, 10, 27, tzinfo=UTC) + timedelta(minutes=15 * at) for at in range(96)]
    rows = [f"{at:%Y-%m-%d %H:%M}{shown};{at + timedelta(minutes=15):%Y-%m-%d %H:%M}{shown};1,5" for at in begun]
    text = "\n".join(["van;tot;verbruik (kWh)", *rows, ""])
    end = rules_of(propose(write(tmp_path, text), zone="Europe/Brussels"))["interval_end"]
    assert end.source == column
    assert (end.after is None) == (column is not None)
    text = "\n".join(["van;tot;verbruik (kWh)", *rows, "2024-10-28 00:00;2024-10-28 12:00;1,5", ""])
    assert rules_of(propose(write(tmp_path, text), zone="Europe/Brussels"))["interval_end"].source == "tot"


def test_a_word_that_is_no_unit_is_told_and_not_taken_for_the_likeliest_one(tmp_path: Path) -> None:
    rows = "".join(f"s,2024-03-01T0{hour}:00:00Z,{10 + hour},{hour}\n" for hour in range(6))
    proposal = propose(write(tmp_path, "station id,time,air temperature (C),cloud cover (twelfths)\n" + rows))
    assert rules_of(proposal)["cloud_cover"].unit is None
    (asked,) = [each for each in proposal.missing if each.where == "mapper.rules.cloud_cover.unit"]
    assert "'twelfths' is no unit" in asked.what
    proposal = propose(write(tmp_path, "station id,time,air temperature (C),cloud cover (oktas)\n" + rows))
    assert rules_of(proposal)["cloud_cover"].unit == "okta"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("L2", "L2", id="the value itself"),
        pytest.param("Phase B", "L2", id="one of its words"),
        pytest.param("Gesamt [kW]", "total", id="one of its words as a part"),
        pytest.param("phase 1 and phase 2", None, id="two values' words: nothing is said"),
        pytest.param("?", None, id="no word"),
        pytest.param("", None, id="empty"),
    ],
)
def test_cells_say_values(text: str, value: str | None) -> None:
    assert find_value(PHASES.fields["phase"], text) == value


def test_words_say_only_what_the_field_has() -> None:
    field = Field("quality", FieldType.ENUM, "How it came about", values=("measured",))
    assert find_value(field, "estimated") is None


def test_a_constant_is_warned_of_where_another_column_tells_series_apart(tmp_path: Path) -> None:
    """Of sub-meters nobody knows a point of delivery; a constant would set the rows of all but one of them aside."""
    times = [datetime(2024, 5, 2) + at * timedelta(hours=1) for at in range(96)]  # noqa: DTZ001
    for meters, warned in ((3, True), (1, False)):
        rows = [f"L-{meter};{time};{at % 7},5\n" for meter in range(meters) for at, time in enumerate(times)]
        proposal = propose(
            write(tmp_path, "Zählernummer;Zeit;Verbrauch [kWh]\n" + "".join(rows)), concept="meter_reading"
        )
        (lacking,) = [each for each in proposal.missing if each.where == "mapper.rules.usage_point_id"]
        assert ("'Zählernummer' has 3 values: with a constant" in lacking.remedy) is warned


def test_a_field_with_a_sign_is_one_direction_less_the_other(tmp_path: Path) -> None:
    """Portals of batteries write what is charged and what is discharged beside one another."""
    times = [datetime(2024, 5, 2) + at * timedelta(minutes=5) for at in range(96)]  # noqa: DTZ001
    header = "Time,Discharge Power(W),Charge Power(W),SOC(%),PV Power(W),Load Power(W)\n"
    rows = [f"{time},{at % 7 * 100},{at % 5 * 100},{at % 90},{at % 9},{at % 4 * 50}\n" for at, time in enumerate(times)]
    proposal = propose(write(tmp_path, header + "".join(rows)), zone="Europe/Berlin", concept="site_energy")
    rule = rules_of(proposal)["battery_power"]
    assert (rule.formula, rule.unit) == ("plus - minus", "W")
    assert rule.inputs == {"plus": "Charge Power(W)", "minus": "Discharge Power(W)"}
    (told,) = [each for each in proposal.missing if each.where == "mapper.rules.battery_power.formula"]
    assert "'Charge Power(W)' less 'Discharge Power(W)'" in told.what
    assert not [each for each in proposal.missing if each.where == "mapper.unpivot"]


def test_the_mean_power_of_intervals_becomes_their_energy_where_the_rows_are_readings(tmp_path: Path) -> None:
    times = [datetime(2024, 3, 4) + at * timedelta(minutes=15) for at in range(96)]  # noqa: DTZ001
    header = "Zeitstempel;Zählpunkt;Wirkleistung Bezug [kW];Wirkleistung Lieferung [kW];Max. Wirkleistung [kW]\n"
    rows = [f"{time:%d.%m.%Y %H:%M};Z1;{at % 7},5;{at % 3},25;{at % 9},75\n" for at, time in enumerate(times)]
    given = {"zone": "Europe/Berlin", "concept": "meter_reading"}
    proposal = propose(write(tmp_path, header + "".join(rows)), **given)
    energy = rules_of(proposal)["energy"]
    assert (energy.unit, energy.interval) == ("kW", timedelta(minutes=15))
    assert proposal.mapper
    assert proposal.mapper.unpivot
    groups = proposal.mapper.unpivot.groups
    assert [group["energy"] for group in groups.values()] == ["Wirkleistung Bezug [kW]", "Wirkleistung Lieferung [kW]"]
    (asked,) = [each for each in proposal.missing if each.where == "mapper.rules.energy.interval"]
    assert "what that makes in PT15M" in asked.what
    assert "`label: end`" not in asked.remedy
    midday = propose(write(tmp_path, header + "".join(rows[50:80])), **given)
    (asked,) = [each for each in midday.missing if each.where == "mapper.rules.energy.interval"]
    assert "`label: end`" in asked.remedy
    measured = propose(write(tmp_path, header + "".join(rows)), **(given | {"concept": "electrical_measurement"}))
    assert "energy" not in rules_of(measured)


@pytest.mark.parametrize("needed", [pytest.param(each, id=each.file.name) for each in FILES])
def test_what_a_file_needs_is_counted_over_its_required_fields(needed: Needed) -> None:
    required = {field.name for field in CIM.concept(needed.concept).fields.values() if field.required}
    assert set(needed.rules) == required
    assert count_right(needed) <= tell(needed)


def test_the_documentation_says_how_much_of_the_samples_needs_no_edit() -> None:
    assert documented() == table(), "`python -m tests.proposals` writes it"
    right, before = (sum(map(count, FILES)) for count in (count_right, lambda each: each.before))
    assert right > before
