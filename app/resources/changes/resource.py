"""Declaration of the changes resource."""

from app.resources.changes.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="changes",
    description="What has changed: for copies of the archive, and for those who listen.",
    routers=(router,),
)
