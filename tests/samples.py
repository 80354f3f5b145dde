"""Ten real files, what is known of each by other means, and the table of docs/formats.md that is made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from include.collection.inspection import Inspection
from include.collection.inspection_document import write_number
from include.connectors.detection.inspect import inspect_source

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "formats.md"
EXAMPLES, DOCUMENTS, SAMPLES = (
    ROOT / folder for folder in ("examples/data", "tests/data/documents", "tests/data/samples")
)
_TABLE = re.compile(r"(?<=<!-- samples -->\n).*?(?=\n<!-- /samples -->)", re.DOTALL)


@dataclass(frozen=True)
class SampleFile:
    """One file and its truth.

    Attributes:
        settings: What its owner has to say, because the file does not.
        sums: Exact sums of columns of the main table.
        nulls: Cells without a value, in columns where there are some.
        span: The time's first and last, with their offsets.
    """

    file: Path
    rows: int
    columns: int
    sums: Mapping[str, str]
    span: tuple[str, str] | None
    resolution: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    nulls: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    zone: str | None = None


FILES = (
    SampleFile(
        EXAMPLES / "01_fluvius_elec_15min_nl.csv",
        rows=3848,
        columns=11,
        sums={"Volume": "18.192"},  # 18.142 by day, 0.050 by night
        nulls={"Volume": 2566},
        units={"Volume": "kWh"},
        span=("2021-10-12T00:00:00+02:00", "2021-10-31T23:45:00+01:00"),
        resolution="PT15M",
        zone="Europe/Brussels",
    ),
    SampleFile(
        EXAMPLES / "14_givenergy_inverter_battery.json",
        rows=464,
        columns=31,
        sums={"power.consumption.power": "217200", "power.battery.percent": "43831"},
        span=("2025-06-05T23:02:07+00:00", "2025-06-06T22:55:21+00:00"),
        zone="UTC",
    ),
    SampleFile(
        SAMPLES / "16_omie_pmd_dst25_latin1.txt",
        rows=25,
        columns=5,
        sums={
            "Precio de ajuste en el sistema español (EUR/MWh)": "0.00",
            "Precio de ajuste en el sistema portugués (EUR/MWh)": "0.00",
            "Energía horaria sujeta al mecanismo de ajuste a los consumidores MIBEL (MWh)": "356198.5",
            "Cuantía unitaria del ajuste (EUR/MWh)": "0.00",
        },
        units={"Cuantía unitaria del ajuste (EUR/MWh)": "EUR/MWh"},
        span=("2022-10-30T00:00:00+02:00", "2022-10-30T23:00:00+01:00"),
        resolution="PT1H",
        settings={"zone": "Europe/Madrid"},
        zone="Europe/Madrid",
    ),
    SampleFile(
        DOCUMENTS / "22_entsoe_a44_prices_a03.xml",
        rows=384,  # four series of 96: a position that is not written repeats the one before it
        columns=18,
        sums={"price.amount": "39387.61"},  # 10320.02 + 10343.36 + 9270.53 + 9453.70
        units={"price.amount": "EUR/MWh"},
        span=("2026-02-01T23:00:00+00:00", "2026-02-03T22:45:00+00:00"),
        resolution="PT15M",
        zone="UTC",
    ),
    SampleFile(
        SAMPLES / "24_tmy3_greensboro.csv",
        rows=8760,
        columns=71,
        sums={"GHI (W/m^2)": "1566203", "Dry-bulb (C)": "126335.4"},
        units={"GHI (W/m^2)": "W/m2", "Dry-bulb (C)": "degC", "Pressure (mbar)": "hPa"},
        span=("1988-01-01T01:00:00-05:00", "1981-01-01T00:00:00-05:00"),  # 12/31/1980 24:00
        resolution="PT1H",
        zone="-05:00",
    ),
    SampleFile(
        EXAMPLES / "27_pvgis_tmy.csv",
        rows=8760,
        columns=10,
        sums={"G(h)": "1435861.0", "T2m": "118821.52"},
        span=("2018-01-01T00:00:00+00:00", "2016-12-31T23:00:00+00:00"),
        resolution="PT1H",
        zone="UTC",
    ),
    SampleFile(
        EXAMPLES / "32_smard_lu_2024_15min_de.csv",
        rows=35616,
        columns=11,
        sums={"Gesamtverbrauch (Netzlast) [MWh]": "4961535.25", "Photovoltaik [MWh]": "296128.75"},
        nulls={"Sonstige Konventionelle [MWh]": 6},
        units={"Gesamtverbrauch (Netzlast) [MWh]": "MWh"},
        span=("2024-01-01T00:00:00+01:00", "2025-01-05T23:45:00+01:00"),
        resolution="PT15M",
        zone="Europe/Berlin",
    ),
    SampleFile(
        EXAMPLES / "33_acn_caltech_ev_sessions.csv.gz",
        rows=3177,
        columns=8,
        sums={
            "delivered_energy (kWh)": "27974.3338862873135948",
            "requested_energy (kWh)": "52595.5487293309343044",
        },
        units={"delivered_energy (kWh)": "kWh"},
        span=("2019-09-01T09:56:18-07:00", "2019-12-31T18:12:11-08:00"),
        zone="America/Los_Angeles",
    ),
    SampleFile(
        DOCUMENTS / "37_forecast_solar_keys_as_time.json",
        rows=33,
        columns=4,
        sums={"watts": "12070", "watt_hours_period": "11998", "watt_hours": "113987"},
        units={"watts": "W", "watt_hours": "Wh"},
        span=("2024-04-26T06:20:17+02:00", "2024-04-27T21:01:05+02:00"),
        resolution="PT1H",
        zone="+02:00",
    ),
    SampleFile(
        DOCUMENTS / "41_homewizard_p1_data.json",
        rows=1,
        columns=34,
        sums={"active_power_w": "-543", "total_power_import_kwh": "13779.338"},
        units={"active_power_w": "W", "total_gas_m3": "m3", "active_frequency_hz": "Hz"},
        span=("2021-06-06T14:00:10+02:00", "2021-06-06T14:00:10+02:00"),
        settings={"zone": "Europe/Amsterdam"},
        zone="Europe/Amsterdam",
    ),
)


def inspect_sample(sample: SampleFile, *, settings: bool = True) -> Inspection:
    """Inspect a file as its owner does, with the settings that it needs or without."""
    return _inspect(sample.file, tuple(sample.settings.items()) if settings else ())


@cache
def _inspect(file: Path, settings: tuple[tuple[str, str], ...]) -> Inspection:
    return inspect_source(file, file.name, dict(settings))


def write_table() -> str:
    """Write the table of docs/formats.md: what `cdmp inspect` says of each file."""
    lines = ["| File | Detected | To be set | Rows | Sums | Time | Asked |", "|---|---|---|---|---|---|---|"]
    for sample in FILES:
        found = inspect_sample(sample)
        unset = inspect_sample(sample, settings=False)
        form = found.detection.tables[0].form
        changed = form.model_dump(mode="json", exclude_defaults=True, exclude={"kind"})
        detected = ", ".join([f"**{form.kind}**", *(f"`{key}: {_short(value)}`" for key, value in changed.items())])
        totals = {column.name: column.total for column in found.tables[0].columns if column.total is not None}
        sums = "<br>".join(f"{name}: {write_number(totals[name])}" for name in sample.sums)
        time = found.time
        told = f"{time.first} to {time.last}, {time.resolution or 'irregular'}" if time else "–"
        cells = [
            f"`{sample.file.name}`",
            detected,
            ", ".join(f"`{key}={value}`" for key, value in sample.settings.items()) or "–",
            f"{found.tables[0].rows:,}",
            sums,
            told,
            ", ".join(f"`{question.key}`" for question in unset.questions) or "–",
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _short(value: object) -> str:
    return str(value).replace("'", "")


def page() -> str:
    """Give docs/formats.md with its table made anew."""
    return _TABLE.sub(lambda _: write_table(), PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
