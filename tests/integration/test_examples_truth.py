"""Every file example, from its file to the CIM, against what is known of the file by other means."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from include.batch import ROW_ID
from include.cim.definition import load_definition
from include.collection.check import check_collection
from include.collection.document import read_yaml, write_yaml
from include.collection.model import Collection
from include.connectors.choose import choose_connector
from include.connectors.egress import Egress
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from tests.factories import NOON, a_collection
from tests.fakes import FolderStaging
from tests.fakes_ingest import FilesBelow, KnownBatches

EXAMPLES = Path(__file__).parents[2] / "examples"
TRUTH = json.loads((Path(__file__).parents[1] / "data" / "truth.json").read_text(encoding="utf-8"))
UPLOAD = "a" * 64


def example(name: str) -> Collection:
    config = read_yaml((EXAMPLES / name).read_text(encoding="utf-8"))
    if config.ingester.kind == "file":
        config = config.model_copy(update={"ingester": config.ingester.model_copy(update={"upload": UPLOAD})})
    return a_collection(config=config)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    return {name: run_to_cim(name, FolderStaging(tmp_path_factory.mktemp("staging"))) for name in TRUTH}


def run_to_cim(name: str, staging: FolderStaging) -> pl.DataFrame:
    collection = example(name)
    source, mapper = collection.config.ingester, collection.config.mapper
    connector = choose_connector(source, FilesBelow({UPLOAD: EXAMPLES / source.name}), Egress(), str, lambda: NOON)
    raw = ingest(collection, connector, staging, KnownBatches())
    concept = load_definition().concept(mapper.concept)
    outcome = map_to_cim(raw.ref, mapper, concept, staging, numbers=source.numbers)
    assert outcome.counts == {"rows_mapped": raw.counts["rows_read"], "cells_unreadable": 0}
    rows = pl.concat([staging.read(part) for part in outcome.ref.parts])
    assert rows.columns == [ROW_ID, *concept.fields]
    assert rows[ROW_ID].to_list() == list(range(1, rows.height + 1))
    return rows


def breaking_the_concept(rows: pl.DataFrame, name: str) -> int:
    """How many rows break the concept's own bounds; repeated keys are counted apart."""
    concept = load_definition().concept(example(name).config.mapper.concept)
    broken = pl.lit(False)
    for field in concept.fields.values():
        column = pl.col(field.name)
        if field.required:
            broken = broken | column.is_null()
        if field.minimum is not None:
            broken = broken | (column < field.minimum).fill_null(False)
        if field.maximum is not None:
            broken = broken | (column > field.maximum).fill_null(False)
        if field.values:
            broken = broken | ~column.is_in(list(field.values)).fill_null(True)
        if field.after is not None:
            broken = broken | (column <= pl.col(field.after)).fill_null(False)
    return rows.filter(broken).height


def repeated_keys(rows: pl.DataFrame, name: str) -> int:
    concept = load_definition().concept(example(name).config.mapper.concept)
    return rows.height - rows.select(concept.key).unique().height


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_an_example_passes_every_check_and_survives_its_own_export(name: str) -> None:
    config = example(name).config
    assert check_collection(config, load_definition()) == []
    assert read_yaml(write_yaml(config)) == config


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_the_file_is_the_one_that_the_truth_is_about(name: str) -> None:
    file = EXAMPLES / example(name).config.ingester.name
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest == TRUTH[name]["sha256"]
    assert digest in (EXAMPLES / "data" / "LICENSES.md").read_text(encoding="utf-8")


def test_no_example_file_is_without_its_licence() -> None:
    licences = (EXAMPLES / "data" / "LICENSES.md").read_text(encoding="utf-8")
    for file in (EXAMPLES / "data").iterdir():
        if file.name != "LICENSES.md":
            assert f"`{file.name}`" in licences
            assert hashlib.sha256(file.read_bytes()).hexdigest() in licences


