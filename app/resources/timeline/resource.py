"""Declaration of the timeline resource."""

from app.resources.resource import Resource
from app.resources.timeline.router import router

RESOURCE = Resource(
    tag="timeline",
    description="The timeline of the station: what happened and what is planned.",
    routers=(router,),
    index_links={"timeline": "/v1/timeline"},
)
