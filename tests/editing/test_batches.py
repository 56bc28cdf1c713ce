"""Batches of articles: each action is answered by itself."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support import documents
from tests.support.documents import IF_MATCH_ANY


@pytest.fixture
def drafts(editor: TestClient) -> list[str]:
    """Slugs of four drafts; the last one is in the trash."""
    for slug in ("one", "two", "three", "gone"):
        document = documents.article(slug=slug, tags=["old"])
        editor.post("/v1/articles", json=document).raise_for_status()
    editor.delete("/v1/articles/gone", headers=IF_MATCH_ANY).raise_for_status()
    return ["one", "two", "three", "gone"]


def run(editor: TestClient, **batch: Any) -> Any:
    return editor.post("/v1/articles/batch", json=batch)


def preview(editor: TestClient, slug: str) -> dict[str, Any]:
    article: dict[str, Any] = editor.get(f"/v1/articles/{slug}/preview").json()
    return article


@pytest.mark.usefixtures("drafts")
def test_actions_are_answered_one_by_one(editor: TestClient) -> None:
    tag = {"articles": ["one", "two"], "add": ["new"], "remove": ["old"]}
    done = run(editor, publish=["one", "missing", "gone"], delete=["three"], tag=tag)
    assert done.status_code == 207
    items = done.json()["items"]
    assert [(item["action"], item["slug"], item["status"]) for item in items] == [
        ("tag", "one", 200),
        ("tag", "two", 200),
        ("publish", "one", 200),
        ("publish", "missing", 404),
        ("publish", "gone", 410),
        ("delete", "three", 204),
    ]
    assert [item["version"] for item in items] == [2, 2, 3, None, None, None]
    problem = items[4]["problem"]
    assert (problem["status"], problem["errors"]) == (410, [])
    assert problem["instance"].startswith("urn:uuid:")
    one, two, three = (preview(editor, slug) for slug in ("one", "two", "three"))
    assert (one["status"], one["tags"]) == ("published", ["new"])
    assert (two["status"], two["tags"]) == ("draft", ["new"])
    assert three["status"] == "deleted"
    entries = editor.get("/v1/audit", params={"record_id": one["id"], "type": "article"}).json()
    assert [each["action"] for each in entries["items"]] == ["publish", "update", "create"]


@pytest.mark.usefixtures("drafts")
def test_refused_action_changes_nothing(editor: TestClient) -> None:
    """The 51st tag is refused after the article is locked; the next action of it is not."""
    many = [f"tag-{n}" for n in range(50)]
    refused = run(editor, publish=["one"], tag={"articles": ["one"], "add": many})
    statuses = [item["status"] for item in refused.json()["items"]]
    assert (refused.status_code, statuses) == (207, [422, 200])
    assert refused.json()["items"][0]["problem"]["errors"][0]["pointer"] == "/tags"
    one = preview(editor, "one")
    assert (one["tags"], one["version"]) == (["old"], 2)


@pytest.mark.usefixtures("drafts")
def test_batch_is_repeatable_and_can_be_tried(editor: TestClient) -> None:
    tried = editor.post("/v1/articles/batch?validate_only=true", json={"publish": ["one"]})
    assert (tried.status_code, preview(editor, "one")["status"]) == (200, "draft")
    headers = {"Idempotency-Key": "a-batch"}
    first = editor.post("/v1/articles/batch", json={"publish": ["one"]}, headers=headers)
    again = editor.post("/v1/articles/batch", json={"publish": ["one"]}, headers=headers)
    assert (first.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert preview(editor, "one")["version"] == 2


def test_actions_are_of_the_versions_that_were_read(editor: TestClient, drafts: list[str]) -> None:
    editor.post("/v1/articles/gone/restore").raise_for_status()
    one, two, three = ({"slug": slug, "etag": 'W/"0.1"'} for slug in drafts[:3])
    editor.patch("/v1/articles/two", json={"note": "!"}, headers=IF_MATCH_ANY).raise_for_status()
    tag = {"articles": [one, "two"], "add": ["new"]}
    done = run(editor, tag=tag, publish=[one, two], delete=[three])
    statuses = [item["status"] for item in done.json()["items"]]
    assert statuses == [200, 200, 200, 412, 204]  # the batch itself made version 2 of the first
    assert preview(editor, "two")["status"] == "draft"
    four = {"slug": "gone", "etag": '"3"'}
    stale = run(editor, tag={"articles": [four], "add": ["new"]}, publish=[four | {"etag": '"7"'}])
    assert [item["status"] for item in stale.json()["items"]] == [200, 412]


def test_batch_refuses_one_etag_for_all(editor: TestClient, drafts: list[str]) -> None:
    headers = {"If-Match": '"1"'}
    refused = editor.post("/v1/articles/batch", json={"publish": drafts[:1]}, headers=headers)
    assert (refused.status_code, "If-Match" in refused.json()["detail"]) == (400, True)
    assert preview(editor, drafts[0])["version"] == 1


def test_dry_run_has_the_status_of_the_real_run(editor: TestClient, drafts: list[str]) -> None:
    for publish, status in ((["one"], 200), (["one", "gone"], 207)):
        for params in ({"validate_only": "true"}, {}):
            batch = {"publish": publish}
            answer = editor.post("/v1/articles/batch", json=batch, params=params)
            assert answer.status_code == status
    assert preview(editor, drafts[0])["version"] == 2


@pytest.mark.parametrize(
    "batch",
    [
        {},
        {"publish": [f"a-{n}" for n in range(60)], "delete": [f"b-{n}" for n in range(41)]},
        {"publish": ["one", "one"]},
        {"publish": ["one"], "delete": ["one"]},
        {"publish": ["Not a slug"]},
        {"tag": {"articles": ["one"], "add": ["Not a tag"]}},
        {"publish": [{"slug": "one", "etag": "1"}]},
    ],
    ids=["empty", "too many", "twice", "contradiction", "slug", "tag", "etag"],
)
def test_wrong_batches_are_refused(
    editor: TestClient, drafts: list[str], batch: dict[str, Any]
) -> None:
    assert run(editor, **batch).status_code == 422
    assert preview(editor, drafts[0])["version"] == 1


def test_renamed_article_is_named(editor: TestClient, drafts: list[str]) -> None:
    rename = {"slug": "renamed"}
    editor.patch("/v1/articles/one", json=rename, headers=IF_MATCH_ANY).raise_for_status()
    (item,) = run(editor, publish=[drafts[0]]).json()["items"]
    assert item["status"] == 404
    assert "'renamed'" in item["problem"]["detail"]
