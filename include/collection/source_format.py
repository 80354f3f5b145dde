"""Every format that a source may have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from include.collection.formats.delimited import CsvFormat
from include.collection.formats.json_records import JsonFormat

Format = Annotated[CsvFormat | JsonFormat, Field(discriminator="kind")]
