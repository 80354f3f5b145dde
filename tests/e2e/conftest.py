"""The platform that the whole suite of this folder meets: started by the demo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running_platform import RunningPlatform, running_platform


@pytest.fixture(scope="package")
def platform() -> Iterator[RunningPlatform]:
    with running_platform("demo") as platform:
        yield platform
