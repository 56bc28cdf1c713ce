"""Slugs that writes make of titles and names: any script, any length."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support import documents

LONG = "Щ" * 60


def ship_of(vehicle: str, site: str) -> dict[str, Any]:
    return documents.launch(
        vehicle={"name": vehicle, "family": vehicle}, site={"name": site, "country": "JP"}
    )


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("きぼう日本実験棟の船外活動", "kibouribenshiyandongnochuanwaihuodong"),
        ("Διαστημικός Σταθμός", "diastimikos-stathmos"),
        ("Выход в космос", "vykhod-v-kosmos"),
        ("𒀀", "u12000"),
    ],
)
def test_title_in_any_script_makes_a_slug(editor: TestClient, title: str, slug: str) -> None:
    created = editor.post("/v1/articles", json=documents.article(title=title))
    assert (created.status_code, created.json()["slug"]) == (201, slug)
    again = editor.post("/v1/articles", json=documents.article(title=title))
    assert again.json()["slug"] == f"{slug}-2"


@pytest.mark.parametrize("name", ["宇宙航空", LONG])
def test_names_are_found_by_filters(editor: TestClient, name: str) -> None:
    """The slug of a name may be longer than the name, and than its column."""
    writes = {
        "/v1/articles": documents.article(
            source={"name": name, "url": None}, published_at="2019-04-04T00:00:00Z"
        ),
        "/v1/agencies": documents.agency(name=name),
        "/v1/people": documents.person(agency=name),
        "/v1/vehicles": documents.vehicle(name=name, family=name),
        "/v1/sites": documents.site(name=name, country="JP"),
        "/v1/launches": ship_of(name, name),
    }
    for path, document in writes.items():
        created = editor.post(path, json=document)
        assert created.status_code == 201, created.text
    editor.post(f"/v1/articles/{editor.get('/v1/drafts').json()['items'][0]['slug']}/publish")
    for path, filters in (
        ("/v1/articles", ["source"]),
        ("/v1/people", ["agency"]),
        ("/v1/launches", ["vehicle", "vehicle_family", "site"]),
    ):
        for parameter in filters:
            found = editor.get(path, params={parameter: name}).json()["items"]
            assert len(found) == 1, parameter
            assert editor.get(path, params={parameter: f"{name}x"}).status_code == 422


def test_name_without_letter_or_digit_is_refused(editor: TestClient) -> None:
    for path, document, pointer in (
        ("/v1/articles", documents.article(title="…!"), "/title"),
        ("/v1/people", documents.person(name="—"), "/name"),
        ("/v1/launches", ship_of("?", "!"), "/vehicle/name"),
    ):
        refused = editor.post(path, json=document)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer
