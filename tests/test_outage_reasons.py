"""Faults of a database and their reasons: in the log, in `/health/ready` and in the metrics."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Engine, create_engine, make_url, text
from starlette.testclient import TestClient

from app.config import Settings
from app.domain.enums import Scope
from app.main import create_app
from app.ops.readiness import list_known_revisions
from tests.support.clients import TEST_SETTINGS, client_with_key, open_client
from tests.support.databases import CreateDatabase
from tests.support.outages import captured_lines


class Fault(NamedTuple):
    """A fault of PostgreSQL, made and undone by statements about a database and a role."""

    reason: str
    make: str
    undo: str
    stops: str = "database"
    """The check of `/health/ready` that fails."""


FAULTS = [
    Fault("wrong-credentials", "ALTER ROLE {role} NOLOGIN", "ALTER ROLE {role} LOGIN"),
    Fault(
        "wrong-credentials",
        "REVOKE CONNECT ON DATABASE {name} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {name} TO PUBLIC",
    ),
    Fault(
        "wrong-credentials",
        "REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM {role}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
    ),
    Fault(
        "too-many-connections",
        "ALTER ROLE {role} CONNECTION LIMIT 0",
        "ALTER ROLE {role} CONNECTION LIMIT -1",
    ),
    Fault(
        "no-tables",
        "ALTER SCHEMA public RENAME TO elsewhere",
        "ALTER SCHEMA elsewhere RENAME TO public",
    ),
    Fault(
        "old-tables",
        "ALTER TABLE people RENAME name TO later; UPDATE alembic_version SET version_num = '0001'",
        "ALTER TABLE people RENAME later TO name;"
        " UPDATE alembic_version SET version_num = '{head}'",
    ),
]
_END_CONNECTIONS = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = :role"
)


@contextmanager
def fault_of_postgresql(fault: Fault, admin: Engine, names: dict[str, str]) -> Iterator[None]:
    """Make `fault` as the administrator, for connections that are opened from now on."""
    with admin.connect() as connection:
        for script in (fault.make, fault.undo):
            for statement in script.format(**names).split("; "):
                connection.exec_driver_sql(statement)
            connection.execute(_END_CONNECTIONS, names)
            if script is fault.make:
                yield


@contextmanager
def open_application(url: str, key: str) -> Iterator[tuple[TestClient, list[dict[str, Any]]]]:
    """Start an application; yields a client with the key, and the lines of its log."""
    settings = TEST_SETTINGS | {"database_url": url, "log_requests": False}
    app = create_app(Settings(**settings))
    headers = {"Authorization": key}
    address = ("127.0.0.1", 50_000)
    with captured_lines() as lines, TestClient(app, client=address, headers=headers) as client:
        yield client, lines


def find_outages(client: TestClient) -> list[str]:
    """Reasons of the present outages in the metrics."""
    pattern = r'zarya_database_outage{reason="([\w-]+)"} 1\.0'
    return re.findall(pattern, client.get("/metrics").text)


def find_started_outages(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines about starts of outages among `lines` of a log."""
    return [line for line in lines if line["event"] == "database outage started"]


def check_quiet(url: str, key: str) -> None:
    """Positive control: without a fault, nothing is reported."""
    with open_application(url, key) as (client, lines):
        assert client.post("/v1/people", json={"name": "Somebody"}).status_code == 201
        checks = client.get("/health/ready").json()["checks"]
        assert checks == {"database": "ok", "archive": "ok", "writes": "ok", "pictures": "ok"}
        assert find_outages(client) == []
    assert find_started_outages(lines) == []


def check_reports(url: str, key: str, fault: Fault) -> None:
    """Check the reports of an application that is started over a database with `fault`."""
    with open_application(url, key) as (client, lines):
        reads = client.get("/v1/people?q=nobody").status_code
        assert client.post("/v1/people", json={"name": "Somebody"}).status_code == 503, fault
        ready = client.get("/health/ready")
        outages = find_outages(client)
    assert reads == ready.status_code == (503 if fault.stops == "database" else 200), fault
    assert ready.json()["checks"][fault.stops] == fault.reason, fault
    assert outages == [fault.reason], fault
    started = find_started_outages(lines)
    assert [line["reason"] for line in started] == [fault.reason], fault
    assert all(line["detail"] for line in started), fault


@pytest.mark.parametrize("create_database", ["postgresql"], indirect=True)
def test_faults_of_postgresql(create_database: CreateDatabase) -> None:
    url = create_database()
    with open_client(url) as client:
        key = client_with_key(client, *Scope).headers["Authorization"]
    address = make_url(url)
    names = {
        "name": str(address.database),
        "role": f"role_of_{address.database}",
        "head": list_known_revisions()[-1],
    }
    admin = create_engine(
        address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        for statement in (
            "CREATE ROLE {role} LOGIN",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            connection.exec_driver_sql(statement.format(**names))
    role_url = address.set(username=names["role"]).render_as_string(hide_password=False)
    check_quiet(role_url, key)
    for fault in FAULTS:
        with fault_of_postgresql(fault, admin, names):
            check_reports(role_url, key, fault)
    check_quiet(role_url, key)
    with admin.connect() as connection:
        connection.exec_driver_sql("DROP OWNED BY {role}".format(**names))
        connection.exec_driver_sql("DROP ROLE {role}".format(**names))
    admin.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
def test_faults_of_sqlite(create_database: CreateDatabase, tmp_path: Path) -> None:
    url = create_database()
    with open_client(url) as client:
        key = client_with_key(client, *Scope).headers["Authorization"]
    file = Path(str(make_url(url).database))
    check_quiet(url, key)

    with closing(sqlite.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        check_reports(url, key, Fault("locked", "", "", stops="writes"))
        other.execute("ROLLBACK")

        other.execute("ALTER TABLE people RENAME COLUMN name TO later")
        head = list_known_revisions()[-1]
        other.execute("UPDATE alembic_version SET version_num = '0001'")
        check_reports(url, key, Fault("old-tables", "", ""))
        other.execute("UPDATE alembic_version SET version_num = ?", (head,))
        other.execute("ALTER TABLE people RENAME COLUMN later TO name")
    check_quiet(url, key)

    check_reports(f"sqlite:///{tmp_path}/new.db", key, Fault("no-tables", "", ""))
    check_reports(f"sqlite:///{tmp_path}", key, Fault("unreachable", "", ""))
