"""Writes of all resources: If-Match, validation, versions, idempotency keys, dry runs."""

from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import ApiKey, Article, AuditEntry, IdempotentResponse, Person
from app.domain.enums import Scope
from tests.support import documents
from tests.support.clients import client_with_key, override_settings
from tests.support.documents import IF_MATCH_ANY

JSON = {"Content-Type": "application/json"}
MAKERS = {
    "articles": documents.article,
    "people": documents.person,
    "missions": documents.mission,
    "launches": documents.launch,
}
A_FIELD = {
    "articles": {"lead": "Another lead."},
    "people": {"birth_country": "CA"},
    "missions": {"summary": "Another summary."},
    "launches": {"outcome_note": "A note."},
}


@pytest.fixture(params=MAKERS)
def resource(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def make(editor: TestClient, resource: str, **fields: Any) -> tuple[str, str]:
    """Create a record; returns its URL and ETag."""
    answer = editor.post(f"/v1/{resource}", json=MAKERS[resource](**fields))
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"], answer.headers["ETag"]


def error_codes(answer: Any) -> dict[str, str]:
    """Error codes of a 422 response, by pointer."""
    assert answer.status_code == 422, answer.text
    return {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}


@pytest.mark.parametrize("action", ["publish", "unpublish", "restore"])
def test_action_checks_optional_if_match(editor: TestClient, action: str) -> None:
    made = editor.post("/v1/articles", json=documents.article())
    address, stale = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    if action != "publish":
        editor.post(f"{address}/publish")
    if action == "restore":
        editor.delete(address, headers=IF_MATCH_ANY)
    else:
        editor.patch(address, json={"lead": "Somebody else's."}, headers=IF_MATCH_ANY)
    before = editor.get(f"{address}/preview")
    refused = editor.post(f"{address}/{action}", headers=stale)
    assert (refused.status_code, refused.json()["status"]) == (412, 412)
    assert editor.get(f"{address}/preview").json() == before.json()
    fresh = {"If-Match": before.headers["ETag"]}
    assert editor.post(f"{address}/{action}", headers=fresh).status_code == 200
    malformed = editor.post(f"{address}/{action}", headers={"If-Match": "7"})
    assert malformed.status_code == 400


@pytest.mark.parametrize(
    ("fields", "pointer", "code", "english", "russian"),
    [
        (
            {"agency": "A" * 121},
            "/agency",
            "string_too_long",
            "Maximum length: 120 characters.",
            "Длина должна быть не больше 120 символов.",
        ),
        (
            {"aliases": ["A"] * 21},
            "/aliases",
            "too_long",
            "Maximum number of items: 20.",
            "Число элементов должно быть не больше 20.",
        ),
    ],
)
def test_length_limit_names_its_unit(
    editor: TestClient, fields: Any, pointer: str, code: str, english: str, russian: str
) -> None:
    for language, detail in (("en", english), ("ru", russian)):
        refused = editor.post(f"/v1/people?lang={language}", json=documents.person(**fields))
        assert error_codes(refused) == {pointer: code}
        assert refused.json()["errors"][0]["detail"] == detail


def test_record_is_created_patched_and_deleted(
    editor: TestClient, client: TestClient, resource: str
) -> None:
    address, etag = make(editor, resource)
    changed = editor.patch(address, json=A_FIELD[resource], headers={"If-Match": etag})
    assert changed.status_code == 200
    assert changed.json()["version"] == 2
    assert changed.headers["Cache-Control"] == "private, no-store"
    for name, value in A_FIELD[resource].items():
        assert changed.json()[name] == value
    etag = changed.headers["ETag"]
    deleted = editor.delete(address, headers={"If-Match": etag})
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.get(address).status_code == (404 if resource == "articles" else 410)


def test_etag_of_read_is_accepted_by_write(
    editor: TestClient, client: TestClient, resource: str
) -> None:
    address, _ = make(editor, resource)
    if resource == "articles":
        editor.post(f"{address}/publish")
    read = client.get(address)
    strong = read.headers["ETag"].removeprefix("W/")
    for tag in (read.headers["ETag"], strong, f'"other", {strong}'):
        assert editor.patch(address, json={}, headers={"If-Match": tag}).status_code == 200


def test_write_without_if_match_is_refused(editor: TestClient, resource: str) -> None:
    address, _ = make(editor, resource)
    for method in ("PATCH", "DELETE"):
        answer = editor.request(method, address, headers=JSON, content="{")
        assert answer.status_code == 428
        assert answer.json()["type"].endswith("/problems/precondition-required")


def test_write_with_stale_if_match_is_refused(editor: TestClient, resource: str) -> None:
    address, etag = make(editor, resource)
    changed = editor.patch(address, json=A_FIELD[resource], headers={"If-Match": etag})
    for tag in (etag, '"nothing"', '"a.1"', 'W/""', '"5f3c2"', '"2.x"', '"2.2222222222"'):
        for method in ("PATCH", "DELETE"):
            answer = editor.request(method, address, json={}, headers={"If-Match": tag})
            assert answer.status_code == 412
    # The ETag of the refusal is valid for a retry.
    assert answer.headers["ETag"].endswith('2"')
    assert changed.headers["ETag"].endswith('.2"')
    retried = editor.patch(address, json={}, headers={"If-Match": answer.headers["ETag"]})
    assert retried.status_code == 200


@pytest.mark.parametrize("tag", ["x", "", "W/x", '"a" "b"', '"', "7", '"a",,"b"'])
def test_malformed_if_match_is_refused(editor: TestClient, tag: str) -> None:
    address, _ = make(editor, "people")
    assert editor.patch(address, json={}, headers={"If-Match": tag}).status_code in {400, 412}


def test_patch_without_effect_writes_nothing(
    editor: TestClient, database: Database, resource: str
) -> None:
    document = MAKERS[resource]()
    made = editor.post(f"/v1/{resource}", json=document)
    again = editor.patch(made.headers["Location"], json=document, headers=IF_MATCH_ANY)
    assert again.status_code == 200
    assert again.headers["ETag"] == made.headers["ETag"]
    with database.snapshot() as reader:
        entries = reader.all(
            select(AuditEntry.action).where(AuditEntry.slug == made.json()["slug"])
        )
    assert [entry["action"] for entry in entries] == ["create"]


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({}, "{}", 415),
        ({"Content-Type": "text/plain"}, "{}", 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "a=b", 415),
        ({"Content-Type": "application/merge-patch+json"}, "{}", 415),
        (JSON, "", 422),
        (JSON, "{", 400),
        (JSON, "{'a': 1}", 400),
        (JSON, b"\xff\xfe", 400),
        (JSON, "[]", 422),
        (JSON, "null", 422),
        (JSON, "[" * 100_000, 422),
        (JSON, '{"name": ' + "9" * 5000 + "}", 400),
        (JSON, '{"name": NaN}', 422),
        (JSON, '{"name": "a\\u0000b"}', 422),
        (JSON, '{"name": "\\ud800"}', 422),
        (JSON, '{"\\ud800": 1}', 422),
        (JSON, '{"name": "  "}', 422),
        (JSON, '{"name": "!!!"}', 422),
        (JSON, '{"name": 7}', 422),
        (JSON, '{"name": "A", "edited": true}', 422),
        (JSON, '{"name": "' + "a" * 121 + '"}', 422),
        (JSON, '{"name": "A", "slug": "Not A Slug"}', 422),
        (JSON, '{"name": "A", "aliases": "B"}', 422),
        (JSON, '{"name": "A", "nationality": "XXX"}', 422),
        (
            JSON,
            '{"name": "A", "sources": [{"name": "B", "url": "javascript:x", "licence": null}]}',
            422,
        ),
    ],
)
def test_invalid_body_is_refused_and_nothing_saved(
    editor: TestClient, database: Database, headers: dict[str, str], content: Any, status: int
) -> None:
    answer = editor.post("/v1/people", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    if status == 415:
        assert answer.headers["Accept-Post"] == "application/json"
    with database.snapshot() as reader:
        assert reader.all(select(Person.id)) == []


def test_patch_of_unsupported_media_type_is_refused(editor: TestClient) -> None:
    address, _ = make(editor, "people")
    plain = IF_MATCH_ANY | {"Content-Type": "application/json-patch+json"}
    answer = editor.patch(address, content="[]", headers=plain)
    assert answer.status_code == 415
    assert answer.headers["Accept-Patch"] == "application/merge-patch+json, application/json"
    merge = IF_MATCH_ANY | {"Content-Type": "application/merge-patch+json; charset=utf-8"}
    assert editor.patch(address, content="{}", headers=merge).status_code == 200
    for content in ("[]", "7", "null"):
        assert editor.patch(address, content=content, headers=merge).status_code == 422


def test_merge_patch_removes_and_merges_members(editor: TestClient) -> None:
    image = {"url": "https://example.org/a.png", "alt": "A ship", "credit": "Somebody"}
    address, _ = make(editor, "articles", image=image, note="A note.", tags=["b", "a", "a"])
    patch = {"image": {"alt": "Another ship"}, "note": None}
    answer = editor.patch(address, json=patch, headers=IF_MATCH_ANY).json()
    expected = image | {"alt": "Another ship"}
    assert {name: answer["image"][name] for name in expected} == expected
    assert answer["note"] is None
    assert answer["tags"] == ["a", "b"]
    refused = editor.patch(address, json={"title": None}, headers=IF_MATCH_ANY)
    assert error_codes(refused) == {"/title": "missing"}
    refused = editor.patch(address, json={"image": {"alt": None}}, headers=IF_MATCH_ANY)
    assert error_codes(refused) == {"/image/alt": "missing"}
    deep: Any = {}
    for _ in range(900):
        deep = {"a": deep}
    assert editor.patch(address, json={"image": deep}, headers=IF_MATCH_ANY).status_code in {
        400,
        422,
    }


def test_each_error_has_its_pointer(editor: TestClient) -> None:
    document = documents.article(
        title=7,
        published_at="2019-04-04T12:00:00",
        language="english",
        source={"name": "", "url": "ftp://example.org"},
        missions=["Not A Slug"],
        extra=1,
    )
    errors = error_codes(editor.post("/v1/articles", json=document))
    pointers = {"/title", "/published_at", "/language", "/source/name", "/source/url"}
    assert errors.keys() == pointers | {"/missions/0", "/extra"}


@pytest.mark.parametrize(
    "value",
    [0, 0.5, "2019", "2019-04-04", "04.04.2019", "2019-04-04T12:00:00", "9999-12-31T23:59:59-14:00",
     "1850-01-01T00:00:00Z", "2019-02-30T00:00:00Z", "2019-04-04T24:00:00Z", True, []],
)  # fmt: skip
def test_invalid_date_is_refused(editor: TestClient, value: Any) -> None:
    answer = editor.post("/v1/articles", json=documents.article(published_at=value))
    assert set(error_codes(answer)) == {"/published_at"}


def test_unknown_reference_is_refused(editor: TestClient) -> None:
    known = editor.post("/v1/people", json=documents.person()).json()["slug"]
    document = documents.article(people=["nobody", known])
    assert error_codes(editor.post("/v1/articles", json=document)) == {
        "/people": "unknown-reference"
    }
    document = documents.article(translation_key="nothing")
    errors = error_codes(editor.post("/v1/articles", json=document))
    assert errors == {"/translation_key": "unknown-reference"}


def test_slug_is_unique_and_redirects_after_rename(editor: TestClient, client: TestClient) -> None:
    first, _ = make(editor, "people", name="Юрий Пример")
    assert first.endswith("/v1/people/yuriy-primer")
    second, _ = make(editor, "people", name="Юрий Пример")
    assert second.endswith("/yuriy-primer-2")
    taken = editor.post("/v1/people", json=documents.person(slug="yuriy-primer"))
    assert (taken.status_code, taken.json()["errors"][0]["code"]) == (409, "taken")
    # The old slug redirects to it and stays reserved.
    renamed = editor.patch(first, json={"slug": "yuri"}, headers=IF_MATCH_ANY)
    assert renamed.json()["slug"] == "yuri"
    assert client.get(first).status_code == 308
    assert client.get(first).headers["Location"].endswith("/v1/people/yuri")
    assert editor.post("/v1/people", json=documents.person(slug="yuriy-primer")).status_code == 409
    back = editor.patch("/v1/people/yuri", json={"slug": "yuriy-primer"}, headers=IF_MATCH_ANY)
    assert back.status_code == 200
    assert client.get("/v1/people/yuri").headers["Location"].endswith("/v1/people/yuriy-primer")
    for reserved in ("archive", "batch", "current", "next", "preview"):
        refused = editor.post("/v1/people", json=documents.person(slug=reserved))
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "reserved")


