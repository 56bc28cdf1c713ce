"""Nothing that is secret is left in logs, in the database, in errors or in figures."""

import asyncio
import json
from pathlib import Path

import pytest

from app.domain.enums import Scope
from tests.support.databases import CreateDatabase
from tests.support.servers import run_server_process
from tests_faults.load import Client
from tests_faults.remains import KEY, found, remains, secret_of
from tests_faults.services import Note, execute_directly, migrate_with_key

PLACES = (
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
"""Where people put a key, most of them wrong."""


@pytest.mark.timeout(120)
def test_no_secret_is_left_behind(
    create_database: CreateDatabase, tmp_path: Path, note: Note
) -> None:
    """The control: ids, which are no secrets, are found where they are looked for."""
    url, log = create_database(), tmp_path / "log"
    keys = [migrate_with_key(url)]
    told: list[tuple[str, bytes]] = []
    signs: list[bytes] = []
    with run_server_process(url, log=log) as (origin, _):

        async def ask(
            client: Client, method: str, path: str, *headers: str, body: bytes = b""
        ) -> int:
            status = await client.ask(path, method, *headers, body=body)
            if not 200 <= status < 300:
                told.append((f"{method} {path}: {status}", client.body))
            return status

        async def use() -> None:
            headers = f"Authorization: Bearer {keys[0]}", "Content-Type: application/json"
            with Client(origin) as client:
                wanted = json.dumps(
                    {"name": "Second", "scopes": [Scope.PEOPLE_WRITE.value]}
                ).encode()
                assert await ask(client, "POST", "/v1/keys", *headers, body=wanted) == 201
                keys.append(json.loads(client.body)["key"])
                hook = json.dumps({"target_url": f"{origin}/hook"}).encode()
                assert await ask(client, "POST", "/v1/webhooks", *headers, body=hook) == 201
                signs.append(json.loads(client.body)["secret"].encode())
                for key in keys:
                    for method, path, more in PLACES:
                        lines = [line.format(key=key) for line in more]
                        await ask(client, method, path.format(key=key), *lines)
                execute_directly(url, "ALTER TABLE people RENAME TO persons")
                assert await ask(client, "GET", "/v1/people", headers[0]) >= 500
                await ask(client, "GET", "/metrics")
                told.append(("/metrics", client.body))
                execute_directly(url, "ALTER TABLE persons RENAME TO people")

        asyncio.run(use())
    kept = [*remains(url, [log]), *told]
    ids = [key.split("_")[1].encode() for key in keys]
    assert {str(log), "api_keys"} <= set(found(ids, kept))
    assert all(KEY.fullmatch(key.encode()) for key in keys)
    assert found(map(secret_of, keys), kept) == []
    assert found(signs, kept)  # in the database: they are needed whole
    assert found(signs, [(str(log), log.read_bytes()), *told]) == []
    refused = sum(not name.startswith("/") for name, _ in told)
    note(
        "secrets",
        f"{len(keys)} keys used rightly and wrongly, a table broken; logs, database, errors and "
        "figures are searched",
        f"0 found in {len(kept)} places, {refused} errors among them",
    )
