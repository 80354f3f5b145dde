"""Which tests share a process when the suite runs in several: `make test` starts one for each core."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

SHARED: Final = {
    "airflow": ("tests.airflow_processes", "tests.running_platform"),
    "elasticsearch": ("elasticsearch_url",),
    "header sets": ("tests.unit.cim.header_sets", "measure_headers"),
}
"""What takes most of a minute to have, and the words by which a file of tests tells that it wants it."""


class ByServer(LoadScopeScheduling):
    """Keep the tests of a file in one process, and so all that share something dear: it is made once, by one of them.

    Of Airflow there is never more than one at a time: its tests wait for what it does within seconds.
    """

    def _split_scope(self, nodeid: str) -> str:
        return share_of(self.config.rootpath / nodeid.split("::", 1)[0])


@cache
def share_of(file: Path) -> str:
    """Name what a file of tests shares with others; its own name where it shares nothing."""
    text = file.read_text(encoding="utf-8")
    return next((name for name, words in SHARED.items() if any(word in text for word in words)), str(file))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServer:
    config.option.loadscopereorder = False  # servers come first as it is; the many small files at the end fill the gaps
    return ByServer(config, log)
