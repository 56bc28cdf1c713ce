"""Requests to the search endpoint."""

from typing import Any

from starlette.testclient import TestClient


def search(client: TestClient, q: str, **params: Any) -> dict[str, Any]:
    """Response body of `GET /v1/search`."""
    response = client.get("/v1/search", params={"q": q, **params})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def search_slugs(client: TestClient, q: str, **params: Any) -> list[str]:
    """Slugs of the hits, in order."""
    return [hit["slug"] for hit in search(client, q, **params)["items"]]
