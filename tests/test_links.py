"""Links: built from the settings of the application, and all of them resolve."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from app.api.links import tag_uri
from app.config import Settings, use_settings
from tests.support.clients import second_app

HOSTILE = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "gopher",
    "Forwarded": "host=evil.example",
}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/missions/iss-59/page?month=2019-04",
        "/v1/launches?limit=1",
        "/v1/articles/archive",
        "/v1/missions/expedition-59",
        "/v1/articles/archive/2019/04",
        "/v1/missions/nobody",
        "/v1/articles/feed.atom?limit=1",
        "/v1/articles/feed.rss?limit=1",
        "/v1/articles/feed.json?limit=1",
        "/v1/launches.ics?mission=iss-59",
        "/v1/missions/iss-59/calendar.ics",
    ],
)
def test_links_use_public_url_of_settings(archive: TestClient, path: str) -> None:
    """Links of an application are built from its own settings, not from headers or defaults."""
    with portal_client(archive) as client:
        response = client.get(path, headers=HOSTILE)
    content = response.text + str(response.headers)
    assert "evil.example" not in content
    assert "127.0.0.1" not in content
    assert "https://portal.example/" in content


@pytest.mark.slow
def test_openapi_servers_use_public_url_of_settings(archive: TestClient) -> None:
    with portal_client(archive) as client:
        document = client.get("/openapi.json").json()
    assert [server["url"] for server in document["servers"]] == ["https://portal.example"]


@contextmanager
def portal_client(archive: TestClient) -> Iterator[TestClient]:
    """Client of another application over the database of `archive`, with a public URL."""
    app = second_app(archive, public_url="https://portal.example")
    yield TestClient(app, follow_redirects=False)
    app.state.services.database.close()


@pytest.mark.parametrize(
    ("public_url", "authority"),
    [
        ("https://portal.example:8443/base", "portal.example"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
        ("http://[2001:db8::5]:8000", "2001-db8--5"),
        ("https://пример.example", "xn--e1afmkfd.example"),
    ],
)
def test_tag_uris_use_host_of_public_url(public_url: str, authority: str) -> None:
    with use_settings(Settings(public_url=public_url)):
        assert tag_uri("article", 59) == f"tag:{authority},2026:article/59"
        assert tag_uri("articles", q="a b") == f"tag:{authority},2026:articles?q=a+b"


def iter_links(part: object) -> Iterator[str]:
    """Links to the API in a response body."""
    match part:
        case dict():
            for key, value in part.items():
                if key in {"url", "next", "prev"} and isinstance(value, str) and "/v1/" in value:
                    yield value
                yield from iter_links(value)
        case list():
            for item in part:
                yield from iter_links(item)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/missions/iss-59/page?month=2019-04",
        "/v1/missions?view=full&limit=3",
        "/v1/people?view=full&limit=5&q=nick hague",
        "/v1/launches?view=full&limit=3&crewed=true",
        "/v1/articles?view=full&limit=5&sort=title",
        "/v1/launches/archive?month=2019-03",
    ],
)
def test_links_lead_to_responses(archive: TestClient, path: str) -> None:
    found = sorted(set(iter_links(archive.get(path).json())))
    assert len(found) > 5
    for link in found:
        answer = archive.get(link)
        assert answer.status_code == 200, link
        if "?" not in link:
            assert answer.json()["url"] == link
