"""Agencies: requests and expected records, names, renames, references and imports."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import documents
from tests.support.changes import read_changes_to_end
from tests.support.clients import database_of
from tests.support.documents import IF_MATCH_ANY
from tests.support.import_runs import import_inputs, make_input
from tests.support.statements import record_selects


def slugs(client: TestClient, query: str, path: str = "/v1/agencies") -> list[str]:
    answer = client.get(f"{path}?limit=100&{query}").raise_for_status().json()
    return [item["slug"] for item in answer["items"]]


FACTORIES: dict[str, Callable[..., dict[str, Any]]] = {
    "agencies": documents.agency,
    "people": documents.person,
    "launches": documents.launch,
    "spacewalks": documents.spacewalk,
    "modules": documents.module,
    "vehicles": documents.vehicle,
    "spacecraft-types": documents.spacecraft_type,
    "spacecraft": documents.spacecraft,
}


def create(editor: TestClient, collection: str, **fields: Any) -> dict[str, Any]:
    answer = editor.post(f"/v1/{collection}", json=FACTORIES[collection](**fields))
    body: dict[str, Any] = answer.raise_for_status().json()
    return body


def test_lists_have_the_expected_agencies(archive: TestClient) -> None:
    for query, expected in {
        "kind=multinational": ["esa"],
        "kind=academic,multinational": ["esa", "nas-of-belarus"],
        "country=KZ,JP&kind=government": ["jaxa", "kazcosmos"],
        "country=RU&kind=commercial&sort=-name": ["rsc-energia", "rkts-progress", "khrunichev"],
        "q=японское агентство": ["jaxa"],
        "q=Federal Space Agency": ["roscosmos"],
        "parent=NASA": [],
    }.items():
        assert slugs(archive, query) == expected, query


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/agencies?kind=secret", "kind"),
        ("/v1/agencies?country=ZW", "country"),
        ("/v1/agencies?parent=nope", "parent"),
        ("/v1/people?agency=nope", "agency"),
        ("/v1/crew-assignments?agency=nope", "agency"),
        ("/v1/spacewalks?operator=nope", "operator"),
        ("/v1/launches?provider=nope", "provider"),
        ("/v1/modules?owner=nope", "owner"),
    ],
)
def test_unknown_names_are_refused(archive: TestClient, path: str, parameter: str) -> None:
    answer = archive.get(path)
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_filters_accept_each_name_in_any_case(archive: TestClient) -> None:
    expected = slugs(archive, "agency=jaxa", "/v1/people")
    assert "koichi-wakata" in expected
    names = "JAXA", "japan aerospace exploration agency", "宇宙航空研究開発機構"
    for name in (*names, "Японское агентство аэрокосмических исследований"):
        assert slugs(archive, f"agency={name}", "/v1/people") == expected, name


def test_crew_has_the_agency_that_the_person_flew_for(archive: TestClient) -> None:
    """Peggy Whitson is of NASA, and flew for Axiom Space outside the missions' crews."""
    person = archive.get("/v1/people/peggy-whitson").json()
    assert [each["agency"]["slug"] for each in person["agencies"]] == ["nasa", "axiom-space"]
    assert person["agency_ref"]["slug"] == "nasa"
    assert {flight["agency_ref"]["name"] for flight in person["flights"]} == {"NASA", "Axiom Space"}


def test_counts_equal_the_lists(archive: TestClient) -> None:
    for slug in ("nasa", "axiom-space", "esa", "spacex"):
        agency = archive.get(f"/v1/agencies/{slug}").json()
        for count, path in (
            ("people_count", f"/v1/people?agency={slug}"),
            ("launches_count", f"/v1/launches?provider={slug}"),
            ("spacewalks_count", f"/v1/spacewalks?operator={slug}"),
            ("modules_count", f"/v1/modules?owner={slug}"),
        ):
            listed = archive.get(f"{path}&with_total=true&limit=1").json()
            assert agency[count] == listed["total"], path
    people = archive.get("/v1/people?view=full&limit=100&agency=axiom-space").json()["items"]
    own = sum(len(person["flights"]) for person in people)
    assert archive.get("/v1/agencies/axiom-space").json()["flights_count"] > own > 0


def test_list_takes_one_statement(archive: TestClient) -> None:
    for query in ("view=full&limit=100", "parent=NASA,ESA&kind=government"):
        with record_selects(database_of(archive)) as selects:
            archive.get(f"/v1/agencies?{query}").raise_for_status()
        assert len([each for each in selects if "FROM agencies" in each]) <= 2, selects


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("people", {"agency": "NASAA"}, "/agency", "unknown-reference"),
    ("spacewalks", {"operator": "NASAA"}, "/operator", "unknown-reference"),
    ("launches", {"provider": "NASAA"}, "/provider", "unknown-reference"),
    ("modules", {"owners": ["NASA", "NASAA"]}, "/owners/1", "unknown-reference"),
    ("modules", {"owners": ["NASA", "nasa"]}, "/owners/1", "repeated"),
    ("agencies", {"parent": "NASAA"}, "/parent", "unknown-reference"),
    ("agencies", {"name": "nasa"}, "/name", "taken"),
    ("agencies", {"abbreviation": "nasa"}, "/abbreviation", "taken"),
    ("agencies", {"aliases": ["Free", "Национальное управление"]}, "/aliases/1", "taken"),
    ("agencies", {"founded_on": "2999-01-01"}, "/founded_on", "value_error"),
    ("agencies", {"founded_on_precision": "hour"}, "/founded_on_precision", "literal_error"),
]  # fmt: skip


