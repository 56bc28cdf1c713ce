"""Declaration of the audit log resource."""

from app.resources.audit.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="audit",
    description="Audit log of all writes.",
    routers=(router,),
)
