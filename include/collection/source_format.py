"""Every format that a source may have, and which file of an archive is in it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from include.collection.formats.delimited import CsvFormat
from include.collection.formats.dsmr import DsmrFormat
from include.collection.formats.espi import EspiFormat
from include.collection.formats.excel import ExcelFormat
from include.collection.formats.fixed_width import FixedWidthFormat
from include.collection.formats.json_records import JsonFormat
from include.collection.formats.line_protocol import LineProtocolFormat
from include.collection.formats.market_document import MarketDocumentFormat
from include.collection.formats.nem12 import Nem12Format
from include.collection.formats.openadr3 import OpenAdr3Format
from include.collection.formats.parquet import ParquetFormat
from include.collection.formats.statistics import JsonStatFormat, SdmxJsonFormat
from include.collection.formats.uftp import UftpFormat
from include.collection.formats.xml_records import XmlFormat

Format = Annotated[
    CsvFormat
    | JsonFormat
    | ExcelFormat
    | ParquetFormat
    | XmlFormat
    | MarketDocumentFormat
    | EspiFormat
    | Nem12Format
    | DsmrFormat
    | FixedWidthFormat
    | OpenAdr3Format
    | UftpFormat
    | JsonStatFormat
    | SdmxJsonFormat
    | LineProtocolFormat,
    Field(discriminator="kind"),
]

Member = Annotated[
    str | None,
    Field(max_length=255, description="which file of a ZIP archive: its name, or a pattern such as prices_*.csv"),
]
