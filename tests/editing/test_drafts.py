"""Drafts are in no public response; scheduled articles are published at their time."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import AuditEntry, ImportOrigin, RecordChange
from app.domain.enums import RecordType, Scope
from app.resources.articles.scheduling import announce_due_articles, get_next_publication_time
from tests.support import documents
from tests.support.clients import client_with_key, database_of
from tests.support.documents import IF_MATCH_ANY
from tests.support.statements import record_selects

SECRET = "xyzzy"  # noqa: S105 - a search word
NOW = datetime(2031, 4, 4, 12, tzinfo=UTC)
DAY = "2031-04-04"
FORMS = ("csv", "ndjson")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def draft(**fields: Any) -> dict[str, Any]:
    defaults = {
        "title": f"Title {SECRET}",
        "lead": f"Lead {SECRET}",
        "body": f"Body {SECRET}",
        "tags": [SECRET],
        "source": {"name": f"Desk {SECRET}", "url": f"https://example.org/{SECRET}"},
    }
    return documents.article(**defaults | fields)


def pages(client: TestClient, start: str, **parameters: Any) -> Iterator[str]:
    """Response texts of all pages of a list."""
    answer = client.get(start, params=parameters)
    yield answer.text
    while following := answer.json().get("next"):  # a refusal has none
        answer = client.get(following)
        yield answer.text


def all_public_texts(client: TestClient, mission: str) -> dict[str, str]:
    """All public response texts that could contain an article, by path."""
    month = {"month": DAY[:7], "tz": "UTC"}
    lists = {
        "list": {},
        "whole": {"view": "full"},
        "search": {"q": SECRET},
        "tag": {"tag": SECRET},
        "day": {"published_on": DAY, "tz": "UTC"},
        "mission": {"mission": mission},
        "total": {"with_total": "true"},
    }
    found = {
        name: "".join(pages(client, "/v1/articles", **parameters))
        for name, parameters in lists.items()
    }
    singles = {
        "archive": client.get("/v1/articles/archive", params=month),
        "index": client.get("/v1/articles/archive"),
        "page": client.get(f"/v1/missions/{mission}/page", params=month),
        "mission itself": client.get(f"/v1/missions/{mission}"),
    }
    singles |= {
        name: client.get(f"/v1/articles/{name}") for name in ("feed.atom", "feed.rss", "feed.json")
    }
    singles |= {form: client.get("/v1/articles", params={"format": form}) for form in FORMS}
    found |= {name: answer.text + str(answer.headers.raw) for name, answer in singles.items()}
    found["changes"] = "".join(pages(client, "/v1/changes"))
    return found


def tags(client: TestClient, mission: str) -> list[str]:
    """ETags of the responses that could contain an article."""
    addresses = [
        "/v1/articles",
        "/v1/articles/archive",
        f"/v1/missions/{mission}/page",
        "/v1/changes",
        *(f"/v1/articles/feed.{form}" for form in ("atom", "rss", "json")),
    ]
    return [client.get(address).headers["ETag"] for address in addresses]


@pytest.fixture
def mission(editor: TestClient) -> str:
    made = editor.post("/v1/missions", json=documents.mission(starts_at="2031-01-01T00:00:00Z"))
    slug: str = made.json()["slug"]
    return slug


def test_draft_is_in_no_public_response(
    client: TestClient, editor: TestClient, mission: str, clock: time_machine.Traveller
) -> None:
    before = all_public_texts(client, mission), tags(client, mission)
    whole = draft(missions=[mission], published_at=f"{DAY}T08:00:00Z")
    made = editor.post("/v1/articles", json=whole)
    address, slug = made.headers["Location"], made.json()["slug"]

    def hidden(status: int = 404) -> None:
        seen = all_public_texts(client, mission)
        # The refusal of an unknown tag names the tag, before there is a draft as well.
        refusal = json.loads(seen.pop("tag"))
        assert refusal["detail"] == f"No article has the tag {SECRET!r}."
        assert not [name for name, text in seen.items() if SECRET in text]
        assert tags(client, mission) == before[1]
        answer = client.get(address)
        assert answer.status_code == status
        assert SECRET not in answer.json()["title"]
        assert client.get(f"{address}/preview").status_code == 401

    hidden()
    editor.patch(address, json={"body": f"More {SECRET}"}, headers=IF_MATCH_ANY)
    hidden()
    ahead = {"published_at": "2031-04-05T08:00:00Z"}
    editor.patch(address, json=ahead, headers=IF_MATCH_ANY)
    assert editor.post(f"{address}/publish").json()["status"] == "scheduled"
    hidden()
    editor.post(f"{address}/unpublish")
    assert editor.get(f"{address}/preview").json()["status"] == "draft"
    hidden()
    editor.delete(address, headers=IF_MATCH_ANY)
    hidden()
    editor.post(f"{address}/restore")
    editor.patch(address, json={"published_at": f"{DAY}T08:00:00Z"}, headers=IF_MATCH_ANY)
    hidden()

    # Positive control: the published article is in each of these responses.
    assert editor.post(f"{address}/publish").json()["status"] == "published"
    after = all_public_texts(client, mission)
    for name in after.keys() - {"archive", "index", "mission itself", "total"}:
        assert SECRET in after[name], name
    for name in ("archive", "index", "mission itself", "total"):
        assert after[name] != before[0][name], name
    assert all(a != b for a, b in zip(tags(client, mission), before[1], strict=True))

    editor.post(f"{address}/unpublish")
    assert editor.get(f"{address}/preview").json()["status"] == "unpublished"
    gone = all_public_texts(client, mission)
    gone.pop("tag")
    assert not [name for name, text in gone.items() if SECRET in text]
    editor.delete(address, headers=IF_MATCH_ANY)
    assert client.get(address).status_code == 410
    assert slug in client.get(address).json()["detail"]


def test_neighbours_and_translations_are_public(client: TestClient, editor: TestClient) -> None:
    def published(**fields: Any) -> str:
        made = editor.post("/v1/articles", json=documents.article(**fields))
        editor.post(f"{made.headers['Location']}/publish")
        slug: str = made.json()["slug"]
        return slug

    first = published(published_at="2019-04-01T00:00:00Z")
    hidden = published(published_at="2019-04-02T00:00:00Z", translation_key=None)
    last = published(published_at="2019-04-03T00:00:00Z")
    key = editor.get(f"/v1/articles/{last}/preview").json()["translation_key"]
    twin = published(language="ru", translation_key=key, published_at="2019-04-03T00:00:00Z")
    body = client.get(f"/v1/articles/{last}").json()
    assert body["previous"]["slug"] == hidden
    assert [t["slug"] for t in body["translations"]] == [twin]
    assert [t["slug"] for t in client.get(f"/v1/articles/{twin}").json()["translations"]] == [last]
    for slug in (hidden, twin):
        editor.post(f"/v1/articles/{slug}/unpublish")
    body = client.get(f"/v1/articles/{last}").json()
    assert body["previous"]["slug"] == first
    assert body["translations"] == []
    second = editor.post("/v1/articles", json=documents.article(language="ru", translation_key=key))
    assert second.status_code == 422  # the hidden article is still the Russian translation
    assert last not in key
    alone = editor.patch(
        f"/v1/articles/{twin}", json={"translation_key": None}, headers=IF_MATCH_ANY
    )
    assert alone.json()["translation_key"] != key


def test_previews_name_translations_that_are_drafts(client: TestClient, editor: TestClient) -> None:
    original = editor.post("/v1/articles", json=documents.article(slug="a-day"))
    editor.post(f"{original.headers['Location']}/publish").raise_for_status()
    translation = documents.article(slug="a-draft", language="ru", translation_of="a-day")
    made = editor.post("/v1/articles", json=translation)
    assert made.json()["translations"] == [{"language": "en", "slug": "a-day"}]
    reader = client_with_key(client, Scope.DRAFTS_READ)
    draft = [{"language": "ru", "slug": "a-draft"}]

    assert reader.get("/v1/articles/a-day/preview").json()["translations"] == draft
    second = documents.article(slug="another", language="de", translation_of="a-day")
    editor.post("/v1/articles", json=second).raise_for_status()
    shown = {
        each["slug"]: [other["slug"] for other in each["translations"]]
        for each in reader.get("/v1/drafts").json()["items"]
    }
    assert shown == {"a-draft": ["another", "a-day"], "another": ["a-day", "a-draft"]}
    for other in (client, reader, editor):  # the public article is the same for all
        answer = other.get("/v1/articles/a-day")
        assert (answer.json()["translations"], "a-draft" in answer.text) == ([], False)
    private = reader.get("/v1/articles/a-day/preview").headers["Cache-Control"]
    assert "private" in private
    assert client.get("/v1/articles/a-day/preview").status_code == 401

    link = editor.post("/v1/articles/another/preview-links", json={}).json()["url"]
    assert "a-draft" not in client.get(link).text
    editor.delete("/v1/articles/a-draft", headers=IF_MATCH_ANY).raise_for_status()
    left = reader.get("/v1/articles/a-day/preview").json()["translations"]
    assert left == [{"language": "de", "slug": "another"}]


def test_writes_of_hidden_articles_are_no_changes(client: TestClient, editor: TestClient) -> None:
    address = editor.post("/v1/articles", json=documents.article()).headers["Location"]
    known = json.loads(list(pages(client, "/v1/changes"))[-1])["sync"]

    def list_operations() -> list[str]:
        return [item["op"] for item in client.get(known).json()["items"]]

    def changes() -> int:
        with database_of(client).snapshot() as reader:
            return reader.scalar(select(func.count()).select_from(RecordChange)) or 0

    editor.post(f"{address}/publish")
    assert list_operations() == ["upsert"]
    editor.post(f"{address}/unpublish")
    assert list_operations() == ["delete"]
    before = changes()
    for lead in ("One", "Two"):
        assert editor.patch(address, json={"lead": lead}, headers=IF_MATCH_ANY).status_code == 200
    editor.delete(address, headers=IF_MATCH_ANY)
    editor.post(f"{address}/restore")
    assert changes() == before
    editor.post(f"{address}/publish")
    assert changes() == before + 1
    assert list_operations() == ["upsert"]


def test_unknown_slug_takes_as_many_statements_as_draft(
    client: TestClient, editor: TestClient
) -> None:
    editor.post("/v1/articles", json=documents.article(slug="hidden"))
    counts, answers = [], []
    for slug in ("hidden", "nobody"):
        with record_selects(database_of(client)) as statements:
            answers.append(client.get(f"/v1/articles/{slug}"))
        counts.append(len(statements))
    assert [answer.status_code for answer in answers] == [404, 404]
    assert counts[0] == counts[1] > 0
    hidden, nobody = (answer.json()["detail"] for answer in answers)
    assert hidden.replace("hidden", "nobody") == nobody


def test_referrers_hide_draft_slugs_without_scope(client: TestClient, editor: TestClient) -> None:
    about = {
        kind: editor.post(f"/v1/{kind}", json=document).headers["Location"]
        for kind, document in (
            ("people", documents.person()),
            ("launches", documents.launch()),
            ("missions", documents.mission()),
        )
    }
    named = {kind: [address.rpartition("/")[2]] for kind, address in about.items()}
    made = editor.post("/v1/articles", json=documents.article(slug=SECRET, **named))
    other = client_with_key(client, Scope.PEOPLE_WRITE, Scope.LAUNCHES_WRITE, Scope.MISSIONS_WRITE)

    def refusals() -> str:
        answers = [other.delete(address, headers=IF_MATCH_ANY) for address in about.values()]
        assert {answer.status_code for answer in answers} == {409}
        return "".join(answer.text for answer in answers)

    hidden = refusals()
    assert SECRET not in hidden
    assert hidden.count("an article that is not published") == 3
    assert (
        SECRET in editor.delete(about["people"], headers=IF_MATCH_ANY).text
    )  # clients with the scope get its slug
    editor.post(f"{made.headers['Location']}/publish")
    assert refusals().count(f"the article {SECRET}") == 3


def test_renamed_draft_is_not_redirected(client: TestClient, editor: TestClient) -> None:
    address = editor.post("/v1/articles", json=documents.article(slug="dull")).headers["Location"]
    renamed = editor.patch(address, json={"slug": SECRET}, headers=IF_MATCH_ANY)
    assert renamed.status_code == 200
    answer = client.get(address)
    assert answer.status_code == 404
    assert SECRET not in answer.text + str(answer.headers)
    editor.post(f"/v1/articles/{SECRET}/publish")
    assert client.get(address).headers["Location"].endswith(f"/v1/articles/{SECRET}")
    editor.post(f"/v1/articles/{SECRET}/unpublish")
    assert client.get(address).status_code == 404
    editor.delete(f"/v1/articles/{SECRET}", headers=IF_MATCH_ANY)
    assert client.get(address).status_code == 410
    assert SECRET not in client.get(address).text


def test_scheduled_article_is_public_at_its_second(
    client: TestClient,
    editor: TestClient,
    database: Database,
    mission: str,
    clock: time_machine.Traveller,
) -> None:
    at = NOW + timedelta(minutes=5)
    made = editor.post(
        "/v1/articles",
        json=draft(missions=[mission], published_at=f"{at:%Y-%m-%dT%H:%M:%SZ}"),
    )
    address = made.headers["Location"]
    editor.post(f"{address}/publish")
    sync = list(pages(client, "/v1/changes"))[-1]
    known = json.loads(sync)["sync"]

    def announced() -> list[tuple[str, str]]:
        with database.session() as session:
            announce_due_articles(session)
        items = client.get(known).json()["items"]
        return [(item["op"], item["type"]) for item in items]

    clock.move_to(at - timedelta(seconds=1))
    assert client.get(address).status_code == 404
    assert announced() == []
    with database.snapshot() as reader:
        assert get_next_publication_time(reader) == at
    clock.move_to(at)
    assert client.get(address).status_code == 200  # before the background job announces it
    assert SECRET in client.get("/v1/articles").text
    assert client.get("/v1/articles/archive", params={"month": "2031-04"}).json()["total"] == 1
    assert SECRET in client.get(f"/v1/missions/{mission}/page").text
    assert announced() == [("upsert", "article")]
    assert announced() == [("upsert", "article")]  # once, however often the job runs
    with database.snapshot() as reader:
        assert get_next_publication_time(reader) is None
        trail = select(AuditEntry.actor).where(AuditEntry.action == "appear")
        assert {row["actor"] for row in reader.all(trail)} == {"zarya schedule"}

    # Rescheduling is a deletion in the change feed; publication is an upsert again.
    later = at + timedelta(minutes=5)
    editor.patch(
        address, json={"published_at": f"{later:%Y-%m-%dT%H:%M:%SZ}"}, headers=IF_MATCH_ANY
    )
    assert announced() == [("delete", "article")]
    clock.move_to(later)
    assert announced() == [("upsert", "article")]


def test_draft_list_filters_by_status(client: TestClient, editor: TestClient) -> None:
    slugs = {}
    for status in ("draft", "scheduled", "published", "unpublished", "deleted"):
        made = editor.post("/v1/articles", json=documents.article(slug=f"an-{status}"))
        slugs[status] = made.headers["Location"]
    ahead = {"published_at": "2090-01-01T00:00:00Z"}
    editor.patch(slugs["scheduled"], json=ahead, headers=IF_MATCH_ANY)
    for status in ("scheduled", "published", "unpublished"):
        editor.post(f"{slugs[status]}/publish")
    editor.post(f"{slugs['unpublished']}/unpublish")
    editor.delete(slugs["deleted"], headers=IF_MATCH_ANY)
    listed = editor.get("/v1/drafts", params={"with_total": "true"}).json()
    assert {item["slug"]: item["status"] for item in listed["items"]} == {
        f"an-{status}": status for status in slugs.keys() - {"published"}
    }
    assert listed["total"] == 4
    for status in slugs.keys() - {"published"}:
        (one,) = editor.get("/v1/drafts", params={"status": status}).json()["items"]
        assert one["slug"] == f"an-{status}"
    assert editor.get("/v1/drafts", params={"status": "published"}).json()["items"] == []
    page = editor.get("/v1/drafts", params={"limit": 1}).json()
    assert editor.get(page["next"]).json()["items"][0]["slug"] != page["items"][0]["slug"]


def test_draft_list_filters_by_content(client: TestClient, editor: TestClient) -> None:
    editor.post("/v1/missions", json=documents.mission(number=59))
    source = {"name": "Wire service"}
    made: dict[str, dict[str, Any]] = {
        "quiet": {"title": "A quiet Day aboard", "missions": ["iss-59"]},
        "noisy": {"title": "A noisy day", "language": "fr", "source": source},
        "yolka": {
            "title": "100% Ёлка на борту",
            "language": "ru",
            "lead": "Станция украшена.",
            "body": "Гирлянды из NASA, iPad и 50_огней.",
        },
    }
    for slug, fields in made.items():
        editor.post("/v1/articles", json=documents.article(slug=slug, **fields)).raise_for_status()
    noisy = editor.get("/v1/articles/noisy/preview").json()["id"]
    with database_of(client).session() as session:
        session.add(
            ImportOrigin(scheme="a", key="1", type=RecordType.ARTICLE, record_id=noisy, seen=[])
        )
    for parameters, slugs in (
        ("q=DAY", {"quiet", "noisy"}),
        ("q=day+qui", {"quiet"}),
        ("q=елка", {"yolka"}),
        ("q=%25", {"yolka"}),
        ("q=_", {"yolka"}),
        ("q=%25_", set()),
        ("q=станция", {"yolka"}),
        ("q=СТАНЦИЯ", {"yolka"}),
        ("q=ГИРЛЯНДЫ+Ёлка", {"yolka"}),
        ("q=гирлянд+ёлка+50_", {"yolka"}),
        ("q=nasa", {"yolka"}),
        ("q=iPad", {"yolka"}),
        ("q=ipad", set()),
        ("q=BODY", {"quiet", "noisy"}),
        ("language=fr,ru", {"noisy", "yolka"}),
        ("source=wire-service", {"noisy"}),
        ("source=Wire+service", {"noisy"}),
        ("mission=59", {"quiet"}),
        ("imported=true", {"noisy"}),
        ("imported=false", {"quiet", "yolka"}),
        ("imported=false&q=day&language=en&status=draft", {"quiet"}),
    ):
        items = editor.get(f"/v1/drafts?{parameters}").raise_for_status().json()["items"]
        assert {item["slug"] for item in items} == slugs, parameters
    for parameters, hint in (
        ("mission=iss-58", "iss-59"),
        ("source=Wire+servicq", "wire-service"),
        ("language=fq", "fr"),
    ):
        refused = editor.get(f"/v1/drafts?{parameters}")
        assert (refused.status_code, hint in refused.json()["detail"]) == (422, True), parameters


def test_featured_article_cannot_be_hidden(editor: TestClient) -> None:
    article = editor.post("/v1/articles", json=documents.article())
    address, slug = article.headers["Location"], article.json()["slug"]
    refused = editor.post("/v1/missions", json=documents.mission(featured_article=slug))
    assert refused.json()["errors"][0]["pointer"] == "/featured_article"
    editor.post(f"{address}/publish")
    mission = editor.post("/v1/missions", json=documents.mission(featured_article=slug))
    assert mission.status_code == 201
    assert editor.post(f"{address}/unpublish").status_code == 409
    assert editor.delete(address, headers=IF_MATCH_ANY).status_code == 409
    ahead = {"published_at": "2090-01-01T00:00:00Z"}  # its neighbours would be in the page
    assert editor.patch(address, json=ahead, headers=IF_MATCH_ANY).status_code == 409
    assert editor.patch(address, json={"title": "Another"}, headers=IF_MATCH_ANY).status_code == 200
    freed = editor.patch(
        mission.headers["Location"], json={"featured_article": None}, headers=IF_MATCH_ANY
    )
    assert freed.status_code == 200
    assert editor.delete(address, headers=IF_MATCH_ANY).status_code == 204


def test_editor_of_articles_sets_the_lead_article_of_a_mission(
    client: TestClient, editor: TestClient
) -> None:
    made = editor.post("/v1/articles", json=documents.article(slug="a-day"))
    mission = editor.post("/v1/missions", json=documents.mission(number=59))
    path = mission.headers["Location"]
    colleague = client_with_key(client, Scope.ARTICLES_WRITE)
    lead = {"article": "a-day"}
    url = f"{path}/featured-article"
    draft = colleague.put(url, json=lead, headers=IF_MATCH_ANY)
    assert [each["pointer"] for each in draft.json()["errors"]] == ["/article"]
    editor.post(f"{made.headers['Location']}/publish").raise_for_status()
    stale = colleague.put(url, json=lead, headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    shown = colleague.put(url, json=lead, headers=IF_MATCH_ANY).raise_for_status().json()
    before = mission.json()
    changed = {name for name, value in shown.items() if value != before[name]}
    assert changed <= {"featured_article", "lead_article", "updated_at", "version", "counts"}
    assert editor.get(f"{path}/page").json()["lead_article"]["slug"] == "a-day"
    query = {"slug": "iss-59", "action": "update"}
    (entry,) = editor.get("/v1/audit", params=query).json()["items"]
    assert entry["after"]["featured_article"] == "a-day"
    assert entry["actor"]["id"] == colleague.get("/v1/me").json()["id"]
    other = {"summary": "Another summary"}
    assert colleague.patch(path, json=other, headers=IF_MATCH_ANY).status_code == 403
    none = colleague.put(url, json={"article": None}, headers=IF_MATCH_ANY)
    assert none.raise_for_status().json()["version"] == shown["version"] + 1
    author = client_with_key(client, Scope.ARTICLES_DRAFT)
    assert author.put(url, json=lead, headers=IF_MATCH_ANY).status_code == 403


def test_published_article_keeps_its_date(editor: TestClient) -> None:
    made = editor.post("/v1/articles", json=documents.article())
    address = made.headers["Location"]
    assert editor.post(f"{address}/publish").json()["published_at"]
    refused = editor.patch(address, json={"published_at": None}, headers=IF_MATCH_ANY)
    assert refused.json()["errors"][0]["pointer"] == "/published_at"
    editor.post(f"{address}/unpublish")
    assert (
        editor.patch(address, json={"published_at": None}, headers=IF_MATCH_ANY).status_code == 200
    )


def test_deleted_article_is_read_only_until_restored(editor: TestClient) -> None:
    made = editor.post("/v1/articles", json=documents.article())
    address = made.headers["Location"]
    assert editor.post(f"{address}/restore").json()["status"] == "draft"  # no change
    editor.delete(address, headers=IF_MATCH_ANY)
    assert editor.patch(address, json={"title": "No"}, headers=IF_MATCH_ANY).status_code == 410
    assert editor.delete(address, headers=IF_MATCH_ANY).status_code == 410
    assert editor.post(f"{address}/publish").status_code == 410
    assert editor.get(f"{address}/preview").json()["status"] == "deleted"
    assert editor.post(f"{address}/restore").json()["status"] == "draft"
    assert editor.patch(address, json={"title": "Yes"}, headers=IF_MATCH_ANY).status_code == 200
