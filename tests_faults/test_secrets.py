"""Logs, database, errors and metrics contain no secrets."""

import asyncio
import json
from pathlib import Path

import pytest

from app.domain.enums import Scope
from tests.support.databases import CreateDatabase
from tests.support.servers import run_server_process
from tests_faults.leaks import KEY_PATTERN, places_with, secret_of, stored_data
from tests_faults.load import Client
from tests_faults.services import Note, execute_directly, migrate_with_key

REQUESTS_WITH_KEY = (
    ("GET", "/v1/missions/{key}", ()),
    ("GET", "/v1/missions?api_key={key}", ()),
    ("GET", "/v1/me", ("Authorization: Bearer {key}x",)),
    ("GET", "/v1/me", ("Authorization: Basic {key}",)),
    ("GET", "/v1/me", ("Authorization: {key}",)),
    ("GET", "/v1/me", ("Cookie: key={key}",)),
    ("GET", "/v1/me", ("X-API-Key: {key}",)),
    ("DELETE", "/v1/people/nobody", ("Authorization: Bearer {key}", "If-Match: {key}")),
    ("GET", "/v1/people", ("Authorization: Bearer {key}", "X-Request-ID: {key}")),
)
"""Requests with a key in a correct or wrong place."""


@pytest.mark.timeout(120)
def test_secrets_are_not_stored_or_logged(
    create_database: CreateDatabase, tmp_path: Path, note: Note
) -> None:
    """Positive control: the ids of the keys, which are not secret, are found."""
    url, log = create_database(), tmp_path / "log"
    keys = [migrate_with_key(url)]
    responses: list[tuple[str, bytes]] = []
    webhook_secrets: list[bytes] = []
    with run_server_process(url, log=log) as (origin, _):

        async def request(
            client: Client, method: str, path: str, *headers: str, body: bytes = b""
        ) -> int:
            status = await client.request(path, method, *headers, body=body)
            if not 200 <= status < 300:
                responses.append((f"{method} {path}: {status}", client.body))
            return status

        async def send_requests() -> None:
            headers = f"Authorization: Bearer {keys[0]}", "Content-Type: application/json"
            with Client(origin) as client:
                key_document = json.dumps(
                    {"name": "Second", "scopes": [Scope.PEOPLE_WRITE.value]}
                ).encode()
                assert await request(client, "POST", "/v1/keys", *headers, body=key_document) == 201
                keys.append(json.loads(client.body)["key"])
                webhook = json.dumps({"target_url": f"{origin}/hook"}).encode()
                assert await request(client, "POST", "/v1/webhooks", *headers, body=webhook) == 201
                webhook_secrets.append(json.loads(client.body)["secret"].encode())
                for key in keys:
                    for method, path, header_templates in REQUESTS_WITH_KEY:
                        lines = [line.format(key=key) for line in header_templates]
                        await request(client, method, path.format(key=key), *lines)
                execute_directly(url, "ALTER TABLE people RENAME TO persons")
                assert await request(client, "GET", "/v1/people", headers[0]) >= 500
                await request(client, "GET", "/metrics")
                responses.append(("/metrics", client.body))
                execute_directly(url, "ALTER TABLE persons RENAME TO people")

        asyncio.run(send_requests())
    data = [*stored_data(url, [log]), *responses]
    ids = [key.split("_")[1].encode() for key in keys]
    assert {str(log), "api_keys"} <= set(places_with(ids, data))
    assert all(KEY_PATTERN.fullmatch(key.encode()) for key in keys)
    assert places_with(map(secret_of, keys), data) == []
    assert places_with(webhook_secrets, data)  # in the database, where signing needs them
    assert places_with(webhook_secrets, [(str(log), log.read_bytes()), *responses]) == []
    error_count = sum(not name.startswith("/") for name, _ in responses)
    note(
        "secrets",
        f"{len(keys)} keys used correctly and wrongly, a table broken; search of logs, database, "
        "errors and metrics",
        f"0 found in {len(data)} places, including {error_count} errors",
    )
