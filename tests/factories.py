"""Builders of the platform's values for tests: each gives something whole, and takes what the test is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from include.batch import BatchRef, Stage
from include.cim.concept import Concept, Field, FieldType, Personal, Term
from include.collection.model import Collection, CollectionConfig, CollectionState

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""A moment that tests use as now."""

COLLECTION_ID = UUID("00000000-0000-4000-8000-00000000c011")
DATASET_ID = UUID("00000000-0000-4000-8000-0000000da7a5")


def a_field(name: str = "energy", **changes: Any) -> Field:
    """Build a field: a FLOAT without a unit unless `changes` say more."""
    return Field(**{"name": name, "type": FieldType.FLOAT, "description": f"The {name}.", **changes})


def a_concept(*fields: Field, **changes: Any) -> Concept:
    """Build a meter reading of a key (meter_id, interval_start), an end, an energy in kWh and a quality."""
    chosen = fields or (
        a_field("meter_id", type=FieldType.ID, required=True, personal=Personal.DIRECT),
        a_field("interval_start", type=FieldType.TIMESTAMP, required=True),
        a_field("interval_end", type=FieldType.TIMESTAMP, after="interval_start"),
        a_field("energy", unit="kWh", minimum=-1e6, maximum=1e6, personal=Personal.SERIES),
        a_field("quality", type=FieldType.ENUM, values=("measured", "estimated", "missing")),
    )
    concept = Concept(
        name="meter_reading",
        title="Meter reading",
        description="What a meter counted in an interval.",
        key=tuple(field.name for field in chosen if field.required),
        fields={field.name: field for field in chosen},
        anchors=(Term("http://iec.ch/TC57/CIM100#IntervalReading", "IEC 61968-9"),),
    )
    return replace(concept, **changes)


def a_plain_config(**changes: Any) -> dict[str, Any]:
    """Build a whole collection as it stands in YAML or JSON: a CSV of meter readings that passes every check."""
    return {
        "title": "Meters of the test street",
        "description": "Quarter hours of two meters.",
        "tags": ["test"],
        "ingester": {"kind": "file", "name": "meters.csv", "format": {"kind": "csv"}},
        "mapper": {
            "concept": "meter_reading",
            "rules": [
                {"field": "usage_point_id", "source": "point"},
                {"field": "register", "source": "register"},
                {"field": "interval_start", "source": "start", "format": "iso8601", "zone": "UTC"},
                {"field": "interval_end", "after": {"field": "interval_start", "duration": "PT15M"}},
                {"field": "energy", "source": "energy_wh", "unit": "Wh"},
                {"field": "quality", "source": "status", "values": {"ok": "measured"}, "otherwise": "estimated"},
            ],
        },
        "anonymization": {"fields": {"usage_point_id": {"method": "pseudonym"}}},
        "metadata": {
            "description": "Quarter hours of two meters, for tests.",
            "keywords": ["electricity"],
            "publisher": "The test street",
            "licence": "https://creativecommons.org/licenses/by/4.0/",
        },
        **changes,
    }


def a_config(**changes: Any) -> CollectionConfig:
    """Build the configuration of a whole collection; `changes` are plain, as in YAML."""
    return CollectionConfig.model_validate(a_plain_config(**changes))


def a_collection(**changes: Any) -> Collection:
    """Build an active collection at version 1."""
    collection = Collection(
        id=COLLECTION_ID,
        version=1,
        owner_id="7",
        owner_name="olive",
        config=a_config(),
        state=CollectionState.ACTIVE,
        dataset_id=DATASET_ID,
        created=NOON,
        updated=NOON,
    )
    return replace(collection, **changes)


def a_batch_ref(**changes: Any) -> BatchRef:
    """Build a reference to a raw batch of one part and three rows."""
    ref = BatchRef(
        collection_id=COLLECTION_ID,
        dataset_id=DATASET_ID,
        version=1,
        batch_id=uuid4(),
        stage=Stage.RAW,
        parts=("part-00000.parquet",),
        rows=3,
        source_digest="0" * 64,
    )
    return replace(ref, **changes)
