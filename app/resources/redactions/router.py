"""Route `POST /v1/audit/redact`."""

from typing import Annotated

from fastapi import Depends, Response

from app.api.routing import Router
from app.api.writes.request import WriteRequest, build_create_dependency
from app.domain.enums import Scope
from app.resources.redactions.commands import redact_record
from app.resources.redactions.schemas import RedactionRead, RedactionWrite

router = Router(prefix="/v1/audit/redact", tags=["audit"])

RedactDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.AUDIT_REDACT))]


@router.post(
    "",
    name="redactAuditEntries",
    summary="Redact the history of a record",
    response_model=RedactionRead,
)
async def redact_audit_entries(document: RedactionWrite, write: RedactDep) -> Response:
    """Takes values of a record out of the audit trail and its versions, for good.

    All values of `fields` go except the present ones: change the record first. Entries keep their
    time, actor and action, and name the fields in `redacted`. The redaction is an entry itself.
    """
    return await write.execute(redact_record, document)
