"""GCAT format: dates, launch codes, tables."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.api.write_models import validate_write_model
from app.db.database import Database
from app.ingest.entries import ImportEntry, Input, InvalidInput, Reject
from app.ingest.formats import gcat
from app.ingest.formats.gcat_tables import GcatReferenceData
from app.resources.launches.schemas import LaunchWrite
from tests.support.clients import database_of
from tests.support.import_runs import (
    file_input,
    import_inputs,
    make_input,
    report_counts,
    split_rejects,
)

LOG = (
    "#Launch_Tag\tLaunch_Date\tPiece\tType\tName\tPLName\tJCAT\tSatOwner\tSatState\tLV_Type\t"
    "Flight_ID\tPlatform\tLaunch_Site\tLaunch_Pad\tAscent_Site\tAscent_Pad\tAgency\tLVState\t"
    "Launch_Code\tLTCite\n# Updated 2021 Jan 1\n"
)
SITES = "#Site\tCode\tUCode\tType\tStateCode\tShortName\tName\n" + "".join(
    "\t".join(row) + "\n"
    for row in [
        ("EXF", "-", "EXF", "LS", "US", "Example Field", "Example Field, Nowhere"),
        ("OLD", "-", "EXF", "LS", "US", "Example Field", "Example Range, Nowhere"),
        ("NEW", "-", "EXF", "LS", "US", "New Example", "New Example Field, Nowhere"),
        ("STEP", "-", "STEP", "LS", "SU", "Steppe", "Steppe, Kazakstan"),
        ("MOON", "-", "MOON", "LS", "LUNA", "Crater", "Crater"),
    ]
)
VEHICLES = "#LV_Name\tLV_Family\tLV_Manufacturer\tLV_Variant\nExample 9\tExamples\t-\t-\n"


EXAMPLE_FIELD = GcatReferenceData(sites={"EXF": {"name": "Example Field", "country": "US"}})


def row(tag: str = "2021-001", date: str = "2021 Jan  4 0101:01", **cells: str) -> str:
    given_cells = {
        "type": "P", "name": "Cube", "plname": "-", "vehicle": "Example 9", "site": "EXF",
        "pad": "LC1", "code": "OS",
    } | cells  # fmt: skip
    c = given_cells
    return "\t".join(
        [tag, date, "-", c["type"], c["name"], c["plname"], "-", "-", "-", c["vehicle"], "-", "-",
         c["site"], c["pad"], "-", "-", "-", "-", c["code"], "-"]
    ) + "\n"  # fmt: skip


def found(
    text: str, places: GcatReferenceData | None = None
) -> tuple[list[ImportEntry], list[Reject]]:
    return split_rejects(gcat.parse_gcat(make_input(text), places or GcatReferenceData()))


def only(text: str) -> dict[str, object]:
    (entry,), rejects = found(text)
    assert rejects == []
    validate_write_model(LaunchWrite, dict(entry.data))
    return dict(entry.data)


def test_rows_of_launch_become_one_entry() -> None:
    rows = row(type="PH H-V", name="Ship 1") + row(name="-", plname="Cube B") + row(name="Cube C")
    entries, _ = found(LOG + rows + row("2021 ALP", name="Next"))
    first, second = (entry.data for entry in entries)
    assert first["spacecraft"] == [
        {"name": "Ship 1", "kind": "SC"},
        {"name": "Cube B", "kind": "satellite"},
        {"name": "Cube C", "kind": "satellite"},
    ]
    assert (first["crewed"], first["cospar_id"], first["pad"]) == (True, "2021-001", "LC1")
    assert (second["slug"], second["cospar_id"]) == ("next-2021-alp", "2021-ALP")
    assert [entry.line for entry in entries] == [3, 6]
    assert entries[0].raw == rows.removesuffix("\n")


@pytest.mark.parametrize(
    ("text", "at", "precision", "doubted"),
    [
        ("1957 Oct  4 1928:34", "1957-10-04T19:28:34", "second", False),
        ("1963 Oct 29 2119", "1963-10-29T21:19:00", "minute", False),
        ("1963 Oct 29 2119?", "1963-10-29T21:19:00", "minute", True),
        ("1963 Oct 29 2119:04?", "1963-10-29T21:19:04", "second", True),
        ("2018 Nov 11 0350:03.5", "2018-11-11T03:50:03", "second", False),
        ("2024 Nov  4 21h", "2024-11-04T21:00:00", "hour", False),
        ("2024 Nov  4", "2024-11-04T00:00:00", "day", False),
        ("2024 Nov 14?", "2024-11-14T00:00:00", "day", True),
        ("1998 Nov", "1998-11-01T00:00:00", "month", False),
        ("2024 Q4", "2024-10-01T00:00:00", "quarter", False),
        ("1998", "1998-01-01T00:00:00", "year", False),
    ],
)
def test_vague_dates_keep_precision(text: str, at: str, precision: str, doubted: bool) -> None:
    document = only(LOG + row(date=text))
    assert document["launch_at"] == f"{at}Z"
    assert document["launch_at_precision"] == precision
    assert document["launch_at_uncertain"] is doubted


@pytest.mark.parametrize(
    ("code", "status", "note"),
    [
        ("OS", "success", None),
        ("DS", "success", None),
        ("XS", "success", None),
        ("OF", "failure", None),
        ("OF40", "partial_failure", "40 %"),
        ("OS75", "success", "75 %"),
        ("OE", "failure", "exploded"),
    ],
)
def test_launch_codes_become_status(code: str, status: str, note: str | None) -> None:
    document = only(LOG + row(code=code))
    assert document["status"] == status
    assert (
        (document["outcome_note"] is None)
        if note is None
        else note in str(document["outcome_note"])
    )


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (row(date="1990s"), "Launch_Date"),
        (row(date="2021 Feb 30"), "Launch_Date"),
        (row(date="1890 Jan  1"), "Launch_Date"),
        (row(tag="-"), "Launch_Tag"),
        ("2021-001\ttoo short\n", "row"),
    ],
)
def test_invalid_rows_are_rejected_by_column(line: str, field: str) -> None:
    entries, rejects = found(LOG + line + row("2021-002"))
    assert len(entries) == 1
    assert [(r.line, r.field, r.raw) for r in rejects] == [(3, field, line.removesuffix("\n"))]
    assert rejects[0].label in ("2021-001 Cube", "2021-001 too short", "2021-001", "Cube")


@pytest.mark.parametrize("code", ["ZZ", "-"])
def test_unknown_launch_code_is_flight_with_note(code: str) -> None:
    (entry,), _ = found(LOG + row(code=code), EXAMPLE_FIELD)
    assert entry.data["status"] == "in_flight"
    assert [note.partition(":")[0] for note in entry.notes] == [
        f"Unknown launch code {'' if code == '-' else code!r}"
    ]


def test_unknown_site_is_noted() -> None:
    (entry,), _ = found(LOG + row(site="MOON"), EXAMPLE_FIELD)
    assert (entry.data["site"], len(entry.notes)) == (None, 1)
    assert "'MOON'" in entry.notes[0]
    assert found(LOG + row(), EXAMPLE_FIELD)[0][0].notes == ()


@pytest.mark.parametrize(
    ("tag", "name", "plname", "ship", "to_station"),
    [
        ("2021-001", "Progress MS-99", "Progress 7K-TGM No. 999", "Progress MS-99", True),
        ("2021-001", "Dragon Freedom (Crew-99)", "Dragon C212.9", "Dragon Crew-99", True),
        ("2021-001", "SS Example", "Cygnus NG-99", "Cygnus NG-99", True),
        ("2021-001", "Kounotori X1", "HTV-X1", "HTV-X1", True),
        ("2021-001", "Polaris Dawn", "Dragon C207.3", "Polaris Dawn", False),
        ("2021-001", "Tianzhou 99", "-", "Tianzhou 99", False),
        ("2021-001", "Cube", "-", "Cube", False),
        ("2001-003", "Progress M1-5", "-", "Progress M1-5", False),
        ("1997-001", "Progress M-34", "-", "Progress M-34", False),
    ],
)
def test_flights_to_station_are_recognised(
    tag: str, name: str, plname: str, ship: str, to_station: bool
) -> None:
    (entry,), _ = found(LOG + row(tag, name=name, plname=plname))
    assert entry.data["spacecraft"][0]["name"] == ship
    assert entry.data["to_station"] is to_station
    assert entry.hints.names == tuple(each for each in (name, plname) if each != "-")


def test_launch_with_malformed_row_is_rejected_whole() -> None:
    """Without the malformed row the launch would lack a payload."""
    broken = row(name="Cube B").replace("Cube B\t", "")
    for middle in (broken, "torn off\n", broken + "torn off\n"):
        rows = row(name="Cube A") + middle + row(name="Cube C")
        entries, rejects = found(LOG + row("2020-009") + rows + row("2021-002"))
        assert [entry.key for entry in entries] == ["2020-009", "2021-002"]
        assert [(r.line, r.field, r.raw) for r in rejects] == [(5, "row", rows.rstrip("\n"))]


def test_nonadjacent_rows_of_launch_are_rejected() -> None:
    """Later rows are not the whole launch, and would remove its other payloads."""
    entries, rejects = found(LOG + row(name="A") + row("2021-002") + row(name="B"))
    assert [entry.key for entry in entries] == ["2021-001", "2021-002"]
    assert [(r.line, r.field, r.raw) for r in rejects] == [(5, "Launch_Tag", row(name="B")[:-1])]


def test_oversized_row_is_rejected_in_pieces() -> None:
    """Later rows are imported, and memory is bounded by the limit of a launch."""
    entries, rejects = found(LOG + row() + "~" * 20_000_000 + "\n" + row("2021-002"))
    assert [entry.key for entry in entries] == ["2021-002"]
    assert max(len(reject.raw) for reject in rejects) < 10_000_000
    assert sum(reject.raw.count("~") for reject in rejects) == 20_000_000


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lists_and_tables_are_read(mark: str) -> None:
    listed = (
        "#Launch_Tag\tLaunch_JD\tLaunch_Date\tLV_Type\tMission\tLaunch_Site\tLaunch_Pad\t"
        "LaunchCode\tFlight\n2021-001\t-\t2021 Jan  4 0101\tExample 9\tShip 1\tEXF\tLC1\tOF\t-\n"
    )
    table = (
        "launch_tag,launch_time_utc,time_precision,time_uncertain,lv_type,site_code,pad,"
        "launch_code,primary_payload,primary_payload_alt\n2021-002,2021-01-05,day,1,Example 9,EXF,"
        'LC1,OS,"Ship, two",\n'
    )
    assert only(mark + listed)["spacecraft"] == [{"name": "Ship 1", "kind": "satellite"}]
    document = only(mark + table)
    assert document["spacecraft"] == [{"name": "Ship, two", "kind": "satellite"}]
    assert (document["launch_at_precision"], document["launch_at_uncertain"]) == ("day", True)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_sibling_tables_resolve_sites_and_vehicles(tmp_path: Path, mark: str) -> None:
    file_input(tmp_path, "sites.tsv", mark + SITES)
    file_input(tmp_path, "lv.tsv", mark + VEHICLES)
    rows = "".join(
        row(f"2021-00{n}", site=site)
        for n, site in enumerate(["EXF", "OLD", "NEW", "STEP", "MOON", "?"])
    )
    source = file_input(tmp_path, "log.tsv", LOG + rows)
    entries, _ = split_rejects(gcat.parse_gcat(source, GcatReferenceData()))
    field = {"name": "Example Field", "country": "US", "code": "EXF"}
    new = {"name": "New Example", "country": "US", "code": "NEW"}
    steppe = {"name": "Steppe", "country": "KZ", "code": "STEP"}
    assert [e.data["site"] for e in entries] == [field, field, new, steppe, None, None]
    assert entries[0].data["vehicle"] == {"name": "Example 9", "family": "Examples"}
    for name in ("sites.tsv", "lv.tsv"):
        assert list(gcat.parse_gcat(file_input(tmp_path, name, SITES), GcatReferenceData())) == []


def test_archive_launches_are_matched(archive: TestClient) -> None:
    """Launches without a designator match by time and rocket: the aborted launch of Soyuz MS-10."""
    text = row("2018-F01", "2018 Oct 11 0840:15", site="GIK-5", vehicle="Soyuz-FG")
    with database_of(archive).snapshot() as reader:
        (entry,), _ = split_rejects(gcat.FORMAT.create_parser(reader)(make_input(LOG + text)))
    report, _ = import_inputs(database_of(archive), "gcat", make_input(LOG + text))
    assert report_counts(report) == (0, 0, 1, 0)
    assert archive.get("/v1/launches/soyuz-ms-10").json()["cospar_id"] is None
    assert entry.data["vehicle"] == {"name": "Soyuz-FG", "family": "Soyuz"}
    assert entry.data["site"]["name"] == "Baikonur Cosmodrome"


def test_second_import_changes_nothing(database: Database, tmp_path: Path) -> None:
    def run(source: Input) -> tuple[int, int, int, int]:
        return report_counts(import_inputs(database, "gcat", source, all_launches=True)[0])

    file_input(tmp_path, "sites.tsv", SITES)
    source = file_input(tmp_path, "log.tsv", LOG + row() + row("2021-002", code="OF40"))
    assert run(source) == (2, 0, 0, 0)
    assert run(source) == (0, 0, 2, 0)
    later = file_input(tmp_path, "log.tsv", LOG + row(code="OF") + row("2021-002", code="OF40"))
    assert run(later) == (0, 1, 1, 0)


def test_satellites_need_all(database: Database) -> None:
    source = make_input(LOG + row() + row("2021-002", name="Progress MS-99"))
    report, _ = import_inputs(database, "gcat", source)
    assert (report.created, report.skipped) == (1, 1)
    report, _ = import_inputs(database, "gcat", source, all_launches=True)
    assert (report.created, report.unchanged, report.skipped) == (1, 1, 0)


def test_other_tables_are_refused() -> None:
    for text in ("one line", "a\tb\tc\td\n1\t2\t3\t4\n"):
        with pytest.raises(InvalidInput):
            found(text)


def test_rejects_make_valid_log() -> None:
    source = make_input(LOG + row(date="soon") + row("2021-002", date="later"))
    _, rejects = split_rejects(gcat.parse_gcat(source, GcatReferenceData()))
    frame = gcat.FORMAT.read_envelope(source)
    again = frame.prefix + frame.separator.join(r.raw for r in rejects) + frame.suffix
    assert [r.raw for r in found(again)[1]] == [r.raw for r in rejects]
