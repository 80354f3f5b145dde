"""Plan, methods and keys; the only importer of presidio."""
