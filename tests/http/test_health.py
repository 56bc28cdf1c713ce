"""Health checks and metrics."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from prometheus_client import REGISTRY
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from app.config import Settings
from app.db.database import Database
from app.db.engines import check_writable, create_database_engine
from app.db.errors import FailureReason, find_failure_reason
from app.domain.enums import HorizonKind
from app.main import create_app
from app.ops.gauges import sample_backup_age, sample_database_gauges
from app.ops.readiness import list_known_revisions
from tests.support import factories
from tests.support.clients import database_of, second_app
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.horizons import set_horizon
from tests.support.slow_reads import blocking_query


def test_expected_revision_is_the_alembic_head() -> None:
    assert [list_known_revisions()[-1]] == ScriptDirectory.from_config(
        alembic_config("sqlite://")
    ).get_heads()


def test_readiness_reports_the_database(archive: TestClient) -> None:
    readiness = archive.get("/health/ready").json()
    kind = database_of(archive).engine.dialect.name
    assert readiness["database"]["kind"] == kind
    assert readiness["database"]["version"][0].isdigit()
    assert readiness["database"]["writable"] is True


def test_readiness_and_metrics_report_the_age_of_the_horizon(
    client: TestClient, database: Database
) -> None:
    known_until = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    set_horizon(database, known_until)
    app = second_app(client)  # no check has run yet
    horizon = TestClient(app).get("/health/ready").json()["horizon"]
    services = app.state.services
    asyncio.run(sample_database_gauges(services))
    services.database.close()
    assert horizon.keys() == set(HorizonKind)
    assert horizon["crews"]["known_until"] == f"{known_until:%Y-%m-%dT%H:%M:%SZ}"
    three_days = timedelta(days=3).total_seconds()
    assert three_days <= horizon["crews"]["age_seconds"] < three_days + 60
    for kind in HorizonKind:
        age = REGISTRY.get_sample_value("zarya_horizon_age_seconds", {"kind": kind})
        assert age is not None
        assert three_days <= age < three_days + 60


def _set(database: Database, at: str | None) -> None:
    with database.session() as session:
        session.execute(text("DELETE FROM alembic_version"))
        if at:
            session.execute(text("INSERT INTO alembic_version VALUES (:at)"), {"at": at})


@pytest.mark.parametrize(("at", "status"), [("0001", 503), ("0099", 200), (None, 503)])
def test_readiness_depends_on_the_revision(
    client: TestClient, database: Database, at: str | None, status: int
) -> None:
    """Older revisions are not ready; newer ones are backward compatible."""
    app = second_app(client)  # no check has run yet
    _set(database, at)
    answer = TestClient(app).get("/health/ready")
    app.state.services.database.close()
    _set(database, list_known_revisions()[-1])
    assert answer.status_code == status
    if status == 503:
        assert "zarya migrate" in answer.json()["detail"]
        assert answer.headers["Retry-After"]


def get_ready(client: TestClient, **settings: Any) -> Any:
    """Response of a new process, whose checks have not run yet."""
    app = second_app(client, **settings)
    answer = TestClient(app).get("/health/ready")
    app.state.services.database.close()
    return answer


def test_tables_that_are_missing_and_old_are_told_apart(
    client: TestClient, database: Database, create_database: CreateDatabase
) -> None:
    new = get_ready(client, database_url=create_database())
    assert (new.status_code, new.json()["checks"]) == (503, {"database": "no-tables"})
    assert "zarya load" in new.json()["detail"]
    _set(database, "0001")
    old = get_ready(client)
    _set(database, list_known_revisions()[-1])
    assert (old.status_code, old.json()["checks"]) == (503, {"database": "old-tables"})


def test_empty_archive_is_not_ready(client: TestClient, database: Database) -> None:
    empty = get_ready(client, empty=False)
    assert empty.status_code == 503
    assert empty.json()["checks"] == {"database": "ok", "archive": "empty"}
    assert "ZARYA_EMPTY" in empty.json()["detail"]
    assert get_ready(client, empty=True).status_code == 200
    with database.session() as session:
        session.add(factories.person())
    ready = get_ready(client, empty=False)
    assert ready.status_code == 200
    assert ready.json()["checks"] == dict.fromkeys(
        ("database", "archive", "writes", "pictures"), "ok"
    )


_SHARE_LOCK = "LOCK TABLE alembic_version IN SHARE MODE"


def test_held_lock_is_a_reason_of_writes(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ops.readiness._WRITE_TIMEOUT_SECONDS", 0.05)
    with TestClient(second_app(client)) as other, database.session() as session:
        lock = "PRAGMA user_version" if database.has_single_writer else _SHARE_LOCK
        session.execute(text(lock))
        answer = other.get("/health/ready").json()
    assert answer["checks"]["writes"] == "locked"
    assert answer["database"]["writable"] is False


def writable_error(url: str, *, read_only: bool = False) -> FailureReason | None:
    """The reason why `check_writable` fails."""
    engine = create_database_engine(url, pool_size=1, target_session_attrs="any")
    if read_only:
        event.listen(engine, "connect", lambda opened, _: opened.execute("PRAGMA query_only=ON"))
    try:
        with pytest.raises(DBAPIError) as caught:
            check_writable(engine)
    finally:
        engine.dispose()
    return find_failure_reason(caught.value)


def test_write_is_tried_without_a_trace(database: Database) -> None:
    wal = Path(f"{database.file}-wal")
    if database.has_single_writer:
        with database.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]  # it is open
        assert wal.stat().st_size == 0
    before = database.change_token.read()
    check_writable(database.engine)
    assert database.change_token.read() == before
    assert not database.has_single_writer or wal.stat().st_size > 0
    with pytest.raises(DBAPIError), database.session() as session:
        session.execute(text("SELECT * FROM tried_write"))


def test_write_fails_where_writes_fail(create_database: CreateDatabase) -> None:
    url = create_database()
    command.upgrade(alembic_config(url), "head")
    if url.startswith("sqlite"):
        assert writable_error(url, read_only=True) is FailureReason.READ_ONLY
        return
    address = make_url(url).set(drivername="postgresql+psycopg")
    server = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        for setting, reason in {
            "default_transaction_read_only = on": FailureReason.READ_ONLY,
            "temp_file_limit = '100kB'": FailureReason.OTHER,  # it does write to the disk
        }.items():
            connection.exec_driver_sql(f"ALTER DATABASE {address.database} SET {setting}")
            assert writable_error(url) is reason
            connection.exec_driver_sql(f"ALTER DATABASE {address.database} RESET ALL")
    server.dispose()


def test_readiness_without_a_database_is_503(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/none.db"))
    client = TestClient(app)
    answer = client.get("/health/ready")
    assert answer.status_code == answer.json()["status"] == 503
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/health/live").status_code == 200
    app.state.services.database.close()


def test_readiness_does_not_wait_for_a_stuck_database(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()
    monkeypatch.setattr("app.ops.readiness.get_database_state", blocking_query(released))
    monkeypatch.setattr("app.ops.readiness._READ_TIMEOUT_SECONDS", 0.05)
    with TestClient(second_app(archive)) as client:
        assert {client.get("/health/ready").status_code for _ in range(3)} == {503}
        released.set()


def test_metrics_are_limited_to_private_networks(archive: TestClient) -> None:
    def status(address: str, **headers: str) -> int:
        client = TestClient(archive.app, client=(address, 50_000))
        return client.get("/metrics", headers=headers).status_code

    for address in ("127.0.0.1", "::1", "10.1.2.3", "192.168.0.7", "::ffff:10.0.0.1"):
        assert status(address) == 200, address
    for address in ("203.0.113.5", "testclient", "2001:db8::1"):
        assert status(address) == 404, address
    # An undeclared proxy on this machine may forward requests of any client.
    assert status("127.0.0.1", **{"X-Forwarded-For": "10.0.0.1"}) == 404


def test_metrics_count_requests(archive: TestClient) -> None:
    client = TestClient(archive.app, client=("127.0.0.1", 50_000))
    for _ in range(3):
        client.get("/v1/missions/iss-59")
    client.head("/v1/missions/iss-59")
    client.get("/v1/missions/nobody")
    client.request("BREW", "/v1/missions")
    metrics = client.get("/metrics").text
    name = "zarya_http_request_seconds_count"
    for labels in (
        'method="GET",route="getMission",status="2xx"',
        'method="GET",route="getMission",status="4xx"',
        'method="HEAD",route="getMission",status="2xx"',
        'method="other",route="none",status="4xx"',
    ):
        assert f"{name}{{{labels}}}" in metrics
    assert "zarya_http_in_flight 1.0" in metrics
    for name in ("pool_size", "pool_used", "change_feed_lag_seconds", "cache_bytes", "build_info"):
        assert f"\nzarya_{name}" in metrics


def test_metrics_count_cache_lookups(archive: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    # Commits to other databases of the PostgreSQL server change the token, too.
    monkeypatch.setattr("app.http.cache.generation._REMOTE_TTL_SECONDS", 60)

    def read_cache_metrics(client: TestClient) -> dict[str, float]:
        lines = client.get("/metrics").text.splitlines()
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines)
            if name.startswith("zarya_cache_") and "created" not in name
        }

    client = TestClient(second_app(archive), client=("127.0.0.1", 50_000))
    before = read_cache_metrics(client)
    path = "/v1/missions/iss-59"
    size = len(client.get(path, headers={"Accept-Encoding": "identity"}).content)
    for _ in range(2):
        client.head(path)
    client.get(path, headers={"Authorization": "Bearer x"})  # a response that is not cached
    after = read_cache_metrics(client)
    for outcome, number in {"hit": 2, "shared": 0, "miss": 1, "unverified": 0}.items():
        name = f'zarya_cache_total{{outcome="{outcome}"}}'
        assert after[name] - before[name] == number, outcome
    assert before["zarya_cache_bytes"] == 0
    assert size < after["zarya_cache_bytes"] < 3 * size
    database_of(client).close()


def test_gauges_of_failing_sources_and_of_the_backup(
    client: TestClient, database: Database, tmp_path: Path
) -> None:
    with database.session() as session:
        session.add(factories.source())
        session.add(factories.source(last_error="404"))
        session.add(factories.source(last_error="404", enabled=False))  # by an editor
        session.add(factories.source(enabled=False, disabled_reason="410"))
    app = second_app(client)
    asyncio.run(sample_database_gauges(app.state.services))
    app.state.services.database.close()
    assert REGISTRY.get_sample_value("zarya_sources_failing") == 2

    sample_backup_age(tmp_path)
    assert REGISTRY.get_sample_value("zarya_backup_age_seconds") == inf
    for name, days in (("a", 3), ("b", 1)):
        at = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        (tmp_path / f"{name}.backup").touch()
        os.utime(tmp_path / f"{name}.backup", (at, at))
    sample_backup_age(tmp_path)
    age = REGISTRY.get_sample_value("zarya_backup_age_seconds")
    assert age == pytest.approx(86_400, abs=60)


def test_metrics_of_several_processes_are_added(tmp_path: Path) -> None:
    """Each process writes its metrics to a folder; gauges of ended processes are dropped."""
    env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    count = (
        "from sys import argv; from app.http import metrics; "
        "metrics.REQUESTS_REFUSED.labels('quota').inc(); "
        "metrics.REQUESTS_IN_FLIGHT.set(5); metrics.WEBHOOK_LAG_SECONDS.set(10 - int(argv[1])); "
        "print(metrics.render_metrics().decode())"
    )
    for number in (1, 2, 3):
        run = subprocess.run(
            [sys.executable, "-c", count, str(number)],
            env=env,
            check=True,
            capture_output=True,
            text=True,
        )
        assert f'zarya_http_refused_total{{reason="quota"}} {number}.0' in run.stdout
        assert "zarya_http_in_flight 5.0" in run.stdout
        assert f"zarya_webhook_lag_seconds {10 - number}.0" in run.stdout
