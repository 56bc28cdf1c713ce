"""Checks of an installation: what `zarya doctor` reports, each with what to do about it."""

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from app.config import Settings, parse_networks
from app.db.database import Database
from app.db.engines import check_writable
from app.db.errors import describe_failure, find_failure_reason
from app.db.server_state import get_database_time
from app.domain.dates import now, time_zone_names
from app.http.problems import Unavailable
from app.http.redaction import redact
from app.ops.backup_folder import get_backup_times
from app.ops.readiness import DatabaseReadiness, find_obstacle, load_readiness
from app.resources.media.current_store import current_store
from app.resources.media.store_failures import describe_store_error, find_store_failure_reason
from app.resources.sources.queries import list_all_sources, list_failing_sources

_MIN_FREE_PERCENT = 10
_MIN_FREE_BYTES = 100 * 2**20
_CLOCK_TOLERANCE = timedelta(seconds=5)
_MAX_BACKUP_INTERVAL = timedelta(hours=26)
_ALL_ADDRESSES_PREFIX_BITS = 0


class Level(StrEnum):
    """Result of a check: only an error keeps the service from working."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """Result of one check, and what to do if it is not OK."""

    check: str
    level: Level
    detail: str
    action: str = ""


def diagnose(settings: Settings, database: Database) -> Iterator[Finding]:
    """Check an installation.

    Checks that need the database are left out if it cannot be read.
    """
    yield from _check_settings(settings)
    versions = f"zarya {version('zarya')}, Python {platform.python_version()}"
    yield Finding("versions", Level.OK, versions)
    yield _check_time_zone_data()
    try:
        with database.snapshot() as reader:
            state = load_readiness(reader)
            database_time = get_database_time(reader)
            is_usable = find_obstacle(state) is None
            sources = list_all_sources(reader) if is_usable else []
            failing = list_failing_sources(reader) if is_usable else []
    except Exception as error:
        # Any error means that the archive cannot be read.
        yield _describe_failure("database", error)
    else:
        yield Finding("database", Level.OK, f"{state.database.kind} {state.database.version}")
        yield _check_tables(state)
        yield _check_writes(database)
        difference = abs(database_time - now())
        is_right = difference < _CLOCK_TOLERANCE
        yield Finding(
            "clock",
            Level.OK if is_right else Level.ERROR,
            f"{difference.total_seconds():.0f} s from the clock of the database",
            "" if is_right else "Synchronise the clocks of all hosts (NTP).",
        )
        for source in failing:
            detail = f"{source.name}: {source.disabled_reason or source.last_error}"
            yield Finding("sources", Level.WARNING, detail, "See `zarya sources list`.")
        if not failing:
            looks = [each.checked_at for each in sources if each.checked_at]
            latest = f", the last poll at {max(looks):%Y-%m-%d %H:%M} UTC" if looks else ""
            yield Finding("sources", Level.OK, f"{len(sources)} sources{latest}")
    yield _check_pictures()
    yield _check_disk(database)
    if settings.backups:
        yield _check_backups(Path(settings.backups))


def _check_settings(settings: Settings) -> Iterator[Finding]:
    is_local = settings.public_url.host in {"127.0.0.1", "localhost"}
    yield Finding(
        "settings",
        Level.WARNING if is_local else Level.OK,
        f"links begin with {settings.base_url}",
        "Set ZARYA_PUBLIC_URL to the address that users see." if is_local else "",
    )
    proxies = parse_networks(settings.trusted_proxies)
    if any(each.prefixlen == _ALL_ADDRESSES_PREFIX_BITS for each in proxies):
        action = "List only your proxies in ZARYA_TRUSTED_PROXIES."
        yield Finding("proxies", Level.ERROR, "every client can forge its address", action)
    elif not proxies and not is_local:
        action = "Behind a proxy, set ZARYA_TRUSTED_PROXIES to its address."
        yield Finding("proxies", Level.WARNING, "no proxy is trusted", action)
    else:
        yield Finding("proxies", Level.OK, settings.trusted_proxies or "none")


def _check_time_zone_data() -> Finding:
    count = len(time_zone_names())
    if not count:
        action = "Install Debian's tzdata, or Python's: pip install tzdata."
        return Finding("time zones", Level.ERROR, "no time zone data", action)
    return Finding("time zones", Level.OK, f"{count} time zones")


def _check_tables(state: DatabaseReadiness) -> Finding:
    if obstacle := find_obstacle(state):
        text, _, action = obstacle.detail.partition(": ")
        return Finding("tables", Level.ERROR, text, action)
    if state.is_empty:
        return Finding("tables", Level.WARNING, "the archive is empty", "Run `zarya load`.")
    return Finding("tables", Level.OK, f"at revision {state.current_revision}")


def _check_writes(database: Database) -> Finding:
    try:
        check_writable(database.engine)
    except Exception as error:
        # Any error means that writes fail.
        return _describe_failure("writes", error)
    return Finding("writes", Level.OK, "a write succeeds")


def _check_pictures() -> Finding:
    try:
        current_store().check()
    except Unavailable as error:
        reason = find_store_failure_reason(error)
        action = f"See {reason} under 'Reasons of a picture store failure' in docs/operations.md."
        detail = f"{reason}: {describe_store_error(error)}"
        return Finding("pictures", Level.ERROR, detail, action)
    return Finding("pictures", Level.OK, "the store can be written")


def _describe_failure(check: str, error: Exception) -> Finding:
    reason = find_failure_reason(error) or type(error).__name__
    action = f"See {reason} under 'Reasons of a database outage' in docs/operations.md."
    return Finding(check, Level.ERROR, f"{reason}: {redact(describe_failure(error))}", action)


def _check_disk(database: Database) -> Finding:
    folder = Path(database.file).resolve().parent if database.file else Path.cwd()
    disk = shutil.disk_usage(folder)
    percent = 100 * disk.free / disk.total
    detail = f"{disk.free / 2**30:.1f} GiB ({percent:.0f} %) free at {folder}"
    if disk.free < _MIN_FREE_BYTES:
        return Finding("disk", Level.ERROR, detail, "Free space, or move the database.")
    if percent < _MIN_FREE_PERCENT:
        return Finding("disk", Level.WARNING, detail, "Free space before the disk is full.")
    return Finding("disk", Level.OK, detail)


def _check_backups(folder: Path) -> Finding:
    times = get_backup_times(folder)
    if not times:
        action = "Make one: `zarya backup FILE`; see docs/operations.md."
        return Finding("backups", Level.ERROR, f"no file *.backup in {folder}", action)
    age = now() - times[-1]
    detail = f"the newest of {len(times)} is {age.total_seconds() / 3600:.0f} h old"
    if age > _MAX_BACKUP_INTERVAL:
        return Finding("backups", Level.WARNING, detail, "Check the timer that makes them.")
    return Finding("backups", Level.OK, detail)
