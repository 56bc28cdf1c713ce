"""`/v1/search` and `/v1/suggest`: everything, by words."""

from typing import Annotated

from fastapi import Query, Response

from app.api.deps import DatabaseDep
from app.api.lists.responses import build_page_response
from app.api.routing import Router
from app.resources.search import queries
from app.resources.search.schemas import SearchPage, SearchQuery, Suggestions, SuggestQuery

router = Router(prefix="/v1", tags=["search"])


@router.get("/search", name="search", summary="Search everything", response_model=SearchPage)
async def search(query: Annotated[SearchQuery, Query()], database: DatabaseDep) -> Response:
    """Missions, people, launches and articles in one list, the best match first.

    Words are found in either language, in any spelling and any of their forms, and with one letter
    wrong. What is called so comes before what only tells of it, the newest first among equals.
    """
    return build_page_response(await database.read(queries.search, query))


@router.get("/suggest", name="suggest", summary="Suggest what may be meant")
async def suggest(query: Annotated[SuggestQuery, Query()], database: DatabaseDep) -> Suggestions:
    """Names and titles for what somebody is typing; the last word need not be complete."""
    return await database.read(queries.suggest, query)
