"""DCAT records in the other ways of writing RDF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rdflib import Graph


def write_turtle(record: Mapping[str, Any]) -> str:
    """Write a JSON-LD record, whose context lies in itself, as Turtle."""
    return Graph().parse(data=json.dumps(record), format="json-ld").serialize(format="turtle")
