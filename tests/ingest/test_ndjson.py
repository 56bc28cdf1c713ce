"""NDJSON format: an exported archive is restored without loss."""

import json
from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy import event
from starlette.testclient import TestClient

from app.db.database import Database, Reader
from app.db.tracking.article_links import find_stale_links
from app.db.tracking.day_counts import find_wrong_day_counts
from app.ingest import restore
from tests.support import documents
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase, read_contents
from tests.support.documents import IF_MATCH_ANY
from tests.support.exports import export_ndjson
from tests.support.import_runs import import_inputs, make_input, report_counts
from tests.support.statements import record_dml

pytestmark = pytest.mark.slow


@pytest.fixture
def other(create_database: CreateDatabase) -> Iterator[Database]:
    """Second, empty archive."""
    with open_client(create_database()) as client:
        yield database_of(client)


def test_embedded_archive_round_trips(archive: TestClient, other: Database) -> None:
    text = export_ndjson(database_of(archive))
    report, rejected = import_inputs(other, "ndjson", make_input(text))
    assert (report.rejected, rejected) == (0, [])
    assert report.created > 1700
    assert export_ndjson(other) == text


def test_edited_archive_round_trips(editor: TestClient, other: Database) -> None:
    """With drafts, deletions, former slugs, slips, crews, translations and versions."""
    born = documents.person(born_on="1979-06-07")
    person = editor.post("/v1/people", json=born).json()["slug"]
    launch = documents.launch(crew=[{"person": person, "role": "commander"}])
    site = documents.site(name="Example Field", code="GIK-9", pads=[{"name": "Site 7"}])
    editor.post("/v1/sites", json=site).raise_for_status()
    launch |= {"site": "GIK-9", "pad": "site 7"}
    ship = editor.post("/v1/launches", json=launch).json()["slug"]
    slip = {"launch_at": "2031-05-04T11:01:35Z", "change_reason": "Weather", "slug": "renamed"}
    editor.patch(f"/v1/launches/{ship}", json=slip, headers=IF_MATCH_ANY)
    mission = editor.post("/v1/missions", json=documents.mission()).json()["slug"]
    crew = {"items": [{"person": person, "role": "commander", "arrived_with": "renamed"}]}
    editor.put(f"/v1/missions/{mission}/crew", json=crew, headers=IF_MATCH_ANY)
    article = editor.post("/v1/articles", json=documents.article(missions=[mission])).json()
    key = {"translation_key": article["translation_key"], "language": "ru"}
    editor.post("/v1/articles", json=documents.article(**key))
    editor.post(f"/v1/articles/{article['slug']}/publish")
    featured = {"featured_article": article["slug"]}
    editor.patch(f"/v1/missions/{mission}", json=featured, headers=IF_MATCH_ANY)
    hidden = editor.post("/v1/articles", json=documents.article()).json()["slug"]
    editor.delete(f"/v1/articles/{hidden}", headers=IF_MATCH_ANY)
    lost = editor.post("/v1/people", json=documents.person()).json()["slug"]
    editor.delete(f"/v1/people/{lost}", headers=IF_MATCH_ANY)
    here = database_of(editor)
    text = export_ndjson(here)
    gone = f'"gone":"{lost}"'
    for part in ("Weather", "GIK-9", "1979-06-07", '"deleted"', '"draft"', gone, ship):
        assert part in text
    assert import_inputs(other, "ndjson", make_input(text))[1] == []
    assert export_ndjson(other) == text
    assert import_inputs(other, "ndjson", make_input(text))[0].created == 0
    assert report_counts(import_inputs(here, "ndjson", make_input(text))[0])[:2] == (0, 0)


def test_day_counts_are_updated_once_per_batch(editor: TestClient, other: Database) -> None:
    for _ in range(3):
        document = documents.article(published_at="2019-04-04T11:00:00Z")
        slug = editor.post("/v1/articles", json=document).json()["slug"]
        assert editor.post(f"/v1/articles/{slug}/publish").status_code == 200
    counted: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("DELETE FROM article_days"):
            counted.append(statement)

    event.listen(other.engine, "before_cursor_execute", note)
    assert (
        import_inputs(other, "ndjson", make_input(export_ndjson(database_of(editor))))[0].created
        == 3
    )
    assert len(counted) == 1
    with other.session() as session:
        assert find_wrong_day_counts(Reader.from_session(session)) == []


def test_import_of_own_export_changes_nothing(editor: TestClient) -> None:
    kept = editor.post("/v1/articles", json=documents.article()).json()["slug"]
    deleted = editor.post("/v1/articles", json=documents.article()).json()["slug"]
    assert editor.delete(f"/v1/articles/{deleted}", headers=IF_MATCH_ANY).status_code == 204
    database = database_of(editor)
    text = export_ndjson(database)
    assert kept in text
    assert '"state":"deleted"' in text
    assert report_counts(import_inputs(database, "ndjson", make_input(text))[0]) == (0, 0, 2, 0)
    assert export_ndjson(database) == text


def test_refused_entry_is_rejected_alone(editor: TestClient, other: Database) -> None:
    """Entries that the rules or the database refuse, among others of the same set."""
    for number in range(4):
        document = documents.article(title=f"Article {number}", tags=["iss"])
        assert editor.post("/v1/articles", json=document).status_code == 201
    lines = export_ndjson(database_of(editor)).splitlines()
    assert len(lines) == 4
    unknown = json.loads(lines[1])
    unknown["data"] |= {"slug": "unknown", "translation_key": "b", "missions": ["no-such"]}
    twice = json.loads(lines[2])
    twice["data"]["slug"] = "twice"  # the key and the language of another article
    mixed = [lines[0], json.dumps(unknown), *lines[1:3], json.dumps(twice), lines[3]]
    report, rejected = import_inputs(other, "ndjson", make_input("\n".join(mixed)))
    assert report_counts(report) == (4, 0, 0, 2)
    assert [(each.line, each.field) for each in rejected] == [
        (2, "missions"),
        (5, "translation_key"),
    ]
    assert export_ndjson(other).splitlines() == lines
    with other.session() as session:
        assert find_stale_links(Reader.from_session(session)) == []


