"""Declaration of the proposals resource."""

from app.resources.proposals.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="proposals",
    description="Imported entries that may be records of the archive, for an editor to decide.",
    routers=(router,),
)
