"""Ports and launches that stays refer to."""

from starlette.testclient import TestClient

from tests.support import documents


def create_launch_and_port(editor: TestClient) -> dict[str, str]:
    """Create a launch and a port; returns the fields of a stay that refer to them."""
    launch = documents.launch(status="success", launch_at="2019-04-04T11:01:35Z")
    module = documents.module(ports=[{"direction": "nadir"}])
    ports = editor.post("/v1/modules", json=module).json()["ports"]
    slug = editor.post("/v1/launches", json=launch).json()["slug"]
    return {"launch": slug, "port": ports[0]["slug"]}
