"""Airflow's settings are ones that it knows, stay below `var`, and need no Airflow to be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from airflow.configuration import retrieve_configuration_description

from include.orchestration.airflow_settings import airflow_environment
from include.orchestration.collection_bundle import BUNDLE, CollectionDagBundle


def an_environment(var: Path = Path("/srv/var")) -> dict[str, str]:
    return airflow_environment(
        var, "postgresql+psycopg2://a@h/airflow", 8910, jwt_secret="j" * 64, secret_key="secret", fernet_key="f"
    )


def test_every_setting_is_one_that_airflow_knows() -> None:
    known = retrieve_configuration_description(include_providers=True)
    options = {(section, option) for section, each in known.items() for option in each["options"]}

    ours = {tuple(name.lower().split("__")[1:]) for name in an_environment() if name.startswith("AIRFLOW__")}

    assert not ours - options


def test_the_bundle_is_the_one_that_is_announced_to() -> None:
    [collections, _] = json.loads(an_environment()["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])

    assert collections["name"] == BUNDLE
    assert collections["classpath"] == f"{CollectionDagBundle.__module__}.{CollectionDagBundle.__qualname__}"
    assert collections["kwargs"]["path"] == an_environment()["CDMP_BUNDLE"] == "/srv/var/bundle"


def test_all_run_time_state_is_below_var_and_nothing_listens_outside() -> None:
    settings = an_environment()

    for name in (
        "AIRFLOW_HOME",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH",
    ):
        assert settings[name].startswith("/srv/var/")
    assert settings["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_whoever_starts_airflow_need_not_import_it() -> None:
    script = "import sys, include.orchestration.airflow_settings; assert 'airflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())})
