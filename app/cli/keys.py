"""`zarya keys`."""

import sys
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from app.cli import console
from app.cli.terminal import command_line_actor, new_table, open_database
from app.domain.enums import Scope
from app.http.problems import NotFound
from app.resources.keys.commands import create_key as create_one
from app.resources.keys.commands import revoke_key as revoke_one
from app.resources.keys.queries import list_all_keys
from app.resources.keys.schemas import KeyWrite

cli = typer.Typer(no_args_is_help=True, help="The keys that editors and programs write with.")


@cli.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="Who or what it is for.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; can be repeated.")],
    expires: Annotated[
        str | None, typer.Option(help="Until when: a day (in UTC) or an RFC 3339 instant.")
    ] = None,
) -> None:
    """Make an API key, and print it this once."""
    at = f"{expires}T00:00:00Z" if expires and len(expires) == len("2031-01-01") else expires
    try:
        wanted = KeyWrite.model_validate({"name": name, "scopes": scope, "expires_at": at})
    except ValidationError as error:
        for fault in error.errors():
            console.print(f"--{fault['loc'][0]}: {fault['msg']}", markup=False)
        raise typer.Exit(2) from error
    with open_database() as database, database.session() as session:
        given = wanted.name, wanted.scopes, wanted.expires_at
        made = create_one(session, command_line_actor("keys create"), *given)
    console.print(f"The key {made.id} may {', '.join(made.scopes)}. It is shown only now:")
    sys.stdout.write(f"{made.key}\n")


@cli.command("list")
def list_keys() -> None:
    """Tell of every key, newest first, but not the secrets."""
    with open_database() as database, database.snapshot() as reader:
        found = list_all_keys(reader)
    table = new_table("id", "name", "scopes", "created", "expires", "last used", "state")
    for key in found:
        times = (key.created_at, key.expires_at, key.last_used_at)
        told = (f"{at:%Y-%m-%d %H:%M}" if at else "–" for at in times)
        table.add_row(key.id, key.name, ", ".join(key.scopes), *told, key.state)
    Console(soft_wrap=True).print(table)


@cli.command("revoke")
def revoke_key(id_: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Let a key work no more, from its next request on."""
    with open_database() as database, database.session() as session:
        try:
            revoke_one(session, command_line_actor("keys revoke"), id_)
        except NotFound as error:
            console.print(error.detail, markup=False)
            raise typer.Exit(1) from error
    console.print(f"The key {id_} is revoked.")
