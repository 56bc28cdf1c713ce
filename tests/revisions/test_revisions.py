"""Revisions: the known versions of records, their differences, and their restoration."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.enums import Scope
from tests.support import documents, factories
from tests.support.clients import client_with_key, database_of
from tests.support.documents import IF_MATCH_ANY
from tests.support.query_costs import record_cost

CREW = [{"person": "one-person", "role": "commander"}]


def create(editor: TestClient, collection: str, document: dict[str, Any]) -> str:
    """Create a record. Returns its path."""
    answer = editor.post(f"/v1/{collection}", json=document)
    assert answer.status_code == 201, answer.text
    return f"/v1/{collection}/{answer.json()['slug']}"


def patch(editor: TestClient, path: str, **fields: Any) -> None:
    editor.patch(path, json=fields, headers=IF_MATCH_ANY).raise_for_status()


def get(editor: TestClient, path: str, **params: Any) -> Any:
    answer = editor.get(path, params=params or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def restore(editor: TestClient, path: str, version: int, **options: Any) -> Any:
    return editor.post(f"{path}/revisions/{version}/restore", **options)


@pytest.fixture
def article(editor: TestClient) -> str:
    """Path of an article: written, published, corrected twice, renamed."""
    path = create(editor, "articles", documents.article(slug="first", title="First", tags=["a"]))
    editor.post(f"{path}/publish").raise_for_status()
    patch(editor, path, title="Second", tags=["b"])
    patch(editor, path, slug="renamed", body="Another *body*.")
    return "/v1/articles/renamed"


def test_versions_are_listed_with_their_writes(editor: TestClient, article: str) -> None:
    page = get(editor, f"{article}/revisions", limit=3, with_total=True)
    assert [(each["version"], each["action"]) for each in page["items"]] == [
        (4, "update"),
        (3, "update"),
        (2, "publish"),
    ]
    assert page["total"] == 4
    me = get(editor, "/v1/me")
    assert {each["actor"]["id"] for each in page["items"]} == {me["id"]}
    (first,) = get(editor, page["next"])["items"]
    assert (first["version"], first["action"]) == (1, "create")
    oldest = get(editor, f"{article}/revisions", sort="version", limit=1)["items"]
    assert oldest == [first]


def test_version_has_the_record_of_then(editor: TestClient, article: str) -> None:
    id_ = get(editor, article)["id"]
    entries = get(editor, "/v1/audit", type="article", record_id=id_, sort="at")["items"]
    assert len(entries) == 4
    for entry in entries:
        revision = get(editor, f"{article}/revisions/{entry['after']['version']}")
        assert revision["record"] == entry["after"]
        assert revision["at"] == entry["at"]


def test_difference_has_both_values_of_changed_fields(editor: TestClient, article: str) -> None:
    difference = get(editor, f"{article}/revisions/2/difference/3")
    assert difference == {
        "from_version": 2,
        "to_version": 3,
        "changes": [
            {"field": "tags", "before": ["a"], "after": ["b"]},
            {"field": "title", "before": "First", "after": "Second"},
        ],
    }
    backwards = get(editor, f"{article}/revisions/3/difference/2")["changes"]
    assert [each["after"] for each in backwards] == [["a"], "First"]
    assert get(editor, f"{article}/revisions/3/difference/3")["changes"] == []


def test_versions_of_loads_are_known_by_later_writes(
    editor: TestClient, database: Database
) -> None:
    """As after a load: no entries of the first version, nor of the third."""
    with database.session() as session:
        session.add(factories.person(slug="loaded", name="As Loaded"))
    path = "/v1/people/loaded"
    (only,) = get(editor, f"{path}/revisions")["items"]
    assert (only["version"], only["actor"], only["action"]) == (1, None, None)
    patch(editor, path, name="Edited")
    with database.session() as session:
        session.query(type(factories.person())).filter_by(slug="loaded").one().name = "Imported"
    patch(editor, path, name="Edited Again")
    items = get(editor, f"{path}/revisions")["items"]
    assert [(each["version"], each["action"]) for each in items] == [
        (4, "update"),
        (3, None),
        (2, "update"),
        (1, None),
    ]
    names = [get(editor, f"{path}/revisions/{n}")["record"]["name"] for n in (1, 2, 3, 4)]
    assert names == ["As Loaded", "Edited", "Imported", "Edited Again"]
    assert items[-1]["at"] == only["at"]


def test_restoration_is_a_new_version(editor: TestClient, article: str) -> None:
    published_at = get(editor, article)["published_at"]
    restored = restore(editor, article, 1, headers={"If-Match": 'W/"0.4"'})
    assert restored.status_code == 200, restored.text
    assert (restored.json()["version"], restored.json()["action"]) == (5, "restore")
    body = restored.json()["record"]
    assert (body["slug"], body["title"], body["tags"]) == ("first", "First", ["a"])
    assert body["body_html"] == "<p>A body.</p>\n"
    assert (body["version"], body["status"]) == (5, "published")
    assert body["published_at"] == published_at  # the first version was a draft without a time
    path = "/v1/articles/first"
    assert get(editor, f"{path}/revisions/5") == restored.json()
    assert get(editor, f"{path}/revisions/4")["record"]["title"] == "Second"
    again = restore(editor, path, 1)
    assert (again.status_code, again.json()["version"]) == (200, 5)  # nothing to restore


def test_refused_restorations(editor: TestClient, article: str) -> None:
    gone = create(editor, "people", documents.person(slug="one-person"))
    patch(editor, article, people=["one-person"])
    patch(editor, article, people=[])
    editor.delete(gone, headers=IF_MATCH_ANY).raise_for_status()
    unknown = restore(editor, article, 5)
    assert unknown.status_code == 422
    assert [each["pointer"] for each in unknown.json()["errors"]] == ["/people"]
    assert restore(editor, article, 3, headers={"If-Match": 'W/"0.1"'}).status_code == 412
    assert restore(editor, article, 7).status_code == 404
    wrong = restore(editor, "/v1/webhooks/1", 1)
    assert (wrong.status_code, "'webhooks'" in wrong.json()["detail"]) == (404, True)
    dry = restore(editor, article, 1, params={"validate_only": "true"})
    assert (dry.status_code, dry.json()["record"]["title"]) == (200, "First")
    assert get(editor, f"{article}/preview")["version"] == 6
    editor.delete(article, headers=IF_MATCH_ANY).raise_for_status()
    for version in (1, 6, 7):  # the last ones have the present content
        assert restore(editor, article, version).status_code == 410


def test_references_follow_renames_and_merges(editor: TestClient, article: str) -> None:
    for slug in ("one-person", "other-person", "third-person"):
        create(editor, "people", documents.person(slug=slug))
    patch(editor, article, people=["one-person", "other-person", "third-person"])
    patch(editor, article, people=[])
    patch(editor, "/v1/people/one-person", slug="renamed-person")
    editor.post("/v1/people/other-person/merge", json={"into": "third-person"}).raise_for_status()
    restored = restore(editor, article, 5)
    assert restored.status_code == 200, restored.text
    assert restored.json()["record"]["people"] == ["renamed-person", "third-person"]
    copy = documents.article(people=["one-person", "other-person", "third-person"])
    created = editor.post("/v1/articles", json=copy).json()
    assert {each["slug"] for each in created["people"]} == {"renamed-person", "third-person"}


def test_version_in_the_trash_has_its_author(editor: TestClient, article: str) -> None:
    editor.delete(article, headers=IF_MATCH_ANY).raise_for_status()
    (trashed,) = get(editor, f"{article}/revisions", limit=1)["items"]
    me = get(editor, "/v1/me")
    assert (trashed["version"], trashed["action"]) == (5, "delete")
    assert trashed["actor"] == {"id": me["id"], "name": me["name"]}
    editor.post(f"{article}/restore").raise_for_status()
    assert get(editor, f"{article}/revisions/5")["record"]["status"] == "deleted"


@pytest.mark.parametrize(
    ("scope", "read", "write"),
    [
        (Scope.ARTICLES_WRITE, 200, 200),
        (Scope.AUDIT_READ, 200, 403),
        (Scope.PEOPLE_WRITE, 403, 403),
        (None, 401, 401),
    ],
)
def test_scopes(
    client: TestClient, article: str, scope: Scope | None, read: int, write: int
) -> None:
    reader = client_with_key(client, scope) if scope else client
    for path in ("revisions", "revisions/1", "revisions/1/difference/2"):
        assert reader.get(f"{article}/{path}").status_code == read
    refused = restore(reader, article, 1)
    assert refused.status_code == write
    if write == 403:
        assert 'scope="articles:write"' in refused.headers["WWW-Authenticate"]


INDEX = "ix_audit_entries_type_record_id_id"


def explain_audit_reads(editor: TestClient, path: str) -> str:
    """Plans of the statements of a response that read the audit log."""
    with record_cost(editor) as cost:
        get(editor, path)
    reads = [each for each in cost.statements_run if "FROM audit_entries" in each[0]]
    with cost.engine.begin() as connection:
        explain = "EXPLAIN QUERY PLAN "
        if connection.dialect.name != "sqlite":
            explain = "EXPLAIN "
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # the table is small
        plans = [connection.exec_driver_sql(explain + sql, values).all() for sql, values in reads]
    return str(plans)


def test_versions_are_found_by_index(editor: TestClient, article: str) -> None:
    """Control on SQLite: the audit log finds the entries of a slug by another index.

    PostgreSQL may choose either there, by its statistics.
    """
    for part in ("", "/1", "/1/difference/2"):
        assert explain_audit_reads(editor, f"{article}/revisions{part}").count(INDEX) >= 2
    if database_of(editor).engine.dialect.name == "sqlite":
        assert INDEX not in explain_audit_reads(editor, "/v1/audit?type=article&slug=renamed")


Change = Callable[[Random], dict[str, Any]]
"""Maker of a merge patch with random values."""


def random_text(random: Random) -> str:
    return f"Text {random.randrange(10**6)}"


def random_instant(random: Random) -> str:
    return f"2031-0{random.randint(4, 8)}-{random.randint(10, 28)}T0{random.randint(0, 9)}:00:00Z"


CHANGES: dict[str, tuple[Callable[[], dict[str, Any]], list[Change]]] = {
    "articles": (
        documents.article,
        [
            lambda r: {"title": random_text(r), "body": f"*{random_text(r)}*"},
            lambda r: {"tags": r.sample(["a", "b", "c", "d"], r.randint(0, 4))},
            lambda r: {"people": r.sample(["one-person", "other-person"], r.randint(0, 2))},
            lambda r: {"slug": f"slug-{r.randrange(10**6)}"},
            lambda r: {"note": r.choice([None, random_text(r)])},
            lambda r: {"image": {"url": "https://a.example/a.jpg", "alt": random_text(r)}},
        ],
    ),
    "people": (
        documents.person,
        [
            lambda r: {"name": random_text(r), "aliases": [random_text(r)]},
            lambda r: {"born_on": r.choice([None, "1980-02-03"]), "born_on_precision": None},
            lambda r: {"nationality": r.choice([None, "RU", "US"])},
        ],
    ),
    "launches": (
        documents.launch,
        [
            lambda r: {"launch_at": random_instant(r), "change_reason": random_text(r)},
            lambda r: {"spacecraft": [{"name": random_text(r), "kind": "CV"}], "crew": []},
            lambda r: {"crew": [{"person": "one-person", "role": "commander"}]},
        ],
    ),
    "missions": (
        documents.mission,
        [
            lambda r: {"summary": random_text(r), "summary_ru": r.choice([None, "Кратко."])},
            lambda r: {"tasks": [random_text(r) for _ in range(r.randint(0, 3))], "tasks_ru": []},
            lambda r: {"crew": r.choice([CREW, []])},
        ],
    ),
    "spacewalks": (
        documents.spacewalk,
        [
            lambda r: {"starts_at": random_instant(r)},
            lambda r: {"purpose": random_text(r)},
        ],
    ),
}


def without_time(record: dict[str, Any]) -> dict[str, Any]:
    """What a restoration brings back of a record: all but version, times and derived parts."""
    crew = [{**each, "id": None} for each in record.get("crew", [])]
    derived = {"version", "updated_at", "history", "crew"}
    return {name: value for name, value in record.items() if name not in derived} | {"crew": crew}


@pytest.mark.parametrize(
    "count", [pytest.param(10, id="few"), pytest.param(200, marks=pytest.mark.slow, id="many")]
)
def test_restoration_gives_the_record_of_then(editor: TestClient, count: int) -> None:
    random = Random(24)
    for name in ("one-person", "other-person"):
        create(editor, "people", documents.person(slug=name))
    for collection, (make, changes) in CHANGES.items():
        path = create(editor, collection, make())
        for _ in range(count // 20):
            fields = random.choice(changes)(random)
            if "crew" in fields and collection == "missions":
                answer = editor.put(
                    f"{path}/crew", json={"items": fields["crew"]}, headers=IF_MATCH_ANY
                )
            else:
                answer = editor.patch(path, json=fields, headers=IF_MATCH_ANY)
            assert answer.status_code == 200, (fields, answer.text)
            path = f"/v1/{collection}/{answer.json()['slug']}"
        newest = get(editor, f"{path}/revisions", limit=1)["items"][0]["version"]
        for _ in range(count // len(CHANGES)):
            version = random.randint(1, newest)
            then = get(editor, f"{path}/revisions/{version}")["record"]
            restored = restore(editor, path, version)
            assert restored.status_code == 200, (then, restored.text)
            current = restored.json()["record"]
            path = f"/v1/{collection}/{current['slug']}"
            assert without_time(current) == without_time(then)


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [("2019-04-04", "2098-01-01", "scheduled"), ("2098-01-01", "2019-04-04", "published")],
)
def test_restoration_does_not_change_the_status_of_an_article(
    editor: TestClient, first: str, then: str, status: str
) -> None:
    document = documents.article(title="One", published_at=f"{first}T00:00:00Z")
    path = create(editor, "articles", document)
    patch(editor, path, title="Two", published_at=f"{then}T00:00:00Z")
    editor.post(f"{path}/publish").raise_for_status()
    assert restore(editor, path, 1).status_code == 200
    record = get(editor, f"{path}/revisions/4")["record"]
    assert (record["status"], record["title"]) == (status, "One")
    assert record["published_at"] == f"{then}T00:00:00Z"
    assert editor.get(path).status_code == (200 if status == "published" else 404)
