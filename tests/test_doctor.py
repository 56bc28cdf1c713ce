"""`zarya doctor`, and `--json` of the commands that list."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.config import Settings
from app.db.database import Database
from app.domain.dates import now
from app.ops.doctor import Finding, Level, diagnose
from app.ops.readiness import list_known_revisions
from tests.support import factories
from tests.support.command_line import run_zarya


def run_doctor(*arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit status, and the findings by check."""
    result = run_zarya("doctor", "--json", *arguments)
    return result.exit_code, {each["check"]: each for each in json.loads(result.stdout)}


@pytest.fixture
def configured(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """`database`, for which the command is configured."""
    url = database.engine.url.set(drivername=database.engine.dialect.name)
    monkeypatch.setenv("ZARYA_DATABASE_URL", url.render_as_string(hide_password=False))
    return database


def test_doctor_without_tables_and_backups(cli_database_url: str, tmp_path: Path) -> None:
    assert cli_database_url
    status, findings = run_doctor("--backups", str(tmp_path))
    assert status == 1
    assert findings["database"]["detail"].startswith("no-tables: ")
    assert findings["backups"]["level"] == "error"


def test_doctor_finds_what_is_missing_step_by_step(configured: Database, tmp_path: Path) -> None:
    backups = ("--backups", str(tmp_path))
    (tmp_path / "a.backup").touch()
    status, findings = run_doctor(*backups)
    assert status == 0
    assert {name for name, each in findings.items() if each["level"] != "ok"} == {
        "settings",  # links to this machine
        "tables",
    }
    assert findings["tables"]["action"] == "Run `zarya load`."
    assert all(each["action"] for each in findings.values() if each["level"] != "ok")

    with configured.session() as session:
        session.add(factories.person())
        session.add(factories.source(last_error="404", failures=3))
    day_before = (now() - timedelta(hours=30)).timestamp()
    os.utime(tmp_path / "a.backup", (day_before, day_before))
    _, findings = run_doctor(*backups)
    assert findings["tables"]["level"] == "ok"
    assert (findings["sources"]["level"], findings["backups"]["level"]) == ("warning", "warning")
    assert "404" in findings["sources"]["detail"]

    set_revision(configured, "0001")
    status, findings = run_doctor(*backups)
    set_revision(configured, list_known_revisions()[-1])
    assert (status, findings["tables"]["level"]) == (1, "error")
    assert "zarya migrate" in findings["tables"]["action"]


def set_revision(database: Database, revision: str) -> None:
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": revision})


def test_doctor_checks_proxies_disk_and_clock(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(**settings: Any) -> dict[str, Finding]:
        public = Settings(public_url="https://portal.example", **settings)
        return {each.check: each for each in diagnose(public, database)}

    found = find()
    assert found["proxies"].level is Level.WARNING
    assert (found["settings"].level, found["clock"].level) == (Level.OK, Level.OK)
    monkeypatch.setattr("app.ops.doctor._MIN_FREE_BYTES", 0)
    monkeypatch.setattr("app.ops.doctor._MIN_FREE_PERCENT", 0)
    assert find()["disk"].level is Level.OK
    monkeypatch.setattr("app.ops.doctor._MIN_FREE_BYTES", 2**80)
    monkeypatch.setattr("app.ops.doctor.now", lambda: now() + timedelta(minutes=5))
    found = find(trusted_proxies="0.0.0.0/0")
    errors = {name for name, each in found.items() if each.level is Level.ERROR}
    assert errors == {"proxies", "clock", "disk"}


def test_doctor_reports_wrong_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZARYA_TIME_ZONE", "Mars")
    monkeypatch.setenv("ZARYA_RATE_LIMITS", "5")
    result = run_zarya("doctor", "--json")
    details = [each["detail"] for each in json.loads(result.stdout)]
    assert result.exit_code == 1
    assert details[0].endswith("Did you mean ZARYA_RATE_LIMIT?")
    assert details[1].startswith("ZARYA_TIME_ZONE: ")


def test_doctor_prints_a_table_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZARYA_DATABASE_URL", "postgresql://zarya:secret@127.0.0.1:1/zarya")
    result = run_zarya("doctor")
    assert result.exit_code == 1
    assert "unreachable" in result.stdout
    assert "secret" not in result.output


def test_listings_as_json(configured: Database) -> None:
    with configured.session() as session:
        session.add(factories.source(name="Blog [de]"))
    run_zarya("keys", "create", "--name", "Desk [a]", "--scope", "audit:read")
    listed = {
        name: json.loads(run_zarya(*name.split(), "--json").stdout)
        for name in ("keys list", "sources list", "sources presets", "proposals list")
    }
    assert [key["name"] for key in listed["keys list"]] == ["Desk [a]"]
    assert listed["keys list"][0]["state"] == "active"
    assert [source["name"] for source in listed["sources list"]] == ["Blog [de]"]
    assert listed["sources presets"][0].keys() >= {"preset", "url", "requests_per_hour"}
    assert listed["proposals list"] == []
    assert "Desk [a]" in run_zarya("keys", "list").stdout  # the table is not markup
