"""Route of `/v1/tags`."""

from typing import Annotated

from fastapi import Query

from app.api.deps import DatabaseDep
from app.api.routing import Router
from app.resources.tags import queries
from app.resources.tags.schemas import TagQuery, Tags

router = Router(prefix="/v1/tags", tags=["tags"])


@router.get("", name="listTags", summary="List tags")
async def list_tags(query: Annotated[TagQuery, Query()], database: DatabaseDep) -> Tags:
    """Returns the tags of published articles, with their numbers and times of use."""
    return await database.read(queries.list_tags, query)
