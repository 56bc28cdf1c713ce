"""The page of the desk and its assets: headers, caching, size, no other hosts."""

import re
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from app.portal.desk.router import DESK_FILES, SHARED_FILES, get_desk_version
from tests.support.clients import override_settings

SIZE_BUDGET_BYTES = 120_000
"""Compressed size of the whole desk."""

NAMES = sorted([*DESK_FILES.files, *(f"portal/{name}" for name in SHARED_FILES)])


def asset_url(name: str, version: str = "") -> str:
    return f"/desk/web/{version or get_desk_version()}/{name}"


def transferred_bytes(client: TestClient, path: str, coding: str) -> int:
    answer = client.get(path, headers={"Accept-Encoding": coding}).raise_for_status()
    return int(answer.headers["Content-Length"])


def test_page_is_private_and_locked_down(client: TestClient) -> None:
    page = client.get("/desk")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    policy = dict(
        directive.split(" ", 1) for directive in page.headers["Content-Security-Policy"].split("; ")
    )
    assert policy.pop("require-trusted-types-for") == "'script'"
    assert policy.pop("trusted-types") == "zarya"
    own = {"script-src", "style-src", "img-src", "connect-src"}
    assert {name for name, source in policy.items() if source == "'self'"} == own
    assert {source for name, source in policy.items() if name not in own} == {"'none'"}
    assert policy.keys() - own == {"default-src", "base-uri", "form-action", "frame-ancestors"}
    assert not re.search(r"<style|style=|<script>| on\w+=|//", page.text.replace("https://", "//"))


@pytest.mark.parametrize(("language", "title"), [("en", "Editors"), ("ru", "Редакция")])
def test_page_is_in_the_language_of_the_request(
    client: TestClient, language: str, title: str
) -> None:
    for options in ({"params": {"lang": language}}, {"headers": {"Accept-Language": language}}):
        page = client.get("/desk", **options).text  # type: ignore[arg-type]  # one of both
        assert f'<html lang="{language}"' in page
        assert f"<title>{title}" in page


def test_page_is_below_the_path_of_the_public_url(client: TestClient) -> None:
    with override_settings(client, public_url="https://portal.example/base"):
        page = client.get("/desk").text
    assert 'data-base="/base"' in page
    assert set(re.findall(r'(?:src|href)="(/[a-z]+)/', page)) == {"/base"}


def test_page_names_openid_sign_in_if_it_is_configured(client: TestClient) -> None:
    assert 'data-openid=""' in client.get("/desk").text
    openid = {"oidc_issuer": "https://id.example", "oidc_client_id": "a", "oidc_roles": "b=editor"}
    with override_settings(client, public_url="https://portal.example/base", **openid):
        assert 'data-openid="/base/v1/session/openid"' in client.get("/desk").text


def test_assets_fit_size_budget(client: TestClient) -> None:
    paths = ["/desk", *map(asset_url, NAMES)]
    sizes = {path: transferred_bytes(client, path, "gzip") for path in paths}
    assert sum(sizes.values()) < SIZE_BUDGET_BYTES, sizes
    uncompressed = {path: transferred_bytes(client, path, "identity") for path in paths}
    assert sum(uncompressed.values()) > SIZE_BUDGET_BYTES  # the measurement works


def test_all_loaded_files_exist_and_name_no_other_host(client: TestClient) -> None:
    page = client.get("/desk").text
    loaded = set(re.findall(r'(?:src|href)="(/desk/web/[^"]+)"', page))
    served = set(map(asset_url, NAMES))
    assert loaded <= served
    for url in served:
        text = client.get(url).raise_for_status().text
        modules = re.findall(r'(?:from|import) "(\.[^"]+)"', text)
        assert {urljoin(url, module) for module in modules} <= served, url
        hosts = set(re.findall(r"https?://([\w.-]+)", text))
        assert hosts <= {"www.w3.org", "blurha.sh"}, url


def test_versioned_files_are_immutable(client: TestClient) -> None:
    for name in ("desk.js", "screens/inbox.js", "portal/style.css", "strings/ru.json"):
        answer = client.get(asset_url(name)).raise_for_status()
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        other_version = client.get(asset_url(name, "0123456789abcdef")).raise_for_status()
        assert other_version.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["", "desk.html", "../desk.html", "..%2fdesk.html", "portal/app.js", "style.css"]
)
def test_other_files_are_not_found(client: TestClient, name: str) -> None:
    assert client.get(asset_url(name)).status_code == 404
