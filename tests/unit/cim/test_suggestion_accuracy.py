"""How many suggestions are right on labelled headers of public formats."""

from __future__ import annotations

import pytest

from tests.unit.cim.header_sets import FOLDER, judge, measure


@pytest.mark.parametrize(
    ("name", "top_1", "silent", "suggested", "answered"),
    [
        pytest.param("tuning", 0.905, 0.005, 0.5, 0.93, id="the tuning half"),
        pytest.param("tuning_more", 0.833, 0.01, 0.31, 0.87, id="the sets that were added to it"),
        pytest.param("tuning_third", 0.885, 0.009, 0.43, 0.91, id="the sets of further vendors"),
        pytest.param("tuning_fourth", 0.913, 0.005, 0.58, 0.945, id="the fresh sets whose errors were looked at first"),
        pytest.param("tuning_fifth", 0.925, 0.008, 0.52, 0.935, id="the fresh sets that checked what those led to"),
        pytest.param("tuning_sixth", 0.785, 0.023, 0.28, 0.83, id="the sixth, of what a pilot most likely brings"),
        pytest.param(
            "tuning_seventh", 0.765, 0.011, 0.355, 0.855, id="the seventh: grids, markets, weather, buildings, sensors"
        ),
    ],
)
def test_on_the_half_that_the_suggestions_were_written_with(
    name: str, top_1: float, silent: float, suggested: float, answered: float
) -> None:
    """`answered`: the top-1 where the owner says what the rows are when that is asked."""
    figures = measure(judge(FOLDER / f"{name}.yaml"))
    print(f"\n{name}: {figures}")
    assert figures.top_1 >= top_1, str(figures)  # what was reached must not be lost; the aim stands below
    assert figures.silent <= silent, str(figures)
    assert figures.suggested >= suggested, str(figures)
    with_answer = measure(judge(FOLDER / f"{name}.yaml", answered=True))
    print(f"{name}, what the rows are answered: {with_answer}")
    assert with_answer.top_1 >= answered, str(with_answer)
    assert with_answer.silent <= silent + 0.005, str(with_answer)


@pytest.mark.xfail(reason="the aim, not reached yet", strict=False)
def test_on_the_half_that_nobody_looked_at() -> None:
    figures = measure(judge(FOLDER / "heldout.yaml"))
    print(f"\nheld out: {figures}")
    print(f"held out, what the rows are answered: {measure(judge(FOLDER / 'heldout.yaml', answered=True))}")
    assert figures.top_1 >= 0.9, str(figures)
    assert figures.silent <= 0.02, str(figures)
