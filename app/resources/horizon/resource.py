"""Declaration of the horizon resource."""

from app.resources.horizon.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="horizon",
    description="The horizon of the archive: until when its facts are known.",
    routers=(router,),
    index_links={"horizon": "/v1/horizon"},
)
