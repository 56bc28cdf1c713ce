"""Revision schemas: query parameters and read models."""

from collections.abc import Mapping
from typing import Any

from app.api.audit_log import Action
from app.api.lists.pagination import ListQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.read_models import ReadModel, UtcInstant, instant_of
from app.resources.audit.schemas import AuditActor


class RevisionSort(SortChoice):
    """Sort order of revisions."""

    NEWEST = "-version"
    OLDEST = "version"


class RevisionQuery(ListQuery):
    """Query parameters of the revisions of a record."""

    sort: RevisionSort = RevisionSort.NEWEST
    """Sort by version. `-` means descending order."""


class RevisionSummary(ReadModel):
    """Version of a record, and the write that made it."""

    version: int
    at: UtcInstant
    """Time of the write."""
    actor: AuditActor | None
    """Author of the write, or null if the audit trail does not have it: a load or an import."""
    action: Action | None
    """Action of the write, or null if the audit trail does not have it."""
    redacted: list[str]
    """Fields that this version has lost by a redaction. It cannot be restored then."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        redacted = (row["redacted_fields"] or {}).get(row["state"], [])
        if row["action"] is None:
            at = instant_of(row["replaced_updated_at"]) or row["at"]
            return {"at": at, "actor": None, "redacted": redacted}
        actor = {"id": row["actor_id"], "name": row["actor_name"]}
        return {"actor": actor, "redacted": redacted}


class RevisionRead(RevisionSummary):
    """Version of a record with its content."""

    record: dict[str, Any]
    """Complete record as it was, with references by slug."""


class RevisionPage(Page[RevisionSummary]):
    """Page of the versions of a record."""


class FieldChange(ReadModel):
    """Field whose value differs between two versions."""

    field: str
    before: Any
    """Value in the first version, or null if it had no such field."""
    after: Any
    """Value in the second version, or null if it has no such field."""


class RevisionDifference(ReadModel):
    """Fields that differ between two versions of a record."""

    from_version: int
    to_version: int
    changes: list[FieldChange]
    """Fields in alphabetical order, without those that change with every write."""
