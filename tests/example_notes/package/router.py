"""Routes of `/v1/notes`."""

from typing import Annotated, Any

from app.resources.notes import commands, queries
from app.resources.notes.schemas import NotePage, NoteQuery, NoteRead, NoteWrite
from fastapi import Body, Depends, Query, Response

from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.request import (
    WriteRequest,
    build_create_dependency,
    build_update_dependency,
)
from app.domain.enums import Scope

router = Router(prefix="/v1/notes", tags=["notes"])

NoteSlugPath = Annotated[SlugPath, Example("docking-delayed")]

CreateNoteDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.NOTES_WRITE))]
UpdateNoteDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.NOTES_WRITE))]
NotePatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="NotePatch"),
    MergePatchSchema(NoteWrite),
]


@router.get("", name="listNotes", summary="List notes", response_model=NotePage)
async def list_notes(query: Annotated[NoteQuery, Query()], lists: ListResponderDep) -> Response:
    """Returns notes, newest first."""
    return await lists.respond(queries.list_notes, query)


@router.get("/{slug}", name="getNote", summary="Get a note")
async def get_note(slug: NoteSlugPath, database: DatabaseDep, response: Response) -> NoteRead:
    """Returns a note with its text."""
    return set_validators(response, await database.read(queries.get_note, slug))


@router.post(
    "", name="createNote", summary="Create a note", status_code=201, response_model=NoteRead
)
async def create_note(note: NoteWrite, write: CreateNoteDep) -> Response:
    """Creates a note."""
    return await write.execute(commands.WRITER.create, note)


@router.patch("/{slug}", name="updateNote", summary="Update a note", response_model=NoteRead)
async def update_note(slug: NoteSlugPath, patch: NotePatch, write: UpdateNoteDep) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Omitted fields do not change."""
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteNote", summary="Delete a note", status_code=204)
async def delete_note(slug: NoteSlugPath, write: UpdateNoteDep) -> Response:
    """Deletes a note."""
    return await write.execute(commands.WRITER.delete, slug)
