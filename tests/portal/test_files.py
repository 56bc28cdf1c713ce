"""What the pages are made of in browsers: whole, small, and nothing else."""

import json
import re
from urllib.parse import urljoin

import brotli
import pytest
from starlette.testclient import TestClient

from app.portal.assets import (
    SERVER_ONLY_TEMPLATES,
    SERVICE_WORKER_FILENAME,
    TEMPLATES_DIRECTORY,
    get_asset_version,
)
from app.portal.template_filters import WEB_DIRECTORY

BUDGET = 60_000
"""Bytes, compressed: a page with all that it could ever load of ours."""


def shell(client: TestClient) -> dict[str, object]:
    script = client.get(f"/web/{SERVICE_WORKER_FILENAME}").text
    found = re.match(r"const SHELL = (\{.+\});\n", script)
    assert found
    told: dict[str, object] = json.loads(found[1])
    return told


def files(client: TestClient) -> list[str]:
    found = shell(client)["files"]
    assert isinstance(found, list)
    return [f"/{name}" for name in found]


def test_all_of_it_is_small(archive: TestClient) -> None:
    loaded = [*files(archive), f"/web/{SERVICE_WORKER_FILENAME}", "/missions/iss-59"]
    assert len(loaded) > 15
    sizes = {path: len(brotli.compress(archive.get(path).content, quality=4)) for path in loaded}
    assert sum(sizes.values()) < BUDGET, sizes
    assert sum(sizes.values()) > BUDGET / 4  # it was measured at all


def test_what_is_kept_is_what_the_pages_and_modules_load(client: TestClient) -> None:
    kept = set(files(client))
    page = client.get("/offline").text
    loaded = set(re.findall(r'(?:src|href)="(/web/[^"]+)"', page))
    assert loaded <= kept
    for name in kept:
        answer = client.get(name).raise_for_status()
        if name.endswith(".js"):
            imported = re.findall(r'(?:from|import) "(\./[^"]+)"', answer.text)
            assert {urljoin(name, module) for module in imported} <= kept
        if name.endswith(".css"):
            named = re.findall(r"url\(([^)]+)\)", answer.text)
            assert {urljoin(name, image) for image in named} <= kept
    assert f"/web/{SERVICE_WORKER_FILENAME}" not in kept


def test_the_templates_are_those_of_the_server(client: TestClient) -> None:
    given = client.get(f"/web/{get_asset_version()}/templates.json").json()
    names = {path.name for path in TEMPLATES_DIRECTORY.iterdir()}
    assert given.keys() == names - SERVER_ONLY_TEMPLATES
    assert all(given[name] == (TEMPLATES_DIRECTORY / name).read_text("utf-8") for name in given)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("app.js", "text/javascript; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("sky.svg", "image/svg+xml"),
        ("strings/ru.json", "application/json"),
        ("templates.json", "application/json"),
        ("manifest.webmanifest", "application/manifest+json"),
    ],
)
def test_a_file_may_be_kept_for_good(client: TestClient, name: str, kind: str) -> None:
    answer = client.get(f"/web/{get_asset_version()}/{name}").raise_for_status()
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    of_another = client.get(f"/web/0123456789abcdef/{name}").raise_for_status()
    assert of_another.headers["Cache-Control"] == "no-cache"
    assert of_another.content == answer.content


def test_the_worker_and_the_empty_page_are_revalidated(client: TestClient) -> None:
    for address in (f"/web/{SERVICE_WORKER_FILENAME}", "/offline"):
        answer = client.get(address).raise_for_status()
        assert answer.headers["Cache-Control"] == "no-cache"
        again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "name", ["", "templates/page.html", "../words.py", "..%2fwords.py", "%2fetc%2fpasswd", "APP.JS"]
)
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/web/{get_asset_version()}/{name}").status_code == 404
    assert client.get(f"/web/{name}").status_code == 404


def test_the_worker_may_answer_for_every_page(client: TestClient) -> None:
    assert client.get(f"/web/{SERVICE_WORKER_FILENAME}").headers["Service-Worker-Allowed"] == "/"
    assert "Service-Worker-Allowed" not in client.get(f"/web/{get_asset_version()}/app.js").headers


def test_no_file_names_another_host() -> None:
    for path in WEB_DIRECTORY.rglob("*.*"):
        told = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://[a-z]", told), path
