"""The pages of `docs/api` are true, and leave out no parameter of any operation."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from app.config import Settings
from app.main import create_app
from tests.support.documented_requests import documented_requests, replay_request
from tests.support.paths import ROOT

Schema = dict[str, Any]

DOCS = ROOT / "docs" / "api"
PAGES = {
    "portal": "page",
    "missions": "missions",
    "crew": "crew",
    "people": "people",
    "launches": "launches",
    "articles": "articles",
    "changes": "changes",
    "search": "search",
    "export": "export",
    "webhooks": "webhooks",
    "sources": "sources",
    "keys": "keys",
    "audit": "audit",
}
"""By tag, the page that tells of its operations."""

EDITING = DOCS / "editing.md"
UNASKED = {"/v1/events", "/v1/crew-assignments/{id}", "/v1/export/archive.sqlite"}
"""What has no end, what has an id that differs from archive to archive, and what is no text."""

SHOWN = [
    (p.stem, *request) for p in sorted(DOCS.glob("*.md")) for request in documented_requests(p)
]


@pytest.mark.parametrize(
    ("page", "address", "shown"), SHOWN, ids=[f"{page}: {address}" for page, address, _ in SHOWN]
)
def test_every_answer_is_true(archive: TestClient, page: str, address: str, shown: str) -> None:
    replay_request(archive, address, shown)


@pytest.fixture(scope="module")
def document() -> Schema:
    return create_app(Settings()).openapi()


def operations(document: Schema, tag: str) -> Iterator[tuple[str, str, Schema]]:
    """The method, the path and the description of each operation of `tag`."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield method.upper(), path, operation


def path_of(document: Schema, address: str) -> str | None:
    """The path in `document` that `address` is an address of."""
    asked = urlsplit(address).path
    templates = (
        path for path in document["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), asked)
    )
    return asked if asked in document["paths"] else next(templates, None)


def gaps(document: Schema, tag: str, page: Path) -> list[str]:
    """What `page` leaves out of the operations of `tag`."""
    text = " ".join(page.read_text().split())
    writing = " ".join(EDITING.read_text().split())
    addresses = [address for address, _ in documented_requests(page)]
    asked = {path_of(document, address) for address in addresses}
    used = {name for address in addresses for name in parse_qs(urlsplit(address).query)}
    found: list[str] = []
    for method, path, operation in operations(document, tag):
        keyed = bool(operation.get("security"))  # shown in sessions, which have a test of their own
        if f"`{method} {path}`" not in text:
            found.append(f"{method} {path} is not named")
        if not keyed and path not in asked | UNASKED:
            found.append(f"{path} is never asked for")
        for parameter in operation.get("parameters", []):
            name, meaning = parameter["name"], parameter["description"]
            if f"- `{name}`: {meaning}" not in (text + writing if keyed else text):
                found.append(f"{path}: {name} is not named with its meaning")
            if not keyed and parameter["in"] == "query" and name not in used:
                found.append(f"{path}: {name} is in no request")
    return found


def strangers(document: Schema, tag: str, page: Path) -> set[str]:
    """The parameters that `page` names and no operation of `tag` has."""
    named = set(re.findall(r"^- `(\w+)`: ", page.read_text(), re.MULTILINE))
    known = {
        parameter["name"]
        for _, _, operation in operations(document, tag)
        for parameter in operation.get("parameters", [])
    }
    return named - known


def test_every_tag_has_a_page(document: Schema) -> None:
    tags = {
        tag
        for methods in document["paths"].values()
        for operation in methods.values()
        for tag in operation["tags"]
    }
    assert tags == PAGES.keys()


@pytest.mark.parametrize(("tag", "page"), PAGES.items())
def test_a_page_leaves_nothing_out(document: Schema, tag: str, page: str) -> None:
    assert gaps(document, tag, DOCS / f"{page}.md") == []
    assert strangers(document, tag, DOCS / f"{page}.md") == set()


def test_the_conventions_list_every_page() -> None:
    linked = re.findall(r"\]\((\w+\.md)\)", (DOCS / "README.md").read_text())
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
WHOLE = """
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
    ("old", "new", "said"),
    [
        ("", "", []),
        ("- `kind`: Its kind.", "", ["/v1/ships: kind is not named with its meaning"]),
        ("Its kind.", "Its sort.", ["/v1/ships: kind is not named with its meaning"]),
        ("ships?kind=SC", "ships", ["/v1/ships: kind is in no request"]),
        ("`GET /v1/ships`", "", ["GET /v1/ships is not named"]),
        ("ships/soyuz", "ships", ["/v1/ships/{slug} is never asked for"]),
    ],
)
def test_a_gap_is_found(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    page = tmp_path / "ships.md"
    page.write_text(WHOLE.replace(old, new))
    assert gaps(SHIPS, "ships", page) == said


def test_a_stranger_is_found(tmp_path: Path) -> None:
    page = tmp_path / "ships.md"
    page.write_text(WHOLE)
    assert strangers(SHIPS, "ships", page) == set()
    page.write_text(WHOLE + "- `size`: Its size.\n")
    assert strangers(SHIPS, "ships", page) == {"size"}
