"""The owner's description of a collection, which finding and publishing cannot do without."""

from __future__ import annotations

from include.catalog.config import MetadataConfig
from include.collection.model import Collection
from include.errors import ConfigurationInvalid, Problem


def description_of(collection: Collection) -> MetadataConfig:
    """Give the metadata step.

    Raises:
        ConfigurationInvalid: It is missing.
    """
    metadata = collection.config.metadata
    if metadata is None:
        raise ConfigurationInvalid([Problem("metadata", "is missing", "Say what the data is, whose, and its licence")])
    return metadata
