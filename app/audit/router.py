"""`/v1/audit`: who changed what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.audit import queries
from app.audit.schemas import AuditPage, AuditQuery
from app.auth import Allowed, Caller, KeyedRoute
from app.database import DatabaseDep
from app.models import Scope
from app.pagination import with_links

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=KeyedRoute)

Auditor = Annotated[Caller, Depends(Allowed(Scope.AUDIT_READ))]


@router.get("", name="listAuditEntries", summary="Read the audit trail")
async def list_audit_entries(
    query: Annotated[AuditQuery, Query()],
    _auditor: Auditor,
    database: DatabaseDep,
    response: Response,
) -> AuditPage:
    """Who changed what, when, from what to what: every write, newest first."""
    return with_links(response, await database.read(queries.list_audit_entries, query))
