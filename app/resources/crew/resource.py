"""Declaration of the crew resource."""

from app.resources.crew.router import assignments_router, router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="crew",
    description="Crew assignments: the roles of people in missions.",
    routers=(router, assignments_router),
    index_links={"crew_assignments": "/v1/crew-assignments"},
)
