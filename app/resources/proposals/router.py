"""Routes of `/v1/proposals`: imported entries that an editor decides on."""

from typing import Annotated

from fastapi import Depends, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep
from app.api.fields import RecordQueryDep
from app.api.lists.responses import ListResponderDep
from app.api.params import IdPath
from app.api.routing import Router
from app.api.writes.request import WriteRequest, build_action_dependency
from app.domain.enums import Scope
from app.resources.proposals import commands, queries
from app.resources.proposals.schemas import (
    ProposalMerge,
    ProposalPage,
    ProposalQuery,
    ProposalRead,
)

router = Router(prefix="/v1/proposals", tags=["proposals"])

ProposalEditorDep = Annotated[ApiClient, Depends(RequireScope(Scope.PROPOSALS_WRITE))]
DecideProposalDep = Annotated[WriteRequest, Depends(build_action_dependency(Scope.PROPOSALS_WRITE))]


@router.get("", name="listProposals", summary="List proposals", response_model=ProposalPage)
async def list_proposals(
    query: Annotated[ProposalQuery, Query()], _editor: ProposalEditorDep, lists: ListResponderDep
) -> Response:
    """Returns the open proposals, or those decided in one way, oldest first."""
    return await lists.respond(queries.list_proposals, query)


@router.get("/{id}", name="getProposal", summary="Get a proposal")
async def get_proposal(
    id_: IdPath,
    _editor: ProposalEditorDep,
    database: DatabaseDep,
    response: Response,
    _query: RecordQueryDep,
) -> ProposalRead:
    """Returns the entry and the records that it may describe, with their differences."""
    return set_validators(response, await database.read(queries.get_proposal, id_))


@router.post(
    "/{id}/merge",
    name="mergeProposal",
    summary="Merge a proposal with a record",
    response_model=ProposalRead,
)
async def merge(id_: IdPath, document: ProposalMerge, write: DecideProposalDep) -> Response:
    """Decides that the entry is an existing record, for this and all later imports.

    The record does not change. A proposal that has been decided is refused with 409.
    """
    return await write.execute(commands.merge, id_, document)


@router.post(
    "/{id}/separate",
    name="separateProposal",
    summary="Create a separate record from a proposal",
    response_model=ProposalRead,
)
async def separate(id_: IdPath, write: DecideProposalDep) -> Response:
    """Decides that the entry is another record, and creates it. Later imports update it.

    A proposal that has been decided, or whose entry is no longer valid, is refused with 409.
    """
    return await write.execute(commands.separate, id_)
