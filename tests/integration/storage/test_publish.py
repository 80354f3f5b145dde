"""A loaded dataset is described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from rdflib import DCAT, DCTERMS, Literal, URIRef

from include.catalog.dcat import from_json_ld
from include.collection.model import Collection
from include.errors import ConfigurationInvalid, NotFound
from include.pipeline.publish import publish
from tests.factories import NOON, a_config
from tests.integration.storage.conftest import Shelf, reading

Make = Callable[..., Collection]


def test_a_loaded_dataset_is_described(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, [reading(0), reading(1)]))
    assert shelf.datasets.get(collection.dataset_id).dcat is None
    url = "https://cdmp.example"
    counts = publish(collection.dataset_id, collection, shelf.concept, shelf.datasets, url, NOON + timedelta(hours=1))
    assert counts == {"distributions_published": 2}
    dcat = shelf.datasets.get(collection.dataset_id).dcat
    assert dcat is not None
    record, subject = from_json_ld(dcat), URIRef(f"{url}/twinergy-api/dataset/{collection.dataset_id}")
    assert (subject, DCTERMS.title, Literal("Meters of the test street", lang="en")) in record
    assert (None, DCAT.accessURL, URIRef(f"{subject}/records?format=csv")) in record


def test_what_was_not_loaded_is_not_found(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    with pytest.raises(NotFound):
        publish(collection.dataset_id, collection, shelf.concept, shelf.datasets, "", NOON)


def test_a_collection_without_description_is_told_so(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, [reading(0)]))
    bare = replace(collection, config=a_config(metadata=None))
    with pytest.raises(ConfigurationInvalid, match="metadata"):
        publish(collection.dataset_id, bare, shelf.concept, shelf.datasets, "", NOON)
