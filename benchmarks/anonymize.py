"""Each method over 1,000,000 rows with 5,000 distinct ids, beside Presidio and pandas called row by row.

A process for each case: its memory is what the job added to its peak, over the rows themselves and the imports.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult

from benchmarks.table import Case, Table, in_a_process, median_seconds
from include.anonymization.carry_out import Task, hide, swap_values
from include.anonymization.config import FIELD_PLAN, KAnonymity
from include.anonymization.k_anonymity import assess_rows
from include.anonymization.key import Key
from include.anonymization.methods import Pseudonym
from include.anonymization.scan import load_analyzer
from include.batch import ROW_ID

ROWS: Final = int(os.environ.get("CDMP_BENCH_ROWS", "1000000"))
METERS: Final = min(5_000, ROWS // 100)
TEXTS: Final = 1_000
SHARE_OF_ENGINE: Final = 10
"""The engine is measured once over so small a part of the rows, and its seconds multiplied: it takes minutes."""
KEY: Final = Key("p1", b"k" * 32)
PARAMS: Final = {Pseudonym.KEY: KEY.secret, Pseudonym.KEY_ID: KEY.id}

PEER: Final = "pseudonym: Presidio's engine for each row"
PLANS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("meter", {"method": "pseudonym"}),
    ("meter", {"method": "hash"}),
    ("meter", {"method": "encrypt", "equal_for_equal": True}),
    ("meter", {"method": "encrypt"}),
    ("meter", {"method": "mask", "keep_last": 4}),
    ("meter", {"method": "generalise", "first": 4}),
    ("energy", {"method": "generalise", "width": 5}),
    ("energy", {"method": "round", "digits": 1}),
    ("energy", {"method": "noise", "scale": 0.1}),
    ("note", {"method": "scan"}),
)


def run() -> Table:
    """Measure each case in a process of its own: the median of three."""
    told = {name: in_a_process("anonymize", name) for name in jobs()}
    cases = [Case(name, each.pop("seconds"), each) for name, each in told.items()]
    return Table(f"{ROWS:,} rows, {METERS:,} meters, {TEXTS:,} texts", tuple(cases), PEER)


def measure(name: str) -> dict[str, float]:
    """Give the seconds of a case, and the memory that it took beside its rows."""
    load_analyzer()  # imports are not what is measured
    frame, job = make_rows(), jobs()[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = job(frame)
    added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": seconds, "added_memory_mb": added >> 10}


def jobs() -> dict[str, Callable[[pl.DataFrame], float]]:
    """Give each case with what measures it."""
    peers: dict[str, Callable[[pl.DataFrame], float]] = {
        PEER: lambda frame: ask_engine(frame["meter"].head(ROWS // SHARE_OF_ENGINE)) * SHARE_OF_ENGINE,
        "pseudonym: Presidio's operator, pandas apply": ask_operator,
        "pseudonym: hmac alone, pandas apply": functools.partial(apply_hmac, distinct=False),
        "pseudonym: hmac alone, pandas, once per distinct value": functools.partial(apply_hmac, distinct=True),
    }
    ours = {_title(plan): functools.partial(carry_out, column=column, plan=plan) for column, plan in PLANS}
    return {**peers, **ours, "swap": swap, "k-anonymity of the rows": assess}


def _title(plan: dict[str, Any]) -> str:
    return " ".join([plan["method"], *(f"{name}={value}" for name, value in plan.items() if name != "method")])


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
            "note": [f"Call Anna Peeters at anna{meter % TEXTS}@example.org about the meter" for meter in meters],
        }
    )


def carry_out(frame: pl.DataFrame, column: str, plan: dict[str, Any]) -> float:
    """Measure a method as the stage calls it."""
    return median_seconds(lambda: hide(frame[column], task(plan), frame.select("meter", ROW_ID)))


def task(plan: dict[str, Any]) -> Task:
    """Give what a stage gives a method."""
    return Task("field", FIELD_PLAN.validate_python(plan), KEY, 0, 100)


def swap(frame: pl.DataFrame) -> float:
    """Measure a whole column that changes places."""
    return median_seconds(lambda: swap_values(frame["energy"], task({"method": "swap"}), b""))


def assess(frame: pl.DataFrame) -> float:
    """Measure the gate on rows that are a dataset by themselves."""
    gate = KAnonymity(quasi_identifiers=("postcode",), k=5, subject="meter")
    return median_seconds(lambda: assess_rows(frame, gate, [ROW_ID]))


def ask_engine(texts: pl.Series) -> float:
    """Measure the engine as its documentation calls it: a text, what was found in it, and the operator."""
    engine = AnonymizerEngine()  # type: ignore[no-untyped-call]
    engine.add_anonymizer(Pseudonym)
    operators = {"ID": OperatorConfig("pseudonym", PARAMS)}
    begun = time.perf_counter()
    for text in texts:
        engine.anonymize(text, [RecognizerResult("ID", 0, len(text), 1.0)], operators)
    return time.perf_counter() - begun


def ask_operator(frame: pl.DataFrame) -> float:
    """Measure the operator alone, called for each row."""
    column, operator = _in_pandas(frame), Pseudonym()
    return median_seconds(lambda: column.apply(lambda text: operator.operate(text, PARAMS)))


def apply_hmac(frame: pl.DataFrame, *, distinct: bool) -> float:
    """Measure what one would write by hand: for each row, or for each distinct value and joined back."""
    column = _in_pandas(frame)

    def pseudonym(text: str) -> str:
        return f"p1_{hmac.digest(KEY.secret, text.encode(), hashlib.sha256)[:16].hex()}"

    if distinct:
        return median_seconds(lambda: column.map({text: pseudonym(text) for text in column.unique()}))
    return median_seconds(lambda: column.apply(pseudonym))


def _in_pandas(frame: pl.DataFrame) -> pd.Series[str]:
    return pd.Series(frame["meter"].to_list())


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
