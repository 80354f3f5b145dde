"""The house keeps its shape: walls between rooms, small files, plain names, nothing from outside the clone."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def tracked(*patterns: str) -> list[Path]:
    """The files that git tracks, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root)},
        check=False,
    )


def test_arrows_between_rooms_point_down() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        pytest.param("include/cim/stray.py", "import include.storage", id="a domain room that knows the stores"),
        pytest.param("include/storage/stray.py", "import airflow", id="Airflow outside of orchestration"),
        pytest.param("include/operations/stray.py", "import fastapi", id="a web framework inside the platform"),
        pytest.param("include/pipeline/stray.py", "import great_expectations", id="Great Expectations elsewhere"),
        pytest.param("include/helpers/__init__.py", "x = 1", id="a room without a place in the layers"),
    ],
)
def test_the_walls_are_noticed_when_they_break(tmp_path: Path, module: str, line: str) -> None:
    for folder in ("include", "api", "cli", "deploy"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    stray = tmp_path / module
    stray.parent.mkdir(exist_ok=True)
    stray.write_text(line + "\n")
    assert lint_imports(tmp_path).returncode != 0


def test_files_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py", "*.ts", "*.tsx")
        if (lines := path.read_text().count("\n")) > 400
    }
    assert not long, "look for the seam"


def test_no_room_is_called_utils() -> None:
    vague = re.compile(r"(^|/)(utils?|helpers?|commons?|misc)(/|\.py$)")
    assert not [path for path in tracked("*.py") if vague.search(str(path.relative_to(ROOT)))]


def test_every_python_file_opens_with_a_sentence() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in tracked("*.py")
        if path.read_text().strip() and not path.read_text().lstrip().startswith(('"""', "#!", "# "))
    ]
    assert not silent


def test_who_catches_everything_says_why() -> None:
    catches = re.compile(r"^\s*except (?:Base)?Exception\b[^#\n]*:(?! +# (?!noqa: \w+$))|^\s*except:", re.MULTILINE)
    unexplained = [str(path.relative_to(ROOT)) for path in tracked("*.py") if catches.search(path.read_text())]
    assert unexplained == []


def test_polars_threads_never_wait_for_python() -> None:
    """While stages work side by side, one may hold the interpreter and wait for those threads: neither would go on."""
    called_back = re.compile(r"\b(map_batches|map_elements|map_groups|map_rows|rolling_map|register_io_source)\(")
    found = [str(path.relative_to(ROOT)) for path in tracked("include/*.py") if called_back.search(path.read_text())]
    assert not found, "work on columns (`pl.Series`) instead"


def test_the_repository_stands_alone() -> None:
    """Nothing names a path of the machine it was written on, or a registry's host."""
    outside = re.compile(
        r"\.\./shared|/work/(main|shared|wt)|https?://[^/\s]*(pypi|pythonhosted|npmjs|maven|crates\.io)"
    )
    found = []
    for path in tracked("*"):
        if path == Path(__file__) or path.suffix in {".gz", ".png", ".parquet"} or path.stat().st_size > 5_000_000:
            continue
        text = path.read_text(errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in outside.finditer(text)]
    assert not found


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_direct_dependency_says_what_it_is_for_and_is_pinned(name: str) -> None:
    lines = [line for line in (ROOT / f"{name}.in").read_text().splitlines() if line[:1].isalnum()]
    assert [line for line in lines if "  # " not in line] == []
    asked = {re.split(r"[\[=<> ]", line)[0].lower() for line in lines}
    pinned = re.split(r"\n(?=\w)", (ROOT / f"{name}.txt").read_text())
    assert {pin.split("==")[0] for pin in pinned if f"-r {name}.in" in pin} == asked, "`make lock`"


def test_what_the_platform_imports_is_named_as_a_dependency() -> None:
    """A package that only comes with another one goes with it, too."""
    lines = [line for line in (ROOT / "requirements.in").read_text().splitlines() if line[:1].isalnum()]
    named = {re.split(r"[\[=<> ]", line)[0].lower().replace("_", "-") for line in lines}
    brought, unnamed = packages_distributions(), set()
    for path in tracked("include/*.py", "api/*.py", "cli/*.py", "deploy/*.py", "dags/*.py", "plugins/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in {module.partition(".")[0] for module in modules}:
                by = {name.lower().replace("_", "-") for name in brought.get(module, ())}
                if by and not by & named:
                    unnamed.add(f"{path.relative_to(ROOT)}: {module}")
    assert not sorted(unnamed)


def test_a_dag_file_imports_nothing_heavy() -> None:
    heavy = "{'polars','pandas','pyarrow','great_expectations','presidio_anonymizer','elasticsearch','rdflib','duckdb'}"
    code = (
        "import airflow.sdk, sys; before=set(sys.modules); import include.orchestration.factory; "
        f"print(sorted({heavy} & (set(sys.modules)-before)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.stdout.strip().endswith("[]"), result.stdout
