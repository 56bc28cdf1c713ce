"""Declaration of the station resource."""

from app.resources.resource import Resource
from app.resources.station.router import router

RESOURCE = Resource(
    tag="station",
    description="The station at a time: its crew, ships, modules and free ports.",
    routers=(router,),
    index_links={"station": "/v1/station"},
)
