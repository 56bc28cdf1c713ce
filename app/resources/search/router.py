"""Routes of `/v1/search` and `/v1/suggest`."""

from typing import Annotated

from fastapi import Query, Response

from app.api.deps import DatabaseDep
from app.api.lists.responses import build_page_response
from app.api.routing import Router
from app.resources.search import queries
from app.resources.search.schemas import SearchPage, SearchQuery, Suggestions, SuggestQuery

router = Router(prefix="/v1", tags=["search"])


@router.get("/search", name="search", summary="Search all records", response_model=SearchPage)
async def search(query: Annotated[SearchQuery, Query()], database: DatabaseDep) -> Response:
    """Searches missions, people, launches and articles. Returns the best match first.

    Words match in both languages, in any spelling and inflection, and with one wrong letter.
    Matches in names and titles rank above matches in texts; equal matches are sorted newest first.
    """
    return build_page_response(await database.read(queries.search, query))


@router.get("/suggest", name="suggest", summary="Suggest records")
async def suggest(query: Annotated[SuggestQuery, Query()], database: DatabaseDep) -> Suggestions:
    """Returns names and titles for autocompletion. The last word may be incomplete."""
    return await database.read(queries.suggest, query)
