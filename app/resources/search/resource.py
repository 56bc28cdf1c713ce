"""Declaration of the search resource."""

from app.resources.resource import Resource
from app.resources.search.router import router

RESOURCE = Resource(
    tag="search",
    description="Full-text search in all records, in both languages and any spelling.",
    routers=(router,),
)
