"""Invalid input: problem documents with a useful message, never a 5xx."""

import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.api.routing import Route

LISTS = ["missions", "people", "launches", "articles", "crew-assignments"]


@pytest.mark.parametrize(
    ("address", "parameter", "word"),
    [
        ("/v1/articles/archive?month=2019-13", "month", "YYYY-MM"),
        ("/v1/articles/archive?month=0000-01", "month", "YYYY-MM"),
        ("/v1/articles/archive?month=9999-12", "month", "year"),
        ("/v1/articles/archive?month=2019-4", "month", "YYYY-MM"),
        ("/v1/articles/archive?month=2019-04&tz=Mars", "tz", "IANA"),
        ("/v1/articles/archive?month=2019-04&tz=Europe/Moskow", "tz", "Europe/Moscow"),
        ("/v1/articles/archive?tz=../../etc/passwd", "tz", "IANA"),
        ("/v1/articles?published_on=0", "published_on", "YYYY-MM-DD"),
        ("/v1/articles?published_on=1554336000", "published_on", "YYYY-MM-DD"),
        ("/v1/articles?published_on=2019-02-29", "published_on", "YYYY-MM-DD"),
        ("/v1/articles?published_on=9999-12-31", "published_on", "year"),
        ("/v1/articles?published_at_gte=0", "published_at_gte", "RFC 3339"),
        ("/v1/articles?published_at_gte=0.5", "published_at_gte", "RFC 3339"),
        ("/v1/articles?published_at_gte=2019-04-04T00:00:00", "published_at_gte", "time zone"),
        ("/v1/articles?published_at_gte=9999-12-31T23:59:59-14:00", "published_at_gte", "year"),
        ("/v1/articles?published_at_gte=0001-01-01T00:00:00%2B14:00", "published_at_gte", "year"),
        ("/v1/missions?starts_on_gte=0", "starts_on_gte", "YYYY-MM-DD"),
        ("/v1/missions?number=0", "number", "at least 1"),
        ("/v1/missions?number=1,x", "number", "digits"),
        ("/v1/missions?number=9223372036854775808", "number", "at most 9999"),
        ("/v1/missions?status=finished", "status", "completed"),
        ("/v1/articles?q=%00", "q", "NUL"),
        ("/v1/articles?q=", "q", "Minimum length: 1"),
        ("/v1/articles?q=" + "a" * 201, "q", "Maximum length: 200"),
        ("/v1/launches?site=%00", "site", "NUL"),
        ("/v1/articles?tag=" + ",".join(["a"] * 51), "tag", "At most 50"),
        ("/v1/launches?kind=" + "," * 60_000, "kind", "At most 50"),
        ("/v1/people?q=%CC%81", "q", "no letter, digit or symbol"),
        ("/v1/articles?published_on=2019-W14-4", "published_on", "YYYY-MM-DD"),
        ("/v1/articles?published_at_gte=20190404T11Z", "published_at_gte", "RFC 3339"),
        ("/v1/articles?limit=5.0", "limit", "digits"),
        ("/v1/articles?limit=1_0", "limit", "digits"),
        ("/v1/articles/archive?tz=localtime", "tz", "IANA"),
        ("/v1/articles?launch=Soyuz_MS", "launch", "Did you mean 'soyuz-ms'"),
        ("/v1/articles?published_on=2019-04-04&published_on=2019-04-05", "published_on", "once"),
        ("/v1/articles?limit=1&limit=1", "limit", "once"),
        ("/v1/missions/iss-59/page?month=2019-04&launches=51", "launches", "50"),
        ("/v1/articles?q=%FF%FE", "q", "UTF-8"),
        ("/v1/articles?q=%ED%A0%80", "q", "UTF-8"),
        ("/v1/articles?tag=a,%C3", "tag", "UTF-8"),
        ("/v1/articles?lang=%FF", "lang", "UTF-8"),
    ],
)
def test_invalid_parameter_is_named_in_error(
    archive: TestClient, address: str, parameter: str, word: str
) -> None:
    answer = archive.get(address)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["parameter"] for error in problem["errors"]] == [parameter]
    assert word in problem["errors"][0]["detail"]
    assert problem["instance"].startswith("urn:uuid:")


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("limit", ["0", "-1", "101", "1e9", "1000000000", "x", "", "9" * 400])
def test_limit_out_of_range_is_refused(archive: TestClient, resource: str, limit: str) -> None:
    assert archive.get(f"/v1/{resource}?limit={limit}").status_code == 422


