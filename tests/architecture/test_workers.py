"""The suite's processes do not start the same dear server twice."""

from __future__ import annotations

import re
from pathlib import Path

from tests.workers import SHARED, share_of

TESTS = Path(__file__).parents[1]


def those_that(wanted: str) -> set[str]:
    """Find the tests that have such text in them; brackets around a letter keep this file out."""
    return {file.stem for file in TESTS.rglob("test_*.py") if re.search(wanted, file.read_text(encoding="utf-8"))}


def test_what_starts_airflow_or_a_platform_is_together() -> None:
    together = {file.stem for file in TESTS.rglob("test_*.py") if share_of(file) == "airflow"}
    assert together == those_that(r"with airflow_(processes|that_runs)\(|platform: Running[P]latform")
    assert {"test_platform", "test_runs", "test_interface_in_airflow"} <= together


def test_what_asks_for_elasticsearch_is_together() -> None:
    together = {file.stem for file in TESTS.rglob("test_*.py") if share_of(file) == "elasticsearch"}
    assert together == those_that("elasticsearch[_]url")
    assert {"test_chaos", "test_search_index", "test_personal_canary"} <= together


def test_everything_else_is_file_by_file() -> None:
    files = list(TESTS.rglob("test_*.py"))
    alone = [file for file in files if share_of(file) not in SHARED]
    assert len({share_of(file) for file in alone}) == len(alone) > len(files) * 0.9
