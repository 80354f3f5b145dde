"""Where the platform's run-time state lies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRIVATE = 0o700  # staging holds personal data before it is anonymised, mails and logs name people


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders below `var/`.

    Attributes:
        var: Absolute; `CDMP_VAR` moves it, so that a second platform can run beside the first.
    """

    var: Path

    @property
    def run(self) -> Path:
        """What was started: one file a process."""
        return self.var / "run"

    @property
    def logs(self) -> Path:
        """The output of every process."""
        return self.var / "logs"

    @property
    def airflow(self) -> Path:
        """Airflow's home."""
        return self.var / "airflow"

    @property
    def mail(self) -> Path:
        """What the mail sink received."""
        return self.var / "mail"

    @property
    def postgres(self) -> Path:
        """The embedded PostgreSQL; a link where its account cannot reach `var` (see `deploy.postgres`)."""
        return self.var / "postgres"

    @property
    def secrets(self) -> Path:
        """Generated once; the rest of the configuration is derived."""
        return self.var / "secrets.json"

    @property
    def environment(self) -> Path:
        """What a process of the platform needs to know, as `NAME=value` lines."""
        return self.var / "cdmp.env"

    @property
    def admin_password(self) -> Path:
        """The only place where the generated password stands."""
        return self.var / "admin_password"

    @property
    def demo(self) -> Path:
        """What the last demo found, as JSON."""
        return self.var / "demo.json"

    def make(self) -> None:
        """Create the folders.

        `var` itself can be passed through but not listed: as root, PostgreSQL's account has to get to its own folder.
        """
        self.var.mkdir(parents=True, exist_ok=True)
        self.var.chmod(0o711)
        private = ("staging", "uploads", "bundle")
        for folder in (self.run, self.logs, self.airflow, self.mail, *(self.var / name for name in private)):
            folder.mkdir(exist_ok=True)
            folder.chmod(PRIVATE)


def layout(environment: Mapping[str, str] = os.environ) -> Layout:
    """Give the layout that the environment asks for."""
    return Layout(Path(environment.get("CDMP_VAR") or ROOT / "var").resolve())


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
