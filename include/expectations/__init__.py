"""Curation suites; the only importer of great_expectations."""
