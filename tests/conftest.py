"""Fixtures of the whole suite: the real servers that it runs against."""

from tests.elasticsearch import elasticsearch_url as elasticsearch_url
from tests.postgres import database as database
from tests.postgres import empty_database as empty_database
from tests.postgres import postgres_server as postgres_server
