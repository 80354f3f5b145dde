"""A time zone as an owner writes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from include.cim.zone import zone_names


def _known(zone: str) -> str:
    if zone not in zone_names():
        raise ValueError(f"no time zone is called {zone!r}; IANA's names look like Europe/Brussels")
    return zone


Zone = Annotated[str, AfterValidator(_known)]
"""IANA's name of a zone."""
