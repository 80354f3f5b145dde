"""Opens Great Expectations quietly: no analytics, no progress bars, no log lines."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


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


@contextmanager
def open_batch(frame: pd.DataFrame) -> Iterator[Any]:
    """Give Great Expectations a frame, as a batch that can be validated; it is forgotten at the end of the block."""
    source = _source()
    try:
        yield source.get_asset("rows").get_batch_definition("all").get_batch({"dataframe": frame})
    finally:
        known = source.get_execution_engine().batch_manager
        known.reset_batch_cache()
        known.batch_data_cache.clear()


_mine = threading.local()


def _source() -> Any:
    """Give the thread's data source, in a context that lives in memory: to make one takes as long as to judge a batch.

    Without a site of Data Docs, which shows values of rows: by default each context makes a temporary folder for one.
    """
    if not hasattr(_mine, "source"):
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
        source = library.get_context(mode="ephemeral", project_config=quiet).data_sources.add_pandas("parts")
        source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
        _mine.source = source
    return _mine.source