@pytest.mark.parametrize("resource", LISTS)
def test_error_response_size_is_bounded(archive: TestClient, resource: str) -> None:
    for query in ("&".join(f"x{n}=1" for n in range(5000)), "&".join(["limit=x"] * 5000)):
        answer = archive.get(f"/v1/{resource}?{query}")
        assert answer.status_code == 422
        assert len(answer.content) < 10_000


@pytest.mark.parametrize("resource", LISTS)
def test_unknown_parameter_is_refused_with_suggestion(archive: TestClient, resource: str) -> None:
    answer = archive.get(f"/v1/{resource}?limt=3&cursr=x")
    assert answer.status_code == 422
    limt, cursr = answer.json()["errors"]
    assert limt["parameter"] == "limt"
    assert "'limit'" in limt["detail"]
    assert "'cursor'" in cursr["detail"]
    assert "with_total" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/missions/current",
        "/v1/missions/iss-59",
        "/v1/missions/iss-59/crew",
        "/v1/missions/iss-59/page",
        "/v1/people/anne-mcclain",
        "/v1/launches/next",
        "/v1/launches/archive",
        "/v1/launches/progress-ms-11",
        "/v1/articles/archive",
        "/v1/articles/launch-progress-ms-11",
        "/v1/articles/archive/2019/04",
    ],
)
def test_unknown_parameter_is_refused_on_all_routes(archive: TestClient, path: str) -> None:
    assert archive.get(path, params={"end__isnull": "true"}).status_code == 422


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/missions/" + "a" * 10_000, 422),
        ("/v1/missions/%00", 422),
        ("/v1/missions/%ED%A0%80", 404),
        ("/v1/missions/iss-59%FF", 404),
        ("/v1/missions/%D0%9A", 422),
        ("/v1/%FF", 404),
        ("/v1/people/..%2f..%2fetc", 422),  # one segment, which is no slug
        ("/v1/launches/no-such-launch", 404),
        ("/v1/articles/no-such-article", 404),
        ("/v1/missions/no-such-mission/crew", 404),
        ("/v1/missions/no-such-mission/page", 404),
        ("/v1/nothing", 404),
        ("/v1/missions/", 404),
        ("/nothing/at/all", 404),
        ("/v1/articles/archive/2019/13", 422),
        ("/v1/articles/archive/19/04", 422),
    ],
)
def test_unknown_path_is_a_problem(archive: TestClient, path: str, status: int) -> None:
    answer = archive.get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.slow
def test_parameters_that_are_not_utf_8_are_refused_on_all_routes(editor: TestClient) -> None:
    app = editor.app
    assert isinstance(app, FastAPI)
    routes = [route for route in app.routes if isinstance(route, Route)]
    count = 0
    for route in [route for route in routes if "GET" in (route.methods or ())]:
        path = re.sub(r"{[^}]*}", "x", route.path.replace("{collection}", "missions"))
        for name in route.query_params.multiple:
            refused = editor.get(f"{path}?{name}=%FF")
            assert refused.status_code == 422, path
            assert refused.headers["Content-Type"] == "application/problem+json"
            (error,) = refused.json()["errors"]
            assert (error["parameter"], error["code"]) == (name, "not-utf-8"), path
            accepted = editor.get(f"{path}?{name}=%D0%AF")
            assert "not-utf-8" not in accepted.text, path
            count += 1
    assert count > 100


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_unsupported_method_is_405_with_allow(archive: TestClient, method: str) -> None:
    answer = archive.request(method, "/v1/missions")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.json()["type"].endswith("/problems/method-not-allowed")


@pytest.mark.parametrize(
    "words", ["%", "_", "\\", "'", '"', "--", "%_%", "ё", "\U0001f680", "e\u0301"]
)
@pytest.mark.parametrize("resource", ["missions", "people", "launches", "articles"])
def test_q_accepts_any_characters(archive: TestClient, resource: str, words: str) -> None:
    assert archive.get(f"/v1/{resource}", params={"q": words}).status_code == 200


def test_q_has_no_like_wildcards(archive: TestClient) -> None:
    assert archive.get("/v1/people", params={"q": "%"}).json()["items"] == []
    assert archive.get("/v1/people", params={"q": "Mc_lain"}).json()["items"] == []


def test_internal_error_reveals_no_details(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("app.resources.missions.queries.get_mission", broken)
    answer = archive.get("/v1/missions/iss-59")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "secret" not in answer.text
