"""The directory in which several processes share their metrics.

Apart from `metrics`, because a supervisor of processes should not import Prometheus.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

MULTIPROC_DIR_ENV = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def share_metrics(workers: int) -> Iterator[None]:
    """Provide the directory to the processes that are started meanwhile, if there are several."""
    if workers == 1 or MULTIPROC_DIR_ENV in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="zarya-metrics-") as directory:
        os.environ[MULTIPROC_DIR_ENV] = directory
        yield
