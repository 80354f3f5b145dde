"""Concepts, fields, units, standard terms; mapping."""
