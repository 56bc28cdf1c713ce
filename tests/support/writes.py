"""Writes of records by an editor."""

from typing import Any

from starlette.testclient import TestClient


def create_record(editor: TestClient, collection: str, document: dict[str, Any]) -> dict[str, Any]:
    """The record that a POST of `document` creates."""
    answer = editor.post(f"/v1/{collection}", json=document)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created
