"""Checks before a server starts: its address and its database.

A check that fails writes one line to standard error and raises SystemExit with a status of its own.
"""

import os
import socket
import sys
from contextlib import closing
from errno import EACCES, EADDRINUSE
from pathlib import Path
from typing import NoReturn

from sqlalchemy import make_url

from app.config import Settings
from app.db.errors import FailureReason, describe_failure, find_failure_reason
from app.http.redaction import redact
from app.ops.readiness import find_obstacle, load_readiness
from app.resources.write_steps import build_database

USAGE_EXIT_STATUS = 2
"""Exit status of a wrong option, as that of Typer, or of a wrong setting."""
IN_USE_EXIT_STATUS = os.EX_OSERR

_RECOVERED_REASONS = frozenset(
    {
        FailureReason.FULL,
        FailureReason.LOCKED,
        FailureReason.READ_ONLY,
        FailureReason.TOO_MANY_CONNECTIONS,
        FailureReason.UNREACHABLE,
    }
)
"""Reasons that end without a change of the settings: a server that runs recovers from them."""


def check_address(host: str, port: int) -> None:
    """Check that a server can listen on `port` of `host`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()
        except OSError as error:
            _exit(*describe_address_error(host, port, error))


def describe_address_error(host: str, port: int, error: OSError) -> tuple[int, str]:
    """The exit status and the line for a failure to listen."""
    if error.errno == EADDRINUSE:
        return (
            IN_USE_EXIT_STATUS,
            f"Port {port} of {host} is in use. Choose another: --port.",
        )
    if error.errno == EACCES:
        return os.EX_NOPERM, f"No permission to listen on port {port} of {host}."
    return USAGE_EXIT_STATUS, f"Cannot listen on {host}: {error.strerror}."


def check_database(settings: Settings) -> None:
    """Check that the database can be used, unless it may recover while the server runs."""
    url = settings.database_url
    try:
        with closing(build_database(url)) as database, database.snapshot() as reader:
            obstacle = find_obstacle(load_readiness(reader))
    except Exception as error:
        # Any error means that the archive cannot be read.
        is_file = make_url(url).get_backend_name() == "sqlite"
        reason = find_failure_reason(error)
        cannot_recover = is_file and reason is FailureReason.UNREACHABLE
        status, line = describe_database_error(url, error)
        if cannot_recover or reason not in _RECOVERED_REASONS:
            _exit(status, line)
        sys.stderr.write(f"{line} The service starts, and is ready once it can be used.\n")
    else:
        if obstacle is not None:
            _exit(os.EX_UNAVAILABLE, obstacle.detail)


def is_database_file(url: str, filename: str | None) -> bool:
    """Test if a file is the SQLite database at `url`, one of those beside it, or its folder."""
    database = make_url(url).database
    if filename is None or database is None or make_url(url).get_backend_name() != "sqlite":
        return False
    file, path = Path(filename).absolute(), Path(database).absolute()
    return str(file).startswith(str(path)) or file in path.parents


def describe_database_error(url: str, error: BaseException) -> tuple[int, str]:
    """The exit status and the line for a database that cannot be used."""
    address = make_url(url).render_as_string(hide_password=True)
    status = os.EX_NOPERM if isinstance(error, PermissionError) else os.EX_UNAVAILABLE
    is_new = isinstance(error, FileNotFoundError)
    reason = FailureReason.NO_TABLES if is_new else find_failure_reason(error)
    detail = redact(describe_failure(error))
    advice = {
        FailureReason.NO_TABLES: " Run `zarya migrate`, then `zarya load`.",
        FailureReason.OLD_TABLES: " Run `zarya migrate`.",
    }.get(reason or FailureReason.OTHER, "")
    prefix = f"{reason}: " if reason else ""
    return status, f"The database {address} cannot be used: {prefix}{detail}.{advice}"


def _exit(status: int, line: str) -> NoReturn:
    sys.stderr.write(f"{line}\n")
    raise SystemExit(status)