@pytest.mark.parametrize(("collection", "fields", "pointer", "code"), REFUSED)
def test_bad_documents_are_refused(
    editor: TestClient, collection: str, fields: dict[str, Any], pointer: str, code: str
) -> None:
    create(editor, "agencies", name="NASA", name_ru="Национальное управление")
    document = FACTORIES[collection](**fields)
    answer = editor.post(f"/v1/{collection}", json=document)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    if code == "unknown-reference":
        assert error["detail"] == "There is no agency 'NASAA'. Did you mean 'nasa'?"


def test_rename_shows_everywhere_and_in_changes(editor: TestClient) -> None:
    create(editor, "agencies", name="Old Name", abbreviation="ON")
    person = create(editor, "people", agency="on")
    assert person["agency"] == "Old Name"
    seat = {"person": person["slug"], "role": "commander", "agency": "OLD NAME"}
    create(editor, "launches", slug="ship", crew=[seat])
    create(editor, "spacewalks", slug="walk", operator="old-name")
    create(editor, "modules", slug="hub", owners=["ON"])
    _, later_changes = read_changes_to_end(editor)
    rename = {"name": "New Name", "slug": "new-name"}
    editor.patch("/v1/agencies/old-name", json=rename, headers=IF_MATCH_ANY).raise_for_status()

    assert editor.get(f"/v1/people/{person['slug']}").json()["agency"] == "New Name"
    assert editor.get("/v1/launches/ship").json()["crew"][0]["agency"] == "New Name"
    assert editor.get("/v1/spacewalks/walk").json()["operator"] == "New Name"
    assert editor.get("/v1/modules/hub").json()["owners"] == ["New Name"]
    changed = editor.get(later_changes).json()["items"]
    assert {(each["type"], each["data"]["slug"]) for each in changed} >= {
        ("agency", "new-name"),
        ("person", person["slug"]),
        ("launch", "ship"),
        ("spacewalk", "walk"),
        ("module", "hub"),
    }
    hits = editor.get("/v1/search?q=New+Name+type:person").json()["items"]
    assert [hit["slug"] for hit in hits] == [person["slug"]]
    moved = editor.get("/v1/agencies/old-name", follow_redirects=False)
    assert moved.status_code == 308
    assert moved.headers["Location"].endswith("/v1/agencies/new-name")
    assert slugs(editor, "agency=Old+Name", "/v1/people") == [person["slug"]]  # its former slug
    assert slugs(editor, "agency=on", "/v1/people") == [person["slug"]]


def test_agency_in_use_is_not_deleted(editor: TestClient) -> None:
    create(editor, "agencies", slug="above")
    create(editor, "agencies", slug="used", parent="above")
    person = create(editor, "people", agency="used")["slug"]
    seat = {"person": person, "role": "pilot", "agency": "used"}
    create(editor, "launches", slug="ship", crew=[seat])
    create(editor, "launches", slug="provided", provider="used")
    create(editor, "spacewalks", slug="walk", operator="used")
    create(editor, "modules", slug="hub", owners=["used"])
    refused = editor.delete("/v1/agencies/used", headers=IF_MATCH_ANY)
    assert refused.status_code == 409
    named = f"the crew of ship, the person {person}, the launch provided, the spacewalk walk, "
    assert f"{named}the module hub" in refused.json()["detail"]
    headers = IF_MATCH_ANY | {"Accept-Language": "ru"}
    russian = editor.delete("/v1/agencies/used", headers=headers).json()["detail"]
    named = f"экипаж ship, человек {person}, запуск provided, выход в открытый космос walk, "
    assert f"{named}модуль hub" in russian
    assert " the " not in russian
    above = editor.delete("/v1/agencies/above", headers=IF_MATCH_ANY)
    assert "the agency used" in above.json()["detail"]
    cycle = editor.patch("/v1/agencies/above", json={"parent": "used"}, headers=IF_MATCH_ANY)
    assert cycle.json()["errors"][0]["code"] == "contradiction"
    unprovided = editor.patch(
        "/v1/launches/provided", json={"provider": None}, headers=IF_MATCH_ANY
    )
    unprovided.raise_for_status()
    for path in ("people", "launches", "spacewalks", "modules"):
        slug = {"people": person, "launches": "ship", "spacewalks": "walk", "modules": "hub"}[path]
        empty = {"people": {"agency": None}, "launches": {"crew": []}, "modules": {"owners": []}}
        patch = empty.get(path, {"operator": None})
        editor.patch(f"/v1/{path}/{slug}", json=patch, headers=IF_MATCH_ANY).raise_for_status()
    assert editor.delete("/v1/agencies/used", headers=IF_MATCH_ANY).status_code == 204
    assert editor.get("/v1/agencies/used").status_code == 410


