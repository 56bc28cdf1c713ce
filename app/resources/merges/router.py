"""Routes `POST /v1/{collection}/{slug}/merge`, of each resource whose records can be merged."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Response

from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.request import WriteRequest, build_action_dependency
from app.resources.merges.commands import merge_record
from app.resources.merges.schemas import MergeWrite
from app.resources.registry import RECORD_RESOURCES
from app.resources.resource import RecordResource


def build_router(resource: RecordResource) -> Router:
    """Build the router with the merge of one resource."""
    router = Router(prefix=f"/v1/{resource.writer.collection}", tags=[resource.tag])
    name = resource.record_type.replace("_", " ")
    router.add_api_route(
        "/{slug}/merge",
        _build_handler(resource),
        methods=["POST"],
        name=f"merge{name.title().replace(' ', '')}",
        summary=f"Merge two records: {name}",
        response_model=resource.merge_model,
    )
    return router


def _build_handler(resource: RecordResource) -> Callable[..., Awaitable[Response]]:
    write_dependency = Depends(build_action_dependency(resource.scope))
    example = resource.model.label.example_slug

    async def merge(
        slug: Annotated[SlugPath, Example(example)],
        document: MergeWrite,
        write: Annotated[WriteRequest, write_dependency],
    ) -> Response:
        """Deletes the record; all that refers to it refers to `into` from then on.

        Its slug redirects there (308), and imports of it are those of `into`. A record that refers
        to both, such as a crew, is refused with 409; an article may.
        """
        return await write.execute(merge_record, resource, slug, document)

    return merge


ROUTERS = tuple(
    build_router(resource) for resource in RECORD_RESOURCES.values() if resource.merge_model
)
