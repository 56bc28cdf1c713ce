"""The audit trail: who changed what, when, from what to what."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from app.db.models import AuditEntry


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
    LOAD = "load"
    IMPORT = "import"


class Kind(StrEnum):
    """Type of the record that an audit log entry refers to."""

    MISSION = "mission"
    PERSON = "person"
    LAUNCH = "launch"
    ARTICLE = "article"
    WEBHOOK = "webhook"
    SOURCE = "source"
    KEY = "key"
    ARCHIVE = "archive"


@dataclass(frozen=True)
class Actor:
    """Who writes: a key by its id and name, or a command by its own."""

    id: str
    name: str
    request_id: str | None = None


def write_audit_entry(
    session: Session,
    actor: Actor,
    action: Action,
    kind: Kind,
    record_id: int | None,
    slug: str | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Write into the trail, in the transaction of `session`, that `actor` did `action`.

    `before` and `after` are the record as JSON; None where there was none, or is none any more.
    """
    session.add(
        AuditEntry(
            actor=actor.id,
            actor_name=actor.name,
            action=action,
            type=kind,
            record_id=record_id,
            slug=slug,
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
            request_id=actor.request_id,
        )
    )
