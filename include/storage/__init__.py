"""PostgreSQL, Elasticsearch, staging, secrets."""
