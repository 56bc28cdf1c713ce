"""SQL statements of a request: their number, and no redundant repetition."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import documents
from tests.support.clients import database_of
from tests.support.documents import IF_MATCH_ANY
from tests.support.ports import create_launch_and_port
from tests.support.statements import Statement, record_dml

FEED = {"name": "A feed", "feed_url": "https://portal.example/feed"}
WEBHOOK = {"target_url": "https://portal.example/hook"}
RECORDS: dict[str, tuple[Callable[..., dict[str, Any]], dict[str, Any]]] = {
    "articles": (documents.article, {"lead": "Another lead."}),
    "people": (documents.person, {"birth_country": "CA"}),
    "missions": (documents.mission, {"summary": "Another summary."}),
    "launches": (documents.launch, {"outcome_note": "A note."}),
    "agencies": (documents.agency, {"country": "CA"}),
    "spacecraft-types": (documents.spacecraft_type, {"crew_capacity": 4}),
    "vehicles": (documents.vehicle, {"stages": 2}),
    "sites": (documents.site, {"pads": [{"name": "Site 7"}]}),
    "modules": (documents.module, {"ports": [{"direction": "nadir"}]}),
    "spacewalks": (documents.spacewalk, {"purpose": "Another purpose."}),
    "sources": (lambda: FEED, {"every_minutes": 30}),
    "webhooks": (lambda: WEBHOOK, {"description": "Ours"}),
}
"""New document and patch, by collection."""

_READ_TABLES = re.compile(r"\b(?:FROM|JOIN) (\w+)")
_WRITTEN_TABLE = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")


def find_repeated(statements: Sequence[Statement]) -> list[str]:
    """Statements repeated with the same parameters although none of their tables changed."""
    seen: set[Statement] = set()
    repeated = []
    for statement in statements:
        if written := _WRITTEN_TABLE.match(statement.sql):
            seen = {each for each in seen if written[1] not in _READ_TABLES.findall(each.sql)}
        if statement in seen:
            repeated.append(statement.sql)
        seen.add(statement)
    return repeated


@pytest.fixture
def recorded(client: TestClient) -> Iterator[list[Statement]]:
    """Statements that requests to `client` execute during the test."""
    with record_dml(database_of(client)) as statements:
        yield statements


def create(editor: TestClient, collection: str) -> str:
    """Create a record; returns its path."""
    response = editor.post(f"/v1/{collection}", json=RECORDS[collection][0]())
    assert response.status_code == 201, response.text
    path: str = response.headers["Location"].partition("/v1")[2]
    return f"/v1{path}"


@pytest.mark.parametrize("collection", RECORDS)
def test_writes_repeat_no_statement(
    editor: TestClient, recorded: list[Statement], collection: str
) -> None:
    path = create(editor, collection)
    assert recorded
    assert find_repeated(recorded) == []
    for method, body, status in (
        ("PATCH", RECORDS[collection][1], 200),
        ("PATCH", {}, 200),
        ("DELETE", None, 204),
    ):
        recorded.clear()
        response = editor.request(method, path, json=body, headers=IF_MATCH_ANY)
        assert response.status_code == status, response.text
        assert recorded
        assert find_repeated(recorded) == [], method


def test_draft_takes_few_statements(editor: TestClient, recorded: list[Statement]) -> None:
    """It is neither counted by day nor searched."""
    create(editor, "articles")  # the first request of a key records its use
    recorded.clear()
    document = documents.article(tags=["iss"], published_at="2019-04-04T11:00:00Z")
    assert editor.post("/v1/articles", json=document).status_code == 201
    assert len(recorded) <= 9, [each.sql for each in recorded]


def test_crew_writes_repeat_no_statement(editor: TestClient, recorded: list[Statement]) -> None:
    mission = editor.post("/v1/missions", json=documents.mission()).json()["slug"]
    person = editor.post("/v1/people", json=documents.person()).json()["slug"]
    member = {"person": person, "role": "commander"}
    recorded.clear()
    created = editor.post("/v1/crew-assignments", json=member | {"mission": mission})
    path = f"/v1/crew-assignments/{created.json()['id']}"
    assert find_repeated(recorded) == []
    for method, address, body in (
        ("PATCH", path, {"position": "CDR"}),
        ("DELETE", path, None),
        ("PUT", f"/v1/missions/{mission}/crew", {"items": [member]}),
        ("PUT", f"/v1/missions/{mission}/tasks", {"items": ["Work"]}),
    ):
        recorded.clear()
        response = editor.request(method, address, json=body, headers=IF_MATCH_ANY)
        assert response.is_success, response.text
        assert recorded
        assert find_repeated(recorded) == [], f"{method} {address}"


def test_stay_writes_repeat_no_statement(editor: TestClient, recorded: list[Statement]) -> None:
    document = documents.stay(**create_launch_and_port(editor))
    recorded.clear()
    path = editor.post("/v1/stays", json=document).json()["url"]
    assert recorded
    assert len(recorded) <= 18
    assert find_repeated(recorded) == []
    for method, body in (("PATCH", {"arrival_kind": "capture"}), ("DELETE", None)):
        recorded.clear()
        assert editor.request(method, path, json=body, headers=IF_MATCH_ANY).is_success
        assert recorded
        assert find_repeated(recorded) == [], method


@pytest.mark.parametrize(
    "path",
    [
        "/v1/articles?limit=5",
        "/v1/articles?q=soyuz&view=full",
        "/v1/articles/archive?month=2019-04",
        "/v1/articles/archive",
        "/v1/articles/feed.atom",
        "/v1/missions?limit=5",
        "/v1/missions/iss-59",
        "/v1/missions/iss-59/crew",
        "/v1/missions/current",
        "/v1/people?limit=5",
        "/v1/people/anne-mcclain",
        "/v1/people/nobody",
        "/v1/launches?limit=5",
        "/v1/launches/soyuz-ms-12",
        "/v1/launches/archive",
        "/v1/launches/next",
        "/v1/stays?limit=5&on=2019-04-04",
        "/v1/stays/progress-ms-11-pirs-nadir",
        "/v1/stays/archive?month=2019-04",
        "/v1/spacewalks?limit=5&person=anne-mcclain",
        "/v1/spacewalks?on=2019-03-22&view=full",
        "/v1/spacewalks/spacewalk-216",
        "/v1/spacewalks/archive?month=2019-03",
        "/v1/spacewalks.ics?mission=iss-59",
        "/v1/people?sort=-spacewalks_count&limit=5",
        "/v1/modules?limit=5&attached_on=2019-04-04",
        "/v1/modules/harmony",
        "/v1/agencies?limit=5&kind=government&country=RU",
        "/v1/agencies/roscosmos",
        "/v1/vehicles?limit=5&family=soyuz",
        "/v1/vehicles/soyuz-fg",
        "/v1/spacecraft?limit=5&type=soyuz-ms",
        "/v1/spacecraft/dragon-endeavour",
        "/v1/spacecraft-types/soyuz-ms",
        "/v1/crew-assignments?person=anne-mcclain",
        "/v1/crew-assignments/1",
        "/v1/search?q=soyuz",
        "/v1/changes?limit=5",
    ],
)
def test_reads_repeat_no_statement(archive: TestClient, path: str) -> None:
    with record_dml(database_of(archive)) as statements:
        archive.get(path)
    assert statements
    assert find_repeated(statements) == []


def test_keyed_reads_repeat_no_statement(editor: TestClient, recorded: list[Statement]) -> None:
    paths = [create(editor, collection) for collection in ("sources", "webhooks")]
    for path in [*paths, "/v1/sources", "/v1/webhooks", "/v1/keys", "/v1/me", "/v1/audit"]:
        recorded.clear()
        assert editor.get(path).status_code == 200
        assert recorded
        assert find_repeated(recorded) == [], path


def test_article_patch_takes_at_most_seventeen_statements(
    editor: TestClient, recorded: list[Statement]
) -> None:
    path = create(editor, "articles")
    etag = editor.post(f"{path}/publish").headers["ETag"]
    recorded.clear()
    response = editor.patch(path, json={"lead": "Lead."}, headers={"If-Match": etag})
    assert response.status_code == 200
    assert len(recorded) <= 17


def test_article_post_takes_at_most_eleven_statements(
    editor: TestClient, recorded: list[Statement]
) -> None:
    editor.post("/v1/articles", json=documents.article(tags=["iss"]))
    recorded.clear()
    assert editor.post("/v1/articles", json=documents.article(tags=["iss"])).status_code == 201
    assert len(recorded) <= 11


def test_launch_post_takes_at_most_eighteen_statements(
    editor: TestClient, recorded: list[Statement]
) -> None:
    editor.post("/v1/launches", json=documents.launch())
    recorded.clear()
    create(editor, "launches")
    assert len(recorded) <= 18


def test_repeated_statement_is_found(database: Database) -> None:
    """Positive control."""
    count = text("SELECT count(*) FROM people WHERE name = :name")
    with record_dml(database) as statements, database.session() as session:
        session.execute(count, {"name": "A"})
        session.execute(count, {"name": "B"})
        assert find_repeated(statements) == []
        session.execute(text("UPDATE launches SET hold_reason = NULL"))
        session.execute(count, {"name": "A"})
        assert len(find_repeated(statements)) == 1
        session.execute(text("UPDATE people SET name_native = NULL"))
        session.execute(count, {"name": "B"})
        assert len(find_repeated(statements)) == 1
