"""The `zarya` command: effects, output and exit status."""

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

from app.resources.write_steps import build_database
from tests.support.command_line import run_zarya
from tests.support.servers import free_port


@pytest.mark.slow
def test_migrate_load_check(cli_database_url: str) -> None:
    assert run_zarya("migrate").exit_code == 0
    first, second = run_zarya("load"), run_zarya("load")
    assert "1810 records created, 0 updated, 0 unchanged" in first.stderr
    assert "0 records created, 0 updated, 1810 unchanged" in second.stderr
    checked = run_zarya("load", "--check")
    assert (checked.exit_code, checked.stderr) == (0, "No problems found.\n")
    assert "active" not in run_zarya("keys", "list").stdout  # there is no default key
    run_zarya("keys", "create", "--name", "First", "--scope", "audit:read")
    assert "active" in run_zarya("keys", "list").stdout

    database = build_database(cli_database_url)
    with database.session() as session:
        session.execute(text("DELETE FROM flights WHERE id = (SELECT min(id) FROM flights)"))
        session.execute(text("DELETE FROM search_documents"))
    database.close()
    checked = run_zarya("load", "--check")
    assert checked.exit_code == 1
    assert "problems." in checked.stderr
    assert (
        "1786 records are missing or outdated in the search index: zarya reindex" in checked.stderr
    )

    assert run_zarya("migrate").exit_code == 0  # rebuilds a missing search index
    assert "search" not in run_zarya("load", "--check").stderr
    assert "1786 records indexed." in run_zarya("reindex").stderr
    assert "search" not in run_zarya("load", "--check").stderr
    if cli_database_url.startswith("postgresql"):
        database = build_database(cli_database_url)
        with database.snapshot() as reader:
            assert reader.scalar(_VACUUMED) == 1
        database.close()


_INDEX = table("pg_stat_user_tables", column("relname"), column("vacuum_count"))
_VACUUMED = select(_INDEX.c.vacuum_count).where(_INDEX.c.relname == "search_index")


@pytest.mark.usefixtures("cli_database_url")
def test_openapi_prints_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZARYA_PUBLIC_URL", "https://portal.example")
    document = json.loads(run_zarya("openapi").stdout)
    assert document["info"]["title"] == "Zarya"
    assert document["servers"][0]["url"] == "https://portal.example"
    assert "/v1/missions/{slug}/page" in document["paths"]


@pytest.mark.parametrize("command", [["load"], ["load", "--check"]])
def test_load_without_tables_prints_one_line(cli_database_url: str, command: list[str]) -> None:
    result = run_zarya(*command)
    assert result.exit_code == 2
    assert "cannot be used" in result.stderr
    assert cli_database_url


def test_migrate_without_database_hides_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZARYA_DATABASE_URL", "postgresql://zarya:secret@127.0.0.1:1/zarya")
    result = run_zarya("migrate")
    assert result.exit_code == 2
    assert "cannot be used" in result.stderr
    assert "secret" not in result.output


def test_invalid_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZARYA_TIME_ZONE", "Mars")
    result = run_zarya("migrate")
    assert result.exit_code == 2
    assert "ZARYA_TIME_ZONE" in result.stderr


def test_version_is_printed() -> None:
    assert run_zarya("--version").stdout == "zarya 0.1.0\n"


def imported_modules(statement: str) -> set[str]:
    """Names of the modules that a process has imported after `statement`."""
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return set(result.stdout.decode().split())


SERVER_MODULES = {"fastapi", "prometheus_client", "pydantic", "rich", "sqlalchemy", "starlette"}
"""Modules that only workers need, or other commands."""


def test_supervisor_and_serve_command_import_little() -> None:
    supervisor, command = map(imported_modules, ("import app.cli.server", "import app.cli.main"))
    assert (supervisor | command) & SERVER_MODULES == set()
    assert "typer" not in supervisor
    assert {name for name in supervisor if name.split(".")[0] == "app"} == {
        "app",
        "app.cli",
        "app.cli.server",
        "app.domain",
        "app.domain.bounded_cache",
        "app.http",
        "app.http.logging",
        "app.http.metrics_directory",
        "app.http.redaction",
    }
    assert {name for name in command if name.split(".")[0] == "app"} == {
        "app",
        "app.cli",
        "app.cli.main",
        "app.cli.processes",
    }
    assert imported_modules("import app.cli.settings") & SERVER_MODULES == {"pydantic"}
    assert "typer" in command


COSTLY = {
    "alembic",
    "markdown_it",
    "nh3",
    "openpyxl",
    "pyarrow",
    "rich",
    "typer",
    "app.ingest.dataset",
}


@pytest.mark.slow
def test_serve_imports_no_modules_of_other_commands() -> None:
    """Each of them takes megabytes in every worker. The other commands do import them."""
    served = imported_modules("from app.cli.server import create_served_app as f; f()")
    assert served & COSTLY == set()
    assert served >= SERVER_MODULES - {"rich"}
    others = imported_modules("import app.cli.commands")
    assert others & COSTLY >= {"alembic", "rich", "typer", "app.ingest.dataset"}


def test_serve_stops_if_prepare_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = os.environ | {"ZARYA_DATABASE_URL": f"sqlite:///{tmp_path}/file/archive.db"}
    command = [str(Path(sys.executable).with_name("zarya")), "serve", "--prepare"]
    result = subprocess.run(
        command, check=False, env=environment, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 2
    assert "cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


def test_serve_prepares_database_and_stops_on_sigterm(tmp_path: Path) -> None:
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
            mission = get_json(f"http://127.0.0.1:{port}/v1/missions/iss-59", server)
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) in {0, -signal.SIGTERM}
        output = server.stderr.read() if server.stderr else ""
    assert mission["url"] == f"http://127.0.0.1:{port}/v1/missions/iss-59"
    assert output.count(f"http://127.0.0.1:{port}/") == 3


def get_json(url: str, server: subprocess.Popen[str]) -> dict[str, object]:
    """JSON response of the server, as soon as it accepts connections."""
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url) as response:
                content: dict[str, object] = json.load(response)
                return content
        except URLError:
            time.sleep(0.1)
    pytest.fail("the server did not answer")
