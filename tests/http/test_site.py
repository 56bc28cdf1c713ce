"""Service metadata: index, API catalog, security.txt, problem types."""

from datetime import UTC, datetime

import pytest
import time_machine
from starlette.testclient import TestClient

from app.api.problem_pages import PROBLEM_TYPES
from app.http.problems import ApiError


def test_index_links_resolve(archive: TestClient) -> None:
    answer = archive.get("/")
    links = answer.json()["links"]
    assert len(links) > 8
    for link in links.values():
        assert archive.get(link).status_code == 200, link
    assert '/openapi.json>; rel="service-desc"' in answer.headers["Link"]


def test_api_catalog_links_resolve(archive: TestClient) -> None:
    answer = archive.get("/.well-known/api-catalog")
    assert answer.headers["Content-Type"].startswith("application/linkset+json")
    (entry,) = answer.json()["linkset"]
    for relation in ("service-desc", "service-doc", "status"):
        assert archive.get(entry[relation][0]["href"]).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.git/HEAD", "/.env", "/pyproject.toml", "/app/config.py", "/var/zarya.db"],
)
def test_files_of_the_installation_are_not_served(archive: TestClient, path: str) -> None:
    assert archive.get(path).status_code == 404


@pytest.mark.parametrize("moment", ["2026-01-31T23:59:59Z", "2028-02-29T00:00:00Z"])
def test_security_txt_expires_within_a_year(archive: TestClient, moment: str) -> None:
    with time_machine.travel(moment, tick=False):
        answer = archive.get("/.well-known/security.txt")
        now = datetime.now(UTC)
    assert answer.headers["Content-Type"].startswith("text/plain")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:postmaster@127.0.0.1"
    assert 100 < (datetime.fromisoformat(fields["Expires"]) - now).days < 366


@pytest.mark.parametrize("kind", PROBLEM_TYPES, ids=lambda kind: kind.problem_type)
def test_problem_types_have_pages(archive: TestClient, kind: type[ApiError]) -> None:
    page = archive.get(f"/problems/{kind.problem_type}", headers={"Accept": "text/html,*/*"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert str(kind.title) in page.text
    data = archive.get(f"/problems/{kind.problem_type}", headers={"Accept": "application/json"})
    assert data.json()["title"] == str(kind.title)
    assert "Accept" in data.headers["Vary"]
    assert data.json()["type"] in {x["type"] for x in archive.get("/problems").json()["items"]}


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/json;q=0.9", False),
        ("application/json;q=0.9,text/html", False),
        ("application/json", True),
        ("application/problem+json", True),
        ("text/html;q=0.5, application/json", True),
        ("text/notjson", False),
    ],
)
def test_problem_page_negotiates_its_format(
    archive: TestClient, accept: str, is_json: bool
) -> None:
    page = archive.get("/problems/gone", headers={"Accept": accept})
    assert page.headers["Content-Type"].startswith("application/json") is is_json


def test_problem_type_names_are_unique() -> None:
    names = [kind.problem_type for kind in PROBLEM_TYPES]
    assert len(names) == len(set(names))


def test_problem_type_url_resolves(archive: TestClient) -> None:
    problem = archive.get("/v1/missions?limit=0").json()
    assert archive.get(problem["type"]).status_code == 200
    assert archive.get("/problems/nonsense").status_code == 404


def test_health_endpoints_report_ok(archive: TestClient) -> None:
    assert archive.get("/health/live").json() == {"status": "live"}
    answer = archive.get("/health/ready").json()
    assert answer["status"] == "ready"
    assert answer["database"]["writable"] is True
    assert answer["migrations"]["at"] == answer["migrations"]["head"]
