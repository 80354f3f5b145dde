"""Says which reader reads which format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

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
from include.collection.source_format import Format
from include.connectors.content import Content
from include.connectors.formats import delimited, espi, excel, json_records, market_document, parquet
from include.connectors.formats.delimited import read_delimited
from include.connectors.formats.dsmr import read_dsmr
from include.connectors.formats.espi import read_espi
from include.connectors.formats.excel import read_excel
from include.connectors.formats.fixed_width import read_fixed_width
from include.connectors.formats.json_records import read_json
from include.connectors.formats.json_stat import read_json_stat
from include.connectors.formats.line_protocol import read_line_protocol
from include.connectors.formats.market_document import read_market_document
from include.connectors.formats.nem12 import read_nem12
from include.connectors.formats.openadr3 import read_openadr3
from include.connectors.formats.parquet import read_parquet
from include.connectors.formats.sdmx_json import read_sdmx_json
from include.connectors.formats.uftp import read_uftp
from include.connectors.formats.xml_records import read_xml


def read_frames(content: Content, form: Format) -> Iterator[pl.DataFrame]:  # noqa: PLR0911, PLR0912  # one a format
    """Read a table in bounded memory, however long it is.

    Returns:
        Frames of at most `PART_ROWS` rows, in the source's order: all columns String, as the source wrote the cells;
        null where the format says that there is nothing.

    Raises:
        SourceRefused: While reading: it is empty, damaged, or not what the format says; names the place.
    """
    match form:
        case CsvFormat():
            return read_delimited(content, form)
        case JsonFormat():
            return read_json(content, form)
        case ExcelFormat():
            return read_excel(content, form)
        case FixedWidthFormat():
            return read_fixed_width(content, form)
        case ParquetFormat():
            return read_parquet(content, form)
        case XmlFormat():
            return read_xml(content, form)
        case MarketDocumentFormat():
            return read_market_document(content, form)
        case EspiFormat():
            return read_espi(content, form)
        case Nem12Format():
            return read_nem12(content, form)
        case DsmrFormat():
            return read_dsmr(content, form)
        case OpenAdr3Format():
            return read_openadr3(content, form)
        case UftpFormat():
            return read_uftp(content, form)
        case JsonStatFormat():
            return read_json_stat(content, form)
        case SdmxJsonFormat():
            return read_sdmx_json(content, form)
        case LineProtocolFormat():
            return read_line_protocol(content, form)


def read_units(content: Content, form: Format) -> Mapping[str, str]:  # noqa: PLR0911  # one a format
    """Read what the source itself says of its columns' units, apart from their names: a line, a member, metadata."""
    match form:
        case CsvFormat(unit_lines=lines) if lines:
            return delimited.read_units(content, form)
        case ExcelFormat(unit_lines=lines) if lines:
            return excel.read_units(content, form)
        case JsonFormat(units=str()):
            head = content.read().decode(form.encoding, errors="ignore")
            return json_records.read_units(head, form, content.name)
        case ParquetFormat():
            return parquet.describe_units(content)
        case MarketDocumentFormat():
            return market_document.read_units(content, form)
        case EspiFormat():
            return espi.read_units(content)
    return {}
