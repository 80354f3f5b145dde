"""Runs one benchmark, prints its table and writes `benchmarks/results/NAME.json`."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

from benchmarks.table import Table, describe_machine
from deploy.environment import ALLOCATORS

HERE = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Run the benchmark that the one argument names."""
    names = sorted(path.stem for path in HERE.glob("*.py") if "\ndef run() -> Table:" in path.read_text())
    if len(arguments) != 1 or arguments[0] not in names:
        print(f"Which one? make bench NAME=…, one of {', '.join(names)}", file=sys.stderr)
        return 2
    (name,) = arguments
    if os.environ.get("MALLOC_ARENA_MAX") != ALLOCATORS["MALLOC_ARENA_MAX"]:
        # as the platform's processes have them; an allocator reads its settings when the process begins
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks", name], {**os.environ, **ALLOCATORS})
    machine = describe_machine()
    table: Table = importlib.import_module(f"benchmarks.{name}").run()
    print(table.title)
    for row in table.rows():
        print("  " + "  ".join(f"{key}: {value}" for key, value in row.items()))
    result = HERE / "results" / f"{name}.json"
    result.parent.mkdir(exist_ok=True)
    document = {"title": table.title, "peer": table.peer, "machine": machine, "cases": table.rows()}
    result.write_text(json.dumps(document, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
