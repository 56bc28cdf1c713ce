"""Pictures of the library in texts of articles."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.resources.articles.body_pictures import MAX_BODY_PICTURE_COUNT
from tests.support import documents
from tests.support.clients import override_settings
from tests.support.documents import IF_MATCH_ANY
from tests.support.pictures import picture

RENDER = "/v1/articles/preview"


@pytest.fixture
def author(editor: TestClient, tmp_path: Path) -> Iterator[TestClient]:
    """Client that may write everything, over the published picture `shown` and `hidden`."""
    with override_settings(editor, media_dir=str(tmp_path)):
        for slug, format_ in (("shown", "JPEG"), ("hidden", "PNG")):
            raw = {"Content-Type": f"image/{format_.lower()}"}
            media = editor.post("/v1/media", content=picture(format_), headers=raw).json()
            fields = {
                "slug": slug,
                "alt": 'The "pad"',
                "alt_ru": "Стол",
                "licence": "CC0-1.0",
                "published": slug == "shown",
            }
            path = f"/v1/media/{media['slug']}"
            editor.patch(path, json=fields, headers=IF_MATCH_ANY).raise_for_status()
        yield editor


def create(author: TestClient, body: str, **fields: Any) -> dict[str, Any]:
    answer = author.post("/v1/articles", json=documents.article(body=body, **fields))
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def error_of(answer: Any) -> tuple[str, str, str]:
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    return error["pointer"], error["code"], error["detail"]


def test_text_shows_a_picture(author: TestClient) -> None:
    image = author.get("/v1/media/shown").json()["image"]
    article = create(author, 'Before.\n\n![A <rocket> & "pad"](media:shown)\n\nsrc="media:x"')
    html = article["body_html"]
    assert article["body"].count("media:shown") == 1
    assert f'<img src="{image["url"]}" srcset="' in html
    for each in image["srcset"]:
        assert (f"{each['url']} {each['width']}w" in html) == (each["type"] == "image/jpeg")
    assert f'alt="{escape("A <rocket> & " + chr(34) + "pad" + chr(34))}"' in html
    assert f'width="{image["width"]}" height="{image["height"]}"' in html
    assert html.endswith('<p>src="media:x"</p>\n')
    assert author.post(RENDER, json={"body": article["body"]}).json()["html"] == html
    path = f"/v1/articles/{article['slug']}"
    author.post(f"{path}/publish", json={}).raise_for_status()
    assert author.get(path).json()["body_html"] == html
    assert html in author.get(f"/articles/{article['slug']}").text
    feed = author.get("/v1/articles/feed.json").json()["items"]
    assert [item["content_html"] for item in feed if item["title"] == article["title"]] == [html]
    changes = author.get("/v1/changes?types=article").json()["items"]
    assert changes[-1]["data"]["body_html"] == html


def test_description_defaults_to_that_of_the_picture(author: TestClient) -> None:
    titled = create(author, '![Own](media:shown "Title")')["body_html"]
    assert 'alt="Own" ' in titled
    assert "Title" not in titled
    for language, alt in (("en", "The &quot;pad&quot;"), ("ru", "Стол")):
        article = create(author, "![](media:shown)", language=language)
        assert f' alt="{alt}" ' in article["body_html"]


REFUSED = [
    ("![a](media:none)", "unknown-reference", "none"),
    ("![a](media:hidden)", "unpublished", "hidden"),
    ("Text.\n\nText ![a](https://example.org/a.jpg).", "foreign-image", "line 3"),
    ("![a](data:image/png;base64,AAAA)", "foreign-image", "line 1"),
    ("![a](/media/1/card.jpg)", "foreign-image", "line 1"),
    ("![a][1]\n\n[1]: http://example.org/a.jpg", "foreign-image", "line 1"),
    ("[![a](http://example.org/a.jpg)](media:shown)", "foreign-image", "line 1"),
    ("| a |\n|---|\n| ![a](//example.org/a) |", "foreign-image", "line 3"),
    ("![a](media:Shown)", "foreign-image", "line 1"),
    (
        "\n".join(f"![a](media:p{number})" for number in range(MAX_BODY_PICTURE_COUNT + 1)),
        "too-many-pictures",
        str(MAX_BODY_PICTURE_COUNT),
    ),
]
"""Bodies with the code of their refusal, and words of its detail."""


def test_image_that_is_no_published_picture_is_refused(author: TestClient) -> None:
    for body, code, words in REFUSED:
        document = documents.article(body=body)
        for path, content in (("/v1/articles", document), (RENDER, {"body": body})):
            pointer, actual_code, detail = error_of(author.post(path, json=content))
            assert (pointer, actual_code) == ("/body", code), body
            assert words in detail


def test_link_to_a_picture_has_no_address(author: TestClient) -> None:
    article = create(author, "[a](media:shown) [b](https://example.org/)")
    assert 'href="https://example.org/"' in article["body_html"]
    assert "media:" not in article["body_html"]


def test_picture_in_a_text_stays_as_it_is(author: TestClient) -> None:
    slug = create(author, "![](media:shown)")["slug"]
    other = author.get("/v1/media/hidden/preview").json()["content"]
    author.delete("/v1/media/hidden", headers=IF_MATCH_ANY).raise_for_status()  # not its files

    def attempts() -> list[int]:
        changes = {"content": other}, {"published": False}
        patches = [
            author.patch("/v1/media/shown", json=change, headers=IF_MATCH_ANY) for change in changes
        ]
        deletion = author.delete("/v1/media/shown", headers=IF_MATCH_ANY)
        return [answer.status_code for answer in (*patches, deletion)]

    assert attempts() == [409, 409, 409]
    author.patch(f"/v1/articles/{slug}", json={"title": "Other"}, headers=IF_MATCH_ANY)
    assert attempts() == [409, 409, 409]
    patched = author.patch(f"/v1/articles/{slug}", json={"body": "None."}, headers=IF_MATCH_ANY)
    assert patched.status_code == 200
    assert attempts() == [200, 200, 204]
