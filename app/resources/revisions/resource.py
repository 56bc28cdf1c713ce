"""Declaration of the revisions resource."""

from app.resources.resource import Resource
from app.resources.revisions.router import router

RESOURCE = Resource(
    tag="revisions",
    description="Versions of records of all types: read, compare, restore.",
    routers=(router,),
)
