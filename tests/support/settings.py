"""Current settings of the test process."""

from collections.abc import Iterator

import pytest

from app.config import Settings, use_settings
from app.db.engines import sqlite


@pytest.fixture(scope="session", autouse=True)
def default_settings() -> Iterator[None]:
    """Default settings for code that tests call outside of requests and commands."""
    with use_settings(Settings()):
        yield


@pytest.fixture(scope="session", autouse=True)
def patient_reads() -> Iterator[None]:
    """Reads on the event loop that a busy machine delays are not run again in a thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "MAX_STATEMENT_WALL_SECONDS", 60.0)
        yield
