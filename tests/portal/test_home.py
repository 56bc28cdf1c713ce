"""Home page: who is aboard, the ships, the next launch and the news, as far as is known."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import factories
from tests.support.pages import parse_page

BROWSER = {"Accept": "text/html"}
IN_TIME = datetime(2026, 5, 15, 12, tzinfo=UTC)


def page_text(html: str) -> str:
    return parse_page(html).text


def sections(html: str) -> list[str]:
    """Headings of the sections, in order."""
    return re.findall(r'<h2 id="(\w+)"', html)


def test_home_behind_the_horizon_says_what_was_known(archive: TestClient) -> None:
    html = archive.get("/", headers=BROWSER).text
    text = page_text(html)
    assert "As known on October 8, 2026 Who was up there" in text
    assert "What has happened since then is not known here." in text
    assert sections(html) == ["aboard", "ships", "launches", "news"]
    station = archive.get("/v1/station?last_known=crews").json()
    aboard = [each["person"]["name"] for each in station["aboard"]]
    assert len(aboard) == 7
    assert re.findall(r'<a href="/people/[\w-]+">([^<]+)</a>\n<span', html) == aboard
    ships = html.partition('id="ships"')[2].partition("</section>")[0]
    assert "As known on May 15, 2026" in ships
    assert "/launches/progress-ms-34" in ships
    assert "No launch to the station is planned in the archive." in text


def test_home_at_present_says_who_is_aboard(archive: TestClient) -> None:
    with time_machine.travel(IN_TIME, tick=False):
        html = archive.get("/", headers=BROWSER).text
        present = archive.get("/v1/station").json()
    text = page_text(html)
    assert "Who is up there now" in text
    assert "As known on" not in text
    assert present["aboard"]
    assert all(each["person"]["name"] in text for each in present["aboard"])


def test_home_folds_those_who_left_in_the_mission(archive: TestClient) -> None:
    html = archive.get("/", headers=BROWSER).text
    folded = html.partition("<details>")[2].partition("</details>")[0]
    assert re.findall(r'<a href="/people/([\w-]+)"', folded) == [
        "jessica-meir",
        "jack-hathaway",
        "sophie-adenot",
        "andrey-fedyaev",
    ]
    assert "October 7, 2026 Jessica Meir Dragon Crew-12" in page_text(folded)


def test_home_without_modules_has_the_next_launch(client: TestClient, database: Database) -> None:
    at = datetime(2031, 5, 1, 10, tzinfo=UTC)
    with database.session() as session:
        session.add(factories.mission(slug="iss-1", number=1, ends_at=None))
        session.add(factories.launch(slug="ahead", launch_at=at, status="planned"))
    html = client.get("/", headers=BROWSER).text
    assert "Not known for this day." in page_text(html)
    assert 'class="countdown" data-until="2031-05-01T10:00:00Z"' in html


@pytest.mark.parametrize("facts", ["crews", "dockings", "crews,dockings"])
def test_last_known_day_of_the_station_is_known(archive: TestClient, facts: str) -> None:
    days = {"crews": "2026-10-08", "dockings": "2026-05-15"}
    station = archive.get(f"/v1/station?last_known={facts}").json()
    assert station["on"] == min(days[name] for name in facts.split(","))
    assert (station["aboard"] is not None, station["ships"] is not None) == (
        True,
        "dockings" in facts,
    )
    with time_machine.travel(IN_TIME, tick=False):
        today = archive.get(f"/v1/station?last_known={facts}").json()
    assert (today["on"], today["at"]) == ("2026-05-15", None)


@pytest.mark.parametrize("other", ["on=2019-04-04", "at=2019-04-04T12:00:00Z"])
def test_last_known_day_excludes_another_time(archive: TestClient, other: str) -> None:
    refused = archive.get(f"/v1/station?last_known=crews&{other}")
    assert refused.status_code == 422
    assert "`last_known`" in refused.json()["errors"][0]["detail"]
