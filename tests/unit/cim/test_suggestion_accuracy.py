"""How many suggestions are right on labelled headers of public formats."""

from __future__ import annotations

import pytest

from tests.unit.cim.header_sets import FOLDER, judge, measure


def test_on_the_half_that_the_suggestions_were_written_with() -> None:
    figures = measure(list(judge(FOLDER / "tuning.yaml")))
    print(f"\ntuning: {figures}")
    assert figures.top_1 >= 0.75, str(figures)  # what was reached must not be lost; the aim stands below
    assert figures.silent <= 0.07, str(figures)


@pytest.mark.xfail(reason="the aim, not reached yet", strict=False)
def test_on_the_half_that_nobody_looked_at() -> None:
    figures = measure(list(judge(FOLDER / "heldout.yaml")))
    print(f"\nheld out: {figures}")
    assert figures.top_1 >= 0.9, str(figures)
    assert figures.silent <= 0.02, str(figures)
