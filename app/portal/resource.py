"""Declaration of the portal resource."""

from app.portal.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="portal",
    description="All data of a mission's page in one response.",
    routers=(router,),
)
