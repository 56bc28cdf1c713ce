"""Declaration of the webhooks resource."""

from app.resources.resource import Resource
from app.resources.webhooks.router import router

RESOURCE = Resource(
    tag="webhooks",
    description="Webhooks that deliver changes to other services.",
    routers=(router,),
)
