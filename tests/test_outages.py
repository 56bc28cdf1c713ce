"""Outages of the database: their reasons, and what is logged and answered meanwhile."""

import json
from pathlib import Path
from typing import Any

import pytest
from psycopg import OperationalError as PsycopgError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.testclient import TestClient

from app.db.engines import create_database_engine
from app.db.errors import FailureReason, describe_failure, find_failure_reason
from app.db.outages import OutageLog
from app.http.access_log import AccessLog, AccessLogEntry
from tests.support.clients import database_of, second_app
from tests.support.databases import CreateDatabase
from tests.support.outages import captured_lines, database_outage

# --- Reasons -------------------------------------------------------------------------------------


def provoke(url: str, *statements: str) -> DBAPIError:
    """Run `statements` in a transaction that is rolled back; returns the error of the last one."""
    engine = create_database_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            for statement in statements[:-1]:
                connection.exec_driver_sql(statement)
            with pytest.raises(DBAPIError) as caught:
                connection.exec_driver_sql(statements[-1])
    finally:
        engine.dispose()
    return caught.value


def raising(sqlstate: str) -> tuple[str]:
    """A statement of PostgreSQL that fails with `sqlstate`."""
    return (f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END $$",)


FAILURES: dict[FailureReason | None, dict[str, tuple[str, ...]]] = {
    FailureReason.NO_TABLES: {
        "sqlite": ("SELECT * FROM missions",),
        "postgresql": ("SELECT * FROM missions",),
    },
    FailureReason.OLD_TABLES: {
        "sqlite": ("CREATE TABLE t (a INTEGER)", "SELECT b FROM t"),
        "postgresql": ("CREATE TABLE t (a INTEGER)", "SELECT b FROM t"),
    },
    FailureReason.READ_ONLY: {
        "sqlite": ("PRAGMA query_only=ON", "CREATE TABLE t (a INTEGER)"),
        "postgresql": ("SET TRANSACTION READ ONLY", "CREATE TABLE t (a INTEGER)"),
    },
    FailureReason.FULL: {
        "sqlite": ("PRAGMA max_page_count=1", "CREATE TABLE t (a INTEGER)"),
        "postgresql": raising("53100"),
    },
    FailureReason.TOO_MANY_CONNECTIONS: {"postgresql": raising("53300")},
    FailureReason.UNREACHABLE: {"postgresql": raising("57P01")},
    FailureReason.OTHER: {"postgresql": raising("57014")},
    # Positive control: these are errors of a request or of the program, not of the database.
    None: {
        "sqlite": ("CREATE TABLE t (a INTEGER NOT NULL)", "INSERT INTO t VALUES (NULL)"),
        "postgresql": ("SELECT 1 / 0",),
    },
}


def test_reasons_of_failed_statements(create_database: CreateDatabase) -> None:
    url = create_database()
    dialect = url.partition(":")[0]
    for reason, statements in FAILURES.items():
        if dialect in statements:  # the others cannot occur on SQLite
            assert find_failure_reason(provoke(url, *statements[dialect])) is reason, reason


def test_reason_of_a_held_lock(create_database: CreateDatabase) -> None:
    url = create_database()
    is_sqlite = url.startswith("sqlite")
    first, second = (create_database_engine(url, pool_size=1) for _ in range(2))
    with first.connect() as holder, second.connect() as waiter:
        holder.exec_driver_sql("CREATE TABLE t (a INTEGER)")
        holder.commit()
        holder.exec_driver_sql("DELETE FROM t" if is_sqlite else "LOCK TABLE t")
        if is_sqlite:
            waiter.connection.driver_connection.execute("PRAGMA busy_timeout=0")  # type: ignore[union-attr]  # it is open
        else:
            waiter.exec_driver_sql("SET lock_timeout = 1")
        with pytest.raises(DBAPIError) as caught:
            waiter.exec_driver_sql("DELETE FROM t")
    first.dispose()
    second.dispose()
    assert find_failure_reason(caught.value) is FailureReason.LOCKED


def refusal(url: str) -> DBAPIError:
    """The error of a connection to `url`, which is refused."""
    engine = create_database_engine(url, pool_size=1)
    with pytest.raises(DBAPIError) as caught:
        engine.connect()
    engine.dispose()
    return caught.value


def test_reasons_of_refused_connections(postgresql_url: str, tmp_path: Path) -> None:
    ghost = postgresql_url.replace("postgres:", "ghost:", 1)
    assert ghost != postgresql_url
    for url, reason in {
        f"sqlite:///{tmp_path}": FailureReason.UNREACHABLE,
        "postgresql://zarya@127.0.0.1:1/zarya": FailureReason.UNREACHABLE,
        ghost: FailureReason.WRONG_CREDENTIALS,
    }.items():
        assert find_failure_reason(refusal(url)) is reason, url


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ('FATAL:  password authentication failed for user "x"', FailureReason.WRONG_CREDENTIALS),
        ("fe_sendauth: no password supplied", FailureReason.WRONG_CREDENTIALS),
        ("FATAL:  no pg_hba.conf entry for host", FailureReason.WRONG_CREDENTIALS),
        ('FATAL:  role "x" does not exist', FailureReason.WRONG_CREDENTIALS),
        ('FATAL:  database "x" does not exist', FailureReason.UNREACHABLE),
        ("FATAL:  sorry, too many clients already", FailureReason.TOO_MANY_CONNECTIONS),
        ('FATAL:  too many connections for role "x"', FailureReason.TOO_MANY_CONNECTIONS),
        ("FATAL:  remaining connection slots are reserved", FailureReason.TOO_MANY_CONNECTIONS),
        ("Connection refused", FailureReason.UNREACHABLE),
    ],
)
def test_reason_of_a_login_without_sqlstate(message: str, reason: FailureReason) -> None:
    error = PsycopgError(f"connection failed: {message}\n\tmore")
    assert find_failure_reason(error) is reason
    assert describe_failure(error) == f"connection failed: {message}"


