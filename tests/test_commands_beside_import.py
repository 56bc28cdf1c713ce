"""Commands and the start of the service beside an import, which runs in its own process."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest
from sqlalchemy import func, select

from app.db.database import Database
from app.db.models import Person
from app.resources.write_steps import build_database
from tests.support.command_line import run_zarya
from tests.support.databases import CreateDatabase
from tests.support.servers import ZARYA_COMMAND, free_port, is_up, wait_for

ENTRY_COUNT = 20_000
"""More than an import writes during a test."""


@pytest.fixture
def importing(
    create_database: CreateDatabase,
    archive_template_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Popen[bytes]]:
    """Process of an import into a copy of the embedded archive, the database of the settings."""
    url = create_database(archive_template_url)
    monkeypatch.setenv("ZARYA_DATABASE_URL", url)
    entries = tmp_path / "people.ndjson"
    lines = (
        json.dumps({"type": "person", "data": {"name": f"Imported {number}"}})
        for number in range(ENTRY_COUNT)
    )
    entries.write_text("\n".join(lines))
    command = [ZARYA_COMMAND, "import", "ndjson", str(entries)]
    with (
        closing(build_database(url)) as database,
        Popen(command, stdout=DEVNULL, stderr=DEVNULL) as process,
    ):
        try:
            wait_for(lambda: count_imported(database), 60)
            yield process
        finally:
            process.kill()


def count_imported(database: Database) -> int:
    """Number of people that the import has written."""
    with database.snapshot() as reader:
        imported = select(func.count()).where(Person.slug.startswith("imported-"))
        return reader.scalar(imported) or 0


@pytest.mark.slow
def test_service_starts_and_commands_end_while_an_import_runs(
    importing: Popen[bytes], tmp_path: Path
) -> None:
    port = free_port()
    command = [ZARYA_COMMAND, "serve", "--prepare", "--port", str(port)]
    with Popen(command, stdout=DEVNULL, stderr=DEVNULL) as server:
        try:
            for arguments in (["load"], ["recount"], ["backup", str(tmp_path / "during.backup")]):
                result = run_zarya(*arguments)
                assert (arguments, result.exit_code) == (arguments, 0)
            wait_for(lambda: is_up(f"http://127.0.0.1:{port}") or server.poll() is not None, 60)
            assert server.poll() is None
        finally:
            server.kill()
    assert importing.poll() is None  # positive control: the import ran all the time
