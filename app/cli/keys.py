"""`zarya keys`: create, list, rotate and revoke API keys."""

import sys
from datetime import timedelta
from typing import Annotated

import typer
from pydantic import ValidationError

from app.cli.terminal import (
    JsonOption,
    command_line_actor,
    console,
    format_time,
    open_database,
    print_listing,
)
from app.domain.enums import Scope
from app.domain.roles import Role
from app.http.problems import ApiError, NotFound
from app.resources.keys import commands, queries
from app.resources.keys.schemas import MAX_OVERLAP_HOURS, KeyCreated, KeySummary, KeyWrite

cli = typer.Typer(no_args_is_help=True, help="Create, list, rotate and revoke API keys.")


@cli.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="Name of the person or program that uses the key.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="Scope of the key; can be repeated.")
    ] = None,
    role: Annotated[Role | None, typer.Option(help="Role of the key, instead of scopes.")] = None,
    expires: Annotated[
        str | None, typer.Option(help="Expiry: a date (in UTC) or an RFC 3339 date-time.")
    ] = None,
) -> None:
    """Create an API key and print it. It cannot be shown again."""
    if bool(scope) == (role is not None):
        console.print("Give either --role or --scope.")
        raise typer.Exit(2)
    expires_at = (
        f"{expires}T00:00:00Z" if expires and len(expires) == len("2031-01-01") else expires
    )
    try:
        fields = {"name": name, "role": role, "scopes": scope or [], "expires_at": expires_at}
        key = KeyWrite.model_validate(fields)
    except ValidationError as error:
        for problem in error.errors():
            console.print(f"--{problem['loc'][0]}: {problem['msg']}", markup=False)
        raise typer.Exit(2) from error
    with open_database() as database, database.session() as session:
        actor = command_line_actor("keys create")
        created = commands.create_key(session, actor, key)
    _print_key(created)


def _print_key(created: KeyCreated) -> None:
    console.print(
        f"Key {created.id} with {_format_scopes(created)}. Store it now, it is not shown again:"
    )
    sys.stdout.write(f"{created.key}\n")


@cli.command("rotate")
def rotate_key(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    overlap: Annotated[
        int,
        typer.Option(
            metavar="HOURS",
            min=0,
            max=MAX_OVERLAP_HOURS,
            help="Hours for which the old key remains valid. 0: it ends at once.",
        ),
    ] = 24,
) -> None:
    """Create and print a key that replaces another, with the same name and scopes."""
    duration = timedelta(hours=overlap)
    with open_database() as database, database.session() as session:
        try:
            created = commands.rotate_key(session, command_line_actor("keys rotate"), id_, duration)
        except ApiError as error:
            console.print(error.detail, markup=False)
            raise typer.Exit(1) from error
    console.print(f"Key {id_} ends in {overlap} h." if overlap else f"Key {id_} has ended.")
    _print_key(created)


@cli.command("list")
def list_keys(as_json: JsonOption = False) -> None:
    """List all keys, newest first, without their secrets."""
    with open_database() as database, database.snapshot() as reader:
        keys = queries.list_all_keys(reader)
    columns = ("id", "name", "role or scopes", "created", "expires", "last used", "state")
    print_listing(keys, as_json, columns, _format_key)


def _format_key(key: KeySummary) -> tuple[str, ...]:
    times = map(format_time, (key.created_at, key.expires_at, key.last_used_at))
    return key.id, key.name, _format_scopes(key), *times, key.state


def _format_scopes(key: KeySummary) -> str:
    return f"role {key.role}" if key.role else ", ".join(key.scopes)


@cli.command("revoke")
def revoke_key(id_: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Revoke a key: its next request is refused."""
    with open_database() as database, database.session() as session:
        try:
            commands.revoke_key(session, command_line_actor("keys revoke"), id_)
        except NotFound as error:
            console.print(error.detail, markup=False)
            raise typer.Exit(1) from error
    console.print(f"Key {id_} revoked.")
