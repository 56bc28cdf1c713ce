"""References in filters: names that do not exist are refused, in every list and format."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.api.lists.references import rank_by_similarity
from app.db.database import Database
from app.db.models import (
    Agency,
    FormerSlug,
    Launch,
    Mission,
    Module,
    Person,
    Site,
    Spacecraft,
    SpacecraftType,
    Vehicle,
    VersionedRecord,
)
from tests.support import documents, factories
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase
from tests.support.openapi import committed_openapi
from tests.support.statements import record_selects

LOGS = {("listAuditEntries", "slug"), ("listAuditEntries", "actor")}
"""Filters of logs, which hold names of what no longer exists."""


LISTS = {
    f"/v1/{name}"
    for name in (
        "launches", "people", "crew-assignments", "articles", "stays", "spacewalks", "timeline",
    )
}  # fmt: skip
"""Lists with a filter by mission."""


RECORDS: dict[str, tuple[type[VersionedRecord], str]] = {
    "person": (Person, "anne-mcclain"),
    "mission": (Mission, "iss-59"),
    "launch": (Launch, "soyuz-ms-12"),
    "vehicle": (Vehicle, "soyuz-fg"),
    "spacecraft": (Spacecraft, "atlantis"),
    "site": (Site, "baikonur-cosmodrome"),
    "type": (SpacecraftType, "soyuz-ms"),
    "module": (Module, "pirs"),
    "airlock": (Module, "pirs"),
    **dict.fromkeys(
        ("agency", "agency_not", "maker", "operator", "owner", "parent", "provider"),
        (Agency, "nasa"),
    ),
}
"""Filters by records: the type, and a slug in the archive."""

VALUES = {
    "country", "family", "language", "nationality", "nationality_not", "pad", "port", "source",
    "source_not", "tag", "tag_not", "vehicle_family",
}  # fmt: skip
"""Filters by values of records, or by parts, which have no former slugs."""


class NameFilter(NamedTuple):
    """A filter by a name, with one that exists in the archive."""

    path: str
    parameter: str
    example: str


def is_name(schema: dict[str, Any]) -> bool:
    """True for a text that is not one of an enumeration and not a date."""
    return schema.get("type") == "string" and not schema.keys() & {"enum", "format"}


def name_filters() -> Iterator[NameFilter]:
    """Every filter of every operation that takes several texts, found by its schema.

    `fields` names no data. The list of drafts needs a key: `tests/editing/test_drafts.py`.
    """
    for path, methods in committed_openapi()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            items = parameter["schema"].get("items", {})
            operation = methods["get"]["operationId"]
            name = parameter["name"]
            if path == "/v1/drafts" or (operation, name) in LOGS:
                continue
            if is_name(items) and name != "fields":
                example = parameter["example"][0]
                yield NameFilter(path.replace("{slug}", "iss-59"), name, example)


NAME_FILTERS = list(name_filters())


def refusal(client: TestClient, url: str) -> dict[str, Any]:
    answer = client.get(url)
    assert answer.status_code == 422, f"{url}: {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["code"] == "unknown-reference"
    problem: dict[str, Any] = error
    return problem


def test_every_list_is_walked() -> None:
    assert len(NAME_FILTERS) > 60
    assert {each.path for each in NAME_FILTERS} >= {
        "/v1/articles/feed.rss", "/v1/launches.ics", "/v1/launches/archive", "/v1/timeline.atom",
    }  # fmt: skip
    assert {each.parameter for each in NAME_FILTERS} >= {
        "agency_not", "airlock", "country", "launch", "module", "operator", "owner", "port", "tag",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name_filter", NAME_FILTERS, ids=lambda each: f"{each[0]}?{each[1]}")
def test_unknown_name_is_refused_with_suggestion(
    archive: TestClient, name_filter: NameFilter
) -> None:
    path, parameter, example = name_filter
    wrong = f"{example[:-1]}q"
    error = refusal(archive, f"{path}?{parameter}={wrong}")
    assert error["parameter"] == parameter
    assert repr(wrong.lower()) in error["detail"].lower()
    assert "Did you mean" in error["detail"]
    russian = refusal(archive, f"{path}?{parameter}={example},{wrong}&lang=ru")
    assert "Возможно, вы имели в виду" in russian["detail"]
    right = archive.get(f"{path}?{parameter}={example}")  # positive control
    assert right.status_code == 200


@pytest.mark.parametrize("form", ["json", "csv", "ndjson"])
def test_every_format_refuses(archive: TestClient, form: str) -> None:
    refusal(archive, f"/v1/launches?vehicle=nothing&format={form}")


def test_message_names_similar_values_and_the_other_parameter(archive: TestClient) -> None:
    assert refusal(archive, "/v1/launches?vehicle=soyuz")["detail"] == (
        "There is no vehicle 'soyuz'. Did you mean 'soyuz-u', 'soyuz-fg', 'soyuz-2-1a'? "
        "`vehicle_family=soyuz` finds all of them."
    )
    assert "'baikonur'" in refusal(archive, "/v1/launches?site=Baikonour")["detail"]
    assert "`mission=iss-59`" in refusal(archive, "/v1/articles?launch=iss-59")["detail"]
    nobody = refusal(archive, "/v1/launches?person=zzzzzz")["detail"]
    assert nobody.endswith("Slugs look like anne-mcclain. See /v1/people.")


def test_all_unknown_names_are_reported(archive: TestClient) -> None:
    answer = archive.get("/v1/launches?vehicle=nope,soyuz-fg&site=nowhere&mission=iss-59")
    errors = [(each["parameter"], each["code"]) for each in answer.json()["errors"]]
    assert errors == [("vehicle", "unknown-reference"), ("site", "unknown-reference")]


def test_list_without_matches_of_existing_names_is_empty(archive: TestClient) -> None:
    answer = archive.get("/v1/launches?vehicle=soyuz-fg&launch_at_lt=1999-01-01&country=US")
    assert answer.status_code == 200
    assert answer.json()["items"] == []


@pytest.mark.parametrize("name", ["59", "059", "ISS-59", "iss-59", "Expedition 59", "МКС-59"])
def test_mission_is_found_by_every_form(archive: TestClient, name: str) -> None:
    paths = [each.path for each in NAME_FILTERS if each.parameter == "mission"]
    assert {"/v1/articles/feed.rss", "/v1/launches.ics", "/v1/stays/archive"} < set(paths)
    for path in paths:
        found, expected = (
            archive.get(path, params={"mission": value}) for value in (name, "iss-59")
        )
        assert found.status_code == 200, path
        if path in LISTS:
            assert found.json()["items"] == expected.json()["items"] != []


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v1/missions/59", "/v1/missions/iss-59"),
        ("/v1/missions/ISS-59", "/v1/missions/iss-59"),
        ("/v1/missions/ISS-59/crew?limit=2", "/v1/missions/iss-59/crew?limit=2"),
        ("/v1/people/Anne-McClain?lang=ru", "/v1/people/anne-mcclain?lang=ru"),
        ("/missions/ISS-59", "/missions/iss-59"),
        ("/v1/sites/baikonur", "/v1/sites/baikonur-cosmodrome"),
        ("/v1/sites/gik-5", "/v1/sites/baikonur-cosmodrome"),
        ("/v1/agencies/national-aeronautics-and-space-administration", "/v1/agencies/nasa"),
    ],
)
def test_paths_lead_to_the_slug(archive: TestClient, path: str, target: str) -> None:
    answer = archive.get(path)
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith(f"8000{target}")
    assert archive.get(target).status_code == 200


@pytest.fixture(scope="module")
def renamed(create_database: CreateDatabase, archive_template_url: str) -> Iterator[TestClient]:
    """Client over an archive whose records in `RECORDS` had the slugs `former-…`.

    Records with the slugs `deleted-…` have been deleted.
    """
    with open_client(create_database(archive_template_url)) as client:
        with database_of(client).session() as session:
            for model, slug in set(RECORDS.values()):
                id_ = session.scalar(select(model.id).where(model.slug == slug))
                assert id_, slug
                for former, owner in ((f"former-{slug}", id_), (f"deleted-{slug}", None)):
                    session.add(FormerSlug(type=model.record_type, slug=former, record_id=owner))
        yield client


def test_every_filter_by_names_is_of_records_or_of_values() -> None:
    parameters = {each.parameter for each in NAME_FILTERS}
    assert parameters == RECORDS.keys() | VALUES


@pytest.mark.slow
@pytest.mark.parametrize(
    "name_filter",
    [each for each in NAME_FILTERS if each.parameter in RECORDS],
    ids=lambda each: f"{each[0]}?{each[1]}",
)
def test_former_slug_is_the_present_one(renamed: TestClient, name_filter: NameFilter) -> None:
    path, parameter, _ = name_filter
    slug = RECORDS[parameter][1]
    present = renamed.get(f"{path}?{parameter}={slug}")
    assert present.status_code == 200
    for names in (f"former-{slug}", f"{slug},former-{slug}"):
        former = renamed.get(f"{path}?{parameter}={names}")
        assert former.status_code == 200, former.text
        assert former.content == present.content
        assert former.headers.get("Link") == present.headers.get("Link")
    deleted = refusal(renamed, f"{path}?{parameter}=former-{slug},deleted-{slug}")
    assert deleted["detail"].endswith(f"'deleted-{slug}' has been deleted.")
    unknown = refusal(renamed, f"{path}?{parameter}={slug}q")
    assert f"Did you mean '{slug}" in unknown["detail"]


@pytest.mark.parametrize("form", ["json", "csv", "ndjson"])
def test_every_format_takes_former_slugs(renamed: TestClient, form: str) -> None:
    former, present = (
        renamed.get(f"/v1/launches?person={prefix}anne-mcclain&format={form}")
        for prefix in ("former-", "")
    )
    assert former.status_code == 200
    assert former.content == present.content


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/launches", "vehicle"),
        ("/launches", "site"),
        ("/launches", "provider"),
        ("/people", "agency"),
        ("/spacewalks", "operator"),
    ],
)
@pytest.mark.parametrize("others", ["", "&utm_source=mail"])
def test_forms_of_the_portal_take_former_slugs(
    renamed: TestClient, path: str, parameter: str, others: str
) -> None:
    slug = RECORDS[parameter][1]
    former, present = (
        renamed.get(f"{path}?{parameter}={prefix}{slug}{others}") for prefix in ("former-", "")
    )
    assert former.status_code == 200
    assert re.findall("<option[^>]*selected[^>]*>|<h2.*?</h2>", former.text) == re.findall(
        "<option[^>]*selected[^>]*>|<h2.*?</h2>", present.text
    )
    deleted = renamed.get(f"{path}?{parameter}=deleted-{slug}{others}")
    assert deleted.status_code == 422


def test_links_have_the_present_slug(renamed: TestClient) -> None:
    names = "person=former-anne-mcclain,nick-hague&mission=former-iss-59"
    page = renamed.get(f"/v1/articles?{names}&limit=1&facet=year").json()
    for url in (page["next"], page["facets"][0]["values"][0]["url"]):
        query = parse_qs(urlsplit(url).query)
        assert query["person"] == ["anne-mcclain,nick-hague"]
        assert query["mission"] == ["iss-59"]
    assert renamed.get(page["next"]).json()["items"]


def test_former_slugs_take_two_statements_and_a_second_list(renamed: TestClient) -> None:
    numbers = []
    for name in ("anne-mcclain", "former-anne-mcclain"):
        with record_selects(database_of(renamed)) as selects:
            assert renamed.get(f"/v1/launches?person={name}&limit=3").json()["items"]
        numbers.append(len(selects))
    assert numbers == [1, 4]


def test_filters_follow_renamed_and_merged_records(editor: TestClient) -> None:
    first, second = (
        editor.post("/v1/people", json=documents.person(name=name)).json()["slug"]
        for name in ("First Name", "Second Name")
    )
    article = documents.article(people=[first])
    slug = editor.post("/v1/articles", json=article).json()["slug"]
    editor.post(f"/v1/articles/{slug}/publish", headers={"If-Match": "*"})

    def find(name: str) -> list[str]:
        page = editor.get(f"/v1/articles?person={name}&facet=person").raise_for_status().json()
        assert [value["value"] for value in page["facets"][0]["values"]] == people
        return [item["slug"] for item in page["items"]]

    people = [first]
    assert find(first) == [slug]
    for name in ("third-name", "fourth-name"):  # cached responses end with each change
        editor.patch(
            f"/v1/people/{people[0]}", json={"slug": name}, headers={"If-Match": "*"}
        ).raise_for_status()
        people = [name]
        assert find(first) == find(name) == [slug]
    editor.post("/v1/people/fourth-name/merge", json={"into": second}).raise_for_status()
    people = [second]
    assert find(first) == find("third-name") == find("fourth-name") == find(second) == [slug]


def test_deleted_slugs_are_explained(editor: TestClient) -> None:
    slug = editor.post("/v1/people", json=documents.person()).json()["slug"]
    path = f"/v1/people/{slug}"
    editor.patch(path, json={"slug": "another-name"}, headers={"If-Match": "*"})
    assert editor.get(f"/v1/launches?person={slug}").status_code == 200
    editor.delete("/v1/people/another-name", headers={"If-Match": "*"})
    for name in (slug, "another-name"):
        deleted = refusal(editor, f"/v1/launches?person={name}")["detail"]
        assert deleted == f"The person {name!r} has been deleted."


def test_tags_of_drafts_are_not_disclosed(editor: TestClient) -> None:
    article = editor.post("/v1/articles", json=documents.article(tags=["secret"])).json()
    detail = refusal(editor, "/v1/articles?tag=secret")["detail"]
    assert detail == "No article has the tag 'secret'."
    assert "Did you mean" not in refusal(editor, "/v1/articles?tag=secre")["detail"]
    editor.post(f"/v1/articles/{article['slug']}/publish", headers={"If-Match": "*"})
    assert editor.get("/v1/articles?tag=secret").status_code == 200
    assert "'secret'" in refusal(editor, "/v1/articles?tag=secre")["detail"]


def test_found_names_cost_no_statement(archive: TestClient, statements: list[str]) -> None:
    """A list that is not empty proves its names; several names take one statement."""
    for query, number in (
        ("vehicle=soyuz-fg&site=GIK-5&mission=59", 1),
        ("vehicle=soyuz-fg,soyuz-2-1a", 2),
        ("vehicle=soyuz-fg&launch_at_lt=1999-01-01", 2),
    ):
        statements.clear()
        assert archive.get(f"/v1/launches?{query}").status_code == 200
        assert len(statements) == number, query


def test_suggestions_read_a_bounded_number_of_values(
    client: TestClient, database: Database
) -> None:
    """Among more values than are compared, those with the first letters of the name are found."""
    with database.session() as session:
        session.add_all(factories.person(slug=f"astronaut-{n:04}") for n in range(600))
        session.add(factories.person(slug="zoe-zenith"))
    with record_selects(database_of(client)) as selects:
        detail = refusal(client, "/v1/launches?person=zoe-zenit")["detail"]
    assert "Did you mean 'zoe-zenith'?" in detail
    assert len(selects) <= 8


def test_ranking_prefers_words_that_begin_with_the_name() -> None:
    names = ["antares", "anne-mcclain", "mccain", "mc"]
    assert rank_by_similarity("mcclain", names)[0] == "anne-mcclain"
    assert rank_by_similarity("mccainn", names)[0] == "mccain"
    assert rank_by_similarity("zzz", names) == []
