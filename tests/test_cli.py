"""The command: what it does, what it says, and its exit status."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from sqlalchemy import column, select, table, text

from app.config import get_settings
from app.resources.write_steps import build_database
from tests.support.command_line import run_zarya
from tests.support.servers import free_port


def test_migrate_load_check(cli_database_url: str) -> None:
    assert run_zarya("migrate").exit_code == 0
    first, second = run_zarya("load"), run_zarya("load")
    assert "1739 records created, 0 updated, 0 unchanged" in first.stderr
    assert "0 records created, 0 updated, 1739 unchanged" in second.stderr
    checked = run_zarya("load", "--check")
    assert (checked.exit_code, checked.stderr) == (0, "The archive is sound.\n")

    database = build_database(cli_database_url)
    with database.session() as session:
        session.execute(text("DELETE FROM flights WHERE id = (SELECT min(id) FROM flights)"))
        session.execute(text("DELETE FROM search_documents"))
    database.close()
    checked = run_zarya("load", "--check")
    assert checked.exit_code == 1
    assert "problems." in checked.stderr
    assert (
        "1715 records are missing or outdated in the search index: zarya reindex" in checked.stderr
    )

    assert run_zarya("migrate").exit_code == 0  # which fills an index that is empty
    assert "search" not in run_zarya("load", "--check").stderr
    assert "1715 records can be found." in run_zarya("reindex").stderr
    assert "search" not in run_zarya("load", "--check").stderr
    if cli_database_url.startswith("postgresql"):
        database = build_database(cli_database_url)
        with database.snapshot() as reader:
            assert reader.scalar(_VACUUMED) == 1
        database.close()


_INDEX = table("pg_stat_user_tables", column("relname"), column("vacuum_count"))
_VACUUMED = select(_INDEX.c.vacuum_count).where(_INDEX.c.relname == "search_index")


def test_openapi_is_a_document(cli_database_url: str) -> None:
    document = json.loads(run_zarya("openapi").stdout)
    assert document["info"]["title"] == "Zarya"
    assert "/v1/missions/{slug}/page" in document["paths"]
    assert cli_database_url


@pytest.mark.parametrize("command", [["load"], ["load", "--check"]])
def test_a_database_without_tables_is_told_in_a_line(
    cli_database_url: str, command: list[str]
) -> None:
    result = run_zarya(*command)
    assert result.exit_code == 2
    assert "cannot be used" in result.stderr
    assert cli_database_url


def test_a_database_that_does_not_answer_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZARYA_DATABASE_URL", "postgresql://zarya:secret@127.0.0.1:1/zarya")
    get_settings.cache_clear()
    result = run_zarya("migrate")
    get_settings.cache_clear()
    assert result.exit_code == 2
    assert "cannot be used" in result.stderr
    assert "secret" not in result.output


def test_a_bad_setting_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZARYA_TIME_ZONE", "Mars")
    result = run_zarya("migrate")
    assert result.exit_code == 2
    assert "ZARYA_TIME_ZONE" in result.stderr


COSTLY = {"alembic", "markdown_it", "nh3", "openpyxl", "pyarrow", "app.ingest.dataset"}


def test_serving_loads_nothing_that_only_other_commands_need() -> None:
    """Each of them is megabytes in each worker; the control is that the others load them."""

    def loaded(by: str) -> set[str]:
        code = f"import sys, app.cli; {by}; print(*sys.modules)"
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        return COSTLY & set(told.stdout.decode().split())

    assert loaded("app.cli.create_served_app()") == set()
    assert loaded("app.cli._load_other_commands()") >= {"alembic", "app.ingest.dataset"}


def test_nothing_is_served_that_could_not_be_prepared(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = os.environ | {"ZARYA_DATABASE_URL": f"sqlite:///{tmp_path}/file/archive.db"}
    command = [str(Path(sys.executable).with_name("zarya")), "serve", "--prepare"]
    told = subprocess.run(
        command, check=False, env=environment, capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 2
    assert "cannot be used" in told.stderr
    assert "Traceback" not in told.stderr


def test_serve_prepares_answers_and_ends(tmp_path: Path) -> None:
    port = free_port()
    environment = os.environ | {"ZARYA_DATABASE_URL": f"sqlite:///{tmp_path}/archive.db"}
    command = [
        str(Path(sys.executable).with_name("zarya")),
        "serve",
        "--prepare",
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            mission = answer(f"http://127.0.0.1:{port}/v1/missions/iss-59", server)
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) in {0, -signal.SIGTERM}
        said = server.stderr.read() if server.stderr else ""
    assert mission["url"] == f"http://127.0.0.1:{port}/v1/missions/iss-59"
    assert said.count(f"http://127.0.0.1:{port}/") == 3


def answer(address: str, server: subprocess.Popen[str]) -> dict[str, object]:
    """What the server says, as soon as it says something."""
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(address) as response:  # noqa: S310 - an address of our own
                found: dict[str, object] = json.load(response)
                return found
        except URLError:
            time.sleep(0.1)
    pytest.fail("the server did not answer")
