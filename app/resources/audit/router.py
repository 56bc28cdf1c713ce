"""Routes of `/v1/audit`: the audit log."""

from typing import Annotated

from fastapi import Depends, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.lists.responses import ListResponderDep
from app.api.routing import Router
from app.domain.enums import Scope
from app.http.paths import route_traits
from app.resources.audit import queries
from app.resources.audit.schemas import AuditPage, AuditQuery

router = Router(prefix="/v1/audit", tags=["audit"])

AuditReaderDep = Annotated[ApiClient, Depends(RequireScope(Scope.AUDIT_READ))]


@router.get("", name="listAuditEntries", summary="List audit log entries", response_model=AuditPage)
@route_traits(english_only=True)
async def list_audit_entries(
    query: Annotated[AuditQuery, Query()], _auditor: AuditReaderDep, lists: ListResponderDep
) -> Response:
    """Returns every write with its actor and the record before and after, newest first."""
    return await lists.respond(queries.list_audit_entries, query)
