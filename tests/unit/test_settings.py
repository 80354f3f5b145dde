"""How long things are kept is set in days, and a slip is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from include.errors import ConfigurationInvalid
from include.settings import load_settings

NEEDED = dict.fromkeys(("CDMP_DATABASE_URL", "CDMP_LOADER_URL", "CDMP_READER_URL", "CDMP_MASTER_KEYS"), "x")


def test_days_have_defaults_and_may_be_parts() -> None:
    settings = load_settings(NEEDED)
    assert (settings.quarantine_for, settings.review_for) == (timedelta(days=90), timedelta(days=7))
    assert load_settings({**NEEDED, "CDMP_REVIEW_DAYS": "0.5"}).review_for == timedelta(hours=12)


@pytest.mark.parametrize("days", ["0", "-1", "a week", "nan", "inf", "1e9"])
@pytest.mark.parametrize("name", ["CDMP_QUARANTINE_DAYS", "CDMP_REVIEW_DAYS"])
def test_what_is_no_number_of_days_is_refused(name: str, days: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=name):
        load_settings({**NEEDED, name: days})
