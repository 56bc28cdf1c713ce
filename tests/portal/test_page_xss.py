"""Stored cross-site scripting: pages show all content of editors as text."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import ArticleMission, Base, Module, ModuleOwner, Port, Stay
from app.domain.dates import Precision
from app.domain.enums import ArrivalKind
from app.domain.languages import Language
from app.portal.rendering import TEMPLATE_ENVIRONMENTS
from tests.support import factories
from tests.support.xss import MARKDOWN_TAGS, PAYLOADS, URL_SCHEME

OWN_CALENDARS = "webcal://127.0.0.1:8000/v1/"
"""Start of the links to the calendars of the portal, the only ones with this scheme."""


class PageMarkup(HTMLParser):
    """Tags and attributes of a page, the URL schemes of its links, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[tuple[str, str]] = set()
        self.targets: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add((tag, ""))
        for name, value in attrs:
            self.tags.add((tag, name))
            if name in {"href", "src", "action"} and not (value or "").startswith(OWN_CALENDARS):
                scheme = URL_SCHEME.match(value or "")
                self.targets.add(scheme[1].lower() if scheme else "")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.add(("<!--", data))


MARKDOWN = {(tag, "") for tag in MARKDOWN_TAGS} | {("a", "href"), ("a", "title"), ("a", "rel")}


DAY = datetime(2019, 3, 22, 12, 1, tzinfo=UTC)


def insert_station(session: Session, payload: str) -> None:
    """Insert a ship at a module, and a spacewalk, with `payload` in all text fields.

    The module is Zarya and the port its nadir one, so that the diagram has them.
    """
    module: Module = factories.module(slug="zarya", name=payload[:120], name_ru=payload[:120])
    sources = [{"name": payload[:120], "url": None, "licence": payload[:60]}]
    agency = factories.agency(
        slug="agency",
        name=payload[:120],
        name_ru=payload[:120],
        full_name=payload[:120],
        name_native=payload[:120],
        abbreviation=payload[:20],
        aliases=[payload[:120]],
        sources=sources,
    )
    session.add_all([module, agency])
    session.flush()
    session.add(ModuleOwner(module_id=module.id, ordinal=1, agency_id=agency.id))
    site = factories.site(
        slug="site",
        name=payload[:120],
        name_ru=payload[:120],
        aliases=[payload[:120]],
        latitude=45.9,
        longitude=63.3,
        time_zone="Asia/Qyzylorda",
        sources=sources,
    )
    vehicle = factories.vehicle(
        slug="vehicle",
        name=payload[:80],
        family=payload[:80],
        maker_id=agency.id,
        height_m=46.3,
        sources=sources,
    )
    type_ = factories.spacecraft_type(
        slug="type", name=payload[:120], maker_id=agency.id, height_m=8.1, sources=sources
    )
    session.add_all([site, vehicle, type_])
    session.flush()
    spacecraft = factories.spacecraft(
        type_,
        slug="spacecraft",
        name=payload[:120],
        operator_id=agency.id,
        serial=payload[:40],
        sources=sources,
    )
    pad = factories.pad(site, name=payload[:120], latitude=45.9, longitude=63.3)
    session.add_all([spacecraft, pad])
    session.flush()
    launch = factories.launch(
        slug="ship", vehicle_id=vehicle.id, site_id=site.id, pad_id=pad.id, launch_at=DAY
    )
    module.launch_id = launch.id
    person = factories.person(
        slug="walker", name=payload[:120], agency_id=agency.id, biography=payload
    )
    session.add_all([launch, person])
    session.flush()
    port: Port = factories.port(module, slug="zarya-nadir")
    ship = factories.payload(launch, name=payload[:119], spacecraft_id=spacecraft.id)
    walk = factories.spacewalk(
        slug="walk",
        starts_at=DAY,
        airlock_id=module.id,
        operator_id=agency.id,
        purpose=payload[:1000],
        purpose_ru=payload[:1000],
    )
    session.add_all([port, ship, walk, factories.module_attachment(module)])
    session.flush()
    stay = Stay(
        slug="stay",
        launch_id=launch.id,
        port_id=port.id,
        arrived_at=DAY,
        arrived_at_precision=Precision.MINUTE,
        arrival_kind=ArrivalKind.DOCKING,
        sources=sources,
    )
    session.add_all([stay, factories.spacewalk_member(walk, person)])


