"""The secrets of one installation: generated once, kept in `var/secrets.json`, readable by its owner only."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field, fields

from cryptography.fernet import Fernet

from deploy.layout import Layout, write_private


def new_password() -> str:
    """Make a password that needs no escaping in a URL."""
    return secrets.token_urlsafe(24)


def new_fernet_key() -> str:
    """Make a Fernet key."""
    return Fernet.generate_key().decode()


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is generated. A secret that a later version adds is made when it is first missing.

    Attributes:
        superuser: Of the embedded PostgreSQL; known to `deploy` alone, never in a process's environment.
        jwt: What Airflow signs tokens with: the same for every process, at least 64 bytes.
    """

    superuser: str = field(default_factory=new_password)
    owner: str = field(default_factory=new_password)
    loader: str = field(default_factory=new_password)
    reader: str = field(default_factory=new_password)
    airflow: str = field(default_factory=new_password)
    master_key: str = field(default_factory=new_fernet_key)
    fernet_key: str = field(default_factory=new_fernet_key)
    jwt: str = field(default_factory=lambda: secrets.token_urlsafe(64))
    flask: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def of_roles(self) -> dict[str, str]:
        """The passwords of the database's roles."""
        return {
            "cdmp_owner": self.owner,
            "cdmp_loader": self.loader,
            "cdmp_reader": self.reader,
            "airflow": self.airflow,
        }


def ensure_secrets(layout: Layout) -> Secrets:
    """Read the secrets of this installation; make what is missing, and the admin's password."""
    known = {item.name for item in fields(Secrets)}
    stored = json.loads(layout.secrets.read_text()) if layout.secrets.exists() else {}
    found = Secrets(**{name: value for name, value in stored.items() if name in known})
    if asdict(found) != stored:
        write_private(layout.secrets, json.dumps(asdict(found), indent=1))
    if not layout.admin_password.exists():
        write_private(layout.admin_password, secrets.token_urlsafe(12) + "\n")
    return found
