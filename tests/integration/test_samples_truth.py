"""The sample files that are no examples, from each file to the CIM, against what is known of it by other means."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from include.cim.definition import load_definition
from include.collection.check import check_collection
from include.collection.document import read_yaml
from include.connectors.choose import choose_connector
from include.connectors.egress import Egress
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from tests.factories import NOON, a_collection
from tests.fakes import FolderStaging
from tests.fakes_ingest import FilesBelow, KnownBatches

DATA = Path(__file__).parents[1] / "data"
UPLOAD = "a" * 64


def map_sample(name: str, folder: Path) -> pl.DataFrame:
    config = read_yaml((DATA / "mappings" / name).read_text(encoding="utf-8"))
    source, mapper = config.ingester, config.mapper
    assert source is not None and mapper is not None
    assert check_collection(config, load_definition()) == []
    file = next(DATA / each / source.name for each in ("samples", "documents") if (DATA / each / source.name).exists())
    collection = a_collection(
        config=config.model_copy(update={"ingester": source.model_copy(update={"upload": UPLOAD})})
    )
    connector = choose_connector(collection.config.ingester, FilesBelow({UPLOAD: file}), Egress(), str, lambda: NOON)
    staging = FolderStaging(folder)
    raw = ingest(collection, connector, staging, KnownBatches())
    outcome = map_to_cim(raw.ref, mapper, load_definition().concept(mapper.concept), staging, numbers=source.numbers)
    assert outcome.counts["cells_unreadable"] == 0
    return pl.concat([staging.read(part) for part in outcome.ref.parts])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("name", "rows", "time", "span", "sums"),
    [
        pytest.param(
            "omie_day_of_25_hours.yaml",
            25,
            "interval_start",
            ("2022-10-30T00:00+02:00", "2022-10-30T23:00+01:00"),
            {"volume": 356198.5, "price": 0.0},
            id="25 hours of a day that is given",
        ),
        pytest.param(
            "tmy3_ends_at_24.yaml",
            8760,
            "observed_at",
            ("1988-01-01T00:00-05:00", "1980-12-31T23:00-05:00"),
            {"ghi": 1566203.0, "air_temperature": 126335.4},
            id="ends at 24:00, years in no order",
        ),
        pytest.param(
            "entsoe_prices.yaml",
            384,
            "interval_start",
            ("2026-02-01T23:00+00:00", "2026-02-03T22:45+00:00"),
            {"price": 10320.02 + 10343.36 + 9270.53 + 9453.70},
            id="four series of 96, one of them with a gap that repeats a value",
        ),
        pytest.param(
            "forecast_solar.yaml",
            33,
            "interval_start",
            ("2024-04-26T06:20:17+02:00", "2024-04-27T21:01:05+02:00"),
            {"ac_power": 12070.0, "energy_total": 113.987},
            id="times as keys",
        ),
        pytest.param(
            "homewizard_p1.yaml",
            1,
            "observed_at",
            ("2021-06-06T14:00:10+02:00", "2021-06-06T14:00:10+02:00"),
            {"active_power": -543.0, "energy_import_total": 13779.338},
            id="twelve digits",
        ),
    ],
)
def test_rows_times_and_sums_are_those_of_the_file(
    name: str, rows: int, time: str, span: tuple[str, str], sums: dict[str, float], tmp_path: Path
) -> None:
    mapped = map_sample(name, tmp_path)
    assert mapped.height == rows
    assert (mapped[time][0], mapped[time][-1]) == (at(span[0]), at(span[1]))
    assert {field: mapped[field].sum() for field in sums} == pytest.approx(sums, rel=1e-12)


def test_the_day_of_25_hours_has_no_hole(tmp_path: Path) -> None:
    mapped = map_sample("omie_day_of_25_hours.yaml", tmp_path)
    assert mapped["interval_end"][:-1].to_list() == mapped["interval_start"][1:].to_list()
    assert mapped["interval_start"].n_unique() == 25
