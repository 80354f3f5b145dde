"""The real servers that the whole suite runs against."""

pytest_plugins = ["tests.postgres", "tests.elasticsearch"]