def test_write_to_former_slug_is_redirected(editor: TestClient) -> None:
    address, _ = make(editor, "people")
    editor.patch(address, json={"slug": "elsewhere"}, headers=IF_MATCH_ANY)
    answer = editor.patch(address, json={}, headers=IF_MATCH_ANY)
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith("/v1/people/elsewhere")


@pytest.mark.parametrize("old", ["missions", "page", "v1"])
def test_only_the_slug_is_replaced_in_a_redirect(editor: TestClient, old: str) -> None:
    """A slug may equal another part of the path."""
    address, _ = make(editor, "missions", slug=old)
    editor.patch(address, json={"slug": "renamed"}, headers=IF_MATCH_ANY).raise_for_status()
    for path, expected in (
        (f"/v1/missions/{old}", "/v1/missions/renamed"),
        (f"/v1/missions/{old}/page?month=2019-04", "/v1/missions/renamed/page?month=2019-04"),
        (f"/missions/{old}", "/missions/renamed"),
    ):
        answer = editor.get(path)
        assert answer.status_code == 308, answer.text
        assert answer.headers["Location"] == f"http://127.0.0.1:8000{expected}"


def test_dry_run_saves_nothing(editor: TestClient, database: Database, resource: str) -> None:
    answer = editor.post(f"/v1/{resource}?validate_only=true", json=MAKERS[resource]())
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    slug = answer.json()["slug"]
    assert editor.patch(f"/v1/{resource}/{slug}", json={}, headers=IF_MATCH_ANY).status_code == 404
    address, etag = make(editor, resource)
    tried = {"validate_only": "true"}
    changed = editor.patch(address, params=tried, json=A_FIELD[resource], headers=IF_MATCH_ANY)
    assert changed.json().items() >= A_FIELD[resource].items()
    assert editor.delete(address, params=tried, headers=IF_MATCH_ANY).status_code == 204
    assert editor.patch(address, json={}, headers={"If-Match": etag}).headers["ETag"] == etag
    wrong = editor.post(f"/v1/{resource}?validate_only=true", json={})
    assert wrong.status_code == 422
    with database.snapshot() as reader:
        entries = reader.all(select(AuditEntry.id).where(AuditEntry.slug == slug))
    assert entries == []


