"""Declaration of the portal resource."""

from app.portal.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="portal",
    description="A mission's whole page in one answer.",
    routers=(router,),
)
