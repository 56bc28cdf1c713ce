"""Logging: one JSON object a line on standard output, without secrets."""

import json
import logging
import time
import traceback
from functools import lru_cache
from typing import Any

from app.domain.bounded_cache import bounded_cache
from app.http.redaction import redact

_MAX_PATH_CHARS = 200
_SENSITIVE_PACKAGES = frozenset({"sqlalchemy", "psycopg", "pysqlite3", "pydantic_core"})
"""Packages whose error messages quote data of users. By name, because importing them would take
longer than a supervisor waits for a new process."""


def describe_error(error: BaseException) -> dict[str, Any]:
    """The log entry of an error: class, traceback and causes, and its message if it is safe."""
    entry: dict[str, Any] = {"kind": f"{type(error).__module__}.{type(error).__qualname__}"}
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state:
        entry["sqlstate"] = state
    if not any(
        kind.__module__.partition(".")[0] in _SENSITIVE_PACKAGES for kind in type(error).__mro__
    ):
        entry["message"] = redact(str(error))
    entry["at"] = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return entry | {"cause": describe_error(cause)} if cause else entry


def _format_timestamp(at: float) -> str:
    milliseconds = int(at * 1000)
    return f"{_format_second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@lru_cache(maxsize=2)
def _format_second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


_encode_json = json.JSONEncoder(separators=(",", ":")).encode


class JsonFormatter(logging.Formatter):
    """Formats log records, of the application and its libraries, as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line: message, `fields` and error of `record`, no other attributes."""
        line: dict[str, Any] = {
            "event": redact(record.getMessage()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": _format_timestamp(record.created),
        }
        fields: dict[str, object] = getattr(record, "fields", {})
        line |= {
            name: redact(value) if isinstance(value, str) else value
            for name, value in fields.items()
        }
        error = record.exc_info[1] if record.exc_info else None
        return _encode_json(line if error is None else line | {"error": describe_error(error)})


def format_request_line(
    id_: str,
    milliseconds: float,
    path: str,
    client: str,
    method: str,
    route: str,
    status: int,
    body_bytes: int,
) -> str:
    """The access log line of a request."""
    now = _format_timestamp(time.time())
    head = f'"event":"request","timestamp":"{now}","id":"{id_}","ms":{milliseconds:.2f}'
    return f"{{{head},{_encode_fields(path, client, method, route, status, body_bytes)}}}"


def format_omission_line(status: int, count: int) -> str:
    """The access log line for `count` requests with `status` that have no line of their own."""
    now = _format_timestamp(time.time())
    return f'{{"event":"requests omitted","timestamp":"{now}","status":{status},"count":{count}}}'


@bounded_cache(2**21)
def _encode_fields(
    path: str, client: str, method: str, route: str, status: int, body_bytes: int
) -> str:
    """The part of the line that equal requests share, so it is worth caching."""
    fields = {
        "path": redact(path)[:_MAX_PATH_CHARS] or None,  # a key that was cut is not recognised
        "client": client,
        "method": redact(method) or None,
        "route": route or None,
        "status": status,
        "bytes": body_bytes,
    }
    return _encode_json(fields)[1:-1]


def build_logging_config() -> dict[str, Any]:
    """The configuration for `logging.config.dictConfig`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stdout",
            }
        },
        "root": {"level": "WARNING", "handlers": ["out"]},
        "loggers": {"zarya": {"level": "INFO"}, "uvicorn": {"level": "INFO"}},
    }
