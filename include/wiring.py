"""The composition root: says which implementation serves which port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from include.anonymization_ports import Assess, KeyRing
from include.batch import Stage, Window
from include.cim_ports import CimStore, Definition
from include.collection.model import Collection
from include.collection.source import Source
from include.connectors.choose import choose_connector
from include.connectors.detection.inspect import inspect_source
from include.connectors.egress import Egress
from include.connectors.rest_trial import try_source
from include.errors import ConfigurationInvalid, Problem
from include.history_ports import DatasetHistory
from include.notification.mail import NoMailer, SmtpMailer
from include.notification_ports import Mailer, Outbox
from include.ports import (
    Clock,
    CollectionStore,
    Connector,
    DatasetStore,
    Inspector,
    Prober,
    RecordReader,
    SecretStore,
    Staging,
)
from include.quarantine_ports import QuarantineStore, ReviewedRuns
from include.search_ports import IndexQueue, RecordIndex, SearchIndex
from include.settings import Settings, load_settings
from include.storage.agreement import find_disagreements
from include.storage.assess_groups import assess_groups
from include.storage.cim_store import PostgresCimStore
from include.storage.collection_store import PostgresCollectionStore
from include.storage.connection import open_engine
from include.storage.dataset_history import PostgresDatasetHistory
from include.storage.dataset_store import PostgresDatasetStore
from include.storage.incoming_store import FileIncomingStore
from include.storage.index_queue import PostgresIndexQueue
from include.storage.key_ring import SealedKeyRing
from include.storage.leftovers import Janitor
from include.storage.outbox import PostgresOutbox
from include.storage.quarantine_store import SealedQuarantineStore
from include.storage.record_reader import PostgresRecordReader
from include.storage.records_elasticsearch import ElasticsearchRecords
from include.storage.records_postgres import PostgresRecords
from include.storage.run_store import PostgresRunStore
from include.storage.sample_store import SealedSampleStore
from include.storage.search_elasticsearch import ElasticsearchIndex
from include.storage.search_postgres import PostgresSearchIndex
from include.storage.secret_store import SealedSecretStore
from include.storage.staging import ParquetStaging
from include.storage.stored_definition import StoredDefinition
from include.storage.upload_store import FileUploadStore
from include.upload_ports import IncomingStore, Rehearsal, SampleStore, UploadStore

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Platform:
    """Every port but the two that only Airflow can serve (`Engine`, `Directory`)."""

    settings: Settings
    definition: Definition
    cim: CimStore
    collections: CollectionStore
    runs: ReviewedRuns
    uploads: UploadStore
    incoming: IncomingStore
    inspector: Inspector
    samples: SampleStore
    datasets: DatasetStore
    quarantine: QuarantineStore
    records: RecordReader
    history: DatasetHistory
    secrets: SecretStore
    keys: KeyRing
    staging: Staging
    index: SearchIndex
    record_index: RecordIndex
    index_queue: IndexQueue
    outbox: Outbox
    mailer: Mailer
    egress: Egress
    janitor: Janitor
    clock: Clock

    @property
    def prober(self) -> Prober:
        """Asks a source once, with its owner's secrets."""
        return lambda source, owner_id, window: try_source(
            source, self.egress, partial(self.secrets.reveal, owner_id), self.clock, window
        )

    @property
    def assess(self) -> Assess:
        """Holds a batch against a k-anonymity gate, over its whole dataset."""
        return partial(assess_groups, self.settings.loader_url, self.staging)

    @property
    def public_url(self) -> str:
        """Where people reach the platform, without the interface's prefix."""
        return self.settings.public_url

    @property
    def quarantine_for(self) -> timedelta:
        """How long rows wait in quarantine."""
        return self.settings.quarantine_for

    def disagreements(self, *, indexed: bool = True) -> Sequence[str]:
        """Say what of rows, batches, events, staging, uploads and index does not agree; see `find_disagreements`."""
        index = self.index if indexed else None
        return find_disagreements(self.janitor.engine, self.janitor, index, self.clock() + timedelta(seconds=1))

    def connector(self, source: Source, owner_id: str, window: Window | None = None) -> Connector:
        """Choose the reader of a source, with its owner's secrets at hand; see `choose_connector`."""
        reveal = partial(self.secrets.reveal, owner_id)
        return choose_connector(source, self.uploads, self.egress, reveal, self.clock, window)

    def publish_again(self, collection: Collection) -> None:
        """Bring the catalogue up to what the collection's dataset is now, and the index where it has no records."""
        from include.pipeline.index import index
        from include.pipeline.publish import publish

        if collection.config.mapper is None or collection.config.metadata is None:
            return
        concept = self.definition.concept(collection.config.mapper.concept)
        publish(collection.dataset_id, collection, concept, self.datasets, self.public_url, self.clock())
        if not collection.config.search.records:  # millions of them are nothing to wait for: `catch_up` does both
            index(self, collection.dataset_id)

    def rehearse(
        self,
        collection: Collection,
        *,
        rows: int | None = None,
        until: Stage = Stage.ANONYMIZED,
        shown: int = 20,
        appends: bool = False,
        given: pl.DataFrame | None = None,
    ) -> Rehearsal:
        """Show what a run would do; see the port `Rehearse`."""
        from include.pipeline.rehearse import (  # Great Expectations and Presidio: seconds, and seldom asked for
            GivenRows,
            rehearse,
        )

        config = collection.config
        if config.ingester is None:
            raise ConfigurationInvalid([Problem("ingester", "is missing", "Say where the rows come from")])
        return rehearse(
            collection,
            self.connector(config.ingester, collection.owner_id) if given is None else GivenRows(given),
            self.definition.concept(config.mapper.concept) if config.mapper is not None else None,
            self.staging,
            datasets=self.datasets if appends else None,
            secrets=self.secrets if appends else None,
            assess=self.assess if appends else None,
            rows=rows,
            until=until,
            shown=shown,
        )


