"""Bodies to begin with on the documentation page: what it makes of the schemas alone, the platform refuses.

Each is an argument of `Annotated` beside a route's body.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import Body

_MAPPER: Final[dict[str, Any]] = {
    "concept": "meter_reading",
    "rules": [
        {"field": "usage_point_id", "source": "Zählpunkt"},
        {"field": "register", "constant": "1-1:1.8.0"},
        {"field": "interval_start", "source": "Zeit", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
        {"field": "interval_end", "after": {"field": "interval_start", "duration": "PT15M"}},
        {"field": "energy", "source": "Bezug", "unit": "kWh"},
    ],
}
_RULES: Final[dict[str, Any]] = {
    "rules": [
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "energy", "min_value": 0, "max_value": 50},
            "on_violation": "quarantine",
        }
    ]
}
_HIDDEN: Final[dict[str, Any]] = {"fields": {"usage_point_id": {"method": "pseudonym"}}}
_API: Final[dict[str, Any]] = {"kind": "rest", "url": "https://data.example.org/v1/load"}

COLLECTION: Final = Body(
    openapi_examples={
        "file": {
            "summary": "A file that was handed over; `upload` is the id that POST /sample or /upload/ gave",
            "value": {
                "title": "Meters of the street",
                "ingester": {"kind": "file", "upload": "0" * 64, "format": {"kind": "csv", "delimiter": ";"}},
                "mapper": _MAPPER,
                "curator": _RULES,
                "anonymization": _HIDDEN,
                "metadata": {
                    "description": "Energy that the street took from the grid, per quarter of an hour.",
                    "publisher": "Energy community",
                    "licence": "https://creativecommons.org/licenses/by/4.0/",
                },
            },
        },
        "draft": {"summary": "A draft: steps may be missing", "value": {"title": "Meters of the street"}},
    }
)
DRAFT: Final = Body(
    openapi_examples={
        "draft": {
            "summary": "Without `format`, the sample's own",
            "value": {"mapper": _MAPPER, "curator": _RULES, "anonymization": _HIDDEN, "rows": 20},
        }
    }
)
SOURCE: Final = Body(
    openapi_examples={
        "rest": {
            "summary": "A REST source",
            "value": {"ingester": {**_API, "format": {"kind": "json", "records": "$.data"}}},
        },
        "preset": {
            "summary": "A preset of GET /source/preset",
            "value": {
                "ingester": {
                    **{"kind": "rest", "preset": "open_meteo", "latitude": 49.61, "longitude": 6.13},
                    **{"variables": ["temperature_2m"], "begin": "2024-01-01"},
                }
            },
        },
    }
)
EXTENSION: Final = Body(
    openapi_examples={
        "field": {
            "summary": "A field that a concept lacks",
            "value": {
                "concept": "battery_status",
                "field": {
                    **{"name": "cell_voltage_spread", "type": "float", "unit": "V", "minimum": 0, "maximum": 1},
                    "description": "The highest cell's voltage less the lowest one's.",
                },
                "reason": "Our batteries report it, and it tells their age.",
            },
        },
        "change": {
            "summary": "A change of a field that is there",
            "value": {"concept": "meter_reading", "change": {"field": "energy", "synonyms": ["verbruik"]}},
        },
    }
)


def rows(**further: str) -> Any:
    """Give the ways of choosing rows in quarantine."""
    some = ["tt7l-Wt5U-ynkCQfuKFvSAAAAAAAAAAG"]
    return Body(
        openapi_examples={
            "rows": {"summary": "Some rows, by their ids", "value": {"rows": some, **further}},
            "all": {"summary": "All of the dataset", "value": {"all": True, **further}},
        }
    )
