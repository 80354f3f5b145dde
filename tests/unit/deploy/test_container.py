"""docker-compose.yaml and what generates its secrets agree, and no secret has a default."""

from __future__ import annotations

import re
import subprocess

from deploy.airflow import COMMANDS
from deploy.container import container_environment, main, new_env
from deploy.layout import ROOT

COMPOSE = (ROOT / "docker-compose.yaml").read_text()
GENERATED = dict(line.split("=", 1) for line in new_env().splitlines())


def test_every_variable_that_has_to_be_set_is_generated_and_no_other() -> None:
    assert set(re.findall(r"\$\{(\w+):\?\}", COMPOSE)) == set(GENERATED)


def test_no_secret_has_a_default() -> None:
    named = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*)([^}]*)\}", COMPOSE)
    assert named
    assert {rest for _, rest in named} == {":?"}


def test_secrets_need_no_escaping_in_a_url_or_a_shell() -> None:
    assert [name for name, value in GENERATED.items() if not re.fullmatch(r"[\w=-]+", value)] == []


def test_the_file_of_secrets_is_neither_committed_nor_copied_into_an_image() -> None:
    assert ".env" in (ROOT / ".dockerignore").read_text().split()
    ignored = subprocess.run(["git", "check-ignore", ".env"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ignored.stdout == ".env\n"


def test_every_process_has_a_service() -> None:
    for name in (*COMMANDS, "init"):
        assert f"command: [{name}]" in COMPOSE


def test_addresses_of_the_containers_win_over_those_of_one_machine() -> None:
    outside = {
        "CDMP_VAR": "/var/lib/cdmp",
        "CDMP_AIRFLOW_DATABASE_URL": "postgresql+psycopg2://a:b@postgres/airflow",
        "CDMP_JWT_SECRET": GENERATED["CDMP_JWT_SECRET"],
        "CDMP_FLASK_SECRET": GENERATED["CDMP_FLASK_SECRET"],
        "CDMP_FERNET_KEY": GENERATED["CDMP_FERNET_KEY"],
        "CDMP_PUBLIC_URL": "https://cdmp.example",
        "AIRFLOW__API__HOST": "0.0.0.0",
    }
    environment = container_environment(outside)
    assert environment["AIRFLOW__API__HOST"] == "0.0.0.0"
    assert environment["AIRFLOW__API__BASE_URL"] == "https://cdmp.example"
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == outside["CDMP_AIRFLOW_DATABASE_URL"]


def test_a_process_that_there_is_not_is_refused() -> None:
    assert main(["webserver"]) == 2
