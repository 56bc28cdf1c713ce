"""Declaration of the exports resource."""

from app.resources.exports.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="export",
    description="Download of all public records as a file.",
    routers=(router,),
)