def test_maker_is_an_agency_that_is_not_deleted(editor: TestClient) -> None:
    create(editor, "agencies", slug="makers", name="Makers")
    wrong = documents.vehicle(maker="maker")
    refused = editor.post("/v1/vehicles", json=wrong)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/maker", "unknown-reference")
    assert "'makers'" in error["detail"]
    made = editor.post("/v1/vehicles", json=wrong | {"maker": "makers"})
    assert (made.status_code, made.json()["maker"]) == (201, "makers")
    used = editor.delete("/v1/agencies/makers", headers=IF_MATCH_ANY)
    assert (used.status_code, made.json()["slug"] in used.json()["detail"]) == (409, True)
    address = f"/v1/vehicles/{made.json()['slug']}"
    for former, slug in (("makers", "makers-2"), ("makers-2", "makers")):
        renamed = {"slug": slug}
        editor.patch(
            f"/v1/agencies/{former}", json=renamed, headers=IF_MATCH_ANY
        ).raise_for_status()
        other = {"stages": len(slug)}
        editor.patch(address, json=other, headers=IF_MATCH_ANY).raise_for_status()
    editor.patch(address, json={"maker": None}, headers=IF_MATCH_ANY).raise_for_status()
    assert editor.delete("/v1/agencies/makers", headers=IF_MATCH_ANY).status_code == 204


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("vehicles", "maker"),
        ("spacecraft-types", "maker"),
        ("spacecraft", "operator"),
        ("launches", "provider"),
    ],
)
def test_maker_is_renamed_and_merged(editor: TestClient, path: str, field: str) -> None:
    def read_maker() -> str:
        record = editor.get(f"/v1/{path}/named").json()
        maker: str = record[f"{field}_ref"]["slug"] if path == "launches" else record[field]
        return maker

    required = {}
    if path == "spacecraft":
        required = {"type": create(editor, "spacecraft-types")["slug"]}
    create(editor, "agencies", slug="maker", name="Maker")
    create(editor, "agencies", slug="other", name="Other")
    create(editor, path, slug="named", **{field: "maker"}, **required)
    _, later_changes = read_changes_to_end(editor)

    renamed = {"slug": "new-maker", "name": "New"}
    editor.patch("/v1/agencies/maker", json=renamed, headers=IF_MATCH_ANY).raise_for_status()
    assert read_maker() == "new-maker"
    for name in ("new-maker", "New"):
        assert slugs(editor, f"{field}={name}", f"/v1/{path}") == ["named"]
    changed = editor.get(later_changes).json()["items"]
    assert {each["data"]["slug"] for each in changed} == {"new-maker", "named"}

    merged = editor.post(
        "/v1/agencies/new-maker/merge", json={"into": "other"}, headers=IF_MATCH_ANY
    )
    merged.raise_for_status()
    assert read_maker() == "other"
    assert slugs(editor, f"{field}=other", f"/v1/{path}") == ["named"]


def test_import_of_an_export_of_0_1_0_creates_its_agencies(database: Database) -> None:
    """An export without agencies, and with their names in people and crews."""
    state = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    versions: dict[str, Any] = {"version": 3, "edited": True}
    person = {"slug": "jo", "name": "Jo", "agency": "Old Agency", "nationality": "NO"}
    seat = {"person": "jo", "role": "pilot", "agency": "Other Agency"}
    launch = {"slug": "ship", "crew": [seat]}
    lines = [
        {"type": "person", "data": person, "kept": state | versions},
        {"type": "launch", "data": documents.launch(**launch), "kept": state | versions},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    report, rejected = import_inputs(database, "ndjson", make_input(text))
    assert (report.created, report.rejected, rejected) == (2, 0, [])


def test_imported_agency_is_one_record(client: TestClient, database: Database) -> None:
    people = [
        {"slug": f"jo-{number}", "name": f"Jo {letter}", "agency": name}
        for number, (letter, name) in enumerate(
            zip("ABC", ("Fresh", "FRESH", "Fresh"), strict=True)
        )
    ]
    text = "".join(json.dumps({"type": "person", "data": each}) + "\n" for each in people)
    report, rejected = import_inputs(database, "ndjson", make_input(text))
    assert (report.created, rejected) == (3, [])
    assert slugs(client, "") == ["fresh"]
    assert len(slugs(client, "agency=fresh", "/v1/people")) == 3
