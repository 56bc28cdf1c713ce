"""Rules of launch sites and of the launches that name them."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import documents
from tests.support.documents import IF_MATCH_ANY
from tests.support.import_runs import import_inputs, make_input


@pytest.fixture
def field(editor: TestClient) -> TestClient:
    """Client of an archive with the site `example-field`, with two pads, and a launch from one."""
    pads = [{"name": "Site 7", "code": "LC7", "aliases": ["7/1"]}, {"name": "Site 8"}]
    site = documents.site(
        name="Example Field", name_ru="Полигон", code="EXF", aliases=["The Field"], pads=pads
    )
    editor.post("/v1/sites", json=site | {"time_zone": "Asia/Tokyo"}).raise_for_status()
    launch = documents.launch(slug="from-7", site="example-field", pad="LC7")
    editor.post("/v1/launches", json=launch).raise_for_status()
    return editor


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "Other", "aliases": ["EXF"]}, "/aliases/0", "taken"),
    ({"name": "Other", "code": "EXF"}, "/code", "taken"),
    ({"name": "the field"}, "/slug", "taken"),
    ({"name": "Полигон"}, "/slug", "taken"),
    ({"name": "Other", "time_zone": "Asia/Tokio"}, "/time_zone", "value_error"),
    ({"name": "Other", "latitude": 91.0}, "/latitude", "less_than_equal"),
    ({"name": "Other", "longitude": "63"}, "/longitude", "float_type"),
    ({"name": "Other", "country": "Kazakhstan"}, "/country", "string_too_long"),
    (
        {"name": "Other", "pads": [{"name": "A", "slug": "example-field-site-8"}]},
        "/pads/0/slug",
        "taken",
    ),
    (
        {"name": "Other", "pads": [{"name": "A"}, {"name": "B", "aliases": ["a"]}]},
        "/pads/1/name",
        "repeated",
    ),
]


@pytest.mark.parametrize(("fields", "pointer", "code"), REFUSED)
def test_bad_sites_are_refused(
    field: TestClient, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = field.post("/v1/sites", json=documents.site() | fields)
    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    assert [(each["pointer"], each["code"]) for each in errors] == [(pointer, code)]


@pytest.mark.parametrize(
    ("site", "pad"),
    [
        ("example-field", "LC7"),
        ("EXF", "lc7"),
        ("exf", "Site 7"),
        ("THE FIELD", "site 7"),
        ({"name": "полигон"}, "7/1"),
        ({"name": "Example Field", "country": "KZ"}, "example-field-site-7"),
        ({"name": "Another name", "code": "EXF"}, "LC7"),
    ],
)
def test_launch_names_site_and_pad_in_every_form(field: TestClient, site: Any, pad: str) -> None:
    answer = field.post("/v1/launches", json=documents.launch(site=site, pad=pad))
    assert answer.status_code == 201, answer.text
    launch = answer.json()
    assert (launch["site"]["slug"], launch["site"]["pad"]) == ("example-field", "LC7")
    assert launch["launch_pad"]["slug"] == "example-field-site-7"
    assert launch["launch_at_local"] == "2031-04-04T20:01:35+09:00"


def test_unknown_site_and_pad_are_refused_with_the_nearest(field: TestClient) -> None:
    for fields, pointer, hint in (
        ({"site": "exampel field"}, "/site", "'example-field'"),
        ({"site": {"name": "Example Filed", "country": "KZ"}}, "/site", "'example-field'"),
        ({"site": "EXF", "pad": "Site 9"}, "/pad", "'site-7'"),
        ({"pad": "LC7"}, "/pad", "name the site"),
    ):
        answer = field.post("/v1/launches", json=documents.launch(**fields))
        assert answer.status_code == 422, fields
        (error,) = answer.json()["errors"]
        assert error["pointer"] == pointer
        assert hint in error["detail"]
    mismatch = documents.launch(site={"name": "EXF", "country": "US"})
    answer = field.post("/v1/launches", json=mismatch)
    assert answer.json()["errors"][0]["code"] == "contradiction"
    assert [each["slug"] for each in field.get("/v1/sites").json()["items"]] == ["example-field"]


def test_site_and_pad_with_launches_stay(field: TestClient) -> None:
    path = "/v1/sites/example-field"
    refused = field.delete(path, headers=IF_MATCH_ANY)
    assert refused.status_code == 409
    assert "the launch from-7" in refused.json()["detail"]
    pads = {"pads": [{"name": "Site 8"}]}
    answer = field.patch(path, json=pads, headers=IF_MATCH_ANY)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "in-use")
    moved = {"site": None, "pad": None}
    field.patch("/v1/launches/from-7", json=moved, headers=IF_MATCH_ANY).raise_for_status()
    assert field.patch(path, json=pads, headers=IF_MATCH_ANY).status_code == 200
    assert field.delete(path, headers=IF_MATCH_ANY).status_code == 204
    assert field.get(path).status_code == 410


def test_rename_is_a_change_of_its_launches(field: TestClient) -> None:
    page = field.get("/v1/changes").json()

    def changed(fields: dict[str, Any] | None) -> set[tuple[str, str]]:
        nonlocal page
        if fields is not None:
            path = "/v1/sites/example-field"
            field.patch(path, json=fields, headers=IF_MATCH_ANY).raise_for_status()
        found = set()
        while True:
            page = field.get(page["next"] or page["sync"]).json()
            found |= {(each["type"], each["data"]["slug"]) for each in page["items"]}
            if page["sync"]:
                return found

    changed(None)

    assert changed({"latitude": 45.6}) == {("site", "example-field")}
    renamed = {("site", "example-field"), ("launch", "from-7")}
    assert changed({"name": "Renamed Field"}) == renamed
    slug = "example-field-site-7"
    assert changed({"pads": [{"slug": slug, "name": "Site Seven"}]}) == renamed
    assert field.get("/v1/launches/from-7").json()["launch_pad"]["name"] == "Site Seven"
    assert field.get("/v1/launches?q=seven").json()["items"][0]["slug"] == "from-7"


def test_former_slug_redirects(field: TestClient) -> None:
    path = "/v1/sites/example-field"
    field.patch(path, json={"slug": "the-field"}, headers=IF_MATCH_ANY).raise_for_status()
    answer = field.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"][-9:]) == (308, "the-field")


def test_links_and_weather_of_a_launch(field: TestClient) -> None:
    url = "https://video.example/live"
    link = {"kind": "webcast", "url": url, "language": "en", "live": True}
    fields = {"links": [link], "probability_percent": 80, "hold_reason": "Wind"}
    path = "/v1/launches/from-7"
    answer = field.patch(path, json=fields, headers=IF_MATCH_ANY).raise_for_status().json()
    assert {name: answer[name] for name in fields} == fields
    for bad in (
        {"links": [link | {"url": "http://video.example/live"}]},
        {"links": [link | {"url": "javascript:alert(1)"}]},
        {"links": [link | {"kind": "trailer"}]},
        {"links": [link | {"language": "English"}]},
        {"probability_percent": 101},
    ):
        assert field.patch(path, json=bad, headers=IF_MATCH_ANY).status_code == 422, bad


def test_imports_create_what_they_name(field: TestClient, database: Database) -> None:
    """In the shape of an export of 0.1.0, which has no records of sites."""
    launches = [
        documents.launch(slug="a", site={"name": "New Field", "country": "US"}, pad="LC 1"),
        documents.launch(slug="b", site={"name": "new field", "country": "US"}, pad="lc-1"),
        documents.launch(slug="c", site={"name": "Field", "country": "KZ", "code": "EXF"}, pad="X"),
        documents.launch(slug="d", site=None, pad="LC 1"),
        documents.launch(slug="e", site={"name": "Nowhere", "country": None}),
    ]
    lines = [{"type": "launch", "data": launch} for launch in launches]
    given = make_input("\n".join(map(json.dumps, lines)))
    report, rejected = import_inputs(database, "ndjson", given)
    assert (report.created, report.rejected) == (4, 1)
    new = field.get("/v1/sites/new-field").json()
    assert (new["country"], [pad["name"] for pad in new["pads"]]) == ("US", ["LC 1"])
    assert new["pads"][0]["launches_count"] == 2
    known = field.get("/v1/sites/example-field").json()
    assert [pad["name"] for pad in known["pads"]] == ["Site 7", "Site 8", "X"]
    assert field.get("/v1/launches/d").json()["launch_pad"] is None
    assert "Nowhere" in str(rejected)
