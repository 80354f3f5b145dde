"""Each method over 1,000,000 rows with 5,000 distinct ids, beside Presidio's engine called for each cell."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult

from benchmarks.table import Case, Table, median_seconds
from include.anonymization.carry_out import Task, draw, hide, swap_values
from include.anonymization.config import FIELD_PLAN, KAnonymity
from include.anonymization.k_anonymity import assess_rows
from include.anonymization.key import Key
from include.anonymization.methods import Pseudonym
from include.batch import ROW_ID

ROWS = 1_000_000
METERS = 5_000
CELLS_OF_PEER = 100_000
KEY = Key("p1", b"k" * 32)
PEER = "pseudonym, Presidio's engine per cell"
PLANS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("meter", {"method": "pseudonym"}),
    ("meter", {"method": "hash"}),
    ("meter", {"method": "encrypt", "equal_for_equal": True}),
    ("meter", {"method": "encrypt"}),
    ("meter", {"method": "mask", "keep_last": 4}),
    ("meter", {"method": "generalise", "first": 4}),
    ("energy", {"method": "generalise", "width": 5}),
    ("energy", {"method": "round", "digits": 1}),
    ("energy", {"method": "noise", "scale": 0.1}),
)


def run() -> Table:
    """Measure each method three times, the engine once over a tenth of the rows; its seconds are times ten."""
    frame = make_rows()
    cases = [Case(PEER, ask_engine(frame["meter"].head(CELLS_OF_PEER)) * ROWS / CELLS_OF_PEER)]
    for column, plan in PLANS:
        options = " ".join(f"{name}={value}" for name, value in plan.items() if name != "method")
        seconds = median_seconds(lambda column=column, plan=plan: hide(frame[column], task(plan)))  # type: ignore[misc]
        cases.append(Case(f"{plan['method']} {options}".strip(), seconds))
    cases.append(Case("swap", median_seconds(lambda: swap_values(frame["energy"], draw(KEY, b"", "energy")))))
    gate = KAnonymity(quasi_identifiers=("postcode",), k=5, subject="meter")
    cases.append(Case("k-anonymity of the rows", median_seconds(lambda: assess_rows(frame, gate, [ROW_ID]))))
    return Table(f"{ROWS:,} rows, {METERS:,} meters", tuple(cases), PEER)


def make_rows() -> pl.DataFrame:
    """Make readings of meters, each in one of 500 postal codes."""
    numbers = np.random.default_rng(6)
    meters = numbers.integers(0, METERS, ROWS)
    return pl.DataFrame(
        {
            ROW_ID: np.arange(1, ROWS + 1),
            "meter": [f"54144882{meter:010d}" for meter in meters],
            "postcode": [f"{1000 + meter % 500}" for meter in meters],
            "energy": numbers.random(ROWS) * 100,
        }
    )


def task(plan: dict[str, Any]) -> Task:
    """Give what a stage gives a method."""
    return Task(FIELD_PLAN.validate_python(plan), KEY, 0, 100, draw(KEY, UUID(int=1).bytes, "field"))


def ask_engine(texts: pl.Series) -> float:
    """Measure the engine as its documentation calls it: a text, what was found in it, and the operator."""
    engine = AnonymizerEngine()  # type: ignore[no-untyped-call]
    engine.add_anonymizer(Pseudonym)
    operators = {"ID": OperatorConfig("pseudonym", {Pseudonym.KEY: KEY.secret, Pseudonym.KEY_ID: KEY.id})}
    begun = time.perf_counter()
    for text in texts:
        engine.anonymize(text, [RecognizerResult("ID", 0, len(text), 1.0)], operators)
    return time.perf_counter() - begun
