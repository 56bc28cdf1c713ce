"""The log: one JSON object a line on standard output, and nothing in it that is secret."""

import re
import sys
import time
import traceback
from functools import lru_cache
from typing import Any

import structlog
from pydantic_core import to_json
from structlog.types import EventDict, Processor

_KEY = re.compile(r"zarya_([a-z0-9]{8})_\w+")
_TELLING = frozenset({"sqlalchemy", "psycopg", "pysqlite3", "pydantic_core"})
"""Whose errors quote values: what editors wrote, or what a client sent. Named, for importing them
would take longer than a supervisor waits for a new process to say that it lives."""


def _scrubbed(text: str) -> str:
    """`text` with no API key in it but its id."""
    return _KEY.sub(r"zarya_\1_…", text) if "zarya_" in text else text


def fault(error: BaseException) -> dict[str, Any]:
    """What a log says of an error: its kind and its place, its message where that is harmless."""
    told: dict[str, Any] = {"kind": f"{type(error).__module__}.{type(error).__qualname__}"}
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state:
        told["sqlstate"] = state
    if not any(kind.__module__.partition(".")[0] in _TELLING for kind in type(error).__mro__):
        told["message"] = _scrubbed(str(error))
    told["at"] = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told | {"cause": fault(cause)} if cause else told


def _faults(_logger: Any, _method: str, line: EventDict) -> EventDict:
    info = line.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        line["error"] = fault(error)
    return line


def _clean(_logger: Any, _method: str, line: EventDict) -> EventDict:
    for name in ("event", "path"):
        if isinstance(line.get(name), str):
            line[name] = _scrubbed(line[name])
    return line


def _stamp(_logger: Any, _method: str, line: EventDict) -> EventDict:
    line["timestamp"] = _timestamp()
    return line


def _timestamp() -> str:
    milliseconds = int(time.time() * 1000)
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@lru_cache(maxsize=2)
def _second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


def _json(_logger: Any, _method: str, line: EventDict) -> str:
    return to_json(line, ensure_ascii=True, fallback=str).decode()


def request_line(id_: str, milliseconds: float, path: str, **told: Any) -> str:
    """The line of a request for `path`."""
    own = f'"event":"request","timestamp":"{_timestamp()}","id":"{id_}","ms":{milliseconds:.2f}'
    return f"{{{own},{_members(path, **told)}}}"


@lru_cache(maxsize=4096)
def _members(path: str, **told: Any) -> str:
    """What requests have in common that ask for the same, as much is asked for again and again."""
    return to_json({"path": _scrubbed(path), **told}, ensure_ascii=True).decode()[1:-1]


def configuration() -> dict[str, Any]:
    """For `logging.config.dictConfig`: whoever logs, here or in a library, the form is one."""
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamp,
    ]
    after: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _faults,
        _clean,
        _json,
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": after,
            }
        },
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
