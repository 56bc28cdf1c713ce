"""Content language: negotiation, translated fields and language-independent fields."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import documents, factories
from tests.support.clients import clear_response_cache, public_paths
from tests.support.paths import ROOT

RUSSIAN = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8"}
CYRILLIC = re.compile("[а-яё]")

TRANSLATED_KEYS = {
    "alt", "credited_as", "description", "detail", "family", "headline", "kind_label", "name",
    "name_native", "outcome_note", "pad_name", "purpose", "role_label", "spacecraft",
    "status_label", "summary", "text", "title",
}  # fmt: skip
"""Keys with translated values; titles of articles are never translated."""

LISTS = [
    "/v1/missions?view=full&limit=40&sort=number",
    "/v1/launches?view=full&limit=100&status_not=success",
    "/v1/launches?view=full&limit=40",
    "/v1/people?view=full&limit=40",
    "/v1/articles?view=full&limit=40",
    "/v1/crew-assignments?limit=40",
    "/v1/modules?limit=40",
    "/v1/agencies?limit=40",
    "/v1/vehicles?limit=40",
    "/v1/spacecraft?view=full&limit=40",
    "/v1/spacecraft-types?limit=40",
    "/v1/stays?limit=40",
    "/v1/spacewalks?limit=40",
    "/v1/timeline?limit=40",
]
ONE_LANGUAGE = ("/openapi.json", "/docs", "/health/live", "/v1/changes", "/v1/export")


def differences(en: Any, ru: Any, key: str = "") -> Iterator[str]:
    """Keys with different values in both documents; fails if the documents differ otherwise."""
    if isinstance(en, dict):
        assert en.keys() == ru.keys()
        for name in en:
            article = "language" in en and name == "title"
            found = list(differences(en[name], ru[name], name))
            assert not (article and found), en
            yield from found
    elif isinstance(en, list):
        assert len(en) == len(ru)
        for one, other in zip(en, ru, strict=True):
            yield from differences(one, other, key)
    elif en != ru:
        yield key


@pytest.mark.slow
def test_content_language_is_on_every_route(archive: TestClient) -> None:
    """Selected by `lang`, or by Accept-Language with `Vary`."""
    paths = list(public_paths())
    assert len(paths) > 20
    for path in (*paths, "/", "/problems", "/problems/gone", "/nowhere", *ONE_LANGUAGE):
        one = path.startswith(ONE_LANGUAGE)
        for headers, query, language in (
            ({}, "", "en"),
            (RUSSIAN, "", "ru"),
            (RUSSIAN, "lang=en", "en"),
            ({}, "lang=ru", "ru"),
        ):
            address = f"{path}?{query}" if query else path
            answer = archive.get(address, headers=headers)
            assert answer.headers["Content-Language"] == ("en" if one else language), address
            varies = "Accept-Language" in answer.headers.get("Vary", "")
            assert varies is (not query and not one), address


@pytest.mark.parametrize("address", LISTS)
def test_machine_fields_do_not_depend_on_language(archive: TestClient, address: str) -> None:
    en, ru = archive.get(address), archive.get(address, headers=RUSSIAN)
    assert set(differences(en.json(), ru.json())) <= TRANSLATED_KEYS
    assert en.headers["ETag"] != ru.headers["ETag"]
    assert not CYRILLIC.search("".join(re.findall(r'"(?:headline|role_label)":"[^"]*', en.text)))
    fresh = archive.get(address, headers={**RUSSIAN, "If-None-Match": en.headers["ETag"]})
    assert fresh.status_code == 200
    known = archive.get(address, headers={**RUSSIAN, "If-None-Match": ru.headers["ETag"]})
    assert (known.status_code, known.headers["Content-Language"]) == (304, "ru")
    assert "Accept-Language" in known.headers["Vary"]


def test_portal_page_does_not_depend_on_language(archive: TestClient) -> None:
    address = "/v1/missions/iss-59/page?month=2019-04&articles=0"
    en, ru = archive.get(address).json(), archive.get(address, headers=RUSSIAN).json()
    assert en.pop("lead_article")["language"] == "en"
    assert ru.pop("lead_article")
    assert set(differences(en, ru)) <= TRANSLATED_KEYS


def test_differences_helper_finds_differences() -> None:
    en = {"items": [{"slug": "a", "name": "A"}]}
    assert list(differences(en, {"items": [{"slug": "a", "name": "Б"}]})) == ["name"]
    assert list(differences(en, {"items": [{"slug": "б", "name": "A"}]})) == ["slug"]
    with pytest.raises(AssertionError):
        list(differences(en, {"items": []}))
    with pytest.raises(AssertionError):
        list(differences({"language": "en", "title": "A"}, {"language": "en", "title": "Б"}))


def test_cursor_works_in_the_other_language(archive: TestClient) -> None:
    first = archive.get("/v1/people?limit=30").json()
    plain = archive.get(first["next"]).json()
    for more, headers in (("", RUSSIAN), ("&lang=ru", {})):
        second = archive.get(first["next"] + more, headers=headers).json()
        assert [p["id"] for p in second["items"]] == [p["id"] for p in plain["items"]]
        assert second["items"][0]["name"] != plain["items"][0]["name"]
    back = archive.get("/v1/people?limit=30&lang=ru").json()["next"].replace("&lang=ru", "")
    assert archive.get(back).json() == plain


def test_links_keep_the_lang_parameter(archive: TestClient) -> None:
    for address in ("/v1/launches?limit=2", "/v1/missions/iss-59/page", "/v1/articles/archive"):
        response = archive.get(address, params={"lang": "ru"})
        links = re.findall(r'"(?:url|next|prev)":"(http[^"]+/v1/[^"]+)', response.text)
        assert len(links) > 2
        assert all("lang=ru" in link for link in links)
        plain = archive.get(address, headers=RUSSIAN).text
        # The page of an article is in its language.
        assert "lang=" not in re.sub(r'"html_url":"[^"]+/articles/[^"]+"', "", plain)
    assert archive.get(links[0]).headers["Content-Language"] == "ru"
    moved = archive.get("/v1/missions/expedition-59?lang=ru")
    assert moved.headers["Location"].endswith("/v1/missions/iss-59?lang=ru")
    feed = archive.get("/v1/articles/feed.json?lang=ru").json()
    assert feed["title"] == "Заря: новости"
    assert feed["feed_url"].endswith("feed.json?lang=ru")
    assert {item["language"] for item in feed["items"]} == {"ru"}
    assert all("lang=ru" in item["_zarya"]["url"] for item in feed["items"])


def test_changes_do_not_depend_on_language(archive: TestClient) -> None:
    plain = archive.get("/v1/changes?limit=50").json()["items"]
    for response in (
        archive.get("/v1/changes?limit=50", headers=RUSSIAN),
        archive.get("/v1/changes?limit=50&lang=ru"),
    ):
        assert response.json()["items"] == plain
        assert response.headers["Content-Language"] == "en"


def test_calendars_are_translated(archive: TestClient) -> None:
    en = archive.get("/v1/missions/iss-59/calendar.ics")
    ru = archive.get("/v1/missions/iss-59/calendar.ics", headers=RUSSIAN)
    calendar = ru.text.replace("\r\n ", "")
    assert "X-WR-CALNAME:Экспедиция МКС-59" in calendar
    assert "SUMMARY:Начало экспедиции МКС-59" in calendar
    assert "DESCRIPTION:Экипаж: Алексей Овчинин\\, Ник Хейг\\, Кристина Кук." in calendar
    assert "LOCATION:Космодром Байконур\\, площадка 31/6" in calendar
    uids = re.compile("^(?:UID|DTSTART|SEQUENCE|STATUS).*$", re.MULTILINE)
    assert uids.findall(ru.text) == uids.findall(en.text)


@pytest.mark.parametrize("lang", ["de", "RU", "ru-RU", "", "russian"])
def test_unsupported_lang_is_refused(archive: TestClient, lang: str) -> None:
    answer = archive.get("/v1/missions/iss-59", params={"lang": lang})
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == "lang"
    assert ("Did you mean 'ru'?" in fault["detail"]) is lang.lower().startswith("ru")
    assert "Accept-Language" in answer.headers["Vary"]


REFUSALS = [
    ("GET", "/nowhere", 404),
    ("GET", "/v1/missions/iss-999", 404),
    ("GET", "/v1/launches/next", 404),
    ("GET", "/problems/none", 404),
    ("PUT", "/v1/missions", 405),
    ("DELETE", "/v1/missions/current/page", 405),
    ("POST", "/v1/missions", 401),
    ("GET", "/v1/missions?cursor=x", 400),
    ("GET", "/v1/missions?nmber=59", 422),
    ("GET", "/v1/missions?limit=0", 422),
    ("GET", "/v1/missions?limit=101", 422),
    ("GET", "/v1/missions?limit=x", 422),
    ("GET", "/v1/missions?number=1,2,3,0", 422),
    ("GET", "/v1/missions?status=over", 422),
    ("GET", "/v1/missions?with_total=perhaps", 422),
    ("GET", "/v1/missions?active_on=yesterday", 422),
    ("GET", "/v1/missions?q=", 422),
    ("GET", "/v1/missions/Iss_59", 422),
    ("GET", "/v1/missions?q=a&q=b", 422),
    ("GET", "/v1/launches?tz=Mars", 422),
    ("GET", "/v1/launches?format=csv&limit=5", 422),
    ("GET", "/v1/people?agency=" + "a" * 200, 422),
]


@pytest.mark.parametrize(("method", "address", "status"), REFUSALS)
def test_errors_are_translated(archive: TestClient, method: str, address: str, status: int) -> None:
    en = archive.request(method, address)
    ru = archive.request(method, address, headers=RUSSIAN)
    assert en.status_code == ru.status_code == status
    assert ru.headers["Content-Language"] == "ru"
    problems = en.json(), ru.json()
    for problem, cyrillic in zip(problems, (False, True), strict=True):
        problem.pop("instance")
        for text in (problem, *problem["errors"]):
            for key in {"title", "detail"} & text.keys():
                assert bool(CYRILLIC.search(text[key])) is cyrillic, text[key]
    assert set(differences(*problems)) <= {"title", "detail"}


def test_internal_error_is_translated(archive: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    clear_response_cache(archive)
    monkeypatch.setattr("app.resources.missions.queries.get_mission", broken)
    answer = archive.get("/v1/missions/iss-59?lang=ru")
    assert (answer.status_code, answer.headers["Content-Language"]) == (500, "ru")
    assert answer.json()["title"] == "Внутренняя ошибка сервера"
    assert archive.get("/v1/missions/iss-59").json()["title"] == "Internal server error"


def test_body_errors_are_translated(editor: TestClient) -> None:
    wrong = {"name": "", "agency": 5, "nmae": "x", "nationality": "RUS", "sources": {}}
    answer = editor.post("/v1/people", json=wrong, headers=RUSSIAN)
    errors = {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}
    assert errors.keys() == {"/name", "/agency", "/nmae", "/nationality", "/sources"}
    assert all(CYRILLIC.search(detail) for detail in errors.values())
    text = editor.post("/v1/people", content="{", headers={**RUSSIAN, "Content-Type": JSON})
    assert CYRILLIC.search(text.json()["detail"])
    kind = editor.post("/v1/people", content="{}", headers={**RUSSIAN, "Content-Type": "text/x"})
    assert (kind.status_code, bool(CYRILLIC.search(kind.json()["detail"]))) == (415, True)


JSON = "application/json"


def test_idempotent_replay_keeps_its_language(editor: TestClient) -> None:
    headers = {"Idempotency-Key": "once"}
    document = documents.mission()
    first = editor.post("/v1/missions", json=document, headers={**headers, **RUSSIAN})
    again = editor.post("/v1/missions", json=document, headers=headers)
    assert first.status_code == again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    assert again.headers["Content-Language"] == first.headers["Content-Language"] == "ru"


def test_translations_can_be_written(editor: TestClient, client: TestClient) -> None:
    document = documents.mission() | {
        "summary": "In English.",
        "summary_ru": "По-русски.",
        "tasks": ["One", "Two"],
        "tasks_ru": ["Раз", "Два"],
    }
    made = editor.post("/v1/missions", json=document)
    assert made.status_code == 201, made.text
    address, etag = made.headers["Location"], made.headers["ETag"]

    def read_mission(lang: str) -> tuple[str, list[str]]:
        mission = client.get(address, params={"lang": lang}).json()
        return mission["summary"], [task["text"] for task in mission["tasks"]]

    assert read_mission("en") == ("In English.", ["One", "Two"])
    assert read_mission("ru") == ("По-русски.", ["Раз", "Два"])
    change = {"tasks": ["One", "Two", "Three"]}
    uneven = editor.patch(address, json=change, headers={"If-Match": etag})
    (fault,) = uneven.json()["errors"]
    assert (uneven.status_code, fault["pointer"]) == (422, "/tasks_ru")
    change["tasks_ru"] = []
    changed = editor.patch(address, json=change, headers={"If-Match": etag})
    assert changed.status_code == 200
    assert read_mission("ru") == ("По-русски.", ["One", "Two", "Three"])
    tasks = {"items": ["Four"], "items_ru": ["Четыре"]}
    put = {"If-Match": changed.headers["ETag"]}
    assert editor.put(f"{address}/tasks", json=tasks, headers=put).status_code == 200
    assert read_mission("ru")[1] == ["Четыре"]


def test_missing_translation_falls_back(client: TestClient, database: Database) -> None:
    with database.session() as session:
        session.add(factories.person(slug="a", name="Ann", name_native="Anna"))
        session.add(factories.person(slug="b", name="Bob", name_ru="Боб"))
        session.add(factories.person(slug="c", name="Ivan", name_ru="Иван", name_native="Иван"))
    names = {
        lang: [(p["name"], p["name_native"]) for p in found.json()["items"]]
        for lang in ("en", "ru")
        if (found := client.get(f"/v1/people?lang={lang}"))
    }
    assert names["en"] == [("Ann", "Anna"), ("Bob", None), ("Ivan", "Иван")]
    assert names["ru"] == [("Ann", "Anna"), ("Боб", "Bob"), ("Иван", None)]


# --- Completeness of error texts -----------------------------------------------------------------

REFUSALS_BY_NAME = re.compile(
    r"^(ApiError|BadCursor|BadRequest|Conflict|CursorMismatch|Forbidden|Gone|Invalid|"
    r"MethodNotAllowed|NotFound|Precondition\w+|Unauthorized|Unavailable|UnsupportedMediaType|"
    r"_refusal|refuse)$"
)
WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")


def find_untranslated_texts(source: str) -> list[str]:
    """Error texts in the source code that are in one language only."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        arguments = [*call.args, *(k.value for k in call.keywords if k.arg == "detail")]
        if REFUSALS_BY_NAME.match(name) or (name == "FieldProblem"):
            texts = [
                part.value
                for argument in arguments
                for part in (argument.values if isinstance(argument, ast.JoinedStr) else [argument])
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            found += [text for text in texts if WORDS.search(text)]
    return found


@pytest.mark.parametrize(
    "path", sorted((ROOT / "app").rglob("*.py")), ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_error_texts_are_in_both_languages(path: Path) -> None:
    assert find_untranslated_texts(path.read_text()) == []


def test_untranslated_error_text_is_found() -> None:
    assert find_untranslated_texts('raise NotFound(f"There is no {x}.")') == ["There is no "]
    assert find_untranslated_texts('refuse("/a", "taken", "It is taken already.")') == [
        "It is taken already."
    ]
    assert find_untranslated_texts('raise NotFound(either("There is none.", "Нет."))') == []
