"""Declaration of the search resource."""

from app.resources.resource import Resource
from app.resources.search.router import router

RESOURCE = Resource(
    tag="search",
    description="Everything in one list, in either language and any spelling.",
    routers=(router,),
)
