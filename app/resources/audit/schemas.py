"""Audit log schemas: query parameters and read models."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.api.audit_log import Action
from app.api.date_params import Rfc3339OrDate
from app.api.lists.pagination import ListQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import CommaList, Omittable, QueryModel, Slug
from app.api.patterns import ACTOR_ID_PATTERN
from app.api.read_models import ReadModel, UtcInstant
from app.domain.enums import AuditTarget


class AuditSort(SortChoice):
    """Sort order of audit log entries."""

    NEWEST = "-at"
    OLDEST = "at"


ActorId = Annotated[str, StringConstraints(pattern=ACTOR_ID_PATTERN, max_length=120)]


class AuditFilters(QueryModel):
    """Filters of audit log entries."""

    actor: Annotated[CommaList[ActorId], Example(["zarya load"])] = []
    """Actor: the id of an API key, or a command."""
    action: Annotated[CommaList[Action], Example(["update"])] = []
    """Action of the entry."""
    type: Annotated[CommaList[AuditTarget], Example(["mission"])] = []
    """Type of the record."""
    slug: Annotated[CommaList[Slug], Example(["iss-59"])] = []
    """Slug of the record at the time of the write, or the id of an API key."""
    record_id: Annotated[Omittable[Annotated[int, Field(ge=1, le=2**31 - 1)]], Example(59)] = None
    """Id of the record. It stays the same when the slug changes."""
    at_gte: Annotated[Omittable[Rfc3339OrDate], Example("2026-01-01")] = None
    """Written at or after this time. A date means its start in UTC."""
    at_lt: Annotated[Omittable[Rfc3339OrDate], Example("2031-01-01T00:00:00Z")] = None
    """Written before this time."""


class AuditQuery(AuditFilters, ListQuery):
    """Query parameters of the audit log."""

    sort: AuditSort = AuditSort.NEWEST
    """Sort by time. `-` means descending order."""


class AuditActor(ReadModel):
    """Author of a write: an API key or a command."""

    id: str
    """Id of the API key, or the command."""
    name: str


class RedactedFields(ReadModel):
    """Fields that an entry has lost by a redaction; they are null in it."""

    before: list[str]
    after: list[str]


class AuditEntryRead(ReadModel):
    """Audit log entry: one write."""

    id: int
    at: UtcInstant
    actor: AuditActor
    action: Action
    type: AuditTarget
    record_id: int | None
    slug: str | None
    before: dict[str, Any] | None
    """Record before the write, or null if it did not exist."""
    after: dict[str, Any] | None
    """Record after the write, or null if it was deleted; after a merge, the record that remains.

    An article that was deleted is in the trash: its `status` is `deleted`.
    """
    request_id: str | None
    """`X-Request-ID` of the request, or null for commands."""
    redacted: RedactedFields | None
    """Fields whose values were taken out, or null."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"actor": {"id": row["actor"], "name": row["actor_name"]}}

    def last_modified(self) -> datetime | None:
        states = [state for state in (self.before, self.after) if state and "updated_at" in state]
        return max((datetime.fromisoformat(s["updated_at"]) for s in states), default=None)


class AuditPage(Page[AuditEntryRead]):
    """Page of audit log entries."""
