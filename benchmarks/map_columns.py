"""Mapping 1,000,000 rows to ten fields, beside parsing the same CSV with our reader."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.table import Case, Table, median_seconds
from include.batch import PART_ROWS, ROW_ID
from include.cim.concept import Concept, Field, FieldType
from include.cim.mapping import map_columns
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from include.collection.formats.delimited import CsvFormat
from include.connectors.content import Content
from include.connectors.formats.choose import read_frames

ROWS = 1_000_000
METERS = 250
NUMBERS = NumberStyle(",")

READING = Concept(
    name="reading",
    title="Reading",
    description="What a meter counted in an interval",
    key=("meter_id", "interval_start"),
    fields={
        field.name: field
        for field in (
            Field("meter_id", FieldType.ID, "The meter", required=True),
            Field("interval_start", FieldType.TIMESTAMP, "Begin of the interval", required=True),
            Field("interval_end", FieldType.TIMESTAMP, "End of the interval", after="interval_start"),
            Field("energy", FieldType.FLOAT, "Energy from the grid", unit="kWh"),
            Field("energy_returned", FieldType.FLOAT, "Energy to the grid", unit="kWh"),
            Field("voltage", FieldType.FLOAT, "Voltage", unit="V"),
            Field("temperature", FieldType.FLOAT, "Temperature", unit="degC"),
            Field("count", FieldType.INTEGER, "Pulses"),
            Field("quality", FieldType.ENUM, "How it came about", values=("measured", "estimated", "missing")),
            Field("is_final", FieldType.BOOLEAN, "Whether it stays"),
        )
    },
)
MAPPING = MapperConfig.model_validate(
    {
        "concept": "reading",
        "rules": [
            {"field": "meter_id", "source": "Zählpunkt"},
            {
                "field": "interval_start",
                "source": "von",
                "format": "%d.%m.%Y %H:%M",
                "zone": "Europe/Berlin",
                "repeated_hour": "by_occurrence",
                "occurrence_per": ["Zählpunkt"],
            },
            {
                "field": "interval_end",
                "source": "bis",
                "format": "%d.%m.%Y %H:%M",
                "zone": "Europe/Berlin",
                "repeated_hour": "by_occurrence",
                "occurrence_per": ["Zählpunkt"],
            },
            {"field": "energy", "source": "Bezug", "unit": "Wh"},
            {"field": "energy_returned", "source": "Abgabe", "unit": "Wh", "negate": True},
            {"field": "voltage", "source": "Spannung", "unit": "V"},
            {"field": "temperature", "source": "Temperatur", "unit": "degF"},
            {"field": "count", "source": "Impulse"},
            {"field": "quality", "source": "Status", "values": {"W": "measured", "E": "estimated", "F": "missing"}},
            {"field": "is_final", "source": "endgültig"},
        ],
    }
)


def run() -> Table:
    """Measure each way three times; the medians."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "meters.csv"
        written = write_csv(file)
        body = file.read_bytes()
        form = CsvFormat(kind="csv", delimiter=";", decimal=",")
        parts = [written[start : start + PART_ROWS] for start in range(0, ROWS, PART_ROWS)]
        mapped = [map_columns(part, MAPPING, READING, NUMBERS) for part in parts]
        assert sum(each.issues.height for each in mapped) == 0
        facts = {"cells": sum(each.rows.select(pl.all().is_not_null().sum()).sum_horizontal()[0] for each in mapped)}
        peer = "parse the CSV with our reader"
        parsed = Case(peer, median_seconds(lambda: parse(body, form)))
        done = median_seconds(lambda: [map_columns(part, MAPPING, READING, NUMBERS) for part in parts])
        memory = {"peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
        case = Case("map it to ten fields: two times, four units, a table, a truth", done, facts | memory)
    return Table(f"{ROWS:,} rows × {len(READING.fields)} fields", (parsed, case), peer)


def parse(body: bytes, form: CsvFormat) -> int:
    """Read a CSV as a run does; gives the rows."""
    return sum(frame.height for frame in read_frames(Content.of(body, "meters.csv"), form))


def write_csv(file: Path) -> pl.DataFrame:
    """Write quarter hours of many meters as a German portal does; gives the rows as they are staged."""
    random = np.random.default_rng(20260101)
    row = np.arange(ROWS)
    start = pl.Series((1_704_067_200 + row // METERS * 900) * 1_000_000, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    local = start.dt.convert_time_zone("Europe/Berlin")

    def numbers(low: float, high: float, digits: int) -> pl.Series:
        values = pl.Series(np.round(random.uniform(low, high, ROWS), digits))
        return values.cast(pl.String).str.replace(".", ",", literal=True)

    rows = pl.DataFrame(
        {
            "Zählpunkt": pl.Series([f"DE00056266802AO{meter:018d}" for meter in range(METERS)]).gather(row % METERS),
            "von": local.dt.strftime("%d.%m.%Y %H:%M"),
            "bis": local.dt.offset_by("15m").dt.strftime("%d.%m.%Y %H:%M"),
            "Bezug": numbers(0, 5000, 2),
            "Abgabe": numbers(0, 5000, 2),
            "Spannung": numbers(215, 245, 1),
            "Temperatur": numbers(-10, 100, 1),
            "Impulse": pl.Series(random.integers(0, 100_000, ROWS)).cast(pl.String),
            "Status": pl.Series(["W", "E", "F"]).gather(random.integers(0, 3, ROWS)),
            "endgültig": pl.Series(["ja", "nein"]).gather(random.integers(0, 2, ROWS)),
        }
    )
    rows.write_csv(file, separator=";")
    return rows.insert_column(0, pl.Series(ROW_ID, row + 1, dtype=pl.Int64))
