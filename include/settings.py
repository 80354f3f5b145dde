"""Settings of the platform, read from the environment in this one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from include.errors import ConfigurationInvalid, Problem

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are. `deploy` writes the embedded defaults to `var/cdmp.env`; README lists the variables.

    Attributes:
        owner_url: PostgreSQL as the role that owns the schema: migrations only. A SQLAlchemy-free libpq URI.
        loader_url: As the role that writes. `reader_url`: as the role that reads datasets and nothing else.
        master_keys: Fernet keys, newest first; the first seals, all unseal.
        upload_most: The most bytes of one uploaded file. `upload_quota`: of all that one user has handed over.
        quarantine_for: How long rows wait in quarantine. `review_for`: how long a batch that a rule holds waits.
        egress_allow: `host:port` of private sources that the operator allows (`127.0.0.1:8091`).
        directory_url: Airflow's database as a SQLAlchemy URI, to read its users; a role that reads `ab_user`, `ab_role`
            and `ab_user_role` is enough. Tasks need it, because Airflow hides its own URI from them.
    """

    owner_url: str
    loader_url: str
    reader_url: str
    master_keys: tuple[str, ...]
    staging: Path
    uploads: Path
    bundle: Path
    elasticsearch_url: str | None
    smtp_url: str | None
    mail_sender: str
    public_url: str
    egress_allow: frozenset[str]
    upload_most: int = 50 << 30
    upload_quota: int = 200 << 30
    directory_url: str | None = None
    quarantine_for: timedelta = timedelta(days=90)
    review_for: timedelta = timedelta(days=7)


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        ConfigurationInvalid: Names every variable that is missing.
    """
    required = ("CDMP_DATABASE_URL", "CDMP_LOADER_URL", "CDMP_READER_URL", "CDMP_MASTER_KEYS")
    missing = [name for name in required if not environment.get(name)]
    if missing:
        raise ConfigurationInvalid(
            [
                Problem(name, "is not set", "`make up` takes it from var/cdmp.env; see README, 'Configure for real'")
                for name in missing
            ]
        )
    var = Path(environment.get("CDMP_VAR", str(ROOT / "var")))
    staging = environment.get("CDMP_STAGING_URL", f"file://{var / 'staging'}")
    if not staging.startswith("file:///"):
        raise ConfigurationInvalid(
            [Problem("CDMP_STAGING_URL", f"{staging.split(':')[0]} is not served yet", "Use file:///a/shared/folder")]
        )
    return Settings(
        owner_url=environment["CDMP_DATABASE_URL"],
        loader_url=environment["CDMP_LOADER_URL"],
        reader_url=environment["CDMP_READER_URL"],
        master_keys=tuple(environment["CDMP_MASTER_KEYS"].split(",")),
        staging=Path(staging.removeprefix("file://")),
        uploads=Path(environment.get("CDMP_UPLOADS", str(var / "uploads"))),
        bundle=Path(environment.get("CDMP_BUNDLE", str(var / "bundle"))),
        elasticsearch_url=environment.get("CDMP_ELASTICSEARCH_URL") or None,
        smtp_url=environment.get("CDMP_SMTP_URL") or None,
        mail_sender=environment.get("CDMP_MAIL_SENDER", "cdmp@localhost"),
        public_url=environment.get("CDMP_PUBLIC_URL", "http://127.0.0.1:8080"),
        egress_allow=frozenset(filter(None, environment.get("CDMP_EGRESS_ALLOW", "").split(","))),
        upload_most=_bytes(environment, "CDMP_UPLOAD_MOST", 50 << 30),
        upload_quota=_bytes(environment, "CDMP_UPLOAD_QUOTA", 200 << 30),
        directory_url=environment.get("CDMP_DIRECTORY_URL") or environment.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"),
        quarantine_for=_days(environment, "CDMP_QUARANTINE_DAYS", 90),
        review_for=_days(environment, "CDMP_REVIEW_DAYS", 7),
    )


def _days(environment: Mapping[str, str], name: str, otherwise: float) -> timedelta:
    try:
        days = float(environment.get(name) or otherwise)
    except ValueError:
        days = 0
    if not 0 < days < 36_500:
        raise ConfigurationInvalid([Problem(name, "is no number of days", "90 is about three months; 0.5 is a half")])
    return timedelta(days=days)


def _bytes(environment: Mapping[str, str], name: str, otherwise: int) -> int:
    given = environment.get(name) or str(otherwise)
    if not given.isascii() or not given.isdigit() or int(given) == 0:
        raise ConfigurationInvalid([Problem(name, "is no number of bytes", "10737418240 is ten gibibytes")])
    return int(given)