def test_repeated_idempotency_key_replays_response(
    editor: TestClient, database: Database, resource: str
) -> None:
    document, key = MAKERS[resource](), {"Idempotency-Key": "once"}
    first = editor.post(f"/v1/{resource}", json=document, headers=key)
    again = editor.post(f"/v1/{resource}", json=document, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    for name in ("ETag", "Location", "Content-Type"):
        assert first.headers[name] == again.headers[name]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = editor.post(f"/v1/{resource}", json=MAKERS[resource](), headers=key)
    assert other.status_code == 422
    assert other.json()["errors"][0]["code"] == "idempotency-key-reused"
    elsewhere = editor.post(f"/v1/{resource}?validate_only=false", json=document, headers=key)
    assert elsewhere.status_code == 422


def test_idempotency_key_of_refused_request_is_reusable(editor: TestClient) -> None:
    key = {"Idempotency-Key": "mended"}
    assert editor.post("/v1/people", json={}, headers=key).status_code == 422
    assert editor.post("/v1/people", json=documents.person(), headers=key).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "ключ".encode().decode("latin-1"), "a" * 256])
def test_malformed_idempotency_key_is_refused(editor: TestClient, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answer = editor.post("/v1/people", json=documents.person(), headers=headers)
    assert answer.status_code == 400


def test_idempotency_keys_are_scoped_to_the_client(client: TestClient, editor: TestClient) -> None:
    other = client_with_key(client, *Scope)
    key = {"Idempotency-Key": "shared"}
    first = editor.post("/v1/people", json=documents.person(), headers=key)
    second = other.post("/v1/people", json=documents.person(), headers=key)
    assert first.json()["id"] != second.json()["id"]


def test_referenced_record_is_not_deleted(editor: TestClient) -> None:
    person = editor.post("/v1/people", json=documents.person()).json()["slug"]
    article = editor.post("/v1/articles", json=documents.article(people=[person])).json()["slug"]
    refused = editor.delete(f"/v1/people/{person}", headers=IF_MATCH_ANY)
    assert refused.status_code == 409
    assert article in refused.json()["detail"]
    editor.patch(f"/v1/articles/{article}", json={"people": []}, headers=IF_MATCH_ANY)
    assert editor.delete(f"/v1/people/{person}", headers=IF_MATCH_ANY).status_code == 204


def test_dry_runs_and_failures_store_no_response(editor: TestClient, database: Database) -> None:
    key = {"Idempotency-Key": "trial"}
    editor.post("/v1/people?validate_only=true", json=documents.person(), headers=key)
    editor.post("/v1/people", json={}, headers=key)
    with database.snapshot() as reader:
        assert reader.all(select(IdempotentResponse.key)) == []
        assert reader.all(select(Article.id)) == []
        assert len(reader.all(select(ApiKey.id))) == 1


@pytest.mark.parametrize(("length", "status"), [(60, 201), (61, 422)])
def test_tag_has_a_length_that_can_be_stored(editor: TestClient, length: int, status: int) -> None:
    document = documents.article(tags=["a" * length])
    answer = editor.post("/v1/articles", json=document)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["errors"][0]["pointer"] == "/tags/0"


def test_unknown_fields_are_refused_with_the_nearest_known_one(editor: TestClient) -> None:
    def details(answer: Any) -> dict[str, str]:
        assert answer.status_code == 422
        return {each["pointer"]: each["detail"] for each in answer.json()["errors"]}

    document = documents.article(titel="A", source={"name": "A", "ulr": None}, zzz=1)
    posted = details(editor.post("/v1/articles", json=document))
    assert posted == {
        "/titel": "Unknown field. Did you mean 'title'?",
        "/source/ulr": "Unknown field. Did you mean 'url'?",
        "/zzz": "Unknown field.",
    }
    launch = documents.launch(spacecraft=[{"name": "A", "kind": "SC", "kynd": "SC"}])
    posted = details(editor.post("/v1/launches", json=launch))
    assert posted == {"/spacecraft/0/kynd": "Unknown field. Did you mean 'kind'?"}
    path = editor.post("/v1/articles", json=documents.article()).headers["Location"]
    patched = details(editor.patch(path, json={"titel": "A"}, headers=IF_MATCH_ANY))
    assert patched == {"/titel": "Unknown field. Did you mean 'title'?"}


def test_tags_are_made_lower_case(editor: TestClient) -> None:
    document = documents.article(tags=["Soyuz-MS", "soyuz-ms", "EVA"])
    assert editor.post("/v1/articles", json=document).json()["tags"] == ["eva", "soyuz-ms"]
    refused = editor.post("/v1/articles", json=documents.article(tags=["Soyuz MS"]))
    assert refused.status_code == 422
    assert "'soyuz-ms'" in refused.json()["errors"][0]["detail"]


def test_translation_names_its_original(editor: TestClient) -> None:
    original = editor.post("/v1/articles", json=documents.article(slug="original")).json()
    document = documents.article(language="ru", translation_of="original")
    translation = editor.post("/v1/articles", json=document).json()
    assert translation["translation_key"] == original["translation_key"]
    other = editor.post("/v1/articles", json=documents.article(language="de")).json()
    patch = {"translation_of": "original"}
    path = f"/v1/articles/{other['slug']}"
    patched = editor.patch(path, json=patch, headers=IF_MATCH_ANY).json()
    assert patched["translation_key"] == original["translation_key"]
    again = editor.post("/v1/articles", json=document | {"title": "Another"})
    unknown = editor.post("/v1/articles", json=document | {"translation_of": "nothing"})
    pointers = [each.json()["errors"][0]["pointer"] for each in (again, unknown)]
    assert pointers == ["/translation_key", "/translation_of"]


def test_source_is_by_default_that_of_the_installation(editor: TestClient) -> None:
    document = documents.article()
    del document["source"]
    refused = editor.post("/v1/articles", json=document)
    assert error_codes(refused) == {"/source": "missing"}
    with override_settings(editor, news_source="Mission portal"):
        created = editor.post("/v1/articles", json=document)
        assert created.json()["source"] == {"name": "Mission portal", "url": None}
        path = f"/v1/articles/{created.json()['slug']}"
        for source, name in (({"name": "Agency"}, "Agency"), (None, "Mission portal")):
            changed = editor.patch(path, json={"source": source}, headers=IF_MATCH_ANY)
            assert changed.json()["source"]["name"] == name
