"""Declaration of the API keys resource."""

from app.resources.keys.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="keys",
    description="API keys for editors and programs.",
    routers=(router,),
)
