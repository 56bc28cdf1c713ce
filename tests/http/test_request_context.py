"""Request context: common headers, access log, log records."""

import json
import logging
import logging.config
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from app.api.api_key_format import generate_api_key
from app.http.logging import build_logging_config, describe_error
from tests.support.clients import database_of, second_app

PATHS = [
    ("GET", "/v1/missions/iss-59", 200),
    ("GET", "/v1/missions?format=csv", 200),
    ("GET", "/nowhere", 404),
    ("GET", "/v1/missions?limit=0", 422),
    ("POST", "/v1/missions", 401),
    ("OPTIONS", "/v1/missions", 204),
    ("GET", "/docs", 200),
    ("GET", "/health/live", 200),
]
KEY = generate_api_key("Logged", [])[1]


@pytest.mark.parametrize(("method", "path", "status"), PATHS)
def test_security_headers_are_on_every_response(
    archive: TestClient, method: str, path: str, status: int
) -> None:
    answer = archive.request(method, path)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    (policy,) = answer.headers.get_list("Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert {"base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert "Server" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("settings", "policy"),
    [
        ({"public_url": "https://portal.example"}, "max-age=31536000"),
        (
            {"public_url": "https://portal.example", "hsts_subdomains": True},
            "max-age=31536000; includeSubDomains",
        ),
        ({"public_url": "http://portal.example", "hsts_subdomains": True}, None),
    ],
)
def test_hsts_is_sent_for_https_only(
    archive: TestClient, settings: dict[str, object], policy: str | None
) -> None:
    app = second_app(archive, **settings)
    answer = TestClient(app).get("/health/live")
    assert answer.headers.get("Strict-Transport-Security") == policy
    app.state.services.database.close()


def test_access_log_has_one_line_per_request(
    archive: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    id_ = str(uuid4())
    answer = archive.get("/v1/missions/iss-59?tz=x&limit=secret", headers={"X-Request-ID": id_})
    line = json.loads(capsys.readouterr().out)
    assert line.pop("ms") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "id": id_,
        "client": "testclient",
        "method": "GET",
        "path": "/v1/missions/iss-59",
        "route": "getMission",
        "status": 422,
        "bytes": len(answer.content),
    }
    archive.head("/v1/missions/iss-59")
    assert json.loads(capsys.readouterr().out)["route"] == "getMission"
    archive.get("/health/live")
    assert capsys.readouterr().out == ""


def test_access_log_line_escapes_and_redacts_input(
    archive: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    nasty = '/%0d%0a{"event":"x"}%1b[31m%E2%80%A8"\\' + f"/{KEY}/" + "a" * 5000
    headers = {"User-Agent": "x\x1b[31m", "Authorization": f"Bearer {KEY}"}
    archive.get(nasty, headers=headers)
    out = capsys.readouterr().out
    assert out.isascii()
    assert out.count("\n") == 1
    assert "\x1b" not in out
    assert KEY[14:] not in out
    assert KEY[6:14] in out  # the key id is not secret
    assert len(out) < 1500
    assert json.loads(out)["path"].startswith('/\r\n{"event"')


def test_log_records_are_json_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logging.config.dictConfig(build_logging_config())
        logging.getLogger("uvicorn.error").info("Started with %s\r\n%s", "\x1b[31m", KEY)
        try:
            raise ValueError(KEY)
        except ValueError as error:
            logging.getLogger("zarya").error("broken: %s", "x", exc_info=error)
    finally:
        root.handlers[:], root.level = before
        for name in ("zarya", "uvicorn"):
            logging.getLogger(name).setLevel(logging.NOTSET)
    started, broken = map(json.loads, capsys.readouterr().out.splitlines())
    assert started["logger"] == "uvicorn.error"
    assert started["level"] == "info"
    assert KEY not in str(started) + str(broken)
    assert broken["event"] == "broken: x"
    assert broken["error"]["kind"] == "builtins.ValueError"
    assert "test_log_records_are_json" in broken["error"]["at"][0]


def test_log_of_database_errors_omits_values(archive: TestClient) -> None:
    with pytest.raises(Exception, match="no_such") as caught:
        database_of(archive).engine.connect().exec_driver_sql("SELECT no_such_secret_value")
    description = json.dumps(describe_error(caught.value))
    assert "no_such_secret_value" not in description
    assert "sqlalchemy" in description
    assert "test_request_context" in description
