"""The `zarya` command: effects, output and exit status."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from alembic import command
from sqlalchemy import column, select, table, text

from app.cli.start_checks import (
    IN_USE_EXIT_STATUS,
    USAGE_EXIT_STATUS,
    check_address,
    check_database,
    describe_address_error,
)
from app.config import Settings
from app.resources.write_steps import build_database
from tests.support.command_line import run_zarya
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.servers import ZARYA_COMMAND, free_port
from tools.manual import FILE, render_manual


@pytest.mark.slow
def test_migrate_load_check(cli_database_url: str) -> None:
    assert run_zarya("migrate").exit_code == 0
    first, second = run_zarya("load"), run_zarya("load")
    assert "3995 records created, 0 updated, 0 unchanged" in first.stderr
    assert "0 records created, 0 updated, 3995 unchanged" in second.stderr
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
        "3995 records are missing or outdated in the search index: zarya reindex" in checked.stderr
    )

    assert run_zarya("migrate").exit_code == 0  # rebuilds a missing search index
    assert "search" not in run_zarya("load", "--check").stderr
    assert "3995 records indexed." in run_zarya("reindex").stderr
    assert "search" not in run_zarya("load", "--check").stderr
    if cli_database_url.startswith("postgresql"):
        database = build_database(cli_database_url)
        with database.snapshot() as reader:
            assert reader.scalar(_VACUUMED) == 1
        database.close()


_INDEX = table("pg_stat_user_tables", column("relname"), column("vacuum_count"))
_VACUUMED = select(_INDEX.c.vacuum_count).where(_INDEX.c.relname == "search_index")


@pytest.mark.slow
@pytest.mark.usefixtures("cli_database_url")
def test_openapi_prints_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZARYA_PUBLIC_URL", "https://portal.example")
    document = json.loads(run_zarya("openapi").stdout)
    assert document["info"]["title"] == "Zarya"
    assert document["servers"][0]["url"] == "https://portal.example"
    assert "/v1/missions/{slug}/page" in document["paths"]


@pytest.mark.parametrize("arguments", [["load"], ["load", "--check"]])
def test_load_without_tables_prints_one_line(cli_database_url: str, arguments: list[str]) -> None:
    result = run_zarya(*arguments)
    assert result.exit_code == os.EX_UNAVAILABLE
    assert "cannot be used: no-tables" in result.stderr
    assert "zarya migrate" in result.stderr
    assert cli_database_url


def test_migrate_without_database_hides_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZARYA_DATABASE_URL", "postgresql://zarya:secret@127.0.0.1:1/zarya")
    result = run_zarya("migrate")
    assert result.exit_code == os.EX_UNAVAILABLE
    assert "cannot be used: unreachable" in result.stderr
    assert "secret" not in result.output


def test_invalid_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZARYA_TIME_ZONE", "Mars")
    result = run_zarya("migrate")
    assert result.exit_code == 2
    assert "ZARYA_TIME_ZONE" in result.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ZARYA_DATABSE_URL", "no such setting. Did you mean ZARYA_DATABASE_URL?"),
        ("zarya_read_thread", "no such setting. Did you mean ZARYA_READ_THREADS?"),
        ("ZARYA_XYZZY", "no such setting. See docs/settings.md."),
        ("ZARYA_PORT", "no such setting."),
    ],
)
def test_unknown_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.setenv(name, "9000")
    result = run_zarya("sources", "presets")
    assert result.exit_code == 2
    assert f"{name}: {message}" in result.stderr


def test_variables_of_kubernetes_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ZARYA_SERVICE_HOST": "10.0.0.1",
        "ZARYA_SERVICE_PORT_HTTP": "8000",
        "ZARYA_PORT": "tcp://10.0.0.1:8000",
        "ZARYA_PORT_8000_TCP_ADDR": "10.0.0.1",
        "zarya_read_threads": "2",  # settings ignore the case
    }.items():
        monkeypatch.setenv(name, value)
    assert run_zarya("sources", "presets").exit_code == 0


def exit_status_of(check: Callable[[], None]) -> object:
    """Exit status that `check` raises; None if it does not."""
    try:
        check()
    except SystemExit as error:
        return error.code
    return None


def test_address_is_checked_before_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert exit_status_of(lambda: check_address("127.0.0.1", port)) == IN_USE_EXIT_STATUS
    line = capsys.readouterr().err
    assert line == f"Port {port} of 127.0.0.1 is in use. Choose another: --port.\n"
    assert exit_status_of(lambda: check_address("127.0.0.1", port)) is None
    assert exit_status_of(lambda: check_address("192.0.2.1", port)) == USAGE_EXIT_STATUS
    assert exit_status_of(lambda: check_address("no.host.invalid", port)) == USAGE_EXIT_STATUS
    status, line = describe_address_error("::", 80, PermissionError(errno.EACCES, "denied"))
    assert (status, line) == (os.EX_NOPERM, "No permission to listen on port 80 of ::.")


@pytest.mark.slow
def test_database_is_checked_before_the_start(
    create_database: CreateDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    url = create_database()

    def check() -> object:
        return exit_status_of(lambda: check_database(Settings(database_url=url)))

    assert check() == os.EX_UNAVAILABLE
    assert "zarya migrate" in capsys.readouterr().err
    command.upgrade(alembic_config(url), "head")
    assert check() is None
    assert capsys.readouterr().err == ""
    with closing(build_database(url)) as database, database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert check() == os.EX_UNAVAILABLE
    assert "at revision 0001" in capsys.readouterr().err


def test_server_starts_although_the_database_is_away(
    postgresql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It recovers with the database. Wrong credentials need a change of the settings."""
    away = Settings(database_url="postgresql://zarya:secret@127.0.0.1:1/zarya")
    assert exit_status_of(lambda: check_database(away)) is None
    line = capsys.readouterr().err
    assert "unreachable" in line
    assert "secret" not in line
    ghost = Settings(database_url=postgresql_url.replace("postgres:", "ghost:", 1))
    assert exit_status_of(lambda: check_database(ghost)) == os.EX_UNAVAILABLE
    assert "wrong-credentials" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_server_ends_if_the_application_cannot_start(tmp_path: Path, workers: int) -> None:
    url = f"sqlite:///{tmp_path}/archive.db"
    command.upgrade(alembic_config(url), "head")
    environment = os.environ | {
        "ZARYA_DATABASE_URL": url,
        "ZARYA_RATE_LIMIT_URL": "redis://:hunter2@localhost:port",
    }
    serve = [ZARYA_COMMAND, "serve", "--port", str(free_port()), "--workers", str(workers)]
    result = subprocess.run(
        serve, check=False, env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 3
    assert "The application cannot start: ConfigurationError" in result.stderr
    assert "Traceback" not in result.stderr
    assert "hunter2" not in result.stdout + result.stderr


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
    "feedparser",
    "markdown_it",
    "markdownify",
    "nh3",
    "openpyxl",
    "psycopg",
    "pyarrow",
    "rich",
    "typer",
    "app.ingest.dataset",
}


