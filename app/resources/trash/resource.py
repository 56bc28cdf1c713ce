"""Declaration of the trash."""

from app.resources.resource import Resource
from app.resources.trash.router import router

RESOURCE = Resource(
    tag="trash",
    description="Deleted records of all types, which can be restored.",
    routers=(router,),
)
