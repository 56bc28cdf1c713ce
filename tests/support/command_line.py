"""Invocation of the `zarya` command in process, and fixtures of its databases.

A conftest makes the fixtures available by importing them.
"""

import pytest
from alembic import command
from typer.testing import CliRunner, Result

from app.cli.main import cli
from tests.support.databases import CreateDatabase, alembic_config


def run_zarya(*arguments: str) -> Result:
    """Run `zarya` with `arguments`; the result has its exit code and output."""
    return CliRunner().invoke(cli, arguments)


@pytest.fixture(scope="session")
def migrated_template_url(create_database: CreateDatabase) -> str:
    """URL of a database with empty tables. A template: copy it, do not open it."""
    url = create_database()
    command.upgrade(alembic_config(url), "head")
    return url


@pytest.fixture
def cli_database_url(create_database: CreateDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of a database without tables that the `zarya` command is configured for."""
    url = create_database()
    monkeypatch.setenv("ZARYA_DATABASE_URL", url)
    return url


@pytest.fixture
def cli_migrated_url(
    create_database: CreateDatabase, migrated_template_url: str, monkeypatch: pytest.MonkeyPatch
) -> str:
    """URL of a database with empty tables that the `zarya` command is configured for."""
    url = create_database(migrated_template_url)
    monkeypatch.setenv("ZARYA_DATABASE_URL", url)
    return url
