"""References in filters: names that do not exist are refused, in every list and format."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from starlette.testclient import TestClient

from app.api.lists.references import rank_by_similarity
from app.db.database import Database
from tests.support import documents, factories
from tests.support.clients import database_of
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


def test_former_and_deleted_slugs_are_explained(editor: TestClient) -> None:
    slug = editor.post("/v1/people", json=documents.person()).json()["slug"]
    path = f"/v1/people/{slug}"
    editor.patch(path, json={"slug": "another-name"}, headers={"If-Match": "*"})
    assert (
        "Did you mean 'another-name'?" in refusal(editor, f"/v1/launches?person={slug}")["detail"]
    )
    editor.delete("/v1/people/another-name", headers={"If-Match": "*"})
    deleted = refusal(editor, "/v1/launches?person=another-name")["detail"]
    assert deleted == "The person 'another-name' has been deleted."


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
