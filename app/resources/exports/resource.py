"""Declaration of the exports resource."""

from app.resources.exports.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="export",
    description="The archive as a file to take away.",
    routers=(router,),
)
