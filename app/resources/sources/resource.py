"""Declaration of the feed sources resource."""

from app.resources.resource import Resource
from app.resources.sources.router import router

RESOURCE = Resource(
    tag="sources",
    description="External feeds that the service polls.",
    routers=(router,),
)
