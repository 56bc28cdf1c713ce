"""Launch Library 2 format: launches and expeditions; the order and the identity of records."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.write_models import validate_write_model
from app.db.database import Database
from app.domain.enums import RecordType
from app.ingest.report import EntryResult
from app.resources.launches.schemas import LaunchWrite
from app.resources.missions.schemas import MissionWrite
from tests.support.clients import database_of
from tests.support.import_runs import import_inputs, make_input, report_counts
from tests.support.launch_library_examples import (
    astronaut,
    capsule,
    crewed,
    expedition,
    found,
    launch,
    seat,
)


def test_launch_becomes_document() -> None:
    (entry,), _ = found(launch())
    document = dict(entry.data)
    validate_write_model(LaunchWrite, document)
    assert entry.type is RecordType.LAUNCH
    assert document["vehicle"] == {"name": "Example 9", "family": "Examples"}
    assert document["site"] == {"name": "Example Field", "country": "US"}
    assert document["spacecraft"] == [{"name": "Ship 1", "kind": "CV"}]
    assert document["status"] == "planned"
    assert document["launch_at_precision"] == "second"


def test_links_weather_and_hold_are_read() -> None:
    """As version 2.3 writes them, and version 2.2."""
    webcast = {"url": "https://video.example/1", "language": {"code": "ru"}, "live": True}
    kit = {"url": "https://press.example/kit.pdf", "type": {"id": 1, "name": "Press Kit"}}
    plain, page = {"url": "http://video.example/2"}, {"url": "https://page.example/"}
    for videos, pages in (("vid_urls", "info_urls"), ("vidURLs", "infoURLs")):
        lists = {videos: [webcast, plain, webcast], pages: [kit, page]}
        (entry,), _ = found(launch(probability=80, holdreason="Wind", **lists))
        document = validate_write_model(LaunchWrite, dict(entry.data))
        assert [(link.kind, link.url, link.language, link.live) for link in document.links] == [
            ("webcast", "https://video.example/1", "ru", True),
            ("press_kit", "https://press.example/kit.pdf", None, False),
            ("information", "https://page.example/", None, False),
        ]
        assert (document.probability_percent, document.hold_reason) == (80, "Wind")
        assert [note for note in entry.notes if "http://video.example/2" in note]
    for probability in (None, -1, 101, True, "80"):
        (entry,), _ = found(launch(probability=probability))
        assert (entry.data["probability_percent"], entry.data["hold_reason"]) == (None, None)
        assert "links" not in entry.data


def test_provider_is_read() -> None:
    """As version 2.3 and 2.2 write it, and as 1.4."""
    for key, name, provider in (
        ("launch_service_provider", "Northrop Grumman Space Systems", "Northrop Grumman"),
        ("launch_service_provider", "Example Launchers", "Example Launchers"),
        ("lsp", "Russian Federal Space Agency (ROSCOSMOS)", "Roscosmos"),
    ):
        (entry,), _ = found(launch(**{key: {"name": name, "abbrev": "X"}}))
        assert validate_write_model(LaunchWrite, dict(entry.data)).provider == provider
    for empty in ({}, None, {"name": ""}):
        (entry,), _ = found(launch(launch_service_provider=empty))
        assert "provider" not in entry.data


def test_pictures_are_read() -> None:
    """As version 2.3 writes them, with credit and licence, and as 2.2 does, as an address."""
    url = "https://pictures.example/1.png"
    licence = {"id": 1, "name": "CC BY 4.0", "link": "https://creativecommons.org/licenses/by/4.0/"}
    image = {"image_url": url, "credit": "Jo Example", "license": licence}
    for value, expected in (
        (launch(image=image), (url, "Jo Example", "CC-BY-4.0")),
        (launch(image=image | {"license": {"name": "Unknown"}}), (url, "Jo Example", "unknown")),
        (launch(image=url), (url, None, "unknown")),
        (astronaut(profile_image=url), (url, None, "unknown")),
    ):
        (entry,), _ = found(value)
        assert entry.picture is not None
        assert (entry.picture.url, entry.picture.credit, entry.picture.licence) == expected
    for none in (None, "", {}, {"image_url": None}, {"image_url": "ftp://pictures.example/1.png"}):
        (entry,), _ = found(launch(image=none))
        assert entry.picture is None


def test_unknown_pad_is_none() -> None:
    (entry,), _ = found(launch(pad=launch()["pad"] | {"name": "Unknown Pad"}))
    assert entry.data["pad"] is None
    assert entry.data["site"]


@pytest.mark.parametrize(
    ("record", "expected"),
    [("SEC", "second"), ("MIN", "minute"), ("HR", "hour"), ("MORN", "day"), ("DAY", "day"),
     ("WEEK", "year"), ("M", "month"), ("Q3", "quarter"), ("H2", "year"), ("NY", "year"),
     ("FY", "year")],
)  # fmt: skip
def test_launch_precision_is_as_stated(record: str, expected: str) -> None:
    (entry,), _ = found(launch(net_precision={"abbrev": record}))
    assert entry.data["launch_at_precision"] == expected


@pytest.mark.parametrize(
    ("net", "expected"),
    [("2031-05-15", "month"), ("2031-05-02", "quarter"), ("2031-07-03", "year")],
)
def test_week_precision_is_period_that_contains_it(net: str, expected: str) -> None:
    (entry,), _ = found(launch(net=f"{net}T00:00:00Z", net_precision={"name": "Week"}))
    assert entry.data["launch_at_precision"] == expected


def test_launch_window_needs_time_of_day() -> None:
    (entry,), _ = found(launch(net_precision={"abbrev": "M"}))
    assert "window_starts_at" not in entry.data
    assert found(launch())[0][0].data["window_starts_at"] == "2031-04-04T11:00:00Z"


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (launch(net="soon"), "net"),
        (launch(net=None), "net"),
        (launch(id=None), "id"),
        (launch(id=True), "id"),
        (launch(name="", mission=None, rocket={}), "mission.name"),
        (launch(rocket={"configuration": {"full_name": "E", "families": 5}}), "families"),
        (launch(rocket={"spacecraft_stage": 5}), "spacecraft_stage"),
        (launch(rocket={"spacecraft_stage": {"launch_crew": 5}}), "launch_crew"),
        (expedition(spacestations=5), "spacestations"),
        (expedition(crew=5), "crew"),
        (expedition(name="Shenzhou 20"), "name"),
        (expedition(spacestations=[{"name": "Tiangong"}]), "spacestation"),
        (expedition(start=None), "start"),
        (astronaut("Ape", type={"name": "Non-Human"}), "type"),
        (astronaut(name=""), "name"),
        ({"id": 1, "name": "A spacecraft", "agency": {"abbrev": "NASA"}}, "record"),
        (7, "record"),
    ],
)
def test_records_without_identity_are_rejected_by_field(value: Any, field: str) -> None:
    entries, rejects = found(value, launch())
    assert len(entries) == 1
    assert [reject.field for reject in rejects] == [field]
    stated = value.get("name") or str(value.get("id")) if isinstance(value, dict) else ""
    assert rejects[0].label == stated
    assert rejects[0].reason.endswith(".")


STATUSES = {
    "planned": ["Go", "Go for Launch", 1, "TBD", 2, "On Hold", 5, "To Be Confirmed", "TBC", 8],
    "success": ["Success", "Launch Successful", 3, "Payload Deployed", 9],
    "failure": ["Failure", "Launch Failure", 4],
    "in_flight": ["In Flight", "Launch in Flight", 6],
    "partial_failure": ["Partial Failure", "Launch was a Partial Failure", 7],
}


@pytest.mark.parametrize(("expected", "words"), STATUSES.items())
def test_statuses_of_all_versions(expected: str, words: list[str | int]) -> None:
    for word in words:
        for name in ("name", "abbrev") if isinstance(word, str) else ("id",):
            (entry,), _ = found(launch(status={name: word}))
            assert (entry.data["status"], entry.notes) == (expected, ()), word


def test_unknown_status_is_planned_with_note() -> None:
    (entry,), _ = found(launch(net="2009-09-30T07:14:45Z", status={"id": 99, "name": "Maybe"}))
    assert entry.data["status"] == "planned"
    assert "'Maybe'" in entry.notes[0]


@pytest.mark.parametrize(
    ("fields", "precision", "uncertain", "note"),
    [
        ({"net_precision": {"id": 16, "name": "Decade"}}, "year", True, "'Decade' is no year"),
        ({"net_precision": {"name": "Season"}}, "year", True, "Unknown precision 'Season'"),
        (
            {"net_precision": {"name": "Season"}, "status": {"id": 3}},
            "day",
            False,
            "Unknown precision 'Season'",
        ),
        ({"net_precision": None, "status": {"abbrev": "TBD"}}, "year", True, "a placeholder"),
        ({"net_precision": None, "tbddate": True}, "year", True, "a placeholder"),
        ({"net_precision": {"id": 7}}, "month", False, None),
    ],
)
def test_vague_dates_keep_certain_period(
    fields: dict[str, Any], precision: str, uncertain: bool, note: str | None
) -> None:
    (entry,), rejects = found(launch(**fields))
    assert rejects == []
    assert entry.data["launch_at_precision"] == precision
    assert entry.data["launch_at_uncertain"] is uncertain
    assert [note in each for each in entry.notes] == [True] if note else entry.notes == ()


@pytest.mark.parametrize(
    ("fields", "is_known"),
    [
        ({"net_precision": None}, True),
        ({"net_precision": None, "net": "2031-04-04T00:00:00Z"}, False),
        ({"net_precision": None, "tbdtime": True}, False),
        ({"net_precision": {"abbrev": "DAY"}}, False),
    ],
)
def test_time_without_precision_is_hint(fields: dict[str, Any], is_known: bool) -> None:
    (entry,), _ = found(launch(**fields))
    expected = datetime(2031, 4, 4, 11, 1, 35, tzinfo=UTC) if is_known else None
    assert entry.hints.launch_at == expected
    assert entry.data["launch_at_precision"] == "day"


@pytest.mark.parametrize(
    ("value", "ship", "noted"),
    [
        (capsule("Cargo Dragon C209", "Dragon CRS-2 SpX-99"), "Dragon CRS-99", True),
        (capsule("Progress MS-99", "Progress MS-99 (199P)"), "Progress MS-99", False),
        (capsule("Cygnus", "Cygnus CRS-2 NG-99 (S.S. Example)"), "Cygnus NG-99", True),
        (capsule("Crew Dragon", "Crew-99"), "Dragon Crew-99", True),
        (capsule("Crew Dragon", "Example Flight (EF-1)"), "Example Flight", True),
        (capsule("Ship 1", "Supplies (99S)"), "Ship 1", False),
        (launch(rocket={}, mission={"name": "Ship Seven (7S)"}), "Ship Seven", False),
    ],
)
def test_ship_has_name_of_its_flight(value: Any, ship: str, noted: bool) -> None:
    (entry,), _ = found(value)
    assert entry.data["spacecraft"][0]["name"] == ship
    assert len(entry.notes) == noted
    assert value["mission"]["name"] in entry.hints.names


def mission(name: str, type_: str, orbit: str | None = "LEO", **fields: Any) -> dict[str, Any]:
    described = {"name": name, "type": type_, "orbit": {"abbrev": orbit} if orbit else None}
    return launch(name=f"Rocket | {name}", mission=described, rocket={}) | fields


@pytest.mark.parametrize(
    ("value", "to_station"),
    [
        (mission("Progress MS-99", "Resupply"), True),
        (mission("Something New", "Resupply", None), True),
        (mission("Something New", "Human Exploration"), True),
        (
            mission(
                "Something New", "Technology", program=[{"name": "International Space Station"}]
            ),
            True,
        ),
        (mission("A module of the ISS", "Technology"), True),
        (mission("Shenzhou 30", "Human Exploration"), False),
        (mission("Tianzhou 12", "Resupply"), False),
        (mission("Artemis V", "Human Exploration", "LO"), False),
        (mission("NS-40", "Human Exploration", "Sub"), False),
        (mission("Starlink Group 99-9", "Communications"), False),
        (mission("Weather 5", "Earth Science", "SSO"), False),
        (mission("Progress M-40", "Resupply", net="1998-10-25T04:14:57Z"), False),
        (crewed(destination="International Space Station"), True),
        (crewed(destination="Tiangong space station"), False),
        (crewed(destination="Low Earth Orbit"), False),
        (crewed(docking_events=[{"spacestation": {"name": "International Space Station"}}]), True),
    ],
)
def test_launches_to_station_are_recognised(value: Any, to_station: bool) -> None:
    (entry,), _ = found(value)
    assert entry.data["to_station"] is to_station


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"mission": {"name": "Net 1", "type": "Communications"}, "rocket": {}}, "satellite"),
        ({"mission": {"name": "Probe 1", "type": "Planetary Science"}, "rocket": {}}, "other"),
        ({}, "CV"),
    ],
)
def test_spacecraft_kind_follows_mission_type(fields: dict[str, Any], kind: str) -> None:
    assert found(launch(**fields))[0][0].data["spacecraft"][0]["kind"] == kind


def test_expedition_precision_is_as_stated() -> None:
    engineer = seat("Flight Engineer 2")
    (entry,), _ = found(expedition(crew=[engineer], end="2031-10-01T05:06:00Z"))
    document = dict(entry.data)
    assert document.pop("crew") == [
        {"person": "anna-example", "role": "flight_engineer", "position": "FE-2"}
    ]
    validate_write_model(MissionWrite, document)
    assert (document["starts_at_precision"], document["ends_at_precision"]) == ("day", "minute")


def test_reused_capsule_is_another_launch(database: Database) -> None:
    first = launch(net="2011-04-04T11:01:35Z")
    again = launch(net="2013-04-04T11:01:35Z", id="5f1c-2")
    for each in (first, again):
        report, _ = import_inputs(database, "launch-library", make_input(json.dumps([each])))
        assert report_counts(report) == (1, 0, 0, 0)
    report, _ = import_inputs(database, "launch-library", make_input(json.dumps([first, again])))
    assert report_counts(report) == (0, 0, 2, 0)


SHIPS = {
    "cygnus-ng-19": ("Cygnus C2", "CRS-2 NG-19", "Antares 230+", "2023-08-02T00:31:17Z"),
    "progress-ms-11": ("Progress MS-11", "72P", "Soyuz 2.1a", "2019-04-04T00:00:00Z"),
}


@pytest.mark.parametrize("slug", SHIPS)
def test_archive_launches_are_matched_and_unchanged(archive: TestClient, slug: str) -> None:
    name, mission_name, rocket, net = SHIPS[slug]
    record = launch(
        net=net,
        net_precision={"abbrev": "DAY" if net.endswith("00:00:00Z") else "SEC"},
        status={"abbrev": "Success"},
        mission={"name": mission_name, "type": "Resupply"},
        rocket={
            "configuration": {"full_name": rocket},
            "spacecraft_stage": {"spacecraft": {"name": name}},
        },
    )
    before = archive.get(f"/v1/launches/{slug}").json()
    given = make_input(json.dumps([record]))
    report, _ = import_inputs(database_of(archive), "launch-library", given)
    assert report_counts(report) == (0, 0, 1, 0)
    assert archive.get(f"/v1/launches/{slug}").json() == before


def test_launches_elsewhere_need_all(database: Database, client: TestClient) -> None:
    satellite = mission("Starlink 1", "Communications", id="1")
    given = make_input(json.dumps([satellite, mission("Progress MS-99", "Resupply", id="2")]))
    report, _ = import_inputs(database, "launch-library", given)
    assert (report.created, report.skipped) == (1, 1)
    assert str(report) == "created 1, updated 0, unchanged 0, rejected 0, skipped 1"
    assert [each["slug"] for each in client.get("/v1/launches").json()["items"]] == [
        "progress-ms-99"
    ]
    report, _ = import_inputs(database, "launch-library", given, all_launches=True)
    assert (report.created, report.unchanged, report.skipped) == (1, 1, 0)


def test_over_long_texts_are_shortened_with_notes(database: Database, client: TestClient) -> None:
    pad = "Satish Dhawan Space Centre Second Launch Pad " * 3
    place = launch()["pad"] | {"name": pad}
    given = make_input(json.dumps([launch(pad=place, failreason="late " * 300)]))
    results: list[EntryResult] = []
    report, _ = import_inputs(
        database, "launch-library", given, on_result=lambda _input, each: results.append(each)
    )
    assert report_counts(report) == (1, 0, 0, 0)
    saved = client.get("/v1/launches/ship-1").json()
    assert saved["site"]["pad"].endswith(" Space Centre…")
    assert len(saved["launch_pad"]["name"]) <= 120
    assert len(saved["outcome_note"]) <= 1000
    assert [note.split(";")[0] for note in results[0].entry.notes] == [
        "`pad` has 134 characters",
        "`outcome_note` has 1499 characters",
    ]


def test_inputs_are_ordered_astronauts_launches_expeditions(
    database: Database, client: TestClient
) -> None:
    stage = {"spacecraft": {"name": "Ship 3"}, "launch_crew": [seat("Commander")]}
    flown = launch(rocket={"configuration": {"full_name": "E"}, "spacecraft_stage": stage})
    inputs = [
        make_input(json.dumps({"results": [each]}) if isinstance(each, dict) else json.dumps(each))
        for each in (expedition(), flown, [astronaut(), astronaut("Boris Example")])
    ]
    report, rejects = import_inputs(database, "launch-library", *inputs)
    assert rejects == []
    assert report_counts(report) == (4, 0, 0, 0)
    crew = client.get("/v1/missions/iss-900").json()["crew"]
    assert [(c["person"]["slug"], c["role"]) for c in crew] == [
        ("anna-example", "commander"),
        ("boris-example", "flight_engineer"),
    ]
    assert report_counts(import_inputs(database, "launch-library", *inputs)[0]) == (0, 0, 4, 0)


def test_slip_is_recorded_in_history(database: Database, client: TestClient) -> None:
    import_inputs(database, "launch-library", make_input(json.dumps([launch()])))
    later = launch(net="2031-05-04T11:01:35Z", status={"abbrev": "TBC"})
    report, _ = import_inputs(database, "launch-library", make_input(json.dumps([later])))
    assert report_counts(report) == (0, 1, 0, 0)
    (slip,) = client.get("/v1/launches/ship-1").json()["history"]
    assert slip["from"]["launch_at"] == "2031-04-04T11:01:35Z"
