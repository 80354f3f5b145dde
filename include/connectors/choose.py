"""Says which connector reads which source."""

from __future__ import annotations

from include.collection.rest_source import RestSource
from include.collection.source import FileSource, Source
from include.connectors.egress import Egress
from include.connectors.file import UploadedFile
from include.connectors.rest import RestApi
from include.errors import ConfigurationInvalid, Problem
from include.ports import Connector
from include.upload_ports import UploadStore


def choose_connector(source: Source, uploads: UploadStore, egress: Egress) -> Connector:
    """Choose the reader of a source.

    Raises:
        ConfigurationInvalid: A file source whose file was not handed over.
        NotFound: Its file is not there any more.
    """
    match source:
        case FileSource(upload=None):
            raise ConfigurationInvalid([Problem("ingester.upload", "no file was handed over yet", "Upload one.")])
        case FileSource(upload=str(upload), name=name, format=form, member=member):
            return UploadedFile(uploads.path(upload), name or "the uploaded file", form, member)
        case RestSource():
            return RestApi(source, egress)
    raise TypeError(f"no connector reads {type(source).__name__}")
