"""The DAG bundle of the collections: follows their records in PostgreSQL with one tiny file each."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow.dag_processing.bundles.base import BaseDagBundle
from pydantic import ValidationError

from include.collection.model import CollectionState
from include.errors import ConfigurationInvalid, NotFound, StoreUnavailable
from include.orchestration.bundle_files import BundleFiles
from include.orchestration.description import DagDescription

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from include.ports import CollectionStore, Fingerprint

BUNDLE: Final = "collections"
"""The bundle's name in Airflow's configuration."""

log = logging.getLogger(__name__)


class CollectionDagBundle(BaseDagBundle):
    """One generated file per collection that is active, paused or going.

    The dag-processor calls `refresh` every few seconds, and at once when somebody announces a change; tasks call
    `initialize` only. While the database is away the files, and so the DAGs, stay as they are.

    Args:
        path: The folder of the files.
        shared: Whether tasks see the dag-processor's folder; otherwise each worker writes its own files.
    """

    supports_versioning = False

    def __init__(self, *, path: str, shared: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self._path = Path(path)
        self._shared = shared
        self._files: BundleFiles | None = None
        self._shown: set[UUID] = set()

    @property
    def path(self) -> Path:
        """The folder of the files."""
        return self._path

    def get_current_version(self) -> None:
        """Files have no version of their own: a run pins its collection's version itself."""

    def initialize(self) -> None:
        """Make sure that the files are there: called by the dag-processor, and by every task."""
        if not self._shared or not self._path.exists():
            from include.wiring import platform

            with self.lock():
                collections = platform().collections
                write_changed(self._open(), collections, collections.fingerprints())
        super().initialize()

    def refresh(self) -> None:
        """Follow the record: write what changed, remove what is gone, start the runs that waited for their DAG."""
        import include.orchestration.factory  # noqa: F401  the processes that parse are forks of this one
        from include.orchestration.engine import AirflowEngine, running, shown
        from include.orchestration.run_watch import end_dead, trigger_waiting
        from include.wiring import platform

        files, at_hand, engine = self._open(), platform(), AirflowEngine()
        try:
            fingerprints = at_hand.collections.fingerprints()
            leaving = leaving_collections(files, fingerprints)
            # A run whose file is gone would wait for it for ever.
            for collection_id in leaving - running(leaving):
                files.remove(collection_id)
                if collection_id in fingerprints:
                    at_hand.collections.erase(collection_id)
                    log.info("collection %s is gone", collection_id)
            write_changed(files, at_hand.collections, fingerprints)
            files.touch_again()
            there = shown()
            for collection_id in (self._shown - there) & files.written.keys():
                # somebody deleted the DAG on Airflow's pages; its file did not change, and would be parsed in hours
                engine.announce(collection_id)
            self._shown = there
            end_dead(at_hand)
            trigger_waiting(at_hand, engine)
        except StoreUnavailable as error:
            log.warning("the collections' DAGs stay as they are: %s", error)

    def _open(self) -> BundleFiles:
        if self._files is None:
            self._files = BundleFiles(self._path)
        return self._files


def write_changed(files: BundleFiles, collections: CollectionStore, fingerprints: Mapping[UUID, Fingerprint]) -> None:
    """Write the files of every collection whose fingerprint is another than the one they were written from."""
    for collection_id, fingerprint in fingerprints.items():
        written = files.written.get(collection_id)
        going = fingerprint.state is CollectionState.DELETING
        if written == fingerprint or (going and collection_id not in files.written):
            continue
        try:
            files.write(DagDescription.of(collections.get(collection_id)))
        except NotFound:
            continue  # gone between the two questions; the next poll sees it
        except (ConfigurationInvalid, ValidationError):
            # One record that cannot be read shows as its own import error and holds up nobody else's.
            log.warning("the record of collection %s cannot be read", collection_id)
            reason = "the stored configuration cannot be read by this version of the platform; save it again"
            files.write(DagDescription(collection_id, None, fingerprint, broken=reason))


def leaving_collections(files: BundleFiles, fingerprints: Mapping[UUID, Fingerprint]) -> set[UUID]:
    """Find whose files are to go as soon as no run of theirs is active."""
    going = {each for each, known in fingerprints.items() if known.state is CollectionState.DELETING}
    return going | (files.written.keys() - fingerprints.keys())