@pytest.mark.parametrize(
    ("name", "repeats"),
    [
        ("01_smart_meter_fluvius.yaml", 0),
        ("14_battery_givenergy.yaml", 2),
        ("14_household_power_givenergy.yaml", 2),
        ("27_weather_pvgis.yaml", 0),
        ("32_grid_load_smard.yaml", 0),
        ("33_ev_sessions_caltech.yaml", 0),
    ],
)
def test_only_what_the_example_says_breaks_the_concept(
    mapped: dict[str, pl.DataFrame], name: str, repeats: int
) -> None:
    assert breaking_the_concept(mapped[name], name) == 0
    assert repeated_keys(mapped[name], name) == repeats


def test_the_smart_meter_keeps_nulls_and_gives_the_repeated_hour_its_two_instants(
    mapped: dict[str, pl.DataFrame],
) -> None:
    rows, truth = mapped["01_smart_meter_fluvius.yaml"], TRUTH["01_smart_meter_fluvius.yaml"]["truth"]
    brussels = ZoneInfo("Europe/Brussels")
    assert rows.height == truth["data_rows"]
    assert rows["energy"].null_count() == truth["null_volume"]
    for key, sum_kwh in truth["sum_volume_by_register_unit"].items():
        register = key.split("|")[0]
        chosen = rows.filter(pl.col("register") == register)
        assert chosen.height == truth["rows_by_register_unit"][key]
        assert chosen["energy"].sum() == pytest.approx(float(sum_kwh), abs=1e-6)
    first = datetime.strptime(truth["first_from"], "%d-%m-%Y %H:%M:%S").replace(tzinfo=brussels)
    last = datetime.strptime(truth["last_until"], "%d-%m-%Y %H:%M:%S").replace(tzinfo=brussels)
    assert rows["interval_start"].min() == first.astimezone(UTC)
    assert rows["interval_end"].max() == last.astimezone(UTC)
    quality = {"measured": "Gevalideerd", "estimated": "Geschat", "missing": "Geen verbruik"}
    for word, count in rows["quality"].value_counts().iter_rows():
        assert count == truth["status"][quality[word]]
    night = rows.filter(
        pl.col("interval_start").dt.convert_time_zone("Europe/Brussels").dt.date() == date(2021, 10, 31)
    )
    assert {register: group.height for (register,), group in night.group_by("register")} == {
        key.split("|")[0]: count for key, count in truth["rows_on_dst_day"].items()
    }
    assert night["interval_start"].n_unique() == 100  # 25 hours without a gap
    assert set(night["interval_start"].unique().sort().diff().drop_nulls()) == {timedelta(minutes=15)}
    assert rows["usage_point_id"].unique().to_list() == [truth["ean_text"].removeprefix('="').removesuffix('"')]


def test_the_battery_counts_charging_as_positive(mapped: dict[str, pl.DataFrame]) -> None:
    rows, truth = mapped["14_battery_givenergy.yaml"], TRUTH["14_battery_givenergy.yaml"]["truth"]
    assert rows.height == truth["records"]
    assert rows["state_of_charge"].sum() == pytest.approx(truth["sum_battery_percent"], abs=1e-6)
    assert rows["observed_at"].min() == datetime.fromisoformat(truth["first"])
    assert rows["observed_at"].max() == datetime.fromisoformat(truth["last"])
    rising = rows.filter(pl.col("state_of_charge").diff() > 0)
    assert rising.height > 10
    assert (rising["power"] > 0).all()


def test_the_household_consumes_what_is_known(mapped: dict[str, pl.DataFrame]) -> None:
    rows, truth = mapped["14_household_power_givenergy.yaml"], TRUTH["14_household_power_givenergy.yaml"]["truth"]
    assert rows.height == truth["records"]
    assert rows["active_power"].sum() == pytest.approx(float(truth["sum_consumption_power"]), abs=1e-6)


