"""Rules of stays: the order of dates, one ship at a port, a ship at one port."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support import documents
from tests.support.documents import IF_MATCH_ANY

ENDED = {"flight_ended_at": "2019-07-29T12:00:00Z", "flight_ended_at_precision": "minute"}


BEFORE_ARRIVAL = ("/departed_at", "before-arrival")


@pytest.fixture
def station(editor: TestClient) -> TestClient:
    """Editor of an archive with three ports, two ships in orbit, and one whose flight ended."""
    ports = [
        {"slug": "nadir", "direction": "nadir"},
        {"slug": "zenith", "direction": "zenith"},
        {"slug": "forward", "direction": "forward", "in_service_from": "2019-08-21"},
    ]
    module = {"name": "Hub", "kind": "module", "ports": ports}
    assert editor.post("/v1/modules", json=module).status_code == 201
    for slug, end in (("one", {}), ("two", {}), ("ended", ENDED)):
        ship = {"name": slug, "kind": "CV", **end}
        launch = documents.launch(
            slug=slug, status="success", launch_at="2019-04-04T11:01:35Z", spacecraft=[ship]
        )
        assert editor.post("/v1/launches", json=launch).status_code == 201
    return editor


def stay(launch: str, port: str, arrived_at: str, departed_at: str | None, **fields: Any) -> Any:
    """Document of a stay; times of a day have the precision of a minute, others of a day."""
    dates = {}
    for name, at in (("arrived_at", arrived_at), ("departed_at", departed_at)):
        if at is not None:
            is_day = len(at) == len("2019-04-04")
            dates[name] = f"{at}T00:00:00Z" if is_day else f"{at}:00Z"
            dates[f"{name}_precision"] = "day" if is_day else "minute"
    return documents.stay(launch=launch, port=port, **dates | fields)


def save(editor: TestClient, document: Any) -> tuple[str, str] | str:
    """Create a stay. Returns its slug, or the pointer and code of the refusal."""
    answer = editor.post("/v1/stays", json=document)
    if answer.status_code == 201:
        return str(answer.json()["slug"])
    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    return error["pointer"], error["code"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("launch", "port", "arrived_at", "departed_at", "expected"),
    [
        ("none", "nadir", "2019-04-04T14:25", None, ("/launch", "unknown-reference")),
        ("one", "none", "2019-04-04T14:25", None, ("/port", "unknown-reference")),
        ("one", "nadir", "2019-04-04T11:00", None, ("/arrived_at", "before-launch")),
        ("one", "nadir", "2019-04-04T11:01", None, "one-nadir"),
        ("one", "nadir", "2019-04-04", None, "one-nadir"),
        ("one", "nadir", "2019-04-04T14:25", "2019-04-04T14:24", BEFORE_ARRIVAL),
        ("one", "nadir", "2019-04-04T14:25", "2019-04-03", BEFORE_ARRIVAL),
        ("one", "nadir", "2019-04-04T14:25", "2019-04-04", "one-nadir"),
        ("ended", "nadir", "2019-04-04T14:25", None, ("/departed_at", "after-flight")),
        ("ended", "nadir", "2019-04-04", "2019-07-29T12:01", ("/departed_at", "after-flight")),
        ("ended", "nadir", "2019-04-04", "2019-07-29T12:00", "ended-nadir"),
        ("ended", "nadir", "2019-04-04", "2019-07-29", "ended-nadir"),
        ("one", "forward", "2019-08-20", None, ("/port", "not-in-service")),
        ("one", "forward", "2019-08-21", None, "one-forward"),
    ],
)
def test_order_of_dates(
    station: TestClient,
    launch: str,
    port: str,
    arrived_at: str,
    departed_at: str | None,
    expected: Any,
) -> None:
    assert save(station, stay(launch, port, arrived_at, departed_at)) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("launch", "port", "arrived_at", "departed_at", "expected"),
    [
        ("two", "nadir", "2019-06-01T00:00", "2019-06-02T00:00", ("/port", "occupied")),
        ("two", "nadir", "2019-05-01", "2019-05-11", ("/port", "occupied")),
        ("two", "nadir", "2019-05-01", "2019-05-10", "two-nadir"),
        ("two", "nadir", "2019-05-01T00:00", "2019-05-10T08:00", "two-nadir"),
        ("two", "nadir", "2019-06-20", None, "two-nadir"),
        ("two", "nadir", "2019-06-19", None, ("/port", "occupied")),
        ("two", "nadir", "2019-05-01", None, ("/port", "occupied")),
        ("two", "zenith", "2019-05-01", None, "two-zenith"),
        ("one", "zenith", "2019-06-01", "2019-06-03", ("/arrived_at", "at-a-port")),
        ("one", "zenith", "2019-06-20", None, "one-zenith"),
        ("one", "nadir", "2019-06-20", None, "one-nadir-2"),
    ],
)
def test_ports_and_ships_are_free(
    station: TestClient,
    launch: str,
    port: str,
    arrived_at: str,
    departed_at: str | None,
    expected: Any,
) -> None:
    """Beside a ship that came on 10 May at 8:00, and left on an unknown hour of 20 June."""
    assert save(station, stay("one", "nadir", "2019-05-10T08:00", "2019-06-20")) == "one-nadir"
    assert save(station, stay(launch, port, arrived_at, departed_at)) == expected


def test_stay_is_free_of_itself(station: TestClient) -> None:
    save(station, stay("one", "nadir", "2019-05-10T08:00", None))
    patch = {"departed_at": "2019-06-20T00:00:00Z", "departed_at_precision": "day"}
    answer = station.patch("/v1/stays/one-nadir", json=patch, headers=IF_MATCH_ANY)
    assert answer.status_code == 200
    assert answer.json()["departed_at"] == "2019-06-20T00:00:00Z"


def ending(at: str) -> dict[str, Any]:
    return {"spacecraft": [{"name": "one", "kind": "CV", "flight_ended_at": at}]}


FLIGHT_END = "/spacecraft/0/flight_ended_at"


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"launch_at": "2019-05-10T08:01:00Z"}, ("/launch_at", "after-arrival")),
        ({"launch_at": "2019-05-10T08:00:59Z"}, None),
        (ending("2019-04-04T11:01:34Z"), (FLIGHT_END, "ends-before-launch")),
        (ending("2019-06-19T12:00:00Z"), (FLIGHT_END, "before-departure")),
        (ending("2019-06-20T12:00:00Z"), None),
    ],
)
def test_launch_agrees_with_its_stays(
    station: TestClient, patch: dict[str, Any], expected: Any
) -> None:
    save(station, stay("one", "nadir", "2019-05-10T08:00", "2019-06-20"))
    answer = station.patch("/v1/launches/one", json=patch, headers=IF_MATCH_ANY)
    errors = [(each["pointer"], each["code"]) for each in answer.json().get("errors", [])]
    assert errors == ([expected] if expected else [])
    assert answer.status_code == (422 if expected else 200)


def test_launch_with_a_stay_is_not_deleted(station: TestClient) -> None:
    save(station, stay("one", "nadir", "2019-05-10T08:00", None))
    refused = station.delete("/v1/launches/one", headers=IF_MATCH_ANY)
    assert refused.status_code == 409
    assert "the stay one-nadir" in refused.json()["detail"]
    assert station.delete("/v1/stays/one-nadir", headers=IF_MATCH_ANY).status_code == 204
    assert station.delete("/v1/launches/one", headers=IF_MATCH_ANY).status_code == 204


def test_renamed_launch_is_a_change_of_its_stays(station: TestClient) -> None:
    save(station, stay("one", "nadir", "2019-05-10T08:00", None))
    snapshot = station.get("/v1/changes?types=launch,stay").json()
    while (sync := snapshot["sync"]) is None:
        snapshot = station.get(snapshot["next"]).json()
    renamed = station.patch("/v1/launches/one", json={"slug": "first"}, headers=IF_MATCH_ANY)
    assert renamed.status_code == 200
    changes = station.get(sync).json()["items"]
    assert {change["data"]["slug"]: change["data"].get("launch") for change in changes} == {
        "first": None,
        "one-nadir": "first",
    }
