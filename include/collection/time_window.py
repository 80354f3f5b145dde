"""Asking a source for a span of time, as the owner writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator, model_validator

from include.collection.zone import Zone
from include.configuration import Configuration, Duration, Moment, lasting

START: Final = "{start}"
END: Final = "{end}"
"""Where the span's ends go: in the URL, in a parameter, or in the body."""

YEARS: Final = range(1900, 2201)
"""The years that a span may lie in."""

_LONGEST: Final = timedelta(days=3660)
Beside = Annotated[Duration, lasting(timedelta(0), _LONGEST)]
_PROBE: Final = datetime(2024, 2, 29, 13, 47, 58, tzinfo=UTC)


class TimeWindow(Configuration):
    """A span of time per run: from where the last load ended, less `look_back`, until now; `{start}` and `{end}`."""

    format: str = Field("iso8601", min_length=1, max_length=50, description="epoch_s, epoch_ms, %Y-%m-%d …")
    zone: Zone = Field("UTC", description="in which zone the times are sent")
    begin: Moment = Field(description="where the first run begins; without a zone of its own, in `zone`")
    end_included: bool = Field(False, description="the source counts the end in; so the second before it is sent")
    look_back: Beside = Field(timedelta(days=1), description="is read again, for what came late")
    ahead: Beside = Field(timedelta(0), description="beyond now: for forecasts, day-ahead prices")
    step: Annotated[Duration, lasting(timedelta(minutes=1), _LONGEST)] | None = Field(
        None, description="longest span that one request asks for"
    )
    time_column: str | None = Field(
        None, min_length=1, description="rows whose time (RFC 3339) lies outside of the span are left out"
    )

    @field_validator("begin")
    @classmethod
    def _zoned(cls, begin: datetime, info: ValidationInfo) -> datetime:
        if begin.year not in YEARS:
            raise ValueError(f"it lies outside of {YEARS[0]} to {YEARS[-1]}; write where the source begins")
        return begin if begin.tzinfo else begin.replace(tzinfo=ZoneInfo(info.data.get("zone", "UTC")))

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            there_and_back = self.round_down(_PROBE)
        except ValueError:
            there_and_back = None
        if there_and_back is None or abs(there_and_back - _PROBE) > timedelta(days=31):
            raise ValueError(f"{self.format!r} writes no time that can be read back; it may be %Y-%m-%dT%H:%M")
        return self

    def write(self, moment: datetime) -> str:
        """Write a moment as the source wants it.

        Example:
            >>> begin = datetime(2024, 1, 1, tzinfo=UTC)
            >>> TimeWindow(format="%d.%m.%Y %H:%M", zone="Europe/Berlin", begin=begin).write(begin)
            '01.01.2024 01:00'
        """
        local = moment.astimezone(ZoneInfo(self.zone))
        match self.format:
            case "iso8601":
                return local.isoformat(timespec="seconds").replace("+00:00", "Z")
            case "epoch_s":
                return str(int(moment.timestamp()))
            case "epoch_ms":
                return str(int(moment.timestamp()) * 1000)
        return local.strftime(self.format)

    def round_down(self, moment: datetime) -> datetime:
        """Give the latest moment that can be written exactly and is not after this one.

        Example:
            >>> window = TimeWindow(format="%Y-%m-%d", zone="Europe/Berlin", begin=datetime(2024, 1, 1, tzinfo=UTC))
            >>> window.round_down(datetime(2024, 6, 1, 12, tzinfo=UTC)).isoformat()
            '2024-05-31T22:00:00+00:00'
        """
        if self.format in ("iso8601", "epoch_s", "epoch_ms"):
            return moment.astimezone(UTC).replace(microsecond=0)
        read = datetime.strptime(self.write(moment), self.format)  # noqa: DTZ007  # the zone follows
        if read.tzinfo is None:
            # of the two readings of a repeated hour, the one that the moment is in
            read = read.replace(tzinfo=ZoneInfo(self.zone), fold=moment.astimezone(ZoneInfo(self.zone)).fold)
        return read.astimezone(UTC)
