"""One process of the platform in a container: the same settings as on one machine, taken from the environment.

python -m deploy.container init | api-server | scheduler | dag-processor | triggerer
python -m deploy.container check scheduler       is it well? (a health check)
python -m deploy.container env                   a `.env` for docker-compose.yaml with new secrets
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from deploy.airflow import COMMANDS, airflow_command, heartbeats, prepare_airflow
from deploy.credentials import Secrets, new_password
from deploy.environment import AIRFLOW_DATABASE, airflow_values, given_to_airflow, process_environment
from deploy.layout import layout, write_private
from deploy.postgres import ensure_databases
from deploy.progress import Progress

PORT = 8080  # of the api-server, inside the containers' network
LOGINS = {
    "cdmp_owner": "CDMP_DATABASE_URL",
    "cdmp_loader": "CDMP_LOADER_URL",
    "cdmp_reader": "CDMP_READER_URL",
    "airflow": AIRFLOW_DATABASE,
}


def container_environment(outside: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of an Airflow process; Airflow's own variables win, since addresses differ here."""
    values = dict(outside)
    return process_environment(airflow_values(layout(outside), values, PORT) | given_to_airflow(outside), outside)


def prepare(outside: Mapping[str, str]) -> None:
    """Make roles, databases and tables, and the admin: what `init` does before anything else starts."""
    from include.storage.migrate import migrate  # noqa: PLC0415 - the other processes need not wait for it

    place, progress = layout(outside), Progress()
    place.make()
    write_private(place.admin_password, outside["CDMP_ADMIN_PASSWORD"])
    passwords = {role: urlsplit(outside[variable]).password or "" for role, variable in LOGINS.items()}
    ensure_databases(outside["CDMP_SUPERUSER_URL"], passwords)
    migrate(outside["CDMP_DATABASE_URL"])
    progress.say("Database: up to date")
    prepare_airflow(place, outside[AIRFLOW_DATABASE], container_environment(outside), progress)


def check(name: str, outside: Mapping[str, str]) -> bool:
    """Ask the api-server whether it heard of a process lately."""
    address = outside["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].removesuffix("/execution/")
    try:
        return name in heartbeats(address)
    except httpx.HTTPError:
        return False


def new_env() -> str:
    """Write the variables that docker-compose.yaml demands, with new secrets."""
    made = Secrets()
    values = {
        "CDMP_POSTGRES_PASSWORD": made.superuser,
        "CDMP_OWNER_PASSWORD": made.owner,
        "CDMP_LOADER_PASSWORD": made.loader,
        "CDMP_READER_PASSWORD": made.reader,
        "CDMP_AIRFLOW_PASSWORD": made.airflow,
        "CDMP_MASTER_KEYS": made.master_key,
        "CDMP_FERNET_KEY": made.fernet_key,
        "CDMP_JWT_SECRET": made.jwt,
        "CDMP_FLASK_SECRET": made.flask,
        "CDMP_ELASTICSEARCH_PASSWORD": new_password(),
        "CDMP_ADMIN_PASSWORD": new_password(),
    }
    return "\n".join(f"{name}={value}" for name, value in values.items())


def main(arguments: list[str]) -> int:
    """Become the process that is asked for."""
    match arguments:
        case ["env"]:
            print(new_env())
        case ["init"]:
            prepare(os.environ)
        case ["check", name] if name in COMMANDS:
            return 0 if check(name, os.environ) else 1
        case [name] if name in COMMANDS:
            layout().make()
            command = str(airflow_command())
            os.execve(command, [command, *COMMANDS[name]], container_environment(os.environ))  # noqa: S606
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
