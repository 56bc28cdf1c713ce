"""MCP server: tools and resources over both transports, by the client of the SDK."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import httpx2
import jsonschema
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from starlette.responses import RedirectResponse, StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Send
from starlette.types import Scope as AsgiScope

from app.api.mcp.in_process_client import ApiRequest, ApiResponse, build_sender, send_to_api
from app.api.mcp.server import _build_tool_result, _describe_error
from app.api.mcp.tools import build_tools
from app.domain.enums import Scope
from tests.support import documents
from tests.support.clients import client_with_key
from tests.support.databases import CreateDatabase
from tests.support.openapi import committed_openapi
from tests.support.paths import ROOT

T = TypeVar("T")

READ_TOOLS = {
    "search", "mission_page", "station_on_day", "timeline", "changes_since",
    "list_missions", "list_launches", "list_people", "list_articles", "list_modules",
    "list_stays", "list_spacewalks", "list_media", "list_vehicles", "list_spacecraft",
    "list_spacecraft_types", "list_agencies", "list_sites",
    "get_mission", "get_launch", "get_person", "get_article", "get_module", "get_stay",
    "get_spacewalk", "get_media", "get_vehicle", "get_spacecraft", "get_spacecraft_type",
    "get_agency", "get_site",
}  # fmt: skip


def run_http(client: TestClient, use: Callable[[Client], Awaitable[T]]) -> T:
    """Run `use` with a client of `/mcp`, in the event loop of the service."""

    async def run() -> T:
        transport = httpx2.ASGITransport(app=client.app)
        headers = {k: v for k, v in client.headers.items() if k == "authorization"}
        async with (
            httpx2.AsyncClient(transport=transport, headers=headers) as http,
            Client(streamable_http_client("http://zarya.test/mcp", http_client=http)) as agent,
        ):
            return await use(agent)

    assert client.portal is not None
    return client.portal.call(run)


def text_of(part: Any) -> str:
    """Text of a part of a result, which can also be a picture."""
    text: str = part.text
    return text


async def check_reads(agent: Client) -> None:
    """The reads of the embedded archive that every transport must answer alike."""
    tools = {tool.name: tool for tool in (await agent.list_tools()).tools}
    assert set(tools) == READ_TOOLS
    found = await agent.call_tool("search", {"q": "Lindgren", "type": ["person"]})
    assert not found.is_error
    assert found.structured_content["items"][0]["slug"] == "kjell-lindgren"
    page = await agent.call_tool("mission_page", {"slug": "iss-59"})
    assert page.structured_content["mission"]["slug"] == "iss-59"
    station = await agent.call_tool("station_on_day", {"on": "2019-04-12"})
    assert len(station.structured_content["aboard"]) == 6
    arguments = {"status": ["failure"], "limit": 2, "sort": "-launch_at", "crewed": False}
    jsonschema.validate(arguments, tools["list_launches"].input_schema)
    launches = await agent.call_tool("list_launches", arguments | {"site": None})
    assert [each["status"] for each in launches.structured_content["items"]] == ["failure"] * 2
    events = await agent.call_tool("timeline", {"on": "2019-04-04", "tz": "UTC"})
    assert events.structured_content["items"]
    changes = await agent.call_tool("changes_since", {"types": ["person"], "limit": 1})
    assert changes.structured_content["next"]
    refused = await agent.call_tool("list_launches", {"statsu": "failure"})
    assert refused.is_error
    assert "Did you mean 'status'?" in text_of(refused.content[0])
    unknown = await agent.call_tool("list_launches", {"vehicle": ["Soyus-2.1a"]})
    assert "soyuz-2-1a" in unknown.structured_content["errors"][0]["detail"]
    slash = await agent.call_tool("get_mission", {"slug": "iss-59/page"})
    assert slash.structured_content["status"] in {404, 422}
    csv = await agent.call_tool("list_missions", {"format": "csv", "number": [59]})
    assert "ISS-59 mission" in text_of(csv.content[0])
    renamed = await agent.call_tool("get_mission", {"slug": "expedition-59", "fields": ["slug"]})
    assert renamed.structured_content == {"slug": "iss-59"}
    (contents,) = (await agent.read_resource("zarya://missions/expedition-59")).contents
    assert json.loads(text_of(contents))["slug"] == "iss-59"
    templates = (await agent.list_resource_templates()).resource_templates
    assert "zarya://launches/{slug}" in {each.uri_template for each in templates}
    (contents,) = (await agent.read_resource("zarya://launches/progress-ms-11")).contents
    assert json.loads(text_of(contents))["slug"] == "progress-ms-11"
    for uri in ("zarya://launches/nothing", "zarya://keys/x", "zarya://launches/a/b", "http://x"):
        with pytest.raises(MCPError):
            await agent.read_resource(uri)
    with pytest.raises(MCPError):
        await agent.call_tool("create_person", {"body": documents.person()})


def test_reads_over_http(archive: TestClient) -> None:
    run_http(archive, check_reads)


@pytest.mark.slow
def test_reads_over_stdio(create_database: CreateDatabase, archive_template_url: str) -> None:
    parameters = StdioServerParameters(
        command=str(ROOT / ".venv/bin/zarya"),
        args=["mcp"],
        env={"ZARYA_DATABASE_URL": create_database(archive_template_url)},
    )

    async def run() -> None:
        async with Client(parameters) as agent:
            await check_reads(agent)

    anyio.run(run)


def test_key_allows_writes(client: TestClient) -> None:
    """A lacking scope is a problem that the agent reads; the version is compared."""
    people = client_with_key(client, Scope.PEOPLE_WRITE)

    async def write(agent: Client) -> None:
        tools = {tool.name: tool for tool in (await agent.list_tools()).tools}
        assert set(tools) > READ_TOOLS
        annotations = tools["delete_person"].annotations
        assert annotations
        assert annotations.destructive_hint
        arguments = {"body": documents.person(name="Ann Example")}
        jsonschema.validate(arguments, tools["create_person"].input_schema)
        made = await agent.call_tool("create_person", arguments)
        assert made.structured_content["slug"] == "ann-example"
        change = {"slug": "ann-example", "body": {"birth_country": "CA"}}
        changed = await agent.call_tool("update_person", {**change, "If-Match": '"1"'})
        assert changed.structured_content["birth_country"] == "CA"
        outdated = await agent.call_tool("update_person", {**change, "If-Match": '"1"'})
        assert (outdated.is_error, outdated.structured_content["status"]) == (True, 412)
        rename = {"slug": "ann-example", "body": {"slug": "ann"}, "If-Match": "*"}
        assert not (await agent.call_tool("update_person", rename)).is_error
        moved = await agent.call_tool("update_person", rename)
        assert (moved.is_error, moved.structured_content["status"]) == (True, 308)
        assert "/v1/people/ann." in moved.structured_content["detail"]
        missing = await agent.call_tool("create_person", {})
        assert (missing.is_error, missing.structured_content["status"]) == (True, 422)
        forbidden = await agent.call_tool("create_launch", {"body": documents.launch()})
        assert forbidden.structured_content["status"] == 403
        assert "launches:write" in forbidden.structured_content["detail"]
        removed = await agent.call_tool("delete_person", {"slug": "ann", "If-Match": "*"})
        assert removed.structured_content == {"status": 204}

    run_http(people, write)
    assert people.get("/v1/people/ann").status_code == 410


def test_other_requests_are_refused(client: TestClient) -> None:
    assert client.get("/mcp").status_code == 405
    assert client.post("/mcp", content=b"{").status_code in {400, 406}


def test_requests_of_any_arguments_can_be_built() -> None:
    """JSON may contain lone surrogates, and a slug a slash, which must not reach another path."""
    tools = build_tools(committed_openapi())
    call = tools["get_launch"].build_request(
        {"slug": "a/b", "fields": ["slug", "\ud800"], "x": True}
    )
    assert (call.method, call.path) == ("GET", "/v1/launches/a%2Fb")
    assert call.query == "fields=slug&fields=%3F&x=true"
    write = tools["update_launch"].build_request(
        {"slug": "a", "If-Match": "*", "body": {"pad": "1"}}
    )
    assert (write.method, write.headers["If-Match"], write.body) == ("PATCH", "*", b'{"pad": "1"}')


@pytest.mark.parametrize(
    ("answer", "text", "value", "detail"),
    [
        (ApiResponse(200, b'{"slug": "a"}'), '{"slug": "a"}', {"slug": "a"}, None),
        (ApiResponse(200, b'[{"slug": "a"}]'), '[{"slug": "a"}]', None, None),
        (ApiResponse(200, b"slug\na\n"), "slug\na\n", None, None),
        (ApiResponse(204, b""), '{"status": 204}', {"status": 204}, None),
        (ApiResponse(404, b'{"detail": "No."}'), '{"detail": "No."}', {"detail": "No."}, "No."),
        (ApiResponse(500, b""), '{"status": 500}', {"status": 500}, '{"status": 500}'),
    ],
)
def test_result_of_a_tool_is_structured_if_it_is_an_object(
    answer: ApiResponse, text: str, value: Any, detail: str | None
) -> None:
    result = _build_tool_result(answer)
    assert text_of(result.content[0]) == text
    assert (result.structured_content, result.is_error) == (value, detail is not None)
    if detail:
        assert _describe_error(answer) == detail


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (
            "http://127.0.0.1:8000/v1/people/b?x=1",
            [("/v1/people/a", b""), ("/v1/people/b", b"x=1")],
        ),
        ("https://elsewhere.example/v1/people/b", [("/v1/people/a", b"")]),
    ],
)
def test_one_redirect_within_the_api_is_followed(
    location: str, expected: list[tuple[str, bytes]]
) -> None:
    """Only of a GET; a second redirect is an error with the URL."""
    requested = []

    async def redirect(scope: AsgiScope, receive: Receive, send: Send) -> None:
        requested.append((scope["path"], scope["query_string"]))
        await RedirectResponse(location, 308)(scope, receive, send)

    call = build_sender(redirect, {}, {"app": None, "state": {}})
    answer = anyio.run(call, ApiRequest("GET", "/v1/people/a"))
    assert requested == expected
    assert (answer.is_error, location in _describe_error(answer)) == (True, True)
    assert anyio.run(call, ApiRequest("DELETE", "/v1/people/a")).location == location
    assert requested == [*expected, ("/v1/people/a", b"")]


def test_streamed_response_does_not_poll_for_a_disconnect() -> None:
    received: list[Message] = []

    async def stream(scope: AsgiScope, receive: Receive, send: Send) -> None:
        async def receive_and_note() -> Message:
            message = await receive()
            received.append(message)
            return message

        await StreamingResponse(iter([b"a", b"b"]))(scope, receive_and_note, send)

    scope: dict[str, Any] = {"app": None, "state": {}}
    answer = anyio.run(send_to_api, stream, ApiRequest("GET", "/v1/people"), scope)
    assert (answer.status, answer.body) == (200, b"ab")
    assert [message["type"] for message in received] in (
        ["http.request"],
        ["http.request", "http.disconnect"],
    )
