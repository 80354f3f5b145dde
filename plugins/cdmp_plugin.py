"""What Airflow loads of the platform: the REST interface, the tab of a DAG run, and imports ready for the tasks.

Every process of Airflow and every task loads this file, so it does nothing but what the process needs: only the
api-server builds the interface, and only the scheduler imports ahead. Nothing here asks a database.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any, Final

from airflow.plugins_manager import AirflowPlugin

from include.orchestration.preload import preload_in_scheduler

PREFIX: Final = "/twinergy-api"
ALIASES: Final = ("/twenergy-api", "/twinegy-api")
"""The specification writes the prefix in three ways; these two answer 308."""

PAGES: Final = Path(__file__).parent / "ui" / "dist"


def interface() -> list[dict[str, Any]]:
    """Build the apps that the api-server mounts."""
    from api.airflow_login import sign_in_with_airflow  # noqa: PLC0415  # costs seconds, and only here is it of use
    from api.aliases import redirect_alias  # noqa: PLC0415
    from api.app import create_app  # noqa: PLC0415
    from include.orchestration.engine import AirflowEngine  # noqa: PLC0415
    from include.wiring import platform  # noqa: PLC0415

    app = create_app(platform, AirflowEngine, sign_in_with_airflow, PAGES)
    return [
        {"app": app, "url_prefix": PREFIX, "name": "CDMP"},
        *({"app": redirect_alias(alias, PREFIX), "url_prefix": alias, "name": f"CDMP {alias}"} for alias in ALIASES),
    ]


def batch_tab() -> dict[str, Any]:
    """Describe the tab of a DAG run; its address changes with its content, so that no browser keeps an old one."""
    version = hashlib.sha256((PAGES / "batch.js").read_bytes()).hexdigest()[:12]
    return {
        "name": "Batch",  # Airflow cuts labels at about eight characters
        "bundle_url": f"{PREFIX.lstrip('/')}/ui/batch.js?v={version}",  # relative to <base>: behind a prefix too
        "destination": "dag_run",
        "url_route": "batch",
    }


is_api_server = "api-server" in sys.argv
preload_in_scheduler(sys.argv)


class CdmpPlugin(AirflowPlugin):
    """The platform in Airflow."""

    name = "cdmp"
    fastapi_apps = interface() if is_api_server else []
    react_apps = [batch_tab()] if is_api_server else []