def test_the_weather_has_its_pressure_in_hpa(mapped: dict[str, pl.DataFrame]) -> None:
    rows, truth = mapped["27_weather_pvgis.yaml"], TRUTH["27_weather_pvgis.yaml"]["truth"]
    assert rows.height == truth["data_rows"]
    assert rows["ghi"].sum() == pytest.approx(float(truth["sum_Gh"]), abs=1e-6)
    assert rows["air_temperature"].sum() == pytest.approx(float(truth["sum_T2m"]), abs=1e-6)
    assert rows["observed_at"][0] == datetime.strptime(truth["first"], "%Y%m%d:%H%M").replace(tzinfo=UTC)
    assert rows["observed_at"][-1] == datetime.strptime(truth["last"], "%Y%m%d:%H%M").replace(tzinfo=UTC)
    assert sorted({str(year) for year in rows["observed_at"].dt.year()}) == truth["source_years"]
    with (EXAMPLES / "data" / "27_pvgis_tmy.csv").open(encoding="ascii") as file:
        pascal = [float(row["SP"]) for row in csv.DictReader(file)]
    assert rows["pressure"].to_list() == [each / 100 for each in pascal]


def test_the_grid_load_covers_its_year_without_gap_or_repeat(mapped: dict[str, pl.DataFrame]) -> None:
    rows, truth = mapped["32_grid_load_smard.yaml"], TRUTH["32_grid_load_smard.yaml"]["truth"]
    berlin = ZoneInfo("Europe/Berlin")
    assert rows.height == truth["data_rows"]
    assert rows["energy"].sum() == pytest.approx(float(truth["sum_netzlast"]), abs=1e-6)
    assert rows["energy"].null_count() == truth["nulls_netzlast"]
    assert rows["interval_start"].min() == datetime.fromisoformat(truth["first"]).replace(tzinfo=berlin).astimezone(UTC)
    assert rows["interval_start"].max() == datetime.fromisoformat(truth["last"]).replace(tzinfo=berlin).astimezone(UTC)
    assert rows["interval_start"].is_sorted()
    assert set(rows["interval_start"].diff().drop_nulls()) == {timedelta(minutes=15)}
    days = rows["interval_start"].dt.convert_time_zone("Europe/Berlin").dt.date().value_counts()
    by_day = dict(days.iter_rows())
    assert by_day[date(2024, 10, 27)] == truth["rows_2024_10_27"]
    assert by_day[date(2024, 3, 31)] == truth["rows_2024_03_31"]


def test_the_charging_sessions_are_whole_and_14_ask_for_more_than_a_car_holds(mapped: dict[str, pl.DataFrame]) -> None:
    rows, truth = mapped["33_ev_sessions_caltech.yaml"], TRUTH["33_ev_sessions_caltech.yaml"]["truth"]
    assert rows.height == truth["data_rows"]
    assert rows["energy_delivered"].sum() == pytest.approx(float(truth["sum_delivered"]), abs=1e-6)
    assert rows["energy_requested"].sum() == pytest.approx(float(truth["sum_requested"]), abs=1e-6)
    assert rows["connected_at"].min() == datetime.fromisoformat(truth["first_arrival"])
    assert rows["connected_at"].max() == datetime.fromisoformat(truth["last_arrival"])
    assert rows["session_id"].n_unique() == truth["sessions"]
    assert rows["station_id"].n_unique() == truth["stations"]
    assert rows["claimed"].sum() == truth["claimed"]["True"]
    assert rows.null_count().select("connected_at", "disconnected_at", "est_departure", "claimed").row(0) == (
        0,
        0,
        0,
        0,
    )
    assert rows.filter(pl.col("energy_requested") > 100).height == 14


def test_the_recording_is_january_of_the_grid_load() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    with (EXAMPLES / "data" / "32_smard_lu_2024_15min_de.csv").open(encoding="utf-8") as file:
        january = [
            {
                "datetime": datetime.fromisoformat(row["DateTime"]).replace(tzinfo=berlin).isoformat(),
                "load_mwh": float(row["Gesamtverbrauch (Netzlast) [MWh]"].replace(",", ".")),
            }
            for row in csv.DictReader(file, delimiter=";")
            if row["DateTime"].startswith("2024-01-")
        ]
    recording = json.loads((EXAMPLES / "data" / "smard_load_2024_01.json").read_text(encoding="utf-8"))
    assert recording == {"total_count": 2976, "results": january}
