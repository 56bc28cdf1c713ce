"""Modules: requests and expected records."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import factories
from tests.support.clients import database_of
from tests.support.statements import record_selects


def slugs(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/v1/modules?limit=100&{query}").raise_for_status().json()
    return [item["slug"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=node", ["unity", "harmony", "tranquility", "prichal"]),
        ("kind=node&sort=-attached_at&attached_on=2009-01-01", ["harmony", "unity"]),
        ("kind=node,robotics&attached_on=2001-05-01", ["unity", "mss"]),
        ("kind=airlock&sort=name", ["bishop", "pirs", "poisk", "quest"]),
        ("owner=ESA", ["harmony", "columbus", "cupola"]),
        ("owner=csa", ["mss"]),
        ("owner=CSA,Nanoracks", ["mss", "bishop"]),
        ("launch=sts-130", ["tranquility", "cupola"]),
        ("launch=sts-133,zarya", ["zarya", "elc-4", "leonardo"]),
        ("attached_on=1998-12-06", ["zarya"]),
        ("attached_on=1998-12-07", ["zarya", "pma-1", "unity", "pma-2"]),
        ("attached_on=2021-07-26&kind=airlock", ["quest", "pirs", "poisk", "bishop"]),
        ("attached_on=2021-07-27&kind=airlock", ["quest", "poisk", "bishop"]),
        ("attached_on=2090-01-01", []),
        ("q=кибо", ["jem-elm", "jem-pm", "jem-ef"]),
        ("q=kibo&kind=platform", ["jem-ef"]),
        ("q=роскосмос зенитный узел", ["zvezda", "poisk"]),
    ],
)  # fmt: skip
def test_filters(archive: TestClient, query: str, expected: list[str]) -> None:
    assert slugs(archive, query) == expected


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("kind=tunnel", "kind"),
        ("owner=SA", "owner"),
        ("attached_on=2019-04", "attached_on"),
        ("port=unity-nadir", "port"),
        ("sort=mass_kg", "sort"),
    ],
)
def test_bad_parameters_are_refused(archive: TestClient, query: str, parameter: str) -> None:
    answer = archive.get(f"/v1/modules?{query}")
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_module_harmony(archive: TestClient) -> None:
    harmony = archive.get("/v1/modules/harmony").raise_for_status().json()
    assert (harmony["name"], harmony["kind_label"], harmony["mass_kg"]) == (
        "Harmony",
        "Node",
        14300,
    )
    assert harmony["launch"]["slug"] == "sts-120"
    assert harmony["is_attached"] is True
    first, second = harmony["attachments"]
    assert (first["to"]["slug"], first["port"]["slug"]) == ("unity", "unity-port")
    assert (first["attached_at"], first["attached_at_precision"]) == ("2007-10-26T00:00:00Z", "day")
    assert first["attached_at_uncertain"] is True
    assert (first["detached_at"], second["attached_at"]) == (
        "2007-11-14T09:21:00Z",
        "2007-11-14T10:45:00Z",
    )
    assert second["port"]["module"]["name"] == "Destiny"
    assert second["detached_at"] is second["detached_at_precision"] is None
    assert [port["slug"] for port in harmony["ports"]] == [
        f"harmony-{side}" for side in ("forward", "port", "starboard", "zenith", "nadir")
    ]
    assert harmony["ports"][0]["in_service_from"] == "2016-08-19"
    assert harmony["sources"]


def test_names_are_in_the_language_of_the_request(archive: TestClient) -> None:
    harmony = archive.get("/v1/modules/harmony?lang=ru").json()
    assert (harmony["name"], harmony["kind_label"]) == ("Гармония", "Узловой модуль")
    assert harmony["attachments"][1]["port"]["name"] == "Дестини, передний узел"
    assert archive.get("/v1/modules/pma-2?lang=ru").json()["name"] == "PMA-2"
    english = archive.get("/v1/modules/harmony").json()["attachments"][1]["port"]["name"]
    assert english == "Destiny forward"


def test_full_view_equals_module(archive: TestClient) -> None:
    (full,) = archive.get("/v1/modules?view=full&launch=sts-114").json()["items"]
    assert full == archive.get("/v1/modules/esp-2").json()
    assert full["attachments"][0]["to"]["slug"] == "quest"


def test_list_takes_one_statement(archive: TestClient) -> None:
    """However many ports and attachments the modules have."""
    for query in ("view=full&limit=100", "attached_on=2019-04-04&owner=NASA"):
        with record_selects(database_of(archive)) as selects:
            archive.get(f"/v1/modules?{query}").raise_for_status()
        assert len([each for each in selects if "FROM modules" in each]) == 1


def test_search_finds_modules_by_their_names_in_both_languages(archive: TestClient) -> None:
    for words in ("Poisk", "поиск", "Poisk zenith port"):
        hits = archive.get("/v1/search", params={"q": f"type:module {words}"}).json()["items"]
        assert [(hit["slug"], hit["text"]) for hit in hits] == [("poisk", "Airlock, Roscosmos")]


def test_module_is_attached_until_the_end_of_the_period(
    client: TestClient, database: Database
) -> None:
    at = datetime(2030, 6, 15, 12, tzinfo=UTC)
    with database.session() as session:
        module = factories.module(slug="brief")
        session.add(module)
        session.flush()
        session.add(
            factories.module_attachment(
                module,
                attached_at=at,
                detached_at=at + timedelta(days=2),
                detached_at_precision="day",
            )
        )
    for present, expected in (
        (at - timedelta(minutes=1), False),
        (at, True),
        (datetime(2030, 6, 17, 23, 59, tzinfo=UTC), True),
        (datetime(2030, 6, 18, tzinfo=UTC), False),
    ):
        with time_machine.travel(present, tick=False):
            assert client.get("/v1/modules/brief").json()["is_attached"] is expected
            assert client.get("/v1/modules").json()["items"][0]["is_attached"] is expected


@pytest.mark.parametrize(
    ("module", "in_service"),
    [
        ("pirs", []),  # it has left the station, and its ports have no last day of their own
        ("zvezda", ["zvezda-aft", "zvezda-nadir", "zvezda-zenith"]),
        ("poisk", ["poisk-zenith"]),
    ],
)
def test_ports_in_service_are_those_of_attached_modules(
    archive: TestClient, module: str, in_service: list[str]
) -> None:
    ports = archive.get(f"/v1/modules/{module}").json()["ports"]
    assert ports
    assert [port["slug"] for port in ports if port["is_in_service"]] == in_service
