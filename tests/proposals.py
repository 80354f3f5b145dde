"""How much of a real file the proposed mapping maps by itself, and the table of docs/suggestions.md made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from include.cim.definition import load_definition
from include.cim.mapping_config import MappingRule
from include.cim.suggest.propose import Proposal
from include.collection.suggesting import suggest_fields
from include.connectors.detection.inspect import inspect_source
from tests.samples import DOCUMENTS, EXAMPLES, SAMPLES

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "suggestions.md"
_TABLE: Final = re.compile(r"(?<=<!-- proposals -->\n).*?(?=\n<!-- /proposals -->)", re.DOTALL)
CIM: Final = load_definition()


@dataclass(frozen=True)
class Needed:
    """What fills a file's required fields, as its owner sees it.

    Attributes:
        rules: Field → what its rule has to say; None where no column tells it, and only the owner can.
        before: So many were right when nothing was unpivoted, looked up or taken from the file's own time.
    """

    file: Path
    concept: str
    rules: Mapping[str, Mapping[str, Any] | None]
    before: int


FILES: Final = (
    Needed(
        EXAMPLES / "01_fluvius_elec_15min_nl.csv",
        "meter_reading",
        {
            "usage_point_id": {"source": "EAN"},
            "register": {"source": "Register"},
            "interval_start": {"source": ("Van datum", "Van tijdstip"), "zone": "Europe/Brussels"},
        },
        before=3,
    ),
    Needed(
        EXAMPLES / "14_givenergy_inverter_battery.json",
        "site_energy",
        {"site_id": None, "interval_start": {"source": "time"}},
        before=1,
    ),
    Needed(
        SAMPLES / "16_omie_pmd_dst25_latin1.txt",
        "market_price",
        {
            "market_area": {"source": "market_area"},
            "product": None,
            "auction_sequence": {"constant": 1},
            "interval_start": {"source": "column_1", "date": "2022-10-30", "zone": "Europe/Madrid"},
        },
        before=1,
    ),
    Needed(
        DOCUMENTS / "22_entsoe_a44_prices_a03.xml",
        "market_price",
        {
            "market_area": {"source": "in_Domain.mRID"},
            "product": {"source": "contract_MarketAgreement.type"},
            "auction_sequence": {"source": "classificationSequence_AttributeInstanceComponent.position"},
            "interval_start": {"source": "start"},
        },
        before=0,
    ),
    Needed(
        SAMPLES / "24_tmy3_greensboro.csv",
        "weather_observation",
        {"station_id": None, "observed_at": {"source": ("Date (MM/DD/YYYY)", "Time (HH:MM)"), "zone": "-05:00"}},
        before=1,
    ),
    Needed(
        EXAMPLES / "27_pvgis_tmy.csv",
        "weather_observation",
        {"station_id": None, "observed_at": {"source": "time(UTC)", "zone": "UTC"}},
        before=1,
    ),
    Needed(
        EXAMPLES / "32_smard_lu_2024_15min_de.csv",
        "grid_observation",
        {
            "area_id": None,
            "quantity": {"source": "psr_type"},
            "psr_type": {"source": "psr_type"},
            "interval_start": {"source": "DateTime", "zone": "Europe/Berlin"},
        },
        before=1,
    ),
    Needed(
        EXAMPLES / "33_acn_caltech_ev_sessions.csv.gz",
        "ev_charging_session",
        {
            "session_id": {"source": "session_id"},
            "connected_at": {"source": "arrival"},
        },
        before=2,
    ),
    Needed(
        DOCUMENTS / "37_forecast_solar_keys_as_time.json",
        "pv_generation",
        {"device_id": None, "interval_start": {"source": "time"}},
        before=1,
    ),
    Needed(
        DOCUMENTS / "41_homewizard_p1_data.json",
        "electrical_measurement",
        {
            "device_id": {"source": "unique_id"},
            "phase": {"constant": "total"},
            "observed_at": {"source": "gas_timestamp"},
        },
        before=1,
    ),
)


def count_right(needed: Needed) -> int:
    """Count the required fields of a file that its proposed mapping fills as its owner would."""
    mapper = _propose(needed.file).mapper
    if mapper is None or mapper.concept != needed.concept:
        return 0
    rules = {rule.field: rule for rule in mapper.rules}
    return sum(
        field in rules and wanted is not None and _is_so(rules[field], wanted) for field, wanted in needed.rules.items()
    )


@cache
def _propose(file: Path) -> Proposal:
    return suggest_fields(inspect_source(file, file.name, {}), file.name, CIM.concepts())[1]


def tell(needed: Needed) -> int:
    """Count the required fields of which the file tells anything."""
    return sum(wanted is not None for wanted in needed.rules.values())


def table() -> str:
    """Write what the documentation shows."""
    lines = [
        "| file | concept | required fields | in the file | right before | right now |",
        "|---|---|---|---|---|---|",
    ]
    rows = [
        (each.file.name, each.concept, len(each.rules), tell(each), each.before, count_right(each)) for each in FILES
    ]
    totals = [sum(row[at] for row in rows) for at in range(2, 6)]  # type: ignore[misc]
    lines += [f"| {' | '.join(map(str, row))} |" for row in [*rows, ("together", "", *totals)]]
    return "\n".join(lines)


def documented() -> str:
    """Read the table of the documentation."""
    found = _TABLE.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    return found[0]


def _is_so(rule: MappingRule, wanted: Mapping[str, Any]) -> bool:
    return all(getattr(rule, option) == value for option, value in wanted.items())


if __name__ == "__main__":
    PAGE.write_text(_TABLE.sub(lambda _: table(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
