"""The audit log: who changed what, when, from what to what."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from app.db.models import AuditEntry
from app.domain.enums import AuditTarget


class Action(StrEnum):
    """Action that an audit log entry records."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"
    APPEAR = "appear"
    TASKS = "tasks"
    CREW = "crew"
    REVOKE = "revoke"
    TEST = "test"
    REDELIVER = "redeliver"
    LOAD = "load"
    IMPORT = "import"
    MERGE = "merge"
    SEPARATE = "separate"
    REDACT = "redact"


@dataclass(frozen=True)
class Actor:
    """The author of a write: an API key by its id and name, or a command."""

    id: str
    name: str
    request_id: str | None = None


def write_audit_entry(
    session: Session,
    actor: Actor,
    action: Action,
    target: AuditTarget,
    record_id: int | None,
    slug: str | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Add an entry to the audit log, in the transaction of `session`.

    `before` and `after` are the record as JSON; None if it did not exist before or after.
    """
    session.add(
        AuditEntry(
            actor=actor.id,
            actor_name=actor.name,
            action=action,
            type=target,
            record_id=record_id,
            slug=slug,
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
            request_id=actor.request_id,
        )
    )
