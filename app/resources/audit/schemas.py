"""What the audit trail looks like, and how it can be asked for."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.api.audit_log import Action, Kind
from app.api.embeds import At, Shape
from app.api.lists.pagination import Page, PageQuery
from app.api.lists.sorting import SortChoice
from app.api.params import AnyOf, Instant, Maybe, Parameters, Slug


class AuditSort(SortChoice):
    """The orders that the trail can be read in."""

    NEWEST = "-at"
    OLDEST = "at"


ActorId = Annotated[str, StringConstraints(pattern="^[a-z0-9]+( [a-z]+)*$", max_length=120)]


class AuditFilters(Parameters):
    """Which entries."""

    actor: AnyOf[ActorId] = []
    """The id of the key that did it, or the command."""
    action: AnyOf[Action] = []
    """What was done."""
    type: AnyOf[Kind] = []
    """The kind of record."""
    slug: AnyOf[Slug] = []
    """The record, by the slug it had then, or a key by its id."""
    record_id: Maybe[Annotated[int, Field(ge=1, le=2**31 - 1)]] = None
    """The record, by its id, which stays when its slug changes."""
    at_gte: Maybe[Instant] = None
    """At this instant or later; a bare day begins in UTC."""
    at_lt: Maybe[Instant] = None
    """Before this instant."""


class AuditQuery(AuditFilters, PageQuery):
    """A page of the audit trail."""

    sort: AuditSort = AuditSort.NEWEST
    """The order: by time, newest first with the minus."""


class AuditActor(Shape):
    """Who did something."""

    id: str
    """The id of a key, or the command."""
    name: str


class AuditEntryRead(Shape):
    """Who changed what, when, from what to what."""

    id: int
    at: At
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
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"actor": {"id": row["actor"], "name": row["actor_name"]}}


class AuditPage(Page[AuditEntryRead]):
    """A page of the audit trail."""
