"""Airflow's settings, each with its reason. Plain data: whoever starts Airflow reads it before Airflow is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from include.settings import ROOT

HOST: Final = "127.0.0.1"


def airflow_environment(
    var: Path,
    metadata_url: str,
    port: int,
    *,
    jwt_secret: str,
    secret_key: str,
    fernet_key: str,
    public_url: str | None = None,
    root: Path = ROOT,
    bundle: Path | None = None,
    parallelism: int = 8,
) -> dict[str, str]:
    """Give the environment of Airflow's four processes.

    Args:
        var: Where run-time state lives.
        metadata_url: Airflow's database, as a SQLAlchemy URI.
        port: The api-server's.
        jwt_secret: At least 64 bytes, the same for every process; `secret_key` and `fernet_key` likewise the same.
        public_url: How browsers reach the api-server, where it is not by `port` on this machine.
        bundle: Where the collections' DAG files are written; `var/bundle` where None.
    """
    local_url = f"http://{HOST}:{port}"
    bundles = [
        {
            "name": "collections",
            "classpath": "include.orchestration.collection_bundle.CollectionDagBundle",
            # A change is announced and found at once; the poll is for what was not.
            "kwargs": {"path": str(bundle or var / "bundle"), "refresh_interval": 5},
        },
        {
            "name": "dags",
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(root / "dags"), "refresh_interval": 60},
        },
    ]
    settings: dict[str, dict[str, object]] = {
        "core": {
            "executor": "LocalExecutor",
            "auth_manager": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
            "dags_folder": root / "dags",
            "plugins_folder": root / "plugins",
            "load_examples": False,
            "fernet_key": fernet_key,
            # 8 tasks at a time and a short sleep between two looks: a run of seven tasks in 4 s instead of 9.5.
            "parallelism": parallelism,
            "execution_api_server_url": f"{local_url}/execution/",
            # At 30 s, a second change within that time would stay invisible.
            "min_serialized_dag_update_interval": 0,
            # Every file of the bundle is a DAG file: nothing to look for in its text.
            "dag_discovery_safe_mode": False,
        },
        "scheduler": {
            "scheduler_idle_sleep_time": 0.2,
            # How soon a task is missed whose supervisor was killed; five minutes by default.
            "task_instance_heartbeat_timeout": 45,
            "task_instance_heartbeat_timeout_detection_interval": 10,
            "enable_health_check": False,
        },
        "dag_processor": {
            "dag_bundle_config_list": json.dumps(bundles),
            "dag_bundle_storage_path": var / "airflow" / "bundles",
            # Every file is parsed again after so long, changed or not: 150 s of work with 1,000 collections.
            "min_file_process_interval": 6 * 3600,
            # What was changed last is parsed first, and within a second.
            "file_parsing_sort_mode": "modified_time",
            "refresh_interval": 60,
            "parsing_processes": 2,
            "print_stats_interval": 300,
        },
        "database": {"sql_alchemy_conn": metadata_url},
        "api": {
            "host": HOST,
            "port": port,
            "base_url": public_url or local_url,
            # 241 requests a second: one is enough, and each costs 300 MB.
            "workers": 1,
            "secret_key": secret_key,
            "expose_config": False,
            "expose_stacktrace": False,
        },
        "api_auth": {"jwt_secret": jwt_secret},
        # With the default (database), every page of a Flask view is anonymous.
        "fab": {"session_backend": "securecookie"},
        "logging": {
            "base_log_folder": var / "logs",
            "dag_processor_child_process_log_directory": var / "logs" / "dag_processor",
            "colored_console_log": False,
        },
    }
    environment = {
        f"AIRFLOW__{section.upper()}__{option.upper()}": str(value)
        for section, options in settings.items()
        for option, value in options.items()
    }
    return {
        **environment,
        "AIRFLOW_HOME": str(var / "airflow"),
        # `dags/` is not on the path outside of parsing; everything is imported from the root.
        "PYTHONPATH": str(root),
        # Airflow hides its database from tasks; the one that sends mails reads addresses from it.
        "CDMP_DIRECTORY_URL": metadata_url,
        "CDMP_BUNDLE": str(bundle or var / "bundle"),
    }
