"""`zarya mcp`: the MCP server on standard input and output."""

import json
from typing import Any
from uuid import uuid4

import anyio
import typer

from app.api.mcp.endpoint import build_server_factory
from app.api.mcp.in_process_client import build_sender
from app.cli.terminal import console
from app.config import current_settings
from app.main import create_app

cli = typer.Typer()


@cli.command("mcp")
def serve_mcp() -> None:
    """Serve the archive to agents by the Model Context Protocol, on standard input and output.

    Needs the extra `mcp`. Read-only without ZARYA_MCP_KEY.
    """
    settings = current_settings()
    app = create_app(settings)
    try:
        factory = build_server_factory(json.loads(app.openapi_json))
    except ImportError as error:
        console.print("Install the extra first: pip install 'zarya[mcp]'", markup=False)
        raise typer.Exit(2) from error
    key = settings.mcp_key
    headers = {"authorization": f"Bearer {key}"} if key else {}
    scope = {"app": app, "state": {"client": "", "request_id": uuid4()}}
    server = factory.build(build_sender(app.inner_layers, headers, scope), can_write=bool(key))
    anyio.run(_serve, server)
    app.state.services.database.close()


async def _serve(server: Any) -> None:
    from app.api.mcp.server import serve_stdio  # noqa: PLC0415 - an extra

    await serve_stdio(server)
