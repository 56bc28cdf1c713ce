"""Search: ranking, syntax, pagination, highlights, suggestions, unpublished articles."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import ArticleTag
from app.domain.enums import ArticleState
from app.search.highlighting import Highlighter
from app.search.query_parser import MAX_QUERY_TERM_COUNT
from app.search.ranking import parse_search_query
from tests.support import factories
from tests.support.searches import search, search_slugs


def suggested(client: TestClient, q: str, **params: Any) -> list[str]:
    answer = client.get("/v1/suggest", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return [item["slug"] for item in answer.json()["items"]]


@pytest.fixture
def records(client: TestClient, database: Database) -> TestClient:
    """Client over records of all types with the word "vega" in various fields."""
    with database.session() as session:
        session.add(factories.person(slug="vega", name="Anna Vega", aliases=["Vega, Anna"]))
        vega = factories.launch(slug="vega-1")
        session.add_all([vega, factories.mission(slug="iss-7", number=7, summary="Vega came.")])
        session.flush()
        session.add(factories.payload(vega, name="Vega 1"))
        early, late = datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 2, 1, tzinfo=UTC)
        session.add_all(
            [
                factories.article(slug="body", body="Of vega alone.", published_at=late),
                factories.article(slug="lead", lead="To vega and back.", published_at=early),
                factories.article(slug="titled", title="Vega again", published_at=early),
                factories.article(slug="titled-later", title="Again: Vega", published_at=late),
                factories.article(slug="begun", title="Vegan food", published_at=late),
            ]
        )
    return client


def test_names_rank_before_titles_and_titles_before_texts(records: TestClient) -> None:
    expected = ["vega", "vega-1", "titled-later", "titled", "iss-7", "lead", "begun", "body"]
    assert search_slugs(records, "vega") == expected
    assert search_slugs(records, "anna vega")[0] == "vega"
    assert search(records, "vega", with_total=True)["total"] == len(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("vega again", ["titled-later", "titled"]),
        ('"vega again"', ["titled"]),
        ('"again vega"', ["titled-later"]),
        ("vega -again type:article", ["lead", "body"]),
        ('vega -"vega again" again', ["titled-later"]),
        ("type:mission vega", ["iss-7"]),
        ("type:launch", ["vega-1"]),
        ("type:launch type:mission", ["iss-7", "vega-1"]),
        ("type:launch -vega", []),
        ("type:article -vega -vegan", []),
        ("type:rocket vega", []),
        ("vega nowhere", []),
        ("!!!", []),
        ("-", []),
        ('""', []),
        ("ВЕГА", ["vega", "vega-1", "titled-later", "titled", "iss-7", "lead", "begun", "body"]),
    ],
)
def test_query_syntax(records: TestClient, query: str, expected: list[str]) -> None:
    assert search_slugs(records, query) == expected


NAMES = {
    "lindgren": ("Kjell Lindgren", "Челл Линдгрен"),
    "kononenko": ("Oleg Kononenko", "Олег Кононенко"),
    "malenchenko": ("Yuri Malenchenko", "Юрий Маленченко"),
    "s-volkov": ("Sergey Volkov", "Сергей Волков"),
    "a-volkov": ("Aleksandr Volkov", "Александр Волков"),
    "kud-sverchkov": ("Sergey Kud-Sverchkov", "Сергей Кудь-Сверчков"),
    "saint-jacques": ("David Saint-Jacques", "Давид Сен-Жак"),
    "joined": ("Anna Vandermeer", "Анна Вандермеер"),
}


@pytest.fixture
def people(client: TestClient, database: Database) -> TestClient:
    """Client over people and an article about each."""
    with database.session() as session:
        for slug, (name, name_ru) in NAMES.items():
            session.add(factories.person(slug=slug, name=name, name_ru=name_ru))
            session.add(factories.article(slug=f"about-{slug}", title=f"Today: {name} / {name_ru}"))
    return client


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("Kjell N. Lindgren", ["lindgren"]),
        ("Kjell N Lindgren", ["lindgren"]),
        ("K. Lindgren", ["lindgren"]),
        ("Lindgren K.", ["lindgren"]),
        ("О. Д. Кононенко", ["kononenko"]),
        ("О.Д.Кононенко", ["kononenko"]),
        ("O. Kononenko", ["kononenko"]),
        ("Ю. Маленченко", ["malenchenko"]),
        ("Y. Malenchenko", ["malenchenko"]),
        ("Yu. Malenchenko", ["malenchenko"]),
        ("S. Volkov", ["s-volkov", "a-volkov"]),
        ("A. Volkov", ["a-volkov", "s-volkov"]),
        ("А. Волков", ["a-volkov", "s-volkov"]),
        ("Kudsverchkov", ["kud-sverchkov"]),
        ("Kud-Sverchkov", ["kud-sverchkov"]),
        ("Кудьсверчков", ["kud-sverchkov"]),
        ("кудьсверчкова", ["kud-sverchkov"]),
        ("SaintJacques", ["saint-jacques"]),
        ("Vander-Meer", ["joined"]),
        ("Вандер-Меер", ["joined"]),
        ("N. Nowhere", []),
    ],
)
def test_initials_and_spellings_of_double_names(
    people: TestClient, query: str, slugs: list[str]
) -> None:
    articles = sorted(f"about-{slug}" for slug in slugs)
    assert search_slugs(people, query, type="person") == slugs
    assert suggested(people, query, type="person") == slugs
    assert search(people, query, with_total=True)["total"] == 2 * len(slugs)
    for path, expected in (("/v1/people", sorted(slugs)), ("/v1/articles", articles)):
        items = people.get(path, params={"q": query}).json()["items"]
        assert sorted(item["slug"] for item in items) == expected


def test_joined_spelling_of_double_name_is_highlighted(people: TestClient) -> None:
    for query in ("Kudsverchkov", "kudsver"):
        (hit, _) = search(people, query)["items"]
        (span,) = hit["highlights"][:1]
        assert hit["title"][span["start"] : span["end"]] == "Kud-Sverchkov"


TITLES = {
    "greek": ("Διεθνής Διαστημικός Σταθμός", ["σταθμός", "ΔΙΕΘΝΗΣ σταθμος"]),
    "japanese": ("国際宇宙ステーションに到着", ["ステーション", "宇宙ステーション", "到着"]),
    "chinese": ("天宫空间站成功发射", ["空间站", "天宫 发射"]),
    "arabic": ("محطة الفضاء الدولية", ["الفضاء", "مَحَطّة"]),
    "hebrew": ("תחנת החלל הבינלאומית", ["החלל"]),
    "hindi": ("अन्तरराष्ट्रीय अन्तरिक्ष स्टेशन", ["स्टेशन"]),
    "korean": ("국제 우주 정거장", ["우주", "정거장"]),
    "thai": ("สถานีอวกาศนานาชาติ", ["อวกาศ"]),
    "georgian": ("საერთაშორისო კოსმოსური სადგური", ["სადგური"]),
}


def test_titles_in_any_script_are_found(client: TestClient, database: Database) -> None:
    with database.session() as session:
        for slug, (title, _) in TITLES.items():
            session.add(factories.article(slug=slug, title=title))
    for slug, (title, queries) in TITLES.items():
        for query in (title, *queries):
            assert search_slugs(client, query) == [slug], query
            assert suggested(client, query) == [slug], query
            (found,) = client.get("/v1/articles", params={"q": query}).json()["items"]
            assert found["slug"] == slug
    for query in ("宙国", "宇際", "σταθ μός"):  # letters of titles in another order
        assert search_slugs(client, query) == [], query


def test_type_parameter_selects_record_types(records: TestClient) -> None:
    assert search_slugs(records, "vega", type="person,launch") == ["vega", "vega-1"]
    assert search_slugs(records, "vega type:launch", type="person") == []
    refused = records.get("/v1/search", params={"q": "vega", "type": "rocket"})
    assert refused.status_code == 422


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_next_and_prev_links_cover_all_hits(records: TestClient, limit: int) -> None:
    whole = search_slugs(records, "vega")
    pages, url = [], f"/v1/search?q=vega&limit={limit}"
    while url:
        answer = records.get(url)
        page = answer.json()
        pages.append(page)
        assert ('rel="next"' in answer.headers.get("link", "")) == bool(page["next"])
        url = page["next"]
    assert [hit["slug"] for page in pages for hit in page["items"]] == whole
    back: list[list[str]] = []
    url = pages[-1]["prev"]
    while url:
        page = records.get(url).json()
        back.append([hit["slug"] for hit in page["items"]])
        url = page["prev"]
    before = whole[: len(whole) - len(pages[-1]["items"])]
    assert [slug for page in back[::-1] for slug in page] == before


def test_cursor_of_another_query_is_rejected(records: TestClient) -> None:
    following = search(records, "vega", limit=1)["next"]
    cursor = following.partition("cursor=")[2]
    other = records.get("/v1/search", params={"q": "anna", "cursor": cursor})
    assert other.status_code == 400
    people = records.get("/v1/people", params={"cursor": cursor})
    assert people.status_code == 400
    assert records.get("/v1/search", params={"q": "vega", "cursor": cursor}).status_code == 200


def test_highlight_offsets_count_code_points(client: TestClient, database: Database) -> None:
    title, lead = "🚀🚀 Корабли «Союза»: MS-11", "Of Soyuz, of МС 11; é́é soyuz."
    with database.session() as session:
        session.add(factories.article(title=title, lead=lead))
    (hit,) = search(client, "soyuz ms11")["items"]
    marked = [
        (mark["field"], hit[mark["field"]][mark["start"] : mark["end"]])
        for mark in hit["highlights"]
    ]
    assert marked == [
        ("title", "Союза"),
        ("title", "MS-11"),
        ("text", "Soyuz"),
        ("text", "МС 11"),
        ("text", "soyuz"),
    ]


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("vega", "Vega, of Vega", ["Vega", "Vega"]),
        ('"crew of vega"', "Crew of Vega; crew of vega", ["Crew of Vega", "crew of vega"]),
        ('"one two one"', "One two one two one.", ["One two one two one"]),
        ('"crew of vega"', "Crew of the Vega", []),
        ('"crew of vega" crew', "A crew, a crew of Vega", ["crew", "crew of Vega"]),
        ("vega -crew", "Crew of Vega", ["Vega"]),
        ("veg", "Vega and vegans", ["Vega", "vegans"]),
        ("国際宇宙", "国際宇宙ステーション、宇宙", ["国際宇宙"]),
    ],
)
def test_highlighter_finds_words_and_phrases(query: str, text: str, marked: list[str]) -> None:
    spans = Highlighter(parse_search_query(query)).find_spans(text)
    assert [text[start:end] for start, end in spans] == marked


@pytest.mark.parametrize("word", ["vega", "-vega", "O.", '"vega again"', "vega again"])
def test_repeated_terms_count_once(word: str) -> None:
    assert parse_search_query(" ".join([word] * 20)) == parse_search_query(word)


SEARCHES = ["search", "suggest", "articles", "launches", "missions", "people"]


@pytest.mark.parametrize("path", SEARCHES)
@pytest.mark.parametrize("form", ["{}", "-{}", '"{} again"'])
def test_number_of_terms_is_limited(records: TestClient, path: str, form: str) -> None:
    words = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike"
    terms = [form.format(word) for word in words.split()]
    assert len(terms) == MAX_QUERY_TERM_COUNT + 1
    accepted = records.get(f"/v1/{path}", params={"q": " ".join(terms[1:] + terms[1:3])})
    assert accepted.status_code == 200
    refused = records.get(f"/v1/{path}", params={"q": " ".join(terms)})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["parameter"] == "q"
    assert f"at most {MAX_QUERY_TERM_COUNT}" in error["detail"]


def test_suggestions_match_prefixes(records: TestClient) -> None:
    whole = ["vega", "vega-1", "begun", "titled-later", "titled"]
    for begun in ("v", "ve", "veg", "вег", "VEGA"):
        assert suggested(records, begun) == whole
    assert suggested(records, "anna v") == ["vega"]
    assert suggested(records, "again v") == ["titled-later", "titled"]
    assert suggested(records, "v", limit=2) == whole[:2]
    assert suggested(records, "v", type="launch") == ["vega-1"]
    assert suggested(records, "come") == []  # only in texts
    assert records.get("/v1/suggest?q=v&limit=21").status_code == 422


HIDDEN = "quokka"


@pytest.fixture
def hidden(client: TestClient, database: Database) -> TestClient:
    """Client over unpublished articles with a unique word, and a public one with a similar word."""
    states = ArticleState.DRAFT, ArticleState.UNPUBLISHED, ArticleState.DELETED
    with database.session() as session:
        session.add(factories.article(slug="public", title="Quotka"))
        for state in states:
            columns = {"title": HIDDEN, "lead": HIDDEN, "body": HIDDEN, "state": state}
            article = factories.article(**columns)
            session.add(article)
            session.flush()
            session.add(ArticleTag(article_id=article.id, tag=HIDDEN))
        ahead = datetime(2050, 1, 1, tzinfo=UTC)
        session.add(factories.article(slug="ahead", title=HIDDEN, published_at=ahead))
    return client


def test_search_does_not_reveal_unpublished_words(hidden: TestClient) -> None:
    """Spelling correction uses public words only, so it does not reveal others either."""
    for q in (HIDDEN, "quok", f'"{HIDDEN}"', f"type:article {HIDDEN}", "quorka"):
        found = [] if '"' in q or q == "quok" else ["public"]
        assert search_slugs(hidden, q) == found
        assert suggested(hidden, q) == found
        articles = hidden.get("/v1/articles", params={"q": q}).json()["items"]
        assert [article["slug"] for article in articles] == found


def test_scheduled_article_is_found_from_its_publication_time(hidden: TestClient) -> None:
    at = datetime(2050, 1, 1, tzinfo=UTC)
    with time_machine.travel(at - timedelta(seconds=1), tick=False):
        assert "ahead" not in search_slugs(hidden, HIDDEN)
    with time_machine.travel(at, tick=False):
        assert search_slugs(hidden, HIDDEN) == ["ahead"]
        assert suggested(hidden, HIDDEN) == ["ahead"]


PIECES = [
    *"- * ( ) ^ & | ! <-> :*A ' % _ ;-- AND OR NOT NEAR(a,2) names: {title}".split(),
    *"type: type:launch".split(),
    *"soyuz МС-11 59 1-2-3 x-1 2.1a Ivanishn ﬁ ß ² ٣ 🚀 \u0301 \ufeff \\".split(" "),
    *('"', "x" * 90),
]
"""Syntax of full-text search engines, and parts of tokens."""


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    q=st.one_of(
        st.text(min_size=1, max_size=200),
        st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map(" ".join),
    )
)
def test_arbitrary_query_causes_no_server_error(archive: TestClient, q: str) -> None:
    """All endpoints with `q` return 200, or all of them 422 because the query is blank."""
    answers = {
        path: archive.get(path, params={"q": q}).status_code
        for path in ("/v1/search", "/v1/suggest", "/v1/people", "/v1/articles")
    }
    assert set(answers.values()) in ({200}, {422}), answers


FOLDED = ("%00", "%20", "%CC%81", "")


@pytest.mark.parametrize("q", FOLDED)
@pytest.mark.parametrize("path", ["search", "suggest"])
def test_blank_query_is_refused(client: TestClient, path: str, q: str) -> None:
    answer = client.get(f"/v1/{path}?q={q}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "q"


def test_spelling_correction_applies_to_long_words_only(
    client: TestClient, database: Database
) -> None:
    with database.session() as session:
        session.add(factories.person(slug="orlova", name="Vera Orlova"))
    for forgiven in ("orlva", "oorlova", "orlovva", "orolva", "olrova", "arlova", "Орлоба"):
        assert search_slugs(client, forgiven) == (["orlova"] if forgiven != "Орлоба" else [])
    for refused in ("vrea", "orlv", "orolav ver", "alrovo"):
        assert search_slugs(client, refused) == []
    people = client.get("/v1/people", params={"q": "orlva vera"}).json()["items"]
    assert [person["slug"] for person in people] == ["orlova"]


def test_hit_titles_and_texts(records: TestClient) -> None:
    hits = {hit["slug"]: hit for hit in search(records, "vega")["items"]}
    assert hits["vega"]["title"] == "Anna Vega"
    assert (hits["vega"]["at"], hits["vega"]["language"]) == (None, None)
    assert hits["vega-1"]["title"] == "Vega 1"
    assert hits["iss-7"]["title"] == "ISS-7 mission"
    assert hits["iss-7"]["text"] == "Vega came."
    assert hits["titled"]["language"] == "en"
    assert hits["titled"]["at"] == "2019-01-01T00:00:00Z"
    for hit in hits.values():
        assert records.get(hit["url"]).status_code == 200


def test_hit_titles_and_texts_in_russian(archive: TestClient) -> None:
    def first(q: str, type_: str) -> tuple[str, str]:
        query_params = {"q": q, "type": type_, "limit": "1", "lang": "ru"}
        (hit,) = archive.get("/v1/search", params=query_params).json()["items"]
        assert hit["url"].endswith("?lang=ru")
        return hit["title"], hit["text"].partition(",")[0]

    assert first("ms-11", "launch") == ("Прогресс МС-11", "Союз-2.1а")
    assert first("ISS-59", "mission") == (
        "Экспедиция МКС-59",
        "Экспедиция МКС-59 продлилась 101 день",
    )
    assert first("kononenko", "person") == ("Олег Кононенко", "Roscosmos; бортинженер МКС-17")
    of_columbus = first("columbus", "launch")
    assert of_columbus[0].startswith("Атлантис (STS-122)")
