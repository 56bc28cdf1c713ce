"""The trash: deleted records of all types, listed, and restored with ids, histories, redirects."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import MissionAlias
from app.domain.enums import Scope
from app.resources.registry import RECORD_RESOURCES
from tests.support import documents
from tests.support.clients import client_with_key
from tests.support.documents import IF_MATCH_ANY
from tests.support.pictures import picture
from tests.support.ports import create_launch_and_port
from tests.support.query_costs import record_cost


def create(editor: TestClient, collection: str, document: dict[str, Any]) -> str:
    """Create a record. Returns its path."""
    answer = editor.post(f"/v1/{collection}", json=document)
    assert answer.status_code == 201, answer.text
    return f"/v1/{collection}/{answer.json()['slug']}"


def patch(editor: TestClient, path: str, **fields: Any) -> None:
    editor.patch(path, json=fields, headers=IF_MATCH_ANY).raise_for_status()


def delete(editor: TestClient, path: str) -> None:
    assert editor.delete(path, headers=IF_MATCH_ANY).status_code == 204


def list_trash(
    editor: TestClient, reader: TestClient | None = None, **params: Any
) -> list[dict[str, Any]]:
    """What `reader` sees of the records that `editor` deleted; the audit trail has others."""
    answer = (reader or editor).get("/v1/trash", params={"limit": 100} | params)
    assert answer.status_code == 200, answer.text
    me = editor.get("/v1/me").json()["id"]
    return [each for each in answer.json()["items"] if each["deleted_by"]["id"] == me]


def stay(editor: TestClient) -> dict[str, Any]:
    return documents.stay(**create_launch_and_port(editor))


def spacecraft(editor: TestClient) -> dict[str, Any]:
    type_ = create(editor, "spacecraft-types", documents.spacecraft_type())
    return documents.spacecraft(type=type_.rpartition("/")[2])


def mission(_editor: TestClient) -> dict[str, Any]:
    return documents.mission(tasks=["A task"])


def site(_editor: TestClient) -> dict[str, Any]:
    return documents.site(pads=[{"name": "Pad 1"}])


def plain(make: Callable[[], dict[str, Any]]) -> Callable[[TestClient], dict[str, Any]]:
    return lambda _editor: make()


MAKERS: dict[str, Callable[[TestClient], dict[str, Any]]] = {
    "articles": plain(documents.article),
    "people": plain(documents.person),
    "launches": plain(documents.launch),
    "missions": mission,
    "spacewalks": plain(documents.spacewalk),
    "modules": plain(documents.module),
    "agencies": plain(documents.agency),
    "vehicles": plain(documents.vehicle),
    "spacecraft-types": plain(documents.spacecraft_type),
    "spacecraft": spacecraft,
    "sites": site,
    "stays": stay,
}
"""Makers of a document by collection; pictures are in tests/media."""


def test_makers_cover_every_type() -> None:
    collections = {each.writer.collection for each in RECORD_RESOURCES.values()}
    assert collections - MAKERS.keys() == {"media"}


def newest_record(editor: TestClient, path: str) -> dict[str, Any]:
    """The complete record of the newest version."""
    (newest,) = editor.get(f"{path}/revisions", params={"limit": 1}).json()["items"]
    record: dict[str, Any] = editor.get(f"{path}/revisions/{newest['version']}").json()["record"]
    return record


@pytest.mark.slow
@pytest.mark.parametrize("collection", MAKERS)
def test_record_is_restored_as_it_was(editor: TestClient, collection: str) -> None:
    former = create(editor, collection, MAKERS[collection](editor))
    if collection == "launches":
        patch(editor, former, launch_at="2031-05-05T00:00:00Z", change_reason="Weather")
    patch(editor, former, slug="renamed")
    path = f"/v1/{collection}/renamed"
    before = newest_record(editor, path)
    delete(editor, path)

    (item,) = list_trash(editor)
    me = editor.get("/v1/me").json()
    assert item["deleted_by"] == {"id": me["id"], "name": me["name"]}
    assert (item["collection"], item["slug"], item["id"]) == (collection, "renamed", before["id"])
    assert item["title"] == before.get("title", before.get("name", item["title"]))
    assert item["version"] == before["version"]
    restored = editor.post(item["restore_url"])
    assert restored.status_code == 200, restored.text

    after = newest_record(editor, path)
    changed = {"version", "updated_at"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    assert after["version"] > before["version"]
    assert list_trash(editor) == []
    versions = editor.get(f"{path}/revisions").json()["items"]
    assert versions[0]["action"] == "restore"
    assert all(each["actor"] for each in versions)
    assert len(versions) == after["version"]
    if collection == "articles":
        return
    assert editor.get(path).status_code == 200
    redirect = editor.get(former)
    assert (redirect.status_code, redirect.headers["Location"][-8:]) == (308, "/renamed")
    change = editor.get("/v1/changes", params={"limit": 100}).json()["items"][-1]
    assert (change["id"], change["op"]) == (before["id"], "upsert")
    delete(editor, path)  # a second time
    assert [each["version"] for each in list_trash(editor)] == [after["version"]]
    assert editor.post(list_trash(editor)[0]["restore_url"]).status_code == 200


def test_earlier_version_of_a_deleted_record_is_restored(editor: TestClient) -> None:
    path = create(editor, "launches", documents.launch(slug="one", outcome_note="First"))
    patch(editor, path, outcome_note="Second")
    delete(editor, path)
    assert editor.get(f"{path}/revisions/1").json()["record"]["outcome_note"] == "First"
    difference = editor.get(f"{path}/revisions/1/difference/2").json()["changes"]
    assert [each["field"] for each in difference] == ["outcome_note"]
    wrong = editor.post(f"{path}/revisions/1/restore", headers={"If-Match": '"1"'})
    assert wrong.status_code == 412
    dry = editor.post(f"{path}/revisions/1/restore", params={"validate_only": "true"})
    assert (dry.status_code, editor.get(path).status_code) == (200, 410)
    restored = editor.post(f"{path}/revisions/1/restore", headers={"If-Match": '"2"'})
    assert (restored.status_code, restored.json()["version"]) == (200, 4), restored.text
    assert restored.json()["record"]["outcome_note"] == "First"
    assert editor.post(f"{path}/revisions/2/restore").status_code == 200  # of the living record


def test_restoration_is_refused_by_the_rules_of_any_write(editor: TestClient) -> None:
    type_ = create(editor, "spacecraft-types", documents.spacecraft_type(slug="a-type"))
    ship = create(editor, "spacecraft", documents.spacecraft(slug="ship", type="a-type"))
    delete(editor, ship)
    delete(editor, type_)
    by_slug = {each["slug"]: each["restore_url"] for each in list_trash(editor)}
    refused = editor.post(by_slug["ship"])
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/type"]
    assert editor.post(by_slug["a-type"]).status_code == 200
    assert editor.post(by_slug["ship"]).status_code == 200


def test_deleted_record_whose_slug_is_used_again_cannot_be_restored(editor: TestClient) -> None:
    path = create(editor, "people", documents.person(slug="one", name="First"))
    delete(editor, path)
    create(editor, "people", documents.person(slug="one", name="Second"))
    (first,) = list_trash(editor)
    assert (first["title"], first["restore_url"]) == ("First", None)
    delete(editor, path)
    second, first = list_trash(editor)
    assert (second["title"], first["title"], first["restore_url"]) == ("Second", "First", None)
    assert editor.post(second["restore_url"]).json()["record"]["name"] == "Second"
    patch(editor, path, slug="two")  # the slug redirects
    assert [each["restore_url"] for each in list_trash(editor)] == [None]
    refused = editor.post(f"{path}/revisions/1/restore")  # not redirected: it is another record
    assert (refused.status_code, "'two'" in refused.json()["detail"]) == (409, True)


def test_merged_record_is_not_in_the_trash(editor: TestClient) -> None:
    path = create(editor, "people", documents.person())
    create(editor, "people", documents.person(slug="remaining"))
    editor.post(f"{path}/merge", json={"into": "remaining"}).raise_for_status()
    assert list_trash(editor) == []


def test_trash_is_that_of_the_scopes(editor: TestClient, client: TestClient) -> None:
    for collection, document in (
        ("people", documents.person(slug="a-person")),
        ("articles", documents.article(slug="an-article")),
        ("launches", documents.launch(slug="a-launch")),
    ):
        delete(editor, create(editor, collection, document))
    keys = {
        Scope.PEOPLE_WRITE: ["a-person"],
        Scope.ARTICLES_WRITE: ["an-article"],
        Scope.AUDIT_READ: ["a-launch", "an-article", "a-person"],
    }
    for scope, slugs in keys.items():
        reader = client_with_key(client, scope)
        assert [each["slug"] for each in list_trash(editor, reader)] == slugs
    assert client_with_key(client, Scope.KEYS_ADMIN).get("/v1/trash").status_code == 403
    assert client.get("/v1/trash").status_code == 401
    people_and_launches = list_trash(editor, type="person,launch", sort="deleted_at")
    assert [each["slug"] for each in people_and_launches] == ["a-person", "a-launch"]
    page = editor.get("/v1/trash", params={"limit": 2, "with_total": True}).json()
    total, items = page["total"], page["items"]
    while page["next"]:
        page = editor.get(page["next"]).json()
        items += page["items"]
    me = editor.get("/v1/me").json()["id"]
    own = [each["slug"] for each in items if each["deleted_by"]["id"] == me]
    assert own == ["a-launch", "an-article", "a-person"]
    assert len(items) == total


def test_trash_is_read_by_index(editor: TestClient) -> None:
    delete(editor, create(editor, "people", documents.person()))
    with record_cost(editor) as cost:
        list_trash(editor)
    (sql, values), *_ = [each for each in cost.statements_run if "FROM audit_entries" in each[0]]
    with cost.engine.begin() as connection:
        explain = "EXPLAIN QUERY PLAN "
        if connection.dialect.name != "sqlite":
            explain = "EXPLAIN "
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # the table is small
        plan = str(connection.exec_driver_sql(explain + sql, values).all())
    assert "ix_audit_entries_deletions" in plan


def test_deleted_record_is_restored_under_another_slug(editor: TestClient) -> None:
    path = create(editor, "people", documents.person(slug="zero", name="First"))
    patch(editor, path, slug="one")
    path = "/v1/people/one"
    delete(editor, path)
    create(editor, "people", documents.person(slug="one", name="Second"))
    (first,) = list_trash(editor)
    url = first["restore_as_url"]
    assert (first["restore_url"], url[-8:]) == (None, "/restore")
    taken = editor.post(url, json={"slug": "one"})
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/slug")
    assert "'one'" in taken.json()["detail"]
    assert editor.post(url, json={"slug": "O n e"}).status_code == 422
    stale = editor.post(url, json={"slug": "uno"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    restored = editor.post(url, json={"slug": "uno"})
    assert (restored.status_code, restored.json()["record"]["id"]) == (200, first["id"])
    assert restored.json()["action"] == "restore"
    assert editor.get("/v1/people/uno").json()["name"] == "First"
    assert editor.get(path).json()["name"] == "Second"
    former = editor.get("/v1/people/zero")
    assert former.headers["Location"].endswith("/uno")
    again = editor.post(url, json={"slug": "due"})
    assert (again.status_code, list_trash(editor)) == (404, [])


def test_last_slug_is_left_to_the_record_that_had_it_later(editor: TestClient) -> None:
    path = create(editor, "people", documents.person(slug="one", name="First"))
    delete(editor, path)
    create(editor, "people", documents.person(slug="one", name="Second"))
    delete(editor, path)
    second, first = list_trash(editor)
    editor.post(first["restore_as_url"], json={"slug": "uno"}).raise_for_status()
    assert editor.get(path).status_code == 410
    assert editor.post(second["restore_url"]).json()["record"]["name"] == "Second"


def test_articles_keep_their_slug_in_the_trash(editor: TestClient) -> None:
    path = create(editor, "articles", documents.article(slug="one"))
    delete(editor, path)
    taken = editor.post("/v1/articles", json=documents.article(slug="one"))
    assert taken.status_code == 409
    (article,) = list_trash(editor)
    assert article["restore_as_url"] is None
    url = f"/v1/trash/articles/{article['id']}/restore"
    assert editor.post(url, json={"slug": "uno"}).status_code == 404
    assert editor.post("/v1/trash/nothing/1/restore", json={"slug": "uno"}).status_code == 404
    assert editor.post(article["restore_url"]).status_code == 200


def test_restoration_under_another_slug_needs_the_scope(
    editor: TestClient, client: TestClient
) -> None:
    delete(editor, create(editor, "people", documents.person()))
    url = list_trash(editor)[0]["restore_as_url"]
    for scope, status in ((Scope.AUDIT_READ, 403), (Scope.PEOPLE_WRITE, 200)):
        assert client_with_key(client, scope).post(url, json={"slug": "a"}).status_code == status


def test_aliases_of_a_mission_are_restored(editor: TestClient, database: Database) -> None:
    path = create(editor, "missions", documents.mission(slug="iss-1"))
    with database.session() as session:
        id_ = editor.get(path).json()["id"]
        session.add(MissionAlias(slug="expedition-1", mission_id=id_))
        session.add(MissionAlias(slug="first", mission_id=id_))
    delete(editor, path)
    assert editor.get("/v1/missions/expedition-1").status_code == 404
    other = create(editor, "missions", documents.mission(slug="iss-2"))
    with database.session() as session:
        session.add(MissionAlias(slug="first", mission_id=editor.get(other).json()["id"]))
    editor.post(list_trash(editor)[0]["restore_url"]).raise_for_status()
    locations = [
        editor.get(f"/v1/missions/{slug}").headers["Location"] for slug in ("expedition-1", "first")
    ]
    assert [each.rpartition("/")[2] for each in locations] == ["iss-1", "iss-2"]


def test_picture_is_restored_with_its_files(editor: TestClient) -> None:
    headers = {"Content-Type": "image/png"}
    uploaded = editor.post("/v1/media", content=picture(), headers=headers).json()
    path = f"/v1/media/{uploaded['slug']}"
    texts = {"alt": "A globe", "alt_ru": "Глобус", "licence": "CC0-1.0", "published": True}
    patch(editor, path, **texts)
    before = editor.get(path).json()
    delete(editor, path)
    (item,) = list_trash(editor)
    assert (item["type"], item["version"]) == ("media", before["version"])
    editor.post(item["restore_url"]).raise_for_status()
    after = editor.get(path).json()
    changed = {"version": before["version"], "updated_at": before["updated_at"]}
    assert after | changed == before
    assert editor.get(after["url"]).status_code == 200


def test_reference_of_an_article_in_the_trash_is_named(editor: TestClient) -> None:
    person = create(editor, "people", documents.person(slug="a-person"))
    article = create(editor, "articles", documents.article(slug="a-day", people=["a-person"]))
    for language, expected in (("en", "in the trash: restore it"), ("ru", "в корзине: восстан")):
        headers = IF_MATCH_ANY | {"Accept-Language": language}
        before = editor.delete(person, headers=headers).json()["detail"]
        assert "a-day" in before
        assert expected not in before
        delete(editor, article)
        refused = editor.delete(person, headers=headers)
        assert (refused.status_code, expected in refused.json()["detail"]) == (409, True)
        editor.post(f"{article}/restore").raise_for_status()
    patch(editor, article, people=[])
    delete(editor, article)
    delete(editor, person)
