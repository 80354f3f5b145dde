"""The real servers that the whole suite runs against, and what holds for every property test."""

from hypothesis import settings

pytest_plugins = ["tests.postgres", "tests.elasticsearch", "tests.workers"]

# the same cases every time, however busy the machine: a failure is always somebody's change
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")
