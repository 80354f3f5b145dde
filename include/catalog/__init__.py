"""Datasets, DCAT records, search documents."""
