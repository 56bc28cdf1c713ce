"""Route `/v1/articles/batch`."""

from typing import Annotated

from fastapi import Depends, Request, Response

from app.api.routing import Router
from app.api.writes.request import WriteRequest, build_create_dependency
from app.domain.enums import Scope
from app.domain.languages import tr
from app.http.problems import BadRequest
from app.resources.article_batches import commands
from app.resources.article_batches.schemas import ArticleBatch, ArticleBatchResult

router = Router(prefix="/v1/articles/batch", tags=["articles"])

BatchDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.ARTICLES_WRITE))]


@router.post(
    "",
    name="changeArticles",
    summary="Tag, publish and delete several articles",
    response_model=ArticleBatchResult,
    responses={
        207: {
            "model": ArticleBatchResult,
            "description": "At least one action was refused; the others are done.",
        }
    },
)
async def change_articles(request: Request, batch: ArticleBatch, write: BatchDep) -> Response:
    """Runs up to 100 actions on articles, each as a request of its own would.

    An action that is refused changes nothing and stops no other. The others are committed together.
    """
    if request.headers.get("if-match", "*") != "*":
        raise BadRequest(
            tr(
                "A batch accepts no If-Match. Send the ETag of each article with its slug: "
                '{"slug": …, "etag": …}.',
                "Пакет не принимает If-Match. Пришлите ETag каждой статьи вместе с её именем: "
                '{"slug": …, "etag": …}.',
            )
        )
    return await write.execute(commands.run_batch, batch)
