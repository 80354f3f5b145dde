"""Opens Great Expectations quietly: no analytics, no progress bars, no log lines."""

from __future__ import annotations

import logging
import os
from typing import Any


def load_library() -> Any:
    """Import Great Expectations (2–3 s the first time) with our own metrics and expectations; gives the module.

    Its loggers are cut off from ours: what it logs about a failed check may quote the value that failed.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logger = logging.getLogger("great_expectations")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    import great_expectations

    # each registers what it has with the library
    from include.expectations import batch_rules, pair_rules, patterns, series_rules  # noqa: F401

    return great_expectations


def open_context() -> Any:
    """Make a context that lives in memory and forgets every frame when it goes out of scope.

    Without a site of Data Docs, which shows values of rows: by default each context makes a temporary folder for one.
    """
    library = load_library()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    quiet = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    return library.get_context(mode="ephemeral", project_config=quiet)
