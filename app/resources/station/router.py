"""Route of `/v1/station`."""

from typing import Annotated

from fastapi import Query, Response

from app.api.cache_control import past_cache_control
from app.api.deps import DatabaseDep
from app.api.routing import Router
from app.resources.station import queries
from app.resources.station.schemas import StationQuery, StationRead

router = Router(prefix="/v1/station", tags=["station"])


@router.get("", name="getStation", summary="Get the station", responses={404: {}})
async def get_station(
    query: Annotated[StationQuery, Query()], database: DatabaseDep, response: Response
) -> StationRead:
    """Returns the station at the present, on a day or at an instant.

    Its crew, ships, modules and free ports, the spacewalks of the day, and what happens next. What
    is not known is null.
    """
    station = await database.read(queries.get_station, query)
    if station.at:
        response.headers["Cache-Control"] = past_cache_control(station.at)
    return station