def test_reason_of_an_exhausted_pool() -> None:
    assert find_failure_reason(PoolTimeoutError()) is FailureReason.TOO_MANY_CONNECTIONS


# --- Log -----------------------------------------------------------------------------------------


UNREACHABLE = PsycopgError("connection failed: password=hunter2: Connection refused")


def test_outage_of_an_hour_has_one_line_a_minute() -> None:
    now = 0.0
    outages = OutageLog(clock=lambda: now)
    with captured_lines() as lines:
        for second in range(3600):
            now = float(second)
            outages.log_error("background jobs", UNREACHABLE)
            for _ in range(3):
                outages.record(UNREACHABLE, is_request=True)
            outages.update()
        assert outages.reasons == {FailureReason.UNREACHABLE}
        now += 60
        outages.update()
        outages.update()
    assert outages.reasons == set()
    events = [line["event"].removeprefix("database outage ") for line in lines]
    assert events == ["started", *["continues"] * 59, "ended"]
    assert lines[0]["reason"] == "unreachable"
    assert lines[0]["detail"] == "connection failed: password=… Connection refused"
    assert "error" not in lines[0]
    assert lines[-1]["seconds"] == 3599
    assert (lines[-1]["failures"], lines[-1]["failed_requests"]) == (14400, 10800)


def test_outages_of_different_reasons_and_databases_are_told_apart() -> None:
    now = 0.0
    outages = OutageLog(clock=lambda: now)
    with captured_lines() as lines:
        outages.record(UNREACHABLE)
        outages.record(UNREACHABLE, database="replica")
        outages.record(PoolTimeoutError())
        now = 9.0
        outages.record(UNREACHABLE)
        now = 10.0
        outages.update()
    assert [(line["database"], line["reason"]) for line in lines] == [
        ("primary", "unreachable"),
        ("replica", "unreachable"),
        ("primary", "too-many-connections"),
        ("replica", "unreachable"),
        ("primary", "too-many-connections"),
    ]
    assert outages.reasons == {FailureReason.UNREACHABLE}


def test_other_errors_of_background_tasks_keep_their_own_lines() -> None:
    outages = OutageLog()
    with captured_lines() as lines:
        for _ in range(2):
            outages.log_error("gauges", ValueError("wrong"))
    assert [line["event"] for line in lines] == ["gauges: ValueError"] * 2
    assert "error" in lines[0]
    assert outages.reasons == set()


def access_log_of_an_hour(
    requests_per_minute: int, status: int, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, Any]]:
    """Lines of an hour with requests that are all answered with `status`."""
    now = 0.0
    log = AccessLog(enabled=True, clock=lambda: now)
    for number in range(60 * requests_per_minute):
        now = 60.0 * number / requests_per_minute
        log.started()
        log.finished(AccessLogEntry(f"{number:032}", "203.0.113.5", "GET", "/v1/a", status=status))
    log.close()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_access_log_of_an_hour_of_outage_is_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    """Its size depends on neither rate nor number of requests; their number is exact."""
    lines = access_log_of_an_hour(100, 503, capsys)
    omitted = [line for line in lines if line["event"] == "requests omitted"]
    assert [line["count"] for line in omitted] == [90] * 60
    assert {line["status"] for line in omitted} == {503}
    assert len(lines) == 60 * 11
    assert len(access_log_of_an_hour(40, 503, capsys)) == len(lines)
    assert sum(len(json.dumps(line)) for line in lines) < 300_000
    # Positive control: other lines are all written.
    assert len(access_log_of_an_hour(100, 500, capsys)) == 6000


def test_few_unavailable_responses_are_all_logged(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(access_log_of_an_hour(10, 503, capsys)) == 600


# --- Responses -----------------------------------------------------------------------------------


def test_requests_during_an_outage(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The reason is in the log, in `ready` and in the metrics, not in public responses."""
    # It is due at the start, and opens a file beside the database.
    monkeypatch.setattr("app.ops.jobs.prune_expired", lambda _database: None)
    # The outage moves the folder of the database away, and pictures are beside it by default.
    application = second_app(client, media_dir=str(tmp_path))
    with (
        TestClient(application, client=("127.0.0.1", 50_000)) as other,
        captured_lines() as lines,
    ):
        database = database_of(other)
        assert other.get("/v1/people").status_code == 200
        with database_outage(database):
            database.close()
            answers = [
                other.get("/v1/people?q=1", headers={"Authorization": "x"}) for _ in range(3)
            ]
            ready = other.get("/health/ready")
            metrics = other.get("/metrics").text
    assert {answer.status_code for answer in answers} == {503}
    for answer in answers:
        assert answer.json()["detail"].startswith("The database does not answer.")
        assert answer.headers["Retry-After"]
        assert "unreachable" not in answer.text
    assert ready.status_code == 503
    assert ready.json()["checks"] == {"database": "unreachable"}
    assert 'zarya_database_outage{reason="unreachable"} 1.0' in metrics
    assert 'zarya_database_outage{reason="full"} 0.0' in metrics
    started = [line for line in lines if line["event"] == "database outage started"]
    assert len(started) == 1
    assert started[0]["reason"] == "unreachable"
    assert started[0]["detail"]
    assert not [line for line in lines if "error" in line]
