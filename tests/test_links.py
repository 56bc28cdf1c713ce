"""Links are made from the setting, whatever a request claims about the host."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.api.links import tag_uri
from app.config import get_settings


@pytest.fixture
def public_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    address: str = getattr(request, "param", "https://portal.example")
    monkeypatch.setenv("ZARYA_PUBLIC_URL", address)
    get_settings.cache_clear()
    yield address
    get_settings.cache_clear()


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
def test_no_link_follows_a_header(archive: TestClient, public_url: str, path: str) -> None:
    answer = archive.get(path, headers=HOSTILE)
    said = answer.text + str(answer.headers)
    assert "evil.example" not in said
    assert "127.0.0.1" not in said
    assert f"{public_url}/" in said


@pytest.mark.parametrize(
    ("public_url", "authority"),
    [
        ("https://portal.example:8443/base", "portal.example"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
        ("http://[2001:db8::5]:8000", "2001-db8--5"),
        ("https://пример.example", "xn--e1afmkfd.example"),
    ],
    indirect=["public_url"],
)
@pytest.mark.usefixtures("public_url")
def test_lasting_names_are_made_with_the_host(authority: str) -> None:
    assert tag_uri("article", 59) == f"tag:{authority},2026:article/59"
    assert tag_uri("articles", q="a b") == f"tag:{authority},2026:articles?q=a+b"


def links(part: object) -> Iterator[str]:
    """Every link of the archive's own in an answer."""
    match part:
        case dict():
            for key, value in part.items():
                if key in {"url", "next", "prev"} and isinstance(value, str) and "/v1/" in value:
                    yield value
                yield from links(value)
        case list():
            for item in part:
                yield from links(item)


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
def test_every_link_leads_somewhere(archive: TestClient, path: str) -> None:
    found = sorted(set(links(archive.get(path).json())))
    assert len(found) > 5
    for link in found:
        answer = archive.get(link)
        assert answer.status_code == 200, link
        if "?" not in link:
            assert answer.json()["url"] == link
