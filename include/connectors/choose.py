"""Says which connector reads which source."""

from __future__ import annotations

from collections.abc import Callable

from include.batch import Window
from include.collection.rest_source import RestSource
from include.collection.source import FileSource, Source
from include.connectors.egress import Egress
from include.connectors.file import UploadedFile
from include.connectors.rest import RestApi
from include.errors import ConfigurationInvalid, Problem
from include.ports import Clock, Connector
from include.upload_ports import UploadStore


def choose_connector(
    source: Source,
    uploads: UploadStore,
    egress: Egress,
    reveal: Callable[[str], str],
    clock: Clock,
    window: Window | None = None,
) -> Connector:
    """Choose the reader of a source.

    Args:
        reveal: Gives a secret of the source's owner by its name.
        window: The span of time to read; None: what is new.

    Raises:
        ConfigurationInvalid: A file source whose file was not handed over, or a source that cannot be asked for a span.
        NotFound: Its file is not there any more.
    """
    match source:
        case FileSource(upload=None):
            raise ConfigurationInvalid([Problem("ingester.upload", "no file was handed over yet", "Upload one.")])
        case FileSource() if window is not None:
            problem = Problem("ingester", "a file cannot be asked for a span of time", "Run the collection.")
            raise ConfigurationInvalid([problem])
        case FileSource(upload=str(upload), name=name, format=form, member=member):
            return UploadedFile(uploads.path(upload), name or "the uploaded file", form, member)
        case RestSource():
            return RestApi(source, egress, reveal, clock, window)
    raise TypeError(f"no connector reads {type(source).__name__}")
