"""The platform's own tables: schema `cdmp`. Dataset tables (schema `data`) are made from concepts, see `table`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

PLATFORM: Final = "cdmp"
DATA: Final = "data"
LOADER: Final = "cdmp_loader"
"""The role that writes. `READER`: the role that reads datasets, row by row permitted, and nothing else."""
READER: Final = "cdmp_reader"

metadata = MetaData(
    schema=PLATFORM,
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    },
)

Moment: Final = DateTime(timezone=True)

# Configurations are JSON and not JSONB: the order in which their owner wrote them survives.
collection = Table(
    "collection",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("owner_id", Text, nullable=False),
    Column("owner_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("dataset_id", Uuid, nullable=False, unique=True),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    CheckConstraint("state IN ('draft', 'active', 'paused', 'deleting')", name="state"),
    Index("collection_created_idx", "created", "id"),
    Index("collection_owner_idx", "owner_id", "created", "id"),
)

collection_version = Table(
    "collection_version",
    metadata,
    Column("collection_id", ForeignKey("cdmp.collection.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("config", JSON, nullable=False),
    Column("saved", Moment, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("collection_id", ForeignKey("cdmp.collection.id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", Text, primary_key=True, comment="Airflow's"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked", Boolean, nullable=False, comment="by a person or program; else by its schedule"),
    Column("triggered", Boolean, nullable=False, server_default=false(), comment="Airflow has it"),
    Column("requested_by", Text),
    Column("queued", Moment, nullable=False),
    Column("started", Moment),
    Column("finished", Moment),
    Column("batch_id", Uuid),
    Column("report", JSON(none_as_null=True)),
    Column("failure", JSON(none_as_null=True)),
    Column("note", Text),
    Column("window_start", Moment, comment="the span of time that was asked for, where one was"),
    Column("window_end", Moment),
    Column("replay", JSON(none_as_null=True), comment="the rows in quarantine that were asked for, where some were"),
    Column("review", JSON(none_as_null=True), comment="what a person decided on a batch that a rule held"),
    CheckConstraint(
        "state IN ('queued', 'running', 'awaiting-review', 'succeeded', 'failed', 'unchanged', 'rejected')",
        name="state",
    ),
    Index("run_queued_idx", "collection_id", "queued"),
)
Index(
    "run_one_asked_idx",
    run.c.collection_id,
    unique=True,
    postgresql_where=text("asked AND state IN ('queued', 'running', 'awaiting-review')"),
)

run_stage = Table(
    "run_stage",
    metadata,
    Column("collection_id", Uuid, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("task", Text, primary_key=True),
    Column("started", Moment, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("notes", ARRAY(Text), nullable=False, server_default="{}"),
    ForeignKeyConstraint(
        ["collection_id", "run_id"], ["cdmp.run.collection_id", "cdmp.run.run_id"], ondelete="CASCADE"
    ),
)

upload = Table(
    "upload",
    metadata,
    Column("id", Text, primary_key=True, comment="sha256 of the bytes"),
    Column("owner_id", Text, primary_key=True),
    Column("name", Text, nullable=False, comment="what the owner calls the file; never a path"),
    Column("bytes", BigInteger, nullable=False),
    Column("stored", Moment, nullable=False, server_default=func.now()),
    Column("expires", Moment, comment="when it goes, unless a collection reads it"),
    Index("upload_owner_idx", "owner_id", "stored", "id"),
)

incoming = Table(
    "incoming",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("name", Text, nullable=False, comment="what the owner calls the file; never a path"),
    Column("media_type", Text, comment="as the client says"),
    Column("bytes", BigInteger, nullable=False, comment="the length of the whole"),
    Column("sha256", Text, comment="of the whole, as the client says"),
    Column("again", Boolean, nullable=False, comment="content that is there already is welcome"),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("finished", Moment),
    Column("upload", Text, comment="what it became"),
    Index("incoming_owner_idx", "owner_id"),
)

sample = Table(
    "sample",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("upload", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="what was found out, encrypted: it has examples"),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
)

# A dataset outlives its collection: no foreign key.
dataset = Table(
    "dataset",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("collection_id", Uuid, nullable=False),
    Column("owner_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("concept", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("first", Moment),
    Column("last", Moment),
    Column("updated", Moment, nullable=False),
    Column("cursor", Text, comment="where the last batch of an incremental source ended"),
    Column("dcat", JSON(none_as_null=True)),
    Column("loads", BigInteger, nullable=False, server_default="0", comment="the last number that a load was given"),
    Index("dataset_owner_idx", "owner_id", "id"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dataset_id", ForeignKey("cdmp.dataset.id"), nullable=False),
    Column("run_id", Text, nullable=False),
    Column("source_digest", Text, nullable=False),
    Column("rows_loaded", BigInteger, nullable=False),
    Column("rows_already_there", BigInteger, nullable=False),
    Column("rows_quarantined", BigInteger, nullable=False),
    Column("cursor", Text),
    Column("source_columns", JSON(none_as_null=True), comment="every column that the source has had so far"),
    Column("lineage", JSON(none_as_null=True), comment="how each field came about; no values of rows"),
    Column("committed", Moment, nullable=False),
    Column("cim_version", Integer, comment="of the CIM that its rows were mapped to"),
    Column("number", BigInteger, nullable=False, comment="its place among the loads of the dataset, as committed"),
    Column("rows_replaced", BigInteger, nullable=False, server_default="0", comment="of earlier batches, by its rows"),
    Column("rows_removed", BigInteger, nullable=False, server_default="0", comment="of earlier batches, by its span"),
    Index("batch_content_idx", "dataset_id", "source_digest", unique=True),
    Index("batch_number_idx", "dataset_id", "number", unique=True),
    Index("batch_committed_idx", "dataset_id", "committed", "id"),
)

# What became of batches that were taken back: their own records are gone with them.
batch_rollback = Table(
    "batch_rollback",
    metadata,
    Column("dataset_id", ForeignKey("cdmp.dataset.id", ondelete="CASCADE"), primary_key=True),
    Column("number", BigInteger, primary_key=True, comment="the batch's"),
    Column("batch_id", Uuid, nullable=False),
    Column("run_id", Text, comment="that had loaded it"),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False, comment="the user"),
    Column("note", Text, nullable=False, server_default=""),
    Column("rows_removed", BigInteger, nullable=False),
    Column("rows_restored", BigInteger, nullable=False),
    Index("batch_rollback_batch_idx", "batch_id"),
)

quarantine_row = Table(
    "quarantine_row",
    metadata,
    Column("batch_id", ForeignKey("cdmp.batch.id", ondelete="CASCADE"), primary_key=True),
    Column("row_id", BigInteger, primary_key=True),
    Column("dataset_id", Uuid, nullable=False),
    Column("reasons", Text, nullable=False, comment="JSON: a list of {field, rule}"),
    Column(
        "sealed", LargeBinary, nullable=False, comment="the row as it was read, or as its owner edited it, encrypted"
    ),
    Column("original", LargeBinary, comment="where it was edited: the row as it was read, encrypted"),
    Column("revision", Integer, nullable=False, server_default="0", comment="counts the edits"),
    Column("edited", Moment),
    Column("edited_by", Text),
    Index("quarantine_row_dataset_idx", "dataset_id", "batch_id", "row_id"),
)

# What became of rows that have left; one for each time that some did.
quarantine_departure = Table(
    "quarantine_departure",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dataset_id", ForeignKey("cdmp.dataset.id", ondelete="CASCADE"), nullable=False),
    Column("what", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Text, comment="the user; null: the platform"),
    Column("rows_left", BigInteger, nullable=False),
    Column("rows_loaded", BigInteger, nullable=False, server_default="0"),
    Column("rows_back", BigInteger, nullable=False, server_default="0", comment="tried, and back with new reasons"),
    Column("run_id", Text),
    Column("note", Text, nullable=False, server_default=""),
    CheckConstraint("what IN ('replayed', 'released', 'discarded', 'expired')", name="what"),
    Index("quarantine_departure_at_idx", "dataset_id", "at", "id"),
    Index("quarantine_departure_run_idx", "dataset_id", "run_id", unique=True),
)

counted = Table(
    "counted",
    metadata,
    Column("place", BigInteger, Identity(always=True), primary_key=True, comment="the last batch has the largest"),
    Column("batch_id", ForeignKey("cdmp.batch.id", ondelete="CASCADE"), nullable=False),
    Column("dataset_id", ForeignKey("cdmp.dataset.id", ondelete="CASCADE"), nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="what each counter had counted then, as Parquet, encrypted"),
    Index("counted_dataset_idx", "dataset_id", "place"),
    Index("counted_batch_idx", "batch_id"),
)

secret = Table(
    "secret",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("subject", Uuid, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("sealed", LargeBinary),
    Column("created", Moment, nullable=False, server_default=func.now()),
    Column("shredded", Moment, comment="when the key was destroyed"),
    CheckConstraint("(sealed IS NULL) = (shredded IS NOT NULL)", name="there"),
)

owner_secret = Table(
    "owner_secret",
    metadata,
    Column("owner_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False, comment="of the master key that sealed it"),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
)

# JSON and not JSONB: fields have their order. The loader adds versions, and can change none.
cim_version = Table(
    "cim_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("definition", JSON, nullable=False, comment="concept → as its YAML"),
    Column("shipped", JSON(none_as_null=True), comment="the platform's own concepts, where they made this version"),
    Column("made", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("changes", ARRAY(Text), nullable=False),
    Column("reason", Text, nullable=False),
    Column("extension_id", Uuid),
)

cim_extension = Table(
    "cim_extension",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("proposal", JSON, nullable=False),
    Column("proposer_id", Text, nullable=False),
    Column("proposer_name", Text, nullable=False),
    Column("proposed", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reviewer_name", Text),
    Column("reviewed", Moment),
    Column("into", Text, comment="what it was merged into: concept.field"),
    Column("reason", Text, nullable=False),
    Column("version", Integer, comment="of the CIM that it made"),
    CheckConstraint("state IN ('proposed', 'accepted', 'merged', 'rejected', 'withdrawn')", name="state"),
    Index("cim_extension_proposed_idx", "proposed", "id"),
    Index("cim_extension_proposer_idx", "proposer_id", "proposed", "id"),
)

search_document = Table(
    "search_document",
    metadata,
    Column("dataset_id", Uuid, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("words", TSVECTOR, nullable=False),
    Index("search_document_words_idx", "words", postgresql_using="gin"),
)

search_record = Table(
    "search_record",
    metadata,
    Column("index_id", Uuid, primary_key=True),
    Column("id", Text, primary_key=True, comment="of the row: made of its key"),
    Column("row", JSONB, nullable=False, comment="what readers of the dataset see of it"),
    Column("words", TSVECTOR, nullable=False),
    Index("search_record_words_idx", "words", postgresql_using="gin"),
)

record_index = Table(
    "record_index",
    metadata,
    Column("dataset_id", Uuid, primary_key=True),
    Column("index_id", Uuid, comment="which searches answer from"),
    Column("beside_id", Uuid, comment="which is being filled, and takes its place"),
    Column("filling", JSON(none_as_null=True), comment="how far that is, or what is added"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("recipient_id", Text, nullable=False),
    Column("facts", JSON, nullable=False, comment="names and counts, never values of rows"),
    Column("created", Moment, nullable=False),
    Column("delivered", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Moment, nullable=False),
    Column("reason", Text, comment="why the last attempt failed"),
)
Index("outbox_pending_idx", outbox.c.not_before, postgresql_where=outbox.c.delivered.is_(None))
