"""Images of records: written by the slug of a picture, read with its files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from app.db.models import Article, IllustratedRecord
from tests.support import documents
from tests.support.clients import database_of, override_settings
from tests.support.documents import IF_MATCH_ANY
from tests.support.exports import export_ndjson
from tests.support.pictures import picture

RECORD_MODELS = {model.label.collection: model for model in IllustratedRecord.__subclasses__()}
SLUG = "a-picture"
IMAGE = {"media": SLUG}


@pytest.fixture
def illustrator(editor: TestClient, tmp_path: Path) -> Iterator[TestClient]:
    """Client that may write everything, over one published picture."""
    with override_settings(editor, media_dir=str(tmp_path)):
        raw = {"Content-Type": "image/jpeg"}
        media = editor.post("/v1/media", content=picture("JPEG"), headers=raw).json()
        fields = {
            "slug": SLUG,
            "alt": "A picture",
            "alt_ru": "Картинка",
            "licence": "CC0-1.0",
            "published": True,
        }
        path = f"/v1/media/{media['slug']}"
        editor.patch(path, json=fields, headers=IF_MATCH_ANY).raise_for_status()
        yield editor


def create_illustrated(editor: TestClient) -> dict[str, dict[str, Any]]:
    """Create a record of each type that can have an image, with it. Returns responses by path."""
    type_ = editor.post("/v1/spacecraft-types", json=documents.spacecraft_type()).json()
    created = {}
    for collection, document in {
        "people": documents.person(),
        "missions": documents.mission(),
        "launches": documents.launch(),
        "spacecraft": documents.spacecraft(type=type_["slug"]),
        "sites": documents.site(),
        "modules": documents.module(),
    }.items():
        answer = editor.post(f"/v1/{collection}", json=document | {"image": IMAGE})
        assert answer.status_code == 201, answer.text
        created[f"/v1/{collection}/{answer.json()['slug']}"] = answer.json()
    return created


def test_records_of_each_type_show_their_image(illustrator: TestClient) -> None:
    created = create_illustrated(illustrator)
    assert len(created) == len(IllustratedRecord.__subclasses__()) - len({Article})
    picture = illustrator.get(f"/v1/media/{SLUG}").json()["image"]
    for path, record in created.items():
        assert record["image"] == picture, path
        assert picture["media"] == SLUG
        assert illustrator.get(f"{path}?lang=ru").json()["image"]["alt"] == "Картинка"
        collection = path.rpartition("/")[0]
        for query, slugs in (("true", [record["slug"]]), ("false", [])):
            found = illustrator.get(f"{collection}?has_image={query}").json()["items"]
            assert [each["slug"] for each in found] == slugs, path
            assert all(each["image"] == picture for each in found)
        read = illustrator.get(path).json()
        sent_back = illustrator.patch(path, json=read, headers=IF_MATCH_ANY)
        assert sent_back.json()["version"] == read["version"], path
        removed = illustrator.patch(path, json={"image": None}, headers=IF_MATCH_ANY).json()
        assert (removed["image"], removed["version"]) == (None, read["version"] + 1), path
        found = illustrator.get(f"{collection}?has_image=false").json()["items"]
        assert [each["slug"] for each in found] == [record["slug"]], path


def test_picture_in_use_stays_published(illustrator: TestClient) -> None:
    created = create_illustrated(illustrator)
    for path in created:
        illustrator.patch(path, json={"image": None}, headers=IF_MATCH_ANY).raise_for_status()
    for path, record in created.items():
        illustrator.patch(path, json={"image": IMAGE}, headers=IF_MATCH_ANY).raise_for_status()
        deleted = illustrator.delete(f"/v1/media/{SLUG}", headers=IF_MATCH_ANY)
        hidden = illustrator.patch(
            f"/v1/media/{SLUG}", json={"published": False}, headers=IF_MATCH_ANY
        )
        for refused in (deleted, hidden):
            assert refused.status_code == 409
            assert record["slug"] in refused.json()["detail"]
        in_russian = illustrator.delete(f"/v1/media/{SLUG}?lang=ru", headers=IF_MATCH_ANY)
        model = RECORD_MODELS[path.split("/")[2]]
        assert f"{model.label.ru} {record['slug']}" in in_russian.json()["detail"]
        illustrator.patch(path, json={"image": None}, headers=IF_MATCH_ANY).raise_for_status()
    deleted = illustrator.delete(f"/v1/media/{SLUG}", headers=IF_MATCH_ANY)
    assert deleted.status_code == 204


@pytest.mark.parametrize(
    ("image", "code"),
    [({"media": "none"}, "unknown-reference"), ({"media": "hidden"}, "unpublished")],
)
def test_image_that_cannot_be_shown_is_refused(
    illustrator: TestClient, image: dict[str, str], code: str
) -> None:
    raw = {"Content-Type": "image/png"}
    media = illustrator.post("/v1/media", content=picture("PNG"), headers=raw).json()
    path = f"/v1/media/{media['slug']}"
    illustrator.patch(path, json={"slug": "hidden"}, headers=IF_MATCH_ANY).raise_for_status()
    refused = illustrator.post("/v1/people", json=documents.person(image=image))
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/image/media", code)


def test_crews_show_portraits(illustrator: TestClient) -> None:
    person = illustrator.post("/v1/people", json=documents.person(image=IMAGE)).json()
    seat = {"person": person["slug"], "role": "commander"}
    launch = illustrator.post("/v1/launches", json=documents.launch(crew=[seat])).json()
    mission = illustrator.post("/v1/missions", json=documents.mission()).json()
    staffed = illustrator.put(
        f"/v1/missions/{mission['slug']}/crew",
        json={"items": [seat | {"arrived_with": launch["slug"]}]},
        headers=IF_MATCH_ANY,
    ).json()
    for (member,) in (launch["crew"], staffed["crew"]):
        assert member["image"] == person["image"]
    page = illustrator.get(f"/missions/{mission['slug']}", headers={"Accept": "text/html"}).text
    assert 'class="portrait"' in page
    assert f'srcset="{urlsplit(person["image"]["srcset"][0]["url"]).path} 160w' in page
    illustrator.patch(
        f"/v1/people/{person['slug']}", json={"image": None}, headers=IF_MATCH_ANY
    ).raise_for_status()
    page = illustrator.get(f"/missions/{mission['slug']}", headers={"Accept": "text/html"}).text
    words = person["name"].split()
    assert f'aria-hidden="true">{words[0][0]}{words[-1][0]}</span>' in page


def test_images_are_in_exports(illustrator: TestClient) -> None:
    created = create_illustrated(illustrator)
    assert export_ndjson(database_of(illustrator)).count(f'"image":{{"media":"{SLUG}"}}') == len(
        created
    )
