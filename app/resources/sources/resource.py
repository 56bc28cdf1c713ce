"""Declaration of the feed sources resource."""

from app.resources.resource import Resource
from app.resources.sources.router import router

RESOURCE = Resource(
    tag="sources",
    description="Feeds of others that are looked at again and again.",
    routers=(router,),
)
