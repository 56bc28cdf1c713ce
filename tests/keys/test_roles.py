"""Roles of keys, and what an author may not do by any route."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli.main import cli
from app.db.models import IllustratedRecord
from app.domain.enums import Scope
from app.domain.roles import SCOPES_OF_ROLES, Role
from app.resources.media.authorisation import SCOPES_OF_ILLUSTRATED
from app.resources.registry import RECORD_RESOURCES
from tests.support import documents, factories
from tests.support.clients import client_with_key, database_of
from tests.support.documents import IF_MATCH_ANY


def key_with(editor: TestClient, client: TestClient, **document: Any) -> TestClient:
    """Client with a key that the API has created."""
    created = editor.post("/v1/keys", json={"name": "Somebody"} | document)
    assert created.status_code == 201, created.text
    keyed = client_with_key(client)
    keyed.headers["Authorization"] = f"Bearer {created.json()['key']}"
    return keyed


def test_role_gives_its_scopes(client: TestClient, editor: TestClient) -> None:
    listed = {each["role"]: each["scopes"] for each in editor.get("/v1/roles").json()["items"]}
    assert listed.keys() == {*Role}
    assert listed["administrator"] == sorted(Scope)
    for role in Role:
        keyed = key_with(editor, client, role=role)
        me = keyed.get("/v1/me").json()
        assert (me["role"], me["scopes"]) == (role, listed[role]) == (role, sorted(me["scopes"]))
        key = keyed.headers["Authorization"].removeprefix("Bearer ")
        session = client.post("/v1/session", json={"key": key}).json()
        client.cookies.clear()
        assert (session["role"], session["scopes"]) == (role, me["scopes"])
        rotated = editor.post(f"/v1/keys/{me['id']}/rotate", json={}).json()
        assert (rotated["role"], rotated["scopes"]) == (role, me["scopes"])
    for scope in Scope:
        found = editor.get(f"/v1/keys?scope={scope}&limit=100").json()["items"]
        roles = {role for role in Role if scope in SCOPES_OF_ROLES[role]}
        assert {each["role"] for each in found if each["role"]} == roles


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"scopes": []},
        {"role": None},
        {"role": "author", "scopes": ["audit:read"]},
        {"role": "king"},
    ],
)
def test_key_has_role_or_scopes(editor: TestClient, wrong: dict[str, Any]) -> None:
    answer = editor.post("/v1/keys", json={"name": "Somebody"} | wrong)
    assert answer.status_code == 422, answer.text


def test_command_creates_key_with_role(cli_migrated_url: str) -> None:
    def run(*options: str) -> Any:
        return CliRunner().invoke(cli, ["keys", "create", "--name", "Somebody", *options])

    assert run("--role", "author").exit_code == 0
    for options in (("--role", "author", "--scope", "audit:read"), ()):
        refused = run(*options)
        assert (refused.exit_code, "either --role or --scope" in refused.output) == (2, True)
    [listed] = json.loads(CliRunner().invoke(cli, ["keys", "list", "--json"]).stdout)
    assert (listed["role"], listed["scopes"]) == ("author", ["articles:draft", "media:write"])


def draft(editor: TestClient) -> str:
    slug: str = editor.post("/v1/articles", json=documents.article()).json()["slug"]
    return slug


def published(editor: TestClient, **fields: Any) -> str:
    slug: str = editor.post("/v1/articles", json=documents.article() | fields).json()["slug"]
    editor.post(f"/v1/articles/{slug}/publish").raise_for_status()
    return slug


def scheduled(editor: TestClient) -> str:
    return published(editor, published_at="2099-01-01T00:00:00Z")


def withdrawn(editor: TestClient) -> str:
    slug = published(editor)
    editor.post(f"/v1/articles/{slug}/unpublish").raise_for_status()
    return slug


def deleted(editor: TestClient) -> str:
    slug = published(editor)
    editor.delete(f"/v1/articles/{slug}", headers=IF_MATCH_ANY).raise_for_status()
    return slug


def rewritten(editor: TestClient) -> str:
    """A published article with an earlier version."""
    slug = published(editor)
    change = {"title": "A better title"}
    editor.patch(f"/v1/articles/{slug}", json=change, headers=IF_MATCH_ANY).raise_for_status()
    return slug


def picture(editor: TestClient) -> str:
    with database_of(editor).session() as session:
        record = factories.media(published=True, alt="A picture", alt_ru="Картина")
        session.add(record)
        return record.slug


def shown_picture(editor: TestClient) -> str:
    """A picture that a published article shows."""
    slug = picture(editor)
    published(editor, image={"media": slug})
    return slug


def picture_in_text(editor: TestClient) -> str:
    """A picture that the text of a published article shows."""
    slug = picture(editor)
    published(editor, body=f"A text.\n\n![A picture](media:{slug})\n")
    return slug


def portrait(editor: TestClient) -> str:
    """A picture that a person shows."""
    slug = picture(editor)
    document = documents.person() | {"image": {"media": slug}}
    editor.post("/v1/people", json=document).raise_for_status()
    return slug


EDITORS_ONLY: dict[str, tuple[Callable[[TestClient], str], str, str, Any]] = {
    "publish": (draft, "POST", "/v1/articles/{}/publish", None),
    "publish a withdrawn article": (withdrawn, "POST", "/v1/articles/{}/publish", None),
    "unpublish": (published, "POST", "/v1/articles/{}/unpublish", None),
    "unschedule": (scheduled, "POST", "/v1/articles/{}/unpublish", None),
    "delete a draft": (draft, "DELETE", "/v1/articles/{}", None),
    "delete": (published, "DELETE", "/v1/articles/{}", None),
    "restore from the trash": (deleted, "POST", "/v1/articles/{}/restore", None),
    "change": (published, "PATCH", "/v1/articles/{}", {"title": "Another"}),
    "change a scheduled one": (scheduled, "PATCH", "/v1/articles/{}", {"title": "Another"}),
    "restore a version": (rewritten, "POST", "/v1/articles/{}/revisions/1/restore", None),
    "publish by batch": (draft, "POST", "/v1/articles/batch", {"publish": ["{}"]}),
    "delete by batch": (draft, "POST", "/v1/articles/batch", {"delete": ["{}"]}),
    "tag by batch": (
        published, "POST", "/v1/articles/batch", {"tag": {"articles": ["{}"], "add": ["a"]}},
    ),
    "change a shown picture": (shown_picture, "PATCH", "/v1/media/{}", {"credit": "Another"}),
    "change a picture in a text": (picture_in_text, "PATCH", "/v1/media/{}", {"credit": "Another"}),
    "change a portrait": (portrait, "PATCH", "/v1/media/{}", {"credit": "Another"}),
    "preview a scheduled article": (scheduled, "POST", "/v1/articles/{}/preview-links", {}),
    "preview a published article": (published, "POST", "/v1/articles/{}/preview-links", {}),
}  # fmt: skip
"""Maker of the target, method, path and body of requests that an author may not send."""


def fill(value: Any, slug: str) -> Any:
    """`value` with `slug` in place of `{}`."""
    match value:
        case dict():
            return {name: fill(each, slug) for name, each in value.items()}
        case list():
            return [fill(each, slug) for each in value]
        case str():
            return value.replace("{}", slug)
    return value


@pytest.mark.slow
@pytest.mark.parametrize("action", EDITORS_ONLY)
def test_author_cannot_change_what_is_public(
    client: TestClient, editor: TestClient, action: str
) -> None:
    make, method, path, body = EDITORS_ONLY[action]
    slug = make(editor)
    author = key_with(editor, client, role="author")

    def send(keyed: TestClient) -> Any:
        content = {} if body is None else {"json": fill(body, slug)}
        return keyed.request(method, fill(path, slug), headers=IF_MATCH_ANY, **content)

    def read() -> tuple[Any, Any]:
        drafts = editor.get("/v1/drafts").json()["items"]
        public = [editor.get(f"/v1/{each}").json() for each in ("articles", "media", "people")]
        links = editor.get(f"/v1/articles/{slug}/preview-links").json()
        return drafts, [*public, links.get("items")]

    before = read()
    refused = send(author)
    assert refused.status_code == 403, refused.text
    assert "articles:write" in refused.json()["detail"]
    assert read() == before
    accepted = send(key_with(editor, client, role="editor"))
    assert accepted.status_code in {200, 201, 204}, accepted.text
    assert read() != before


@pytest.mark.parametrize("make", [draft, withdrawn])
def test_author_writes_drafts(
    client: TestClient, editor: TestClient, make: Callable[[TestClient], str]
) -> None:
    author = key_with(editor, client, role="author")
    path = f"/v1/articles/{make(editor)}"
    requests: list[tuple[str, str, Any, int]] = [
        ("POST", "/v1/articles", documents.article(), 201),
        ("POST", "/v1/articles/preview", {"body": "*Text*"}, 200),
        ("PATCH", path, {"title": "Another title"}, 200),
        ("GET", f"{path}/preview", None, 200),
        ("GET", f"{path}/revisions", None, 200),
        ("POST", f"{path}/revisions/1/restore", None, 200),
        ("POST", f"{path}/preview-links", {}, 201),
        ("GET", "/v1/drafts", None, 200),
        ("GET", "/v1/unpublished-media", None, 200),
    ]
    for method, address, body, status in requests:
        content = {} if body is None else {"json": body}
        answer = author.request(method, address, headers=IF_MATCH_ANY, **content)
        assert answer.status_code == status, (address, answer.text)
    titles = [each["title"] for each in editor.get("/v1/articles").json()["items"]]
    assert titles == []


def test_author_cannot_revoke_link_of_published_article(
    client: TestClient, editor: TestClient
) -> None:
    links = f"/v1/articles/{scheduled(editor)}/preview-links"
    link = f"{links}/{editor.post(links, json={}).json()['id']}"
    assert key_with(editor, client, role="author").delete(link).status_code == 403
    assert len(editor.get(links).json()["items"]) == 1
    assert key_with(editor, client, role="editor").delete(link).status_code == 204


def test_picture_scopes_are_those_of_the_resources() -> None:
    illustrated = {
        resource.model: resource.scope
        for resource in RECORD_RESOURCES.values()
        if issubclass(resource.model, IllustratedRecord)
    }
    assert illustrated == SCOPES_OF_ILLUSTRATED


def test_reader_reads_drafts_and_writes_nothing(client: TestClient, editor: TestClient) -> None:
    slug = draft(editor)
    reader = key_with(editor, client, role="reader")
    for path in (f"articles/{slug}/preview", "drafts", f"articles/{slug}/revisions", "audit"):
        assert reader.get(f"/v1/{path}").status_code == 200, path
    change = reader.patch(f"/v1/articles/{slug}", json={"title": "Another"}, headers=IF_MATCH_ANY)
    assert change.status_code == 403
    assert reader.post("/v1/articles", json=documents.article()).status_code == 403
