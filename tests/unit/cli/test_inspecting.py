"""`cdmp inspect` needs no platform, and tells why where it cannot."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from cli.app import app, main
from include.cim.mapping_config import MappingRule
from include.collection.check_time import check_time
from include.collection.model import CollectionConfig
from include.collection.source import FileSource
from include.connectors.detection.inspect import inspect_source

CSV = (
    "Zeit;Verbrauch Wirkarbeit (kWh);Name\n"
    "2024-01-01 00:00;1,5;Müller\n2024-01-01 00:15;2,25;Meier\n2024-01-01 00:30;;Meier\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def cdmp(*arguments: str) -> None:
    app(["inspect", *arguments], standalone_mode=False)


def test_json_has_what_is_known_as_it_is_fixed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cdmp(str(file), "--json", "--set", "zone=Europe/Berlin", "--set", "interval_label=end")
    found = json.loads(capsys.readouterr().out)
    assert list(found) == [
        "format",
        "encoding",
        "confidence",
        "dialect",
        "tables",
        "time",
        "personal",
        "issues",
        "questions",
    ]
    assert (found["format"], found["dialect"]["delimiter"], found["dialect"]["decimal"]) == ("csv", ";", ",")
    (table,) = found["tables"]
    assert (table["rows"], table["known_format"]) == (3, None)
    suggestion = table["columns"][1].pop("suggestion")
    assert (suggestion["concept"], suggestion["field"], suggestion["unit"]) == ("meter_reading", "energy", "kWh")
    assert suggestion["confidence"] > 0.85
    assert "its unit is kWh" in suggestion["reason"]
    assert table["columns"][1].pop("candidates")[0] == suggestion
    assert table["columns"][1] == {
        "name": "Verbrauch Wirkarbeit (kWh)",
        "type": "decimal",
        "unit": "kWh",
        "nulls": 1,
        "distinct": 2,
        "min": "1.50",
        "max": "2.25",
        "sum": "3.75",
    }
    assert found["time"]["column"] == "Zeit"
    assert found["time"]["first"] == "2024-01-01T00:00:00+01:00"
    assert found["time"]["last"] == "2024-01-01T00:30:00+01:00"
    assert (found["time"]["resolution"], found["time"]["interval_label"]) == ("PT15M", "end")
    assert found["questions"] == []


def test_a_known_format_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "prices.csv"
    rows = ("0.5,0.05,10.1,2024-01-01T00:00:00+01:00", "0.6,0.06,10.1,2024-01-01T01:00:00+01:00")
    file.write_text("\n".join(["sek_per_kwh,EUR_per_kWh,EXR,time_start", *rows]), encoding="utf-8")
    cdmp(str(file), "--json")
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    suggestion = table["columns"][0]["suggestion"]
    assert table["known_format"] == "elprisetjustnu spot prices"
    assert (suggestion["concept"], suggestion["field"], suggestion["unit"]) == ("market_price", "price", "SEK/kWh")
    assert "the format 'elprisetjustnu spot prices'" in suggestion["reason"]
    cdmp(str(file))
    assert "2 rows, in the format 'elprisetjustnu spot prices'" in capsys.readouterr().out


def test_what_the_rows_are_is_asked_and_can_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "values.csv"
    lines = (f"2024-06-01T{hour:02}:00:00Z,{hour * 100}" for hour in range(24))
    file.write_text("\n".join(["time,value", *lines]), encoding="utf-8")
    cdmp(str(file), "--json")
    (question,) = json.loads(capsys.readouterr().out)["questions"]
    assert question["key"] == "concept"
    assert "sensor_observation" in question["options"]
    cdmp(str(file), "--json", "--set", "concept=sensor_observation")
    told = json.loads(capsys.readouterr().out)
    assert told["questions"] == []
    assert {column["candidates"][0]["concept"] for column in told["tables"][0]["columns"]} == {"sensor_observation"}
    cdmp(str(file), "--mapping", "--set", "concept=sensor_observation")
    assert "concept: sensor_observation" in capsys.readouterr().out


def test_a_person_sees_columns_times_and_questions(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cdmp(str(file))
    shown = capsys.readouterr().out
    assert "Verbrauch Wirkarbeit (kWh)  decimal" in shown
    assert "--set zone=Europe/Berlin" in shown


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param(["zon=UTC"], "Did you mean zone?", id="a key that is not there"),
        pytest.param(["zone=Europe/Brusels"], "Europe/Brussels", id="a zone that is not there"),
        pytest.param(["date_order=first"], "dmy, mdy, ymd", id="an answer that is none"),
        pytest.param(["delimitr=;"], "delimiter", id="a format's key that is not there"),
        pytest.param(["table=7"], "There are 1", id="a table that is not there"),
        pytest.param(["concept=meter_readings"], "Did you mean meter_reading?", id="a concept that is not there"),
        pytest.param(["zone"], "--set KEY=VALUE", id="no pair"),
        pytest.param(["decimal=;"], "Write '.' or ','.", id="a sign that no number has"),
        pytest.param(["header_lines=-1"], "Write 0 or more.", id="a number below its bound"),
        pytest.param(["delimiter=;;"], "Write at most 1 character.", id="two characters"),
        pytest.param(["kind=cvs"], "Did you mean csv?", id="a kind that is misspelt"),
        pytest.param(["null_values=[1"], "no JSON", id="half a list"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_is_close(
    file: Path,
    settings: list[str],
    says: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = [part for setting in settings for part in ("--set", setting)]
    monkeypatch.setattr(sys, "argv", ["cdmp", "inspect", str(file), "--json", *given])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert ended.value.code == 2
    assert says in shown.err
    assert set(json.loads(shown.out)["refused"]) == {"where", "what", "suggestion", "problems"}


def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    monkeypatch.setattr(sys, "argv", ["cdmp", "inspect", str(empty)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "key", "value"),
    [
        pytest.param(["delimiter=tab"], "delimiter", "\t", id="a tab by its name"),
        pytest.param(["delimiter=\\t"], "delimiter", "\t", id="a tab as programmers write it"),
        pytest.param(['null_values=["", "n/a"]'], "null_values", ["", "n/a"], id="a list of JSON"),
        pytest.param(["null_values=,n/a"], "null_values", ["", "n/a"], id="a list with commas"),
        pytest.param(["quote=null"], "quote", None, id="nothing"),
    ],
)
def test_a_text_is_read_once_whichever_way_it_is_written(
    tmp_path: Path, settings: list[str], key: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tabs.csv"
    path.write_text("time\tkW\n2024-01-01 00:00\t1.5\n2024-01-01 01:00\tn/a\n")
    cdmp(str(path), "--json", *(part for setting in settings for part in ("--set", setting)))
    assert json.loads(capsys.readouterr().out)["dialect"].get(key) == value


def test_a_mapping_to_begin_with_reads_hours_and_quarters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ercot.csv"
    hours = [f"05/30/2024,{hour},{part},HB_NORTH,{hour}.{part}" for hour in range(1, 25) for part in range(1, 5)]
    header = "DeliveryDate,DeliveryHour,DeliveryInterval,SettlementPointName,SettlementPointPrice [USD/MWh]"
    path.write_text("\n".join([header, *hours]))
    cdmp(str(path), "--mapping", "--set", "zone=America/Chicago")
    rules = yaml.safe_load(capsys.readouterr().out)["mapper"]["rules"]
    (start,) = [rule for rule in rules if rule["field"] == "interval_start"]
    assert (start["period"], start["numbers"]) == ("PT15M", 2)
    assert not list(check_time(MappingRule.model_validate(start), "rule"))


def test_a_mapping_to_begin_with_says_how_its_file_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # the mapping reads `hour` and `value`, which the columns H1 to H25 become only by the format
    path = tmp_path / "wide.txt"
    cells = ";".join(f"{hour},5" for hour in range(1, 25))
    days = [f"ES0021000000000001JN;{day},1;{day:02}/03/2024;{cells};" for day in range(1, 8)]
    header = f"CUPS;Zzyzx;Fecha;{';'.join(f'H{hour}' for hour in range(1, 26))}"
    path.write_text("\n".join([header, *days]), encoding="utf-16")
    cdmp(str(path), "--mapping", "--set", "zone=Europe/Madrid")
    told = capsys.readouterr().out
    collection = CollectionConfig.model_validate({"title": "wide", **yaml.safe_load(told)})
    assert isinstance(collection.ingester, FileSource)
    assert collection.ingester.name == str(path)
    assert collection.ingester.format == inspect_source(path, path.name, {}).detection.tables[0].form
    assert "# no rule reads: 'Zzyzx'\n#   → " in told


def test_a_mapping_to_begin_with_asks_what_a_file_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "days.csv"
    days = [f"{day:02}/{month:02}/2024;E{month};{day},5" for day in range(1, 13) for month in (1, 2, 3)]
    path.write_text("\n".join(["Date;EAN;kWh", *days]), encoding="utf-8")
    cdmp(str(path), "--mapping")
    told = capsys.readouterr().out
    assert "reads both ways, month first and day first: which is it?\n#   → --set date_order=mdy (or dmy)\n" in told
    assert yaml.safe_load(told)["mapper"]["concept"] == "meter_reading"
    cdmp(str(path), "--mapping", "--set", "date_order=dmy")
    told = capsys.readouterr().out
    assert "date_order" not in told
    assert "%d/%m/%Y" in told


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        pytest.param("€", "    values:\n      €: EUR\n", id="a sign"),
        pytest.param("EUR", "  - field: currency\n    source: currency\n", id="a code"),
        pytest.param("??", "# mapper.rules.currency: currency takes codes of ISO 4217", id="what nobody knows"),
    ],
)
def test_a_column_of_currencies_is_proposed_with_their_codes(
    tmp_path: Path, cell: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hours = [f"2024-01-15T{hour:02d}:00:00Z;2024-01-15T{hour + 1:02d}:00:00Z;{50 + hour};{cell}" for hour in range(23)]
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(["delivery_start;delivery_end;price (1/MWh);currency", *hours]) + "\n")
    cdmp(str(path), "--mapping")
    assert says in capsys.readouterr().out
