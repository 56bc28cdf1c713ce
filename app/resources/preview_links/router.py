"""Routes of `/v1/articles/{slug}/preview-links`."""

from typing import Annotated

from fastapi import Depends, Response

from app.api.auth import ApiClient, RequireScope
from app.api.deps import DatabaseDep, PrimaryDatabaseDep
from app.api.fields import RecordQueryDep
from app.api.openapi.examples import Example
from app.api.params import IdPath, SlugPath
from app.api.routing import Router
from app.api.writes.request import WriteRequest, build_create_dependency
from app.resources.articles.authorisation import DRAFT_SCOPES
from app.resources.preview_links import commands, queries
from app.resources.preview_links.schemas import PreviewLinkCreated, PreviewLinks, PreviewLinkWrite

router = Router(prefix="/v1/articles/{slug}/preview-links", tags=["articles"])

ArticleSlugPath = Annotated[SlugPath, Example("launch-progress-ms-11")]
_REQUIRE_AUTHOR = RequireScope(*DRAFT_SCOPES)
ArticleAuthorDep = Annotated[ApiClient, Depends(_REQUIRE_AUTHOR)]
CreateLinkDep = Annotated[
    WriteRequest,
    Depends(build_create_dependency(_REQUIRE_AUTHOR, accepts_idempotency_key=False)),
]


@router.get("", name="listPreviewLinks", summary="List preview links")
async def list_preview_links(
    slug: ArticleSlugPath, _author: ArticleAuthorDep, database: DatabaseDep, _query: RecordQueryDep
) -> PreviewLinks:
    """Returns the preview links of an article that have not expired, without their URLs."""
    return await database.read(queries.list_preview_links, slug)


@router.post(
    "",
    name="createPreviewLink",
    summary="Create a preview link",
    status_code=201,
    response_model=PreviewLinkCreated,
)
async def create_preview_link(
    slug: ArticleSlugPath, link: PreviewLinkWrite, write: CreateLinkDep
) -> Response:
    """Creates a link to the page of the article, also of a draft, for people without a key.

    Only this response contains the URL, so it accepts no `Idempotency-Key`.
    """
    return await write.execute(commands.create_preview_link, slug, link)


@router.delete("/{id}", name="revokePreviewLink", summary="Revoke a preview link", status_code=204)
async def revoke_preview_link(
    slug: ArticleSlugPath, id_: IdPath, author: ArticleAuthorDep, database: PrimaryDatabaseDep
) -> None:
    """Revokes the link immediately and permanently. Does not require `If-Match`."""
    await database.write(commands.revoke_preview_link, author, slug, id_)