@pytest.mark.slow
def test_manual_page_is_current() -> None:
    assert FILE.read_text() == render_manual(), "Run `make manual`."
    assert ".SS zarya keys rotate" in render_manual()


@pytest.mark.slow
def test_completion_of_commands() -> None:
    typed = {"_ZARYA_COMPLETE": "complete_bash", "COMP_WORDS": "zarya keys ro", "COMP_CWORD": "2"}
    run = subprocess.run(ZARYA_COMMAND, env=os.environ | typed, capture_output=True, check=True)
    assert run.stdout.split() == [b"rotate"]


@pytest.mark.slow
def test_serve_imports_no_modules_of_other_commands() -> None:
    """Each of them takes megabytes in every worker. The other commands do import them."""
    served = imported_modules("from app.cli.server import create_served_app as f; f()")
    assert served & COSTLY == set()
    assert served >= SERVER_MODULES - {"rich"}
    others = imported_modules("import app.cli.commands")
    assert others & COSTLY >= {"alembic", "rich", "typer", "app.ingest.dataset"}


@pytest.mark.slow
def test_serve_stops_if_prepare_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = os.environ | {"ZARYA_DATABASE_URL": f"sqlite:///{tmp_path}/file/archive.db"}
    command = [str(Path(sys.executable).with_name("zarya")), "serve", "--prepare"]
    result = subprocess.run(
        command, check=False, env=environment, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == os.EX_UNAVAILABLE
    assert "cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
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
    deadline = time.monotonic() + 200
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url) as response:
                content: dict[str, object] = json.load(response)
                return content
        except URLError:
            time.sleep(0.1)
    pytest.fail("the server did not answer")
