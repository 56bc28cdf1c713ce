"""Routes of `/v1/horizon`."""

from typing import Annotated

from fastapi import Depends, Response

from app.api.deps import DatabaseDep
from app.api.routing import Router
from app.api.writes.request import WriteRequest, build_create_dependency
from app.domain.enums import Scope
from app.resources.horizon import commands, queries
from app.resources.horizon.schemas import HorizonMove, Horizons

router = Router(prefix="/v1/horizon", tags=["horizon"])

MoveHorizonDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.MISSIONS_WRITE))]


@router.get("", name="getHorizon", summary="Get the horizon")
async def get_horizon(database: DatabaseDep) -> Horizons:
    """Returns the times until which facts are known, by kind.

    Answers about a later time say so: a status is `unknown`, and days are counted to the horizon.
    """
    return await database.read(queries.get_horizons)


@router.post("", name="moveHorizon", summary="Move the horizon", response_model=Horizons)
async def move_horizon(move: HorizonMove, write: MoveHorizonDep) -> Response:
    """Confirms that all facts of `kinds` are known until `known_until`.

    The horizon only moves forwards. Moves are in the audit log, not in the change feed.
    """
    return await write.execute(commands.confirm_horizon, move)
