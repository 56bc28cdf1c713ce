"""Declaration of the webhooks resource."""

from app.resources.resource import Resource
from app.resources.webhooks.router import router

RESOURCE = Resource(
    tag="webhooks",
    description="Other services that are told of changes.",
    routers=(router,),
)
