"""`make chaos`: every scenario so often as the promise says; writes the table of docs/reliability.md.

python -m tests.chaos [SCENARIO …] [--kills 50] [--stops 20] [--away 600] [--write]
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.chaos import scenarios
from tests.chaos.growing import read_while_it_grows
from tests.chaos.scenarios import Outcome
from tests.chaos.surroundings import NotHere
from tests.chaos.world import PARTS, World, a_world
from tests.elasticsearch import running_elasticsearch
from tests.postgres import running_server

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- written by make chaos -->", "<!-- until here -->"
HEAD = (
    "| What happened | How often | Rows | Lost | Doubled | Agree | Minutes | On |\n|---|---|---|---|---|---|---|---|\n"
)


def choose(asked: argparse.Namespace, server: str) -> Mapping[str, Callable[[], Outcome]]:
    """Say what each scenario is here."""

    def in_a_world(scenario: Callable[[World, int], Outcome], times: int) -> Callable[[], Outcome]:
        def act() -> Outcome:
            with a_world(server, rows=asked.rows) as world:
                return scenario(world, times)

        return act

    return {
        "kill": in_a_world(scenarios.kill_stages, asked.kills),
        "stop": partial(scenarios.stop_the_database, asked.stops, asked.rows),
        "disk": partial(scenarios.fill_the_database, 64, 400_000),
        "files": partial(scenarios.fill_the_files, server, 50_000),
        "append": in_a_world(scenarios.append_at_once, asked.writers),
        "delete": in_a_world(scenarios.delete_while_it_runs, asked.deletions),
        "rerun": in_a_world(scenarios.rerun_every_task, 3),
        "index": partial(lose_the_index, server, asked.away, asked.rows),
        "grow": partial(read_while_it_grows, server, asked.large, 4, max(asked.large // 20, 1), 3),
    }


def lose_the_index(server: str, seconds: float, rows: int) -> Outcome:
    """Start an Elasticsearch of one's own for the scenario that takes it away."""
    try:
        with running_elasticsearch() as url:
            return scenarios.lose_the_index(server, url, seconds, rows)
    except (pytest.skip.Exception, pytest.fail.Exception) as why:
        raise NotHere(str(why)) from None


def line(name: str, scenario: Callable[[], Outcome]) -> tuple[str, bool]:
    """Run one scenario; gives its line of the table, and whether all was well."""
    try:
        outcome = scenario()
    except NotHere as why:
        return f"| {name} | not here: {why} | | | | | | |", True
    except AssertionError as error:
        traceback.print_exc()
        return f"| {name} | | | | | **no**: {' '.join(str(error).split())[:300]} | | |", False
    notes = "".join(f"; {note}" for note in outcome.notes)
    well = not outcome.lost and not outcome.doubled
    cells = (
        outcome.name,
        outcome.done + notes,
        f"{outcome.rows:,}",
        outcome.lost,
        outcome.doubled,
        "yes" if well else "**no**",
        f"{outcome.seconds / 60:.1f}",
        f"{datetime.now(UTC):%Y-%m-%d}",
    )
    return f"| {' | '.join(map(str, cells))} |", well


def write(lines: list[str], counts: str) -> None:
    """Put lines into the document's table, each in the place of the last one of what happened."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    there, _, after = rest.partition(END)
    table = {each.split("|")[1]: each for each in there.splitlines() if each.startswith("| ") and each not in HEAD}
    table |= {each.split("|")[1]: each for each in lines}
    said = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; {counts}."
    whole = f"{BEGIN}\n\n{HEAD}" + "\n".join(table.values()) + f"\n\n({said})\n\n{END}"
    DOCUMENT.write_text(before + whole + after, encoding="utf-8")


def main(words: list[str]) -> int:
    """Run what is asked for, and print its lines of the table; write them down where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "scenario", nargs="*", help="kill, stop, disk, files, append, delete, rerun, index, grow; else all"
    )
    parser.add_argument("--kills", type=int, default=50, help="of each stage")
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--deletions", type=int, default=20)
    parser.add_argument("--away", type=float, default=600, help="seconds without Elasticsearch")
    parser.add_argument("--rows", type=int, default=20_000, help="of one file")
    parser.add_argument("--large", type=int, default=10_000_000, help="rows of the dataset that grows while it is read")
    parser.add_argument("--write", action="store_true", help="the table into docs/reliability.md")
    asked = parser.parse_args(words)
    logging.disable(logging.INFO)
    lines, well = [], True
    with running_server() as server:
        chosen = choose(asked, server)
        for name in asked.scenario or chosen:
            told, fine = line(name, chosen[name])
            print(told, flush=True)
            lines.append(told)
            well = well and fine
    if asked.write:
        write(
            lines,
            f"files of {asked.rows:,} rows (more where a disk is full), one in a hundred unreadable; every second"
            f" repeats some of the one before; two of three come in {PARTS} parts",
        )
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