def test_lookups_do_not_grow_with_articles(editor: TestClient, other: Database) -> None:
    mission = editor.post("/v1/missions", json=documents.mission()).json()["slug"]
    for _ in range(6):
        document = documents.article(missions=[mission], tags=["iss"])
        assert editor.post("/v1/articles", json=document).status_code == 201
    first, *lines = export_ndjson(database_of(editor)).splitlines()
    import_inputs(other, "ndjson", make_input(first))
    numbers = []
    for some in (lines[:2], lines[2:]):
        with record_dml(other) as statements:
            assert import_inputs(other, "ndjson", make_input("\n".join(some)))[0].created
        numbers.append(len([each for each in statements if each.sql.startswith("SELECT")]))
    assert numbers[0] == numbers[1]


def test_newer_record_state_wins(editor: TestClient, other: Database) -> None:
    slug = editor.post("/v1/people", json=documents.person(aliases=["Old"])).json()["slug"]
    old = export_ndjson(database_of(editor))
    import_inputs(other, "ndjson", make_input(old))
    new = old.replace('"Old"', '"New"').replace('"version":1', '"version":2')
    later = new.replace('"updated_at":"20', '"updated_at":"20').replace(
        '"updated_at":"' + editor.get(f"/v1/people/{slug}").json()["updated_at"],
        '"updated_at":"2090-01-01T00:00:00Z',
    )
    assert report_counts(import_inputs(other, "ndjson", make_input(later))[0]) == (0, 1, 0, 0)
    assert report_counts(import_inputs(other, "ndjson", make_input(old))[0]) == (0, 0, 1, 0)
    assert '"New"' in export_ndjson(other)


def test_handwritten_lines_are_imported(database: Database) -> None:
    lines = (
        """{"type": "person", "data": {"name": "Yuri Example"}}

{"type": "satellite", "data": {}}
{"type": "person", "data": {"name": "No End"}
{"type": "person", "data": [], "kept": 1}
{"type": "person", "data": {"name": "NaN", "aliases": [NaN]}}
{"type": "person", "data": {"name": "Other"}, "more": 1}
[1]
"""
        + "[" * 100_000
    )
    report, rejected = import_inputs(database, "ndjson", make_input(lines))
    assert report_counts(report) == (1, 0, 0, 7)
    assert [each.line for each in rejected] == [3, 4, 5, 6, 7, 8, 9]
    assert [each.label for each in rejected] == ["", "", "", "", "Other", "", ""]
    assert report_counts(import_inputs(database, "ndjson", make_input(lines))[0])[:3] == (0, 0, 1)


def test_oversized_line_is_rejected(database: Database) -> None:
    line = '{"type": "person", "data": {"name": "' + "x" * 2**21
    report, _ = import_inputs(
        database, "ndjson", make_input(f'{line}\n{{"type": "person", "data": {{}}}}')
    )
    assert report_counts(report) == (0, 0, 0, 2)


def test_sets_are_written_like_single_records(
    editor: TestClient, create_database: CreateDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows, changes in the same order, the same counts and search index."""
    mission = editor.post("/v1/missions", json=documents.mission()).json()["slug"]
    for number in range(4):
        born = documents.person(aliases=[f"Alias {number}"])
        path = f"/v1/people/{editor.post('/v1/people', json=born).json()['slug']}"
        changed = {"slug": f"person-{number}", "birth_country": "CA"}
        editor.patch(path, json=changed, headers=IF_MATCH_ANY).raise_for_status()
        person = {"missions": [mission], "people": [f"person-{number}"], "tags": ["iss", "crew"]}
        news = documents.article(published_at=f"2019-04-0{1 + number // 2}T11:00:00Z", **person)
        article = editor.post("/v1/articles", json=news).json()
        path = f"/v1/articles/{article['slug']}"
        if number:
            editor.post(f"{path}/publish").raise_for_status()
        editor.patch(path, json={"slug": f"news-{number}"}, headers=IF_MATCH_ANY)
        key = {"translation_key": article["translation_key"], "language": "ru"}
        editor.post("/v1/articles", json=documents.article(**key)).raise_for_status()
    editor.delete("/v1/articles/news-3", headers=IF_MATCH_ANY).raise_for_status()
    text = export_ndjson(database_of(editor))
    assert '"former_slugs":["' in text
    assert '"version":3' in text
    later, contents, statement_counts = "2031-01-01T00:00:00Z", [], []
    for size in (1, restore.MAX_SET_ENTRIES):
        monkeypatch.setattr(restore, "MAX_SET_ENTRIES", size)
        with open_client(create_database()) as client:
            database = database_of(client)
            with time_machine.travel(later, tick=False), record_dml(database) as statements:
                assert import_inputs(database, "ndjson", make_input(text))[1] == []
            statement_counts.append(len(statements))
            tables = read_contents(database)
            assert tables["changes"]
            tables["changes"] = [(seq, *row) for seq, _transaction, *row in tables["changes"]]
            contents.append(tables)
            assert export_ndjson(database) == text
    assert contents[0] == contents[1]
    assert statement_counts[0] > statement_counts[1]
