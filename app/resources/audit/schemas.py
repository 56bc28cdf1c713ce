"""What the audit trail looks like, and how it can be asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.api.audit_log import Action, Kind
from app.api.embeds import ReadModel, UtcInstant
from app.api.lists.pagination import ListQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.params import CommaList, Omittable, QueryModel, Rfc3339OrDate, Slug


class AuditSort(SortChoice):
    """The orders that the trail can be read in."""

    NEWEST = "-at"
    OLDEST = "at"


ActorId = Annotated[str, StringConstraints(pattern="^[a-z0-9]+( [a-z]+)*$", max_length=120)]


class AuditFilters(QueryModel):
    """Which entries."""

    actor: CommaList[ActorId] = []
    """The id of the key that did it, or the command."""
    action: CommaList[Action] = []
    """What was done."""
    type: CommaList[Kind] = []
    """The kind of record."""
    slug: CommaList[Slug] = []
    """The record, by the slug it had then, or a key by its id."""
    record_id: Omittable[Annotated[int, Field(ge=1, le=2**31 - 1)]] = None
    """The record, by its id, which stays when its slug changes."""
    at_gte: Omittable[Rfc3339OrDate] = None
    """At this instant or later; a bare day begins in UTC."""
    at_lt: Omittable[Rfc3339OrDate] = None
    """Before this instant."""


class AuditQuery(AuditFilters, ListQuery):
    """A page of the audit trail."""

    sort: AuditSort = AuditSort.NEWEST
    """The order: by time, newest first with the minus."""


class AuditActor(ReadModel):
    """Who did something."""

    id: str
    """The id of a key, or the command."""
    name: str


class AuditEntryRead(ReadModel):
    """Who changed what, when, from what to what."""

    id: int
    at: UtcInstant
    actor: AuditActor
    action: Action
    type: Kind
    record_id: int | None
    slug: str | None
    before: dict[str, Any] | None
    """The record as it was, null where there was none."""
    after: dict[str, Any] | None
    """The record as it became, null where there is none any more."""
    request_id: str | None
    """The `X-Request-ID` of the request that did it."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"actor": {"id": row["actor"], "name": row["actor_name"]}}

    def last_modified(self) -> datetime | None:
        states = [state for state in (self.before, self.after) if state and "updated_at" in state]
        return max((datetime.fromisoformat(s["updated_at"]) for s in states), default=None)


class AuditPage(Page[AuditEntryRead]):
    """A page of the audit trail."""
