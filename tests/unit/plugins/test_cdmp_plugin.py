"""The plugin costs nothing where it is of no use, needs no database, and is the only live file of its folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from include.settings import ROOT

LOAD = """
import importlib.util, json, sys
sys.argv = {argv!r}
spec = importlib.util.spec_from_file_location("cdmp_plugin", "plugins/cdmp_plugin.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
plugin = module.CdmpPlugin
print(json.dumps({{
    "apps": [app["url_prefix"] for app in plugin.fastapi_apps],
    "tabs": plugin.react_apps,
    "loaded": [name for name in {watched!r} if name in sys.modules],
}}))
"""
WATCHED = ("api.app", "include.wiring", "polars", "pandas", "great_expectations", "presidio_anonymizer")


def load_as(folder: Path, *argv: str) -> dict[str, Any]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CDMP_", "AIRFLOW"))}
    done = subprocess.run(
        [sys.executable, "-c", LOAD.format(argv=list(argv), watched=WATCHED)],
        cwd=ROOT,
        env={**clean, "AIRFLOW_HOME": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return loaded


@pytest.mark.parametrize("process", ["dag-processor", "triggerer"])
def test_other_processes_load_next_to_nothing(tmp_path: Path, process: str):
    assert load_as(tmp_path, "airflow", process) == {"apps": [], "tabs": [], "loaded": []}


def test_the_api_server_gets_the_interface_its_aliases_and_the_tab_without_asking_a_database(tmp_path: Path):
    found = load_as(tmp_path, "airflow", "api-server")
    assert found["apps"] == ["/twinergy-api", "/twenergy-api", "/twinegy-api"]
    (tab,) = found["tabs"]
    assert (tab["name"], tab["destination"]) == ("Batch", "dag_run")
    assert tab["bundle_url"].startswith("twinergy-api/ui/batch.js?v=")


def test_the_scheduler_gets_its_imports_and_no_interface(tmp_path: Path):
    found = load_as(tmp_path, "airflow", "scheduler")
    assert (found["apps"], found["tabs"]) == ([], [])
    assert {"great_expectations", "presidio_anonymizer", "polars"} <= set(found["loaded"])
    assert "api.app" not in found["loaded"]


def test_airflow_sees_one_live_file(tmp_path: Path):
    ignored = {line.rstrip("/") for line in (ROOT / "plugins" / ".airflowignore").read_text().splitlines()}
    live = [
        path for path in (ROOT / "plugins").rglob("*.py") if path.relative_to(ROOT / "plugins").parts[0] not in ignored
    ]
    assert [path.name for path in live] == ["cdmp_plugin.py"]
