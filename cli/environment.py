"""The platform's settings at the terminal: the environment's own, and else those that `make up` wrote."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from include.settings import ROOT


def load_environment(environment: MutableMapping[str, str] = os.environ) -> None:
    """Add the settings of `cdmp.env` below `CDMP_VAR` (`var` where that is not set); what is set stays."""
    file = Path(environment.get("CDMP_VAR", str(ROOT / "var"))) / "cdmp.env"
    if not file.is_file():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.startswith("#"):
            environment.setdefault(name.strip(), value)
