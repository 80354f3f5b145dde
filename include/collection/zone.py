"""A time zone as an owner writes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from include.cim.zone import find_close_zones, zone_names


def _known(zone: str) -> str:
    if zone not in zone_names():
        close = ", ".join(find_close_zones(zone))
        remedy = f"close: {close}" if close else "IANA's names look like Europe/Brussels"
        raise ValueError(f"no time zone is called {zone!r}; {remedy}")
    return zone


Zone = Annotated[str, AfterValidator(_known)]
"""IANA's name of a zone."""
