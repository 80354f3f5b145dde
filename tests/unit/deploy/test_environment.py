"""The configuration: embedded defaults, what the environment says instead, and secrets that are made once."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.credentials import ensure_secrets
from deploy.environment import (
    configure,
    embedded_services,
    platform_environment,
    process_environment,
    read_environment,
    write_environment,
)
from deploy.layout import ROOT, Layout
from deploy.processes import Started
from include.settings import load_settings

OWN = {
    "CDMP_DATABASE_URL": "postgresql://o:1@db/cdmp",
    "CDMP_LOADER_URL": "postgresql://l:2@db/cdmp",
    "CDMP_READER_URL": "postgresql://r:3@db/cdmp",
    "CDMP_AIRFLOW_DATABASE_URL": "postgresql+psycopg2://a:4@db/airflow",
}
ALIVE = {"api-server": Started("api-server", 1, 0.0, 15)}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "var")
    made.make()
    return made


def test_secrets_are_made_once_and_nobody_else_may_read_them(layout: Layout) -> None:
    first = ensure_secrets(layout)
    password = layout.admin_password.read_text()
    assert ensure_secrets(layout) == first
    assert layout.admin_password.read_text() == password
    assert len(first.jwt) >= 64
    write_environment(layout, platform_environment(layout, first, {}))
    for file in (layout.secrets, layout.admin_password, layout.environment):
        assert file.stat().st_mode & 0o777 == 0o600, file.name


def test_a_secret_that_is_missing_is_made_and_the_others_stay(layout: Layout) -> None:
    first = ensure_secrets(layout)
    text = layout.secrets.read_text()
    layout.secrets.write_text("\n".join(line for line in text.splitlines() if '"reader"' not in line))
    second = ensure_secrets(layout)
    assert second.owner == first.owner
    assert second.reader != first.reader
    assert ensure_secrets(layout) == second


def test_the_embedded_defaults_are_whole(layout: Layout) -> None:
    values = platform_environment(layout, ensure_secrets(layout), {"CDMP_POSTGRES_PORT": "5999"})
    settings = load_settings(values)
    for url in (settings.owner_url, settings.loader_url, settings.reader_url, settings.directory_url or ""):
        assert urlsplit(url).hostname == "127.0.0.1"
        assert urlsplit(url).port == 5999
    assert embedded_services(values) == ("postgres", "mail", "replay", "api-server")
    assert "127.0.0.1:8091" in settings.egress_allow


def test_what_the_environment_points_to_is_used_and_not_started(layout: Layout) -> None:
    outside = {**OWN, "CDMP_SMTP_URL": "smtp://mail:25", "CDMP_EGRESS_ALLOW": "10.0.0.1:80"}
    values = platform_environment(layout, ensure_secrets(layout), outside)
    assert {name: values[name] for name in OWN} == OWN
    assert values["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == OWN["CDMP_AIRFLOW_DATABASE_URL"]
    assert embedded_services(values) == ("replay", "api-server")
    assert values["CDMP_EGRESS_ALLOW"] == "10.0.0.1:80,127.0.0.1:8091"


def test_a_database_of_ones_own_without_one_for_airflow_is_refused_by_name(layout: Layout) -> None:
    with pytest.raises(SystemExit, match="CDMP_AIRFLOW_DATABASE_URL"):
        platform_environment(layout, ensure_secrets(layout), {"CDMP_DATABASE_URL": OWN["CDMP_DATABASE_URL"]})
    assert [name for name in OWN if f"`{name}`" not in (ROOT / "README.md").read_text(encoding="utf-8")] == []


def test_the_password_of_the_superuser_is_in_no_process(layout: Layout) -> None:
    secrets = ensure_secrets(layout)
    environment = process_environment(platform_environment(layout, secrets, {}), {"PYTHONDONTWRITEBYTECODE": "1"})
    assert secrets.superuser not in "".join(environment.values())
    assert "PYTHONDONTWRITEBYTECODE" not in environment


def test_the_file_gives_back_what_was_written(layout: Layout) -> None:
    values = platform_environment(layout, ensure_secrets(layout), {"CDMP_PUBLIC_URL": "https://x.example/?a=b&c='d'"})
    write_environment(layout, values)
    assert read_environment(layout) == values


def test_a_platform_that_runs_keeps_its_configuration(layout: Layout) -> None:
    secrets = ensure_secrets(layout)
    write_environment(layout, platform_environment(layout, secrets, {"CDMP_PORT": "8999"}))
    assert configure(layout, secrets, {}, ALIVE)["CDMP_PORT"] == "8999"
    assert configure(layout, secrets, {}, {})["CDMP_PORT"] == "8080"
    with pytest.raises(SystemExit, match="another CDMP_PORT"):
        configure(layout, secrets, {"CDMP_PORT": "8998"}, ALIVE)