def insert_records(database: Database, payloads: list[str]) -> list[str]:
    """Insert records with `payloads` in all text fields; returns the paths of their pages."""
    with database.session() as session:
        mission = factories.mission(
            slug="iss-1", number=1, summary=payloads[0], station=payloads[0][:40]
        )
        person = factories.person(slug="p", name=payloads[0][:120], aliases=[payloads[0][:120]])
        launch = factories.launch(slug="l", outcome_note=payloads[0])
        articles = [
            factories.article(
                slug=f"a-{n}",
                title=payload[:300],
                lead=payload,
                body=payload,
                source_name=payload[:120],
                image_url="https://example.org/x.jpg",
                image_alt=payload[:300],
            )
            for n, payload in enumerate(payloads)
        ]
        session.add_all([mission, person, launch, *articles])
        session.flush()
        insert_station(session, payloads[0])
        session.add(ArticleMission(article_id=articles[-1].id, mission_id=mission.id))
    return [
        "/missions/iss-1?month=2019-04&day=2019-04-04",
        "/archive/2019-04",
        "/people/p",
        "/launches/l",
        "/station?on=2019-03-22",
        "/spacewalks/walk",
        "/modules/zarya",
        "/sites/site",
        "/spacecraft/spacecraft",
        "/vehicles/vehicle",
        "/spacecraft-types/type",
        "/spacecraft-types",
        "/agencies/agency",
        "/agencies",
        "/spacewalks",
        "/launches/ship",
        "/people/walker",
        "/missions",
        "/people",
        "/launches",
        *(f"/articles/a-{n}" for n in range(len(payloads))),
    ]


def harmless_markup(client: TestClient, database: Database) -> set[tuple[str, str]]:
    """Tags and attributes of the same pages with harmless content."""
    addresses = insert_records(database, ["A quiet day.", "Another one."])
    return MARKDOWN.union(*(PageMarkup(client.get(address).text).tags for address in addresses))


def empty_tables(database: Database) -> None:
    with database.session() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "audit_entries":
                session.execute(table.delete())


def test_pages_show_payloads_as_text(client: TestClient, database: Database) -> None:
    known = harmless_markup(client, database)
    empty_tables(database)
    addresses = insert_records(database, PAYLOADS)
    shown = ""
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        marks = PageMarkup(answer.text)
        assert marks.tags <= known, address
        assert marks.targets <= {"", "http", "https", "mailto"}, address
        shown += marks.text
    assert [payload for payload in PAYLOADS if payload.strip() not in shown] == []


@pytest.mark.parametrize("payload", PAYLOADS[:40:4])
def test_error_and_search_pages_show_input_as_text(client: TestClient, payload: str) -> None:
    headers = {"Accept": "text/html"}
    known = PageMarkup(client.get("/nowhere", headers=headers).text).tags
    known |= PageMarkup(client.get("/search?q=a", headers=headers).text).tags | {("code", "")}
    known |= PageMarkup(client.get("/spacewalks?q=a", headers=headers).text).tags
    for answer in (
        client.get(f"/web/{quote(payload)}", headers=headers),
        client.get("/search", params={"q": payload}, headers=headers),
        client.get("/missions/a", params={"month": payload}, headers=headers),
        client.get("/spacewalks", params={"q": payload}, headers=headers),
        client.get("/spacewalks", params={"operator": payload}, headers=headers),
        client.get("/station", params={"on": payload}, headers=headers),
    ):
        marks = PageMarkup(answer.text)
        assert marks.tags <= known | {("li", ""), ("ul", "")}
        assert "javascript" not in marks.targets


def test_check_detects_unescaped_payloads() -> None:
    """Positive control: the same template in an environment that does not escape."""
    naive = TEMPLATE_ENVIRONMENTS[Language.EN].overlay(autoescape=False)
    template = naive.get_template("problem.html")
    problem = {"status": 404, "title": "", "errors": []}

    def render(detail: str) -> PageMarkup:
        content = problem | {"detail": detail}
        return PageMarkup(template.render(problem=content, again=None, to=lambda *_: "/"))

    known = render("A quiet day.").tags
    assert len([p for p in PAYLOADS if not render(p).tags <= known]) > 80
