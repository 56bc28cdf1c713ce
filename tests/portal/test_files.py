"""Assets of the portal: complete, small, cacheable, and without other hosts."""

import gzip
import json
import re
from collections.abc import Callable
from functools import partial
from urllib.parse import urljoin

import brotli
import pytest
import zstandard
from starlette.testclient import TestClient

from app.domain.languages import Language
from app.portal.assets import (
    SERVER_ONLY_TEMPLATES,
    SERVICE_WORKER_FILENAME,
    TEMPLATES_DIRECTORY,
    get_asset_version,
)
from app.portal.rendering import TEMPLATE_ENVIRONMENTS
from app.portal.template_filters import WEB_DIRECTORY

SIZE_BUDGET_BYTES = 60_000
"""Compressed size of a page and of all assets that it may load."""


def read_shell(client: TestClient) -> dict[str, object]:
    script = client.get(f"/web/{SERVICE_WORKER_FILENAME}").text
    found = re.match(r"const SHELL = (\{.+\});\n", script)
    assert found
    shell: dict[str, object] = json.loads(found[1])
    return shell


def list_files(client: TestClient) -> list[str]:
    found = read_shell(client)["files"]
    assert isinstance(found, list)
    return [f"/{name}" for name in found]


def transferred_bytes(client: TestClient, path: str, coding: str) -> int:
    answer = client.get(path, headers={"Accept-Encoding": coding}).raise_for_status()
    return int(answer.headers["Content-Length"])


def test_assets_fit_size_budget(archive: TestClient) -> None:
    loaded = [*list_files(archive), f"/web/{SERVICE_WORKER_FILENAME}", "/missions/iss-59"]
    assert len(loaded) > 15
    sizes = {path: transferred_bytes(archive, path, "zstd") for path in loaded}
    assert sum(sizes.values()) < SIZE_BUDGET_BYTES, sizes
    uncompressed = {path: transferred_bytes(archive, path, "identity") for path in loaded}
    assert sum(uncompressed.values()) > SIZE_BUDGET_BYTES  # the measurement works


@pytest.mark.parametrize(
    ("coding", "compress_fast"),
    [
        ("zstd", zstandard.ZstdCompressor(level=3).compress),
        ("br", partial(brotli.compress, quality=4)),
        ("gzip", partial(gzip.compress, compresslevel=4)),
    ],
    ids=["zstd", "br", "gzip"],
)
@pytest.mark.parametrize("name", ["style.css", "sky.svg"])
def test_immutable_files_are_smaller_than_fast_compression_makes_them(
    client: TestClient, name: str, coding: str, compress_fast: Callable[[bytes], bytes]
) -> None:
    fast = len(compress_fast((WEB_DIRECTORY / name).read_bytes()))
    assert transferred_bytes(client, f"/web/{get_asset_version()}/{name}", coding) < fast
    revalidated = f"/web/0123456789abcdef/{name}"  # positive control
    assert transferred_bytes(client, revalidated, coding) >= fast


@pytest.mark.parametrize(
    ("codings", "immutable", "revalidated"),
    [
        ("gzip, deflate, br, zstd", "br", "zstd"),
        ("gzip, zstd", "zstd", "zstd"),
        ("gzip, br;q=0.5", "gzip", "gzip"),
        ("br;q=0, *", "zstd", "zstd"),
        ("deflate", None, None),
    ],
)
def test_immutable_files_have_the_coding_with_the_smallest_bodies(
    client: TestClient, codings: str, immutable: str | None, revalidated: str | None
) -> None:
    def get_coding(path: str) -> str | None:
        answer = client.get(path, headers={"Accept-Encoding": codings}).raise_for_status()
        coding: str | None = answer.headers.get("Content-Encoding")
        return coding

    for _ in range(2):  # the second response is from the cache
        assert get_coding(f"/web/{get_asset_version()}/app.js") == immutable
        assert get_coding("/web/0123456789abcdef/app.js") == revalidated


