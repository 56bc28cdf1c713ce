"""Consistency check of modules and their attachments."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Launch, Module, ModuleAttachment, Port
from app.domain.dates import MAX_INSTANT, Precision, period_end


def check_modules(reader: Reader) -> Iterator[str]:
    """Describe the inconsistencies of attachments.

    Two vague times contradict each other only if their periods do not overlap.
    """
    by_module: dict[str, list[Row]] = defaultdict(list)
    by_port: dict[str, list[Row]] = defaultdict(list)
    attachments = reader.all(_select_attachments())
    for row in attachments:
        by_module[row["module"]].append(row)
        if row["port"]:
            by_port[row["port"]].append(row)
    for rows in by_module.values():
        yield from _check_order(rows)
    for row in attachments:
        yield from _check_host(row, by_module[row["host"]] if row["host"] else attachments[:1])
    for port, rows in by_port.items():
        for row, following in pairwise(rows):
            if _overlap(row, following):
                yield f"{row['module']} and {following['module']} are at {port} at one time"


def _select_attachments() -> AnySelect:
    """Attachments in the order of their starts; the first one is that of the first module."""
    host = aliased(Module)
    return (
        select(
            Module.slug.label("module"),
            host.slug.label("host"),
            Port.slug.label("port"),
            Port.module_id.label("port_module_id"),
            ModuleAttachment.attached_to_id,
            ModuleAttachment.attached_at,
            ModuleAttachment.attached_at_precision,
            ModuleAttachment.detached_at,
            ModuleAttachment.detached_until,
            Launch.launch_at,
        )
        .select_from(ModuleAttachment)
        .join(Module, Module.id == ModuleAttachment.module_id)
        .outerjoin(host, host.id == ModuleAttachment.attached_to_id)
        .outerjoin(Port, Port.id == ModuleAttachment.port_id)
        .outerjoin(Launch, Launch.id == Module.launch_id)
        .order_by(ModuleAttachment.attached_sort_at, ModuleAttachment.id)
    )


def _check_order(rows: list[Row]) -> Iterator[str]:
    """Check that the attachments of a module follow its launch and each other."""
    first = rows[0]
    if first["launch_at"] and _latest_start(first) <= first["launch_at"]:
        yield f"{first['module']} is attached before its launch"
    for row, following in pairwise(rows):
        if _overlap(row, following):
            hosts = f"{row['host']} and {following['host']}"
            yield f"{row['module']} is attached to {hosts} at one time"


def _check_host(row: Row, hosts: list[Row]) -> Iterator[str]:
    """Check that the module attached to, with attachments `hosts`, is attached all the time.

    Only the first module of the station is attached to none.
    """
    module, host = row["module"], row["host"]
    if row["port"] and row["port_module_id"] != row["attached_to_id"]:
        yield f"{module} is at {row['port']}, which is not a port of {host}"
    if host is None:
        if row is not hosts[0]:
            yield f"{module} is attached to no module"
    elif not hosts or hosts[0]["attached_at"] >= _latest_start(row):
        yield f"{module} is attached to {host}, which is not attached yet"
    elif _earliest_end(row) > _latest_end(hosts[-1]):
        yield f"{module} is attached to {host} after that has left"


def _overlap(row: Row, following: Row) -> bool:
    """Return true if `following` certainly starts before `row` ends."""
    return _earliest_end(row) >= _latest_start(following)


def _latest_start(row: Row) -> datetime:
    return period_end(row["attached_at"], Precision(row["attached_at_precision"]))


def _earliest_end(row: Row) -> datetime:
    end: datetime | None = row["detached_at"]
    return end or MAX_INSTANT


def _latest_end(row: Row) -> datetime:
    end: datetime | None = row["detached_until"]
    return end or MAX_INSTANT
