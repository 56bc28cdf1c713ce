"""The parameter `fields`: JSON of lists and records, CSV and NDJSON reduced to some fields."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.fields import RecordQuery, parse_fields, select_fields
from app.api.lists.pagination import ListQuery
from app.resources.missions.schemas import MissionRead
from tests.support.openapi import committed_openapi

WITHOUT_FIELDS = {
    "getHorizon", "getMe", "listExports", "listChanges", "search", "suggest", "getArticleArchive",
    "getLaunchArchive", "getStayArchive", "getSpacewalkArchive", "getTimelineArchive", "listTags",
    "getSession",
}  # fmt: skip
"""Operations whose JSON is neither a list of records nor a record."""


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in committed_openapi()["paths"].items():
        if operation := methods.get("get"):
            content = operation["responses"].get("200", {}).get("content", {})
            if set(content) == {"application/json"}:
                yield path, operation


OPERATIONS = list(operations())


def test_every_list_and_record_has_fields() -> None:
    having: set[str] = set()
    lacking: set[str] = set()
    for _, operation in OPERATIONS:
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        (having if "fields" in names else lacking).add(operation["operationId"])
    assert lacking == WITHOUT_FIELDS
    assert {"listPeople", "getPerson", "getCurrentMission", "getMissionPage", "getKey"} <= having


@pytest.mark.parametrize(
    "path",
    [
        "/v1/missions/iss-59",
        "/v1/missions/current",
        "/v1/missions/iss-59/page",
        "/v1/people/anne-mcclain",
        "/v1/launches/progress-ms-11",
        "/v1/articles/launch-progress-ms-11",
        "/v1/modules/harmony",
        "/v1/stays/progress-ms-11-pirs-nadir",
        "/v1/spacewalks/spacewalk-216",
    ],
)
def test_record_has_selected_fields_in_its_order(archive: TestClient, path: str) -> None:
    whole = archive.get(path)
    names = list(whole.json())[1::2]
    reduced = archive.get(path, params={"fields": ",".join(reversed(names))})
    assert reduced.json() == {name: whole.json()[name] for name in names}
    assert list(reduced.json()) == names
    assert reduced.headers["ETag"] != whole.headers["ETag"]
    for name in ("Cache-Control", "Content-Type", "Last-Modified"):
        assert reduced.headers[name] == whole.headers[name]
    again = {"If-None-Match": reduced.headers["ETag"]}
    assert archive.get(str(reduced.url), headers=again).status_code == 304
    assert archive.get(path).json() == whole.json()


def test_fields_of_nested_objects(archive: TestClient) -> None:
    fields = "name,crew.person.name,crew.role,previous.slug"
    mission = archive.get("/v1/missions/iss-59", params={"fields": fields}).json()
    assert list(mission) == ["name", "crew", "previous"]
    assert mission["crew"][0] == {
        "person": {"name": "Oleg Kononenko"},
        "role": "commander",
    }
    assert mission["previous"] == {"slug": "iss-58"}
    first = archive.get("/v1/missions/iss-1?fields=previous.slug").json()
    assert first == {"previous": None}
    both = archive.get("/v1/missions/iss-59?fields=crew.role,crew,crew.person.name").json()
    assert both == {"crew": archive.get("/v1/missions/iss-59").json()["crew"]}


@pytest.mark.parametrize("path", ["missions", "people", "launches", "articles"])
def test_list_keeps_its_links_and_total(archive: TestClient, path: str) -> None:
    address = f"/v1/{path}?limit=3&with_total=true"
    whole, reduced = (archive.get(address + more) for more in ("", "&fields=id,version"))
    keys = [name for name in whole.json()["items"][0] if name in {"id", "version"}]
    expected = [{name: item[name] for name in keys} for item in whole.json()["items"]]
    assert reduced.json()["items"] == expected
    for name in whole.json().keys() - {"items", "next"}:
        assert reduced.json()[name] == whole.json()[name]
    following = archive.get(reduced.json()["next"]).json()["items"]
    assert following[0].keys() == set(keys)


def test_csv_and_ndjson_have_selected_fields(archive: TestClient) -> None:
    params = {"fields": "slug,vehicle.name,spacecraft.name", "vehicle": "soyuz-fg"}
    address = "/v1/launches?view=full"
    items = archive.get(address, params=params | {"limit": 100}).json()["items"]
    lines = archive.get(address, params=params | {"format": "ndjson"}).text.splitlines()
    assert [json.loads(line) for line in lines] == items
    text = archive.get(address, params=params | {"format": "csv", "bom": "false"}).text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == ["slug", "vehicle.name", "spacecraft"]
    assert [json.loads(row["spacecraft"]) for row in rows] == [i["spacecraft"] for i in items]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/missions/iss-59?fields=nmae", "There is no field 'nmae'. Did you mean 'name'?"),
        ("/v1/missions/iss-59?fields=crew.person.nam", "Did you mean 'name'?"),
        ("/v1/missions/iss-59?fields=name.first", "There is no field 'name.first'."),
        ("/v1/missions/nobody?fields=nmae", "Did you mean 'name'?"),
        ("/v1/missions?fields=crew", "`view=full` has more fields."),
        ("/v1/missions?fields=zzz&format=csv", "Fields: slug, "),
        ("/v1/missions/iss-59?fields=nmae&lang=ru", "Поля 'nmae' нет."),
        ("/v1/people?fields=Name", "Use the name of a field"),
    ],
)
def test_unknown_field_is_refused(archive: TestClient, path: str, expected: str) -> None:
    answer = archive.get(path)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "fields"
    assert expected in answer.json()["detail"] + answer.json()["errors"][0]["detail"]


def test_number_and_depth_of_fields_are_limited(archive: TestClient) -> None:
    for fields in (",".join(["slug"] * 51), "a" + ".a" * 8, "a" * 121):
        assert archive.get("/v1/people", params={"fields": fields}).status_code == 422
    assert archive.get("/v1/people", params={"fields": ",".join(["slug"] * 50)}).is_success


def test_whole_response_is_not_parsed_again(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the parameter, selection costs nothing."""

    def fail(*_: object) -> None:
        raise AssertionError

    for module in ("app.api.routing", "app.api.lists.responses"):
        monkeypatch.setattr(f"{module}.reduce_response", fail)
    for path in ("/v1/people?limit=2", "/v1/people/anne-mcclain"):
        assert archive.get(path).is_success
        separator = "&" if "?" in path else "?"
        assert archive.get(f"{path}{separator}fields=slug").status_code == 500


def test_selection_of_a_document() -> None:
    selection = parse_fields(MissionRead, ["slug", "crew.role", "crew.person.name"])
    assert selection == {"slug": None, "crew": {"role": None, "person": {"name": None}}}
    document = {"id": 1, "crew": [{"role": "x", "person": {"name": "A", "slug": "a"}}], "slug": "s"}
    reduced = {"crew": [{"role": "x", "person": {"name": "A"}}], "slug": "s"}
    assert select_fields(document, selection) == reduced
    assert select_fields(document, None) == document
    assert not issubclass(ListQuery, RecordQuery)  # lists reduce their items
