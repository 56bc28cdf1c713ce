"""Routes of `/v1/{collection}/{slug}/revisions`: the versions of a record of any type."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Path, Query, Request, Response
from pydantic import WithJsonSchema

from app.api.auth import ApiClient, RequireScope
from app.api.deps import DatabaseDep
from app.api.fields import RecordQueryDep
from app.api.lists.responses import ListResponderDep
from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.request import WriteRequest, build_action_dependency
from app.domain.enums import Scope
from app.domain.languages import tr
from app.http.paths import route_traits
from app.http.problems import NotFound
from app.resources.articles.rendering import render_bodies
from app.resources.registry import RECORD_RESOURCES
from app.resources.resource import RecordResource
from app.resources.revisions import commands, queries
from app.resources.revisions.schemas import (
    RevisionDifference,
    RevisionPage,
    RevisionQuery,
    RevisionRead,
)

_RESOURCES = {each.writer.collection: each for each in RECORD_RESOURCES.values()}
"""Resources by the segment of their path."""

CollectionPath = Annotated[
    str,
    WithJsonSchema({"type": "string", "enum": list(_RESOURCES)}),
    Path(description="Collection of the record, such as `articles`."),
    Example("articles"),
]
RevisedSlugPath = Annotated[SlugPath, Example("launch-progress-ms-11")]
VersionPath = Annotated[
    int, Path(ge=1, le=2**31 - 1, description="Version of the record."), Example(1)
]
OtherVersionPath = Annotated[
    int, Path(ge=1, le=2**31 - 1, description="Version to compare with."), Example(2)
]


def _get_resource(collection: CollectionPath) -> RecordResource:
    """The resource of the path. Raises NotFound."""
    if collection not in _RESOURCES:
        raise NotFound(
            tr(
                f"There are no records {collection[:80]!r} with revisions.",
                f"Записей {collection[:80]!r} с версиями нет.",
            )
        )
    return _RESOURCES[collection]


class _RequireRecordScope(RequireScope):
    """Dependency: an API client that may write the records of the path, or has `alternatives`."""

    def __init__(self, *alternatives: Scope) -> None:
        super().__init__()
        self.alternatives = alternatives

    def find_sufficient_scopes(self, request: Request) -> tuple[Scope, ...]:
        """See `RequireScope`. Raises NotFound for an unknown collection."""
        resource = _get_resource(request.path_params["collection"])
        draft_scopes = () if resource.draft_scope is None else (resource.draft_scope,)
        return (resource.scope, *draft_scopes, *self.alternatives)


ResourceDep = Annotated[RecordResource, Depends(_get_resource)]
RevisionReaderDep = Annotated[ApiClient, Depends(_RequireRecordScope(Scope.AUDIT_READ))]
RestoreDep = Annotated[WriteRequest, Depends(build_action_dependency(_RequireRecordScope()))]

router = Router(prefix="/v1/{collection}/{slug}/revisions", tags=["revisions"])


@router.get(
    "", name="listRevisions", summary="List the versions of a record", response_model=RevisionPage
)
@route_traits(english_only=True)
async def list_revisions(
    resource: ResourceDep,
    slug: RevisedSlugPath,
    query: Annotated[RevisionQuery, Query()],
    _reader: RevisionReaderDep,
    lists: ListResponderDep,
) -> Response:
    """Returns the versions that the audit trail has, and the present one; newest first by default.

    The key must have the scope to write such records, or `audit:read`.
    """
    return await lists.respond(partial(queries.list_revisions, resource=resource, slug=slug), query)


@router.get("/{version}", name="getRevision", summary="Get a version of a record")
async def get_revision(
    resource: ResourceDep,
    slug: RevisedSlugPath,
    version: VersionPath,
    _reader: RevisionReaderDep,
    database: DatabaseDep,
    _query: RecordQueryDep,
) -> RevisionRead:
    """Returns the record as it was in this version.

    The key must have the scope to write such records, or `audit:read`.
    """
    return await database.read(queries.get_revision, resource, slug, version)


@router.get(
    "/{version}/difference/{other}",
    name="compareRevisions",
    summary="Compare two versions of a record",
)
async def compare_revisions(
    resource: ResourceDep,
    slug: RevisedSlugPath,
    version: VersionPath,
    other: OtherVersionPath,
    _reader: RevisionReaderDep,
    database: DatabaseDep,
    _query: RecordQueryDep,
) -> RevisionDifference:
    """Returns the fields that differ, with both values.

    The key must have the scope to write such records, or `audit:read`.
    """
    return await database.read(queries.compare_revisions, resource, slug, version, other)


@router.post(
    "/{version}/restore",
    name="restoreRevision",
    summary="Restore a version of a record",
    response_model=RevisionRead,
)
async def restore_revision(
    resource: ResourceDep,
    slug: RevisedSlugPath,
    version: VersionPath,
    write: RestoreDep,
) -> Response:
    """Writes the content of this version again and returns the new version.

    The rules of today apply, as to any write. The status of an article stays as it is. A version
    that has lost values by a redaction is refused with 409, and so is a former slug, because its
    record has other versions. The key must have the scope to write such records.
    """
    revision = await write.database.read(queries.get_revision_to_restore, resource, slug, version)
    renderings = await to_thread.run_sync(render_bodies, [revision.record.get("body")])
    return await write.execute(commands.restore_revision, resource, slug, revision, renderings)
