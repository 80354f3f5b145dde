"""Alembic's revisions of schema `cdmp`, oldest first; `migrate` runs them."""
