"""Declaration of the changes resource."""

from app.resources.changes.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="changes",
    description="Change feed, for polling and streaming.",
    routers=(router,),
)
