"""The pages of `docs/`: replayed requests; of `docs/api`: every operation and parameter."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from tests.support.documented_requests import documented_requests, replay_request
from tests.support.openapi import committed_openapi
from tests.support.paths import ROOT

Schema = dict[str, Any]

DOCS = ROOT / "docs" / "api"
PAGES = {
    "portal": "page",
    "missions": "missions",
    "crew": "crew",
    "people": "people",
    "launches": "launches",
    "vehicles": "vehicles",
    "spacecraft": "spacecraft",
    "spacecraft-types": "spacecraft-types",
    "sites": "sites",
    "modules": "modules",
    "agencies": "agencies",
    "stays": "stays",
    "spacewalks": "spacewalks",
    "timeline": "timeline",
    "station": "station",
    "horizon": "horizon",
    "articles": "articles",
    "media": "media",
    "tags": "tags",
    "changes": "changes",
    "search": "search",
    "export": "export",
    "webhooks": "webhooks",
    "proposals": "proposals",
    "revisions": "revisions",
    "trash": "trash",
    "sources": "sources",
    "keys": "keys",
    "session": "session",
    "audit": "audit",
}
"""Page of the operations of a tag, by tag."""

EDITING = DOCS / "editing.md"
PATHS_WITHOUT_REQUEST = {"/v1/events", "/v1/crew-assignments/{id}", "/v1/export/archive.sqlite"}
"""Paths with an endless response, ids that differ between archives, or a binary response."""

DOCUMENTED_REQUESTS = [
    (page.stem, *request)
    for pages in ("start.md", "guides/*.md", "api/*.md")
    for page in sorted((ROOT / "docs").glob(pages))
    for request in documented_requests(page)
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "address", "shown"),
    DOCUMENTED_REQUESTS,
    ids=[f"{page}: {address}" for page, address, _ in DOCUMENTED_REQUESTS],
)
def test_documented_response_equals_real_response(
    archive: TestClient, page: str, address: str, shown: str
) -> None:
    replay_request(archive, address, shown)


@pytest.fixture
def document() -> Schema:
    return committed_openapi()


def operations(document: Schema, tag: str) -> Iterator[tuple[str, str, Schema]]:
    """Yield the method, path and description of each operation of `tag`."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield method.upper(), path, operation


def path_of(document: Schema, address: str) -> str | None:
    """Return the path template in `document` that matches `address`."""
    path = urlsplit(address).path
    templates = (
        each for each in document["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path)
    )
    return path if path in document["paths"] else next(templates, None)


def gaps(document: Schema, tag: str, page: Path) -> list[str]:
    """List the parts of the operations of `tag` that `page` does not document."""
    text = " ".join(page.read_text().split())
    writing = " ".join(EDITING.read_text().split())
    addresses = [address for address, _ in documented_requests(page)]
    requested = {path_of(document, address) for address in addresses}
    used = {name for address in addresses for name in parse_qs(urlsplit(address).query)}
    found: list[str] = []
    for method, path, operation in operations(document, tag):
        # Requests with a key, and writes, are shown in sessions, see test_docs_sessions.py.
        needs_key = bool(operation.get("security")) or method != "GET"
        if f"`{method} {path}`" not in text:
            found.append(f"{method} {path} is not documented")
        if not needs_key and path not in requested | PATHS_WITHOUT_REQUEST:
            found.append(f"{path} is never requested")
        for parameter in operation.get("parameters", []):
            name, description = parameter["name"], parameter["description"]
            if f"- `{name}`: {description}" not in (text + writing if needs_key else text):
                found.append(f"{path}: {name} has no description")
            if not needs_key and parameter["in"] == "query" and name not in used:
                found.append(f"{path}: {name} is used in no request")
    return found


def unknown_parameters(document: Schema, tag: str, page: Path) -> set[str]:
    """Return the parameters that `page` documents and no operation of `tag` has."""
    documented = set(re.findall(r"^- `(\w+)`: ", page.read_text(), re.MULTILINE))
    known = {
        parameter["name"]
        for _, _, operation in operations(document, tag)
        for parameter in operation.get("parameters", [])
    }
    return documented - known


def test_tags_have_pages(document: Schema) -> None:
    tags = {
        tag
        for methods in document["paths"].values()
        for operation in methods.values()
        for tag in operation["tags"]
    }
    assert tags == PAGES.keys()


@pytest.mark.parametrize(("tag", "page"), PAGES.items())
def test_page_documents_every_parameter(document: Schema, tag: str, page: str) -> None:
    assert gaps(document, tag, DOCS / f"{page}.md") == []
    assert unknown_parameters(document, tag, DOCS / f"{page}.md") == set()


def test_conventions_link_every_page() -> None:
    linked = re.findall(r"\]\(([\w-]+\.md)\)", (DOCS / "README.md").read_text())
    assert set(linked) >= {f"{page}.md" for page in PAGES.values()}


SHIPS: Schema = {
    "paths": {
        "/v1/ships": {
            "get": {
                "tags": ["ships"],
                "parameters": [{"name": "kind", "in": "query", "description": "Its kind."}],
            }
        },
        "/v1/ships/{slug}": {
            "get": {
                "tags": ["ships"],
                "parameters": [{"name": "slug", "in": "path", "description": "Its slug."}],
            }
        },
    }
}
COMPLETE_PAGE = """
`GET /v1/ships`, `GET /v1/ships/{slug}`

- `kind`: Its kind. One of `SC`,
  `CV`.

```console
$ curl -s 'localhost:8000/v1/ships?kind=SC'
[]
```

- `slug`: Its slug.

```console
$ curl -s 'localhost:8000/v1/ships/soyuz'
{}
```
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("- `kind`: Its kind.", "", ["/v1/ships: kind has no description"]),
        ("Its kind.", "Its sort.", ["/v1/ships: kind has no description"]),
        ("ships?kind=SC", "ships", ["/v1/ships: kind is used in no request"]),
        ("`GET /v1/ships`", "", ["GET /v1/ships is not documented"]),
        ("ships/soyuz", "ships", ["/v1/ships/{slug} is never requested"]),
    ],
)
def test_gap_is_found(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    page = tmp_path / "ships.md"
    page.write_text(COMPLETE_PAGE.replace(old, new))
    assert gaps(SHIPS, "ships", page) == expected


def test_unknown_parameter_is_found(tmp_path: Path) -> None:
    page = tmp_path / "ships.md"
    page.write_text(COMPLETE_PAGE)
    assert unknown_parameters(SHIPS, "ships", page) == set()
    page.write_text(COMPLETE_PAGE + "- `size`: Its size.\n")
    assert unknown_parameters(SHIPS, "ships", page) == {"size"}
