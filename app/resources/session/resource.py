"""Declaration of the session resource."""

from app.resources.openid.router import router as openid_router
from app.resources.resource import Resource
from app.resources.session.router import router

RESOURCE = Resource(
    tag="session",
    description="Session of an editor in a browser.",
    routers=(router, openid_router),
)
