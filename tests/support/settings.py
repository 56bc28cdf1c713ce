"""Current settings of the test process."""

from collections.abc import Iterator

import pytest

from app.config import Settings, use_settings


@pytest.fixture(scope="session", autouse=True)
def default_settings() -> Iterator[None]:
    """Default settings for code that tests call outside of requests and commands."""
    with use_settings(Settings()):
        yield