def test_service_worker_caches_all_loaded_files(client: TestClient) -> None:
    cached = set(list_files(client))
    page = client.get("/offline").text
    loaded = set(re.findall(r'(?:src|href)="(/web/[^"]+)"', page))
    assert loaded <= cached
    for name in cached:
        answer = client.get(name).raise_for_status()
        if name.endswith(".js"):
            imported = re.findall(r'(?:from|import) "(\./[^"]+)"', answer.text)
            assert {urljoin(name, module) for module in imported} <= cached
        if name.endswith(".css"):
            named = re.findall(r"url\(([^)]+)\)", answer.text)
            assert {urljoin(name, image) for image in named} <= cached
    assert f"/web/{SERVICE_WORKER_FILENAME}" not in cached


def test_template_bundle_equals_server_templates(client: TestClient) -> None:
    bundle = client.get(f"/web/{get_asset_version()}/templates.json").json()
    names = {path.name for path in TEMPLATES_DIRECTORY.iterdir()}
    assert bundle.keys() == names - SERVER_ONLY_TEMPLATES
    parse = TEMPLATE_ENVIRONMENTS[Language.EN].parse
    for name, template in bundle.items():
        source = (TEMPLATES_DIRECTORY / name).read_text("utf-8")
        assert parse(template) == parse(source), name
        assert len(template) < len(source) or "{" not in source


def test_scripts_are_sent_without_their_comments(client: TestClient) -> None:
    scripts = {*WEB_DIRECTORY.glob("*.js")} - {WEB_DIRECTORY / SERVICE_WORKER_FILENAME}
    for path in scripts:
        sent = client.get(f"/web/{get_asset_version()}/{path.name}").text.splitlines()
        dropped = [line for line in path.read_text("utf-8").splitlines() if line not in sent]
        assert all(re.match(r"\s*(?://|/?\*)", line) for line in dropped), path.name
        assert not any(re.match(r"\s*(?://|/\*)", line) for line in sent), path.name
        assert dropped, path.name


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
def test_versioned_files_are_immutable(client: TestClient, name: str, kind: str) -> None:
    answer = client.get(f"/web/{get_asset_version()}/{name}").raise_for_status()
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    other_version = client.get(f"/web/0123456789abcdef/{name}").raise_for_status()
    assert other_version.headers["Cache-Control"] == "no-cache"
    assert other_version.content == answer.content


def test_service_worker_and_offline_page_are_revalidated(client: TestClient) -> None:
    for address in (f"/web/{SERVICE_WORKER_FILENAME}", "/offline"):
        answer = client.get(address).raise_for_status()
        assert answer.headers["Cache-Control"] == "no-cache"
        again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "name", ["", "templates/page.html", "../words.py", "..%2fwords.py", "%2fetc%2fpasswd", "APP.JS"]
)
def test_other_files_are_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/web/{get_asset_version()}/{name}").status_code == 404
    assert client.get(f"/web/{name}").status_code == 404


def test_service_worker_scope_is_whole_portal(client: TestClient) -> None:
    assert client.get(f"/web/{SERVICE_WORKER_FILENAME}").headers["Service-Worker-Allowed"] == "/"
    assert "Service-Worker-Allowed" not in client.get(f"/web/{get_asset_version()}/app.js").headers


def test_assets_contain_no_other_hosts() -> None:
    for path in WEB_DIRECTORY.rglob("*.*"):
        content = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://[a-z]", content), path


def test_browser_storage_has_the_theme_only() -> None:
    scripts = [path.read_text() for path in WEB_DIRECTORY.glob("*.js")]
    used = re.findall(
        r"(\w*[sS]torage|indexedDB|cookie)\b(?:\.(\w+)\(\"(\w+)\")?", "\n".join(scripts)
    )
    assert set(used) == {("localStorage", "getItem", "theme"), ("localStorage", "setItem", "theme")}


def test_scripts_assign_to_no_key_of_data() -> None:
    """Against prototype pollution: `object[key] = value` with a key from outside."""
    scripts = [path.read_text() for path in WEB_DIRECTORY.glob("*.js")]
    assigned = re.findall(r"(\w+\[\w+\])\s*=[^=>]", "\n".join(scripts))
    assert set(assigned) == {
        "free[lane]",  # a number of a lane
        "names[name]",  # a name that a template of the portal sets
    }
