"""Declaration of the revisions resource."""

from app.resources.resource import Resource
from app.resources.revisions.router import router
from app.resources.trash.router import router as trash_router

RESOURCE = Resource(
    tag="revisions",
    description="Versions of records of all types: read, compare, restore. Deleted records.",
    routers=(router, trash_router),
)
