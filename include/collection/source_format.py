"""Every format that a source may have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from include.collection.formats.delimited import CsvFormat
from include.collection.formats.excel import ExcelFormat
from include.collection.formats.fixed_width import FixedWidthFormat
from include.collection.formats.json_records import JsonFormat
from include.collection.formats.parquet import ParquetFormat

Format = Annotated[CsvFormat | JsonFormat | ExcelFormat | FixedWidthFormat | ParquetFormat, Field(discriminator="kind")]
