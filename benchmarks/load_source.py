"""The file that `benchmarks.load` loads: quarter hours of 5,000 smart meters, a hundredth of them bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

METERS: Final = 5_000
_AT_ONCE: Final = 200_000
_QUARTER_US: Final = 900_000_000
_BEGIN_US: Final = 1_735_689_600_000_000  # 2025-01-01T00:00:00Z

CONFIG: Final[dict[str, Any]] = {
    "ingester": {"kind": "file", "name": "readings.csv", "format": {"kind": "csv"}},
    "mapper": {
        "concept": "meter_reading",
        "rules": [
            {"field": "usage_point_id", "source": "point"},
            {"field": "meter_id", "source": "meter"},
            {"field": "register", "constant": "1-0:1.8.0"},
            {"field": "commodity", "constant": "electricity"},
            {"field": "flow_direction", "constant": "forward"},
            {"field": "interval_start", "source": "timestamp", "format": "%Y-%m-%dT%H:%M:%S%z"},
            {"field": "interval_end", "after": {"field": "interval_start", "duration": "PT15M"}},
            {"field": "energy", "source": "active_energy_wh", "unit": "Wh"},
            {"field": "tariff_period", "source": "tariff"},
            {"field": "quality", "source": "status", "values": {"V": "measured", "E": "estimated"}},
        ],
    },
    "curator": {
        "rules": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "energy", "min_value": 0, "max_value": 100},
            },
            {
                "type": "expect_column_values_to_be_in_set",
                "kwargs": {"column": "tariff_period", "value_set": ["residential", "business", "night", "ev"]},
            },
        ]
    },
    "anonymization": {
        "fields": {"usage_point_id": {"method": "pseudonym"}, "meter_id": {"method": "mask", "keep_last": 3}}
    },
}


def write_readings(file: Path, rows: int, batch: int = 0, *, after: int = 0, first_meter: int = 0) -> None:
    """Write the rows of one batch, all meters, instant by instant.

    Args:
        batch: Another number, other readings.
        after: So many rows of these meters came before, in time.
    """
    random = np.random.default_rng(batch)
    meters = np.arange(METERS) + first_meter
    points = pl.Series([f"54144882{meter:010d}" for meter in meters])
    serials = pl.Series([f"MTR-{meter:06d}" for meter in meters])
    tariffs = pl.Series(["residential", "business", "night", "ev"])
    with file.open("wb") as target:
        for first in range(0, rows, _AT_ONCE):
            row = np.arange(first, min(first + _AT_ONCE, rows))
            quarters = (row + after) // METERS
            start = pl.Series(quarters * _QUARTER_US + _BEGIN_US).cast(pl.Datetime("us", "UTC"))
            chance = pl.Series(random.random(len(row)))
            good = pl.DataFrame(
                {
                    "point": points.gather(row % METERS),
                    "meter": serials.gather(row % METERS),
                    "timestamp": start.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
                    "active_energy_wh": pl.Series(random.gamma(2, 120, len(row)).round(1)).cast(pl.String),
                    "tariff": tariffs.gather(row % METERS % 4),
                    "status": pl.Series(["V", "E"]).gather(random.binomial(1, 0.01, len(row))),
                }
            )
            bad = good.with_columns(
                timestamp=pl.when(chance < 0.002).then(pl.lit("not-a-date")).otherwise("timestamp"),
                active_energy_wh=pl.when(chance.is_between(0.002, 0.005))
                .then(pl.lit("n/a"))
                .when(chance.is_between(0.005, 0.008))
                .then(pl.lit("-12.5"))
                .otherwise("active_energy_wh"),
                tariff=pl.when(chance.is_between(0.008, 0.010)).then(pl.lit("???")).otherwise("tariff"),
            )
            bad.write_csv(target, include_header=first == 0)
