"""`zarya proposals`: list and decide on imported entries that may be records of the archive."""

from collections.abc import Callable
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.cli.terminal import JsonOption, command_line_actor, console, open_database, print_listing
from app.db.models import Proposal
from app.domain.enums import ProposalStatus
from app.http.problems import ApiError
from app.resources.proposals import commands
from app.resources.proposals.queries import list_all_proposals
from app.resources.proposals.schemas import ProposalFilters, ProposalRead, ProposalSummary

cli = typer.Typer(
    no_args_is_help=True,
    help="List and decide on imported entries that may be records of the archive.",
)

ProposalId = Annotated[int, typer.Argument(metavar="ID")]


@cli.command("list")
def list_proposals(
    status: Annotated[
        ProposalStatus, typer.Option(help="Status of the proposals.")
    ] = ProposalStatus.OPEN,
    as_json: JsonOption = False,
) -> None:
    """List the proposals that wait for a decision, oldest first."""
    with open_database() as database, database.snapshot() as reader:
        proposals = list_all_proposals(reader, ProposalFilters(status=status))
    columns = ("id", "type", "entry", "source", "candidates", "evidence", "decision")
    print_listing(proposals, as_json, columns, _format_proposal)


def _format_proposal(each: ProposalSummary) -> tuple[str, ...]:
    source = f"{each.source} {each.source_id}"
    candidates = ", ".join(candidate.slug for candidate in each.candidates)
    decision = f"{each.status} {each.record.slug if each.record else ''}".strip()
    return str(each.id), each.type, each.title, source, candidates, each.evidence, decision


@cli.command("merge")
def merge_proposal(
    id_: ProposalId,
    slug: Annotated[
        str | None,
        typer.Argument(metavar="SLUG", help="The record. Default: the only candidate."),
    ] = None,
) -> None:
    """Decide that the entry is a record of the archive."""
    actor = command_line_actor("proposals merge")
    _decide(id_, lambda session, found: commands.merge_proposal(session, actor, found, slug))


@cli.command("separate")
def separate_proposal(id_: ProposalId) -> None:
    """Decide that the entry is another record, and create it."""
    actor = command_line_actor("proposals separate")
    _decide(id_, lambda session, found: commands.separate_proposal(session, actor, found))


def _decide(id_: int, decide: Callable[[Session, Proposal], ProposalRead]) -> None:
    """Run `decide` in one transaction. Raises typer.Exit if it is refused."""
    with open_database() as database:
        try:
            with database.session() as session:
                decided = decide(session, commands.lock_open_proposal(session, id_))
        except ApiError as error:
            console.print(error.detail, markup=False, highlight=False)
            raise typer.Exit(1) from error
    slug = decided.record.slug if decided.record else ""
    console.print(f"Proposal {id_}: {decided.status} {slug}.", markup=False, highlight=False)
