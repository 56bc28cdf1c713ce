"""Declaration of the tags resource."""

from app.resources.resource import Resource
from app.resources.tags.router import router

RESOURCE = Resource(
    tag="tags",
    description="Tags of articles.",
    routers=(router,),
    index_links={"tags": "/v1/tags"},
)
