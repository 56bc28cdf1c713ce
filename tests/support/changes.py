"""The change feed, read to its end."""

from typing import Any

from starlette.testclient import TestClient


def read_changes_to_end(
    client: TestClient, address: str = "/v1/changes"
) -> tuple[list[dict[str, Any]], str]:
    """All items of the feed from `address` on, and the URL of the changes after them."""
    items: list[dict[str, Any]] = []
    while True:
        page = client.get(address).raise_for_status().json()
        items += page["items"]
        if page["sync"]:
            return items, page["sync"]
        address = page["next"]
