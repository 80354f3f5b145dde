"""The short form of `make chaos`: every scenario a few times, on small files; the long form is for the table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos import scenarios
from tests.chaos.scenarios import Outcome
from tests.chaos.surroundings import NotHere
from tests.chaos.world import World, a_world

ROWS = 2_000


@pytest.fixture(scope="module")
def world(postgres_server: str) -> Iterator[World]:
    with a_world(postgres_server, rows=ROWS) as made:
        yield made


def well(outcome: Outcome) -> None:
    assert (outcome.lost, outcome.doubled) == (0, 0)
    assert outcome.rows > 0
    assert outcome.done


def test_a_stage_that_is_killed_is_tried_again(world: World) -> None:
    well(scenarios.kill_stages(world, 2))


def test_many_append_to_one_dataset(world: World) -> None:
    well(scenarios.append_at_once(world, 3))


def test_a_collection_is_deleted_while_it_runs(world: World) -> None:
    well(scenarios.delete_while_it_runs(world, 2))


def test_a_task_is_done_again_and_again(world: World) -> None:
    well(scenarios.rerun_every_task(world, 3, runs=1))


def test_the_database_stops_at_once() -> None:
    well(scenarios.stop_the_database(2, ROWS))


def test_the_disk_of_the_database_is_full() -> None:
    try:
        well(scenarios.fill_the_database(48, 120_000))
    except NotHere as why:
        pytest.skip(str(why))


def test_the_disk_of_staging_and_uploads_is_full(postgres_server: str) -> None:
    try:
        well(scenarios.fill_the_files(postgres_server, 20_000))
    except NotHere as why:
        pytest.skip(str(why))


def test_the_index_is_away(postgres_server: str, elasticsearch_url: str) -> None:
    well(scenarios.lose_the_index(postgres_server, elasticsearch_url, 1, ROWS))


def test_what_is_lost_or_doubled_is_counted(world: World) -> None:
    """The checker itself: it finds a row that is missing."""
    known = world.collection()
    world.whole_run(known)
    known.loaded |= {10_000_001, 10_000_003}
    assert world.agree() == (2, 0)
    world.tables.remove(known)
