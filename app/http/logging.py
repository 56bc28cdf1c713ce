"""The log: one JSON object a line on standard output, and nothing in it that is secret."""

import json
import logging
import re
import time
import traceback
from functools import lru_cache
from typing import Any

_API_KEY_PATTERN = re.compile(r"zarya_([a-z0-9]{8})_\w+")
_SENSITIVE_PACKAGES = frozenset({"sqlalchemy", "psycopg", "pysqlite3", "pydantic_core"})
"""Whose errors quote values: what editors wrote, or what a client sent. Named, for importing them
would take longer than a supervisor waits for a new process to say that it lives."""


def _redact(text: str) -> str:
    """`text` with no API key in it but its id."""
    return _API_KEY_PATTERN.sub(r"zarya_\1_…", text) if "zarya_" in text else text


def describe_error(error: BaseException) -> dict[str, Any]:
    """What a log says of an error: its kind and its place, its message where that is harmless."""
    told: dict[str, Any] = {"kind": f"{type(error).__module__}.{type(error).__qualname__}"}
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state:
        told["sqlstate"] = state
    if not any(
        kind.__module__.partition(".")[0] in _SENSITIVE_PACKAGES for kind in type(error).__mro__
    ):
        told["message"] = _redact(str(error))
    told["at"] = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told | {"cause": describe_error(cause)} if cause else told


def _format_timestamp(at: float) -> str:
    milliseconds = int(at * 1000)
    return f"{_format_second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@lru_cache(maxsize=2)
def _format_second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


_encode_json = json.JSONEncoder(separators=(",", ":")).encode


class JsonFormatter(logging.Formatter):
    """Makes a line of whatever is logged, here or in a library."""

    def format(self, record: logging.LogRecord) -> str:
        """The line: nothing that came with the record but its message and its error."""
        line: dict[str, Any] = {
            "event": _redact(record.getMessage()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": _format_timestamp(record.created),
        }
        error = record.exc_info[1] if record.exc_info else None
        return _encode_json(line if error is None else line | {"error": describe_error(error)})


def format_request_line(id_: str, milliseconds: float, path: str, **told: Any) -> str:
    """The line of a request for `path`."""
    now = _format_timestamp(time.time())
    own = f'"event":"request","timestamp":"{now}","id":"{id_}","ms":{milliseconds:.2f}'
    return f"{{{own},{_encode_request_fields(path, **told)}}}"


@lru_cache(maxsize=4096)
def _encode_request_fields(path: str, **told: Any) -> str:
    """What requests have in common that ask for the same, as much is asked for again and again."""
    return _encode_json({"path": _redact(path), **told})[1:-1]


def build_logging_config() -> dict[str, Any]:
    """For `logging.config.dictConfig`: whoever logs, here or in a library, the form is one."""
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