def build_platform(settings: Settings) -> Platform:
    """Wire the platform for these settings. Opens no connection yet."""
    loader = open_engine(settings.loader_url)
    reader = open_engine(settings.reader_url)
    secrets = SealedSecretStore(loader, settings.master_keys)
    staging = ParquetStaging(settings.staging)
    definition = StoredDefinition(loader)
    return Platform(
        settings=settings,
        definition=definition,
        cim=PostgresCimStore(loader, definition),
        collections=PostgresCollectionStore(loader),
        runs=PostgresRunStore(loader),
        uploads=FileUploadStore(settings.uploads, loader),
        incoming=FileIncomingStore(settings.uploads, loader, settings.upload_most, settings.upload_quota),
        inspector=inspect_source,
        samples=SealedSampleStore(loader, secrets),
        datasets=PostgresDatasetStore(loader, settings.loader_url, staging, secrets),
        quarantine=SealedQuarantineStore(loader, secrets),
        records=PostgresRecordReader(reader),
        history=PostgresDatasetHistory(loader, settings.loader_url),
        secrets=secrets,
        keys=SealedKeyRing(loader, secrets),
        staging=staging,
        index=ElasticsearchIndex(settings.elasticsearch_url)
        if settings.elasticsearch_url
        else PostgresSearchIndex(loader),
        record_index=ElasticsearchRecords(settings.elasticsearch_url)
        if settings.elasticsearch_url
        else PostgresRecords(loader),
        index_queue=PostgresIndexQueue(loader),
        outbox=PostgresOutbox(loader),
        mailer=SmtpMailer(settings.smtp_url, settings.mail_sender) if settings.smtp_url else NoMailer(),
        egress=Egress(settings.egress_allow),
        janitor=Janitor(loader, settings.staging, settings.uploads, settings.bundle),
        clock=lambda: datetime.now(UTC),
    )


@cache
def platform() -> Platform:
    """The process's platform, built when first asked for."""
    return build_platform(load_settings())
