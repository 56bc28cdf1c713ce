"""Import pipeline: outcomes of entries, repeated imports, precedence of edits, rejects."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Article, AuditEntry, Launch, Payload, RecordChange
from app.ingest.entries import Input
from app.ingest.pipeline import IMPORT_BATCH_ENTRIES
from app.ingest.registry import FORMATS
from tests.support import documents, factories
from tests.support.documents import IF_MATCH_ANY
from tests.support.import_runs import file_input, import_inputs, make_input, report_counts

FEED = """<rss version="2.0"><channel><title>Station news</title><language>en</language>
{items}</channel></rss>"""


def item(number: int, title: str = "A day aboard", date: str = "Thu, 14 Mar 2019 19:14 GMT") -> str:
    return f"""<item><title>{title}</title><link>https://news.example/{number}</link>
<description>What happened on day {number}.</description><pubDate>{date}</pubDate></item>"""


def feed(*items: str) -> str:
    return FEED.format(items="\n".join(items))


def state(database: Database) -> list[Any]:
    """All rows that an import can change."""
    with database.snapshot() as reader:
        found = reader.all(select(*Article.__table__.columns).order_by(Article.id))
        changes = reader.all(select(RecordChange.seq).order_by(RecordChange.seq))
        return [*found, *changes, *reader.all(select(AuditEntry.id))]


def test_second_import_changes_nothing(database: Database) -> None:
    news = make_input(feed(item(1), item(2)))
    assert report_counts(import_inputs(database, "feed", news)[0]) == (2, 0, 0, 0)
    before = state(database)
    assert report_counts(import_inputs(database, "feed", news)[0]) == (0, 0, 2, 0)
    assert state(database) == before


def test_changed_entry_updates_record(database: Database, editor: TestClient) -> None:
    import_inputs(database, "feed", make_input(feed(item(1))))
    (report, _) = import_inputs(database, "feed", make_input(feed(item(1, title="A better day"))))
    assert report_counts(report) == (0, 1, 0, 0)
    (found,) = editor.get("/v1/drafts").json()["items"]
    assert (found["title"], found["version"]) == ("A better day", 2)


def test_earlier_form_of_entry_is_ignored(database: Database, editor: TestClient) -> None:
    """Two files of a feed have two forms of an item; importing both again changes nothing."""
    old, new = make_input(feed(item(1))), make_input(feed(item(1, title="A better day")))
    assert report_counts(import_inputs(database, "feed", old, new)[0]) == (1, 1, 0, 0)
    assert report_counts(import_inputs(database, "feed", old, new)[0]) == (0, 0, 2, 0)
    assert editor.get("/v1/drafts").json()["items"][0]["title"] == "A better day"


def test_imported_articles_are_drafts_unless_published(
    database: Database, client: TestClient
) -> None:
    import_inputs(database, "feed", make_input(feed(item(1))))
    assert client.get("/v1/articles").json()["items"] == []
    import_inputs(database, "feed", make_input(feed(item(2))), publish=True)
    (article,) = client.get("/v1/articles").json()["items"]
    assert article["source"]["url"] == "https://news.example/2"
    assert [each["op"] for each in client.get("/v1/changes").json()["items"]] == ["upsert"]


def test_future_article_is_scheduled_if_published(database: Database, editor: TestClient) -> None:
    with database.session() as session:
        session.add(factories.mission())  # without a featured article
    future = make_input(feed(item(1, date="Sat, 01 Jan 2028 12:00:00 GMT")))
    report, rejects = import_inputs(database, "feed", future, publish=True)
    assert (report_counts(report), rejects) == ((1, 0, 0, 0), [])
    (article,) = editor.get("/v1/drafts").json()["items"]
    assert (article["status"], article["published_at"]) == ("scheduled", "2028-01-01T12:00:00Z")
    assert editor.get("/v1/articles").json()["items"] == []


def test_edited_records_are_not_updated(database: Database, editor: TestClient) -> None:
    import_inputs(database, "feed", make_input(feed(item(1), item(2))))
    kept, gone = (each["slug"] for each in editor.get("/v1/drafts").json()["items"])
    editor.patch(f"/v1/articles/{kept}", json={"title": "Ours"}, headers=IF_MATCH_ANY)
    editor.delete(f"/v1/articles/{gone}", headers=IF_MATCH_ANY)
    later = make_input(feed(item(1, title="Theirs"), item(2, title="Theirs")))
    assert report_counts(import_inputs(database, "feed", later)[0]) == (0, 0, 2, 0)
    titles = {each["title"] for each in editor.get("/v1/drafts").json()["items"]}
    assert titles == {"Ours", "A day aboard"}


def test_existing_article_with_same_url_is_unchanged(
    database: Database, editor: TestClient
) -> None:
    source = {"name": "Us", "url": "http://news.example/1/"}
    editor.post("/v1/articles", json=documents.article(source=source))
    assert report_counts(import_inputs(database, "feed", make_input(feed(item(1))))[0]) == (
        0,
        0,
        1,
        0,
    )


def test_invalid_entry_is_written_to_rejects(database: Database, tmp_path: Path) -> None:
    bad = item(2, date="once upon a time")
    news = file_input(tmp_path, "news.rss", feed(item(1), bad, item(3)))
    report, rejected = import_inputs(database, "feed", news, rejects=tmp_path / "rejects")
    assert report_counts(report) == (2, 0, 0, 1)
    assert (rejected[0].line, rejected[0].field) == (4, "published")
    kept = tmp_path / "rejects" / "news.rejects.rss"
    again, rejected_again = import_inputs(
        database, "feed", file_input(tmp_path, "x.rss", kept.read_text("utf-8"))
    )
    assert report_counts(again) == (0, 0, 0, 1)
    assert rejected_again[0].raw == bad == rejected[0].raw
    corrected = kept.read_text("utf-8").replace("once upon a time", "2019-03-14")
    assert report_counts(import_inputs(database, "feed", make_input(corrected))[0]) == (1, 0, 0, 0)


def test_rejects_of_files_with_same_name_are_separate(database: Database, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for number, folder in enumerate(folders):
        folder.mkdir()
        file_input(folder, "news.rss", feed(item(number, date="never" if number else "2019-03-14")))
    news = [Input.from_file(folder / "news.rss") for folder in folders]
    for _ in range(2):
        import_inputs(database, "feed", *news, rejects=tmp_path / "rejects")
        kept = {path.name: path.read_text("utf-8") for path in (tmp_path / "rejects").iterdir()}
        assert sorted(kept) == ["news-2.rejects.rss", "news.rejects.rss"]
        assert item(1, date="never") in kept["news.rejects.rss"]
        assert item(2, date="never") in kept["news-2.rejects.rss"]


def test_validation_error_names_field(database: Database) -> None:
    line = '{"type": "launch", "data": {"status": "planned", "launch_at": "2031-01-01T00:00:00Z"}}'
    _, rejected = import_inputs(database, "ndjson", make_input(line))
    assert [each.field for each in rejected] == ["spacecraft", "crewed"][:1]


def test_dry_run_changes_nothing(database: Database, tmp_path: Path) -> None:
    before = state(database)
    folder = tmp_path / "rejects"
    news = make_input(feed(*map(item, range(IMPORT_BATCH_ENTRIES + 1)), item(0, date="never")))
    report, _ = import_inputs(database, "feed", news, dry_run=True, rejects=folder)
    assert report_counts(report) == (IMPORT_BATCH_ENTRIES + 1, 0, 0, 1)
    assert state(database) == before
    assert not folder.exists()


@pytest.mark.slow
def test_interrupted_import_continues(database: Database) -> None:
    news = make_input(feed(*map(item, range(2 * IMPORT_BATCH_ENTRIES))))
    with pytest.raises(KeyboardInterrupt):
        import_inputs(database, "feed", news, progress=_interrupt)
    with database.snapshot() as reader:
        done = len(reader.all(select(Article.id)))
    assert 0 < done <= IMPORT_BATCH_ENTRIES
    missing = 2 * IMPORT_BATCH_ENTRIES - done
    assert report_counts(import_inputs(database, "feed", news)[0]) == (missing, 0, done, 0)


def _interrupt(_number: int) -> None:
    raise KeyboardInterrupt


KEPT = (
    '"kept": {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", '
    '"version": 1, "edited": false}'
)


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800"])
@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (
            '{"type": "person", "data": {"slug": "TEXT", "name": "A Person"}}',
            '{"type": "person", "data": {"name": "A Person"}}',
        ),
        (
            '{"type": "person", "data": {"slug": "TEXT", "name": "A Person"}, KEPT}',
            '{"type": "person", "data": {"slug": "a", "name": "A Person"}, KEPT}',
        ),
        (
            '{"type": "launch", "data": {"cospar_id": "TEXT"}}',
            '{"type": "person", "data": {"name": "A Person"}}',
        ),
        (
            '{"type": "article", "data": {"source": {"url": "https://TEXT"}}}',
            '{"type": "person", "data": {"name": "A Person"}}',
        ),
    ],
)
def test_unstorable_texts_are_rejected(database: Database, bad: str, good: str, text: str) -> None:
    lines = f"{bad}\n{good}".replace("TEXT", text).replace("KEPT", KEPT)
    report, rejected = import_inputs(database, "ndjson", make_input(lines))
    assert report_counts(report) == (1, 0, 0, 1)
    assert [each.line for each in rejected] == [1]


@pytest.mark.parametrize(
    "line",
    [
        '{"type": "mission", "data": {"number": 1%s}}' % ("0" * 40),
        '{"type": "mission", "data": {"number": -1%s}}' % ("0" * 40),
        '{"type": "article", "data": {"source": "us"}}',
    ],
)
def test_invalid_natural_keys_are_rejected(database: Database, line: str) -> None:
    assert report_counts(import_inputs(database, "ndjson", make_input(line))[0]) == (0, 0, 0, 1)


def test_unstorable_scheme_or_key_rejects_only_its_entries(database: Database) -> None:
    """A file is identified by what it calls itself, an entry by its id."""
    feeds = [
        f"""{{"version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "en",
        "home_page_url": "{home}", "items": [
        {{"id": "{home}1", "title": "A day aboard", "date_published": "2019-03-14"}},
        {{"id": "2", "title": "Another", "date_published": "2019-03-14"}}]}}"""
        for home in ("\\u0000", "https://news.example/", "https://\\ud800.example/")
    ]
    report, _ = import_inputs(database, "feed", *map(make_input, feeds))
    assert report_counts(report) == (2, 0, 0, 4)
    feeds = [feeds[1].replace('"2"', '"\\u0000"').replace("example/1", "example/3")]
    report, _ = import_inputs(database, "feed", *map(make_input, feeds))
    assert report_counts(report) == (1, 0, 0, 1)


def test_database_failure_ends_import(empty_sqlite_database: Database) -> None:
    """A missing table is not the fault of an entry."""
    with pytest.raises(OperationalError):
        import_inputs(
            empty_sqlite_database,
            "ndjson",
            make_input('{"type": "person", "data": {"name": "A Person"}}'),
        )


def test_import_writes_audit_entry(database: Database, editor: TestClient) -> None:
    import_inputs(database, "feed", make_input(feed(item(1)), name="a.rss"))
    entry = editor.get("/v1/audit", params={"action": "import"}).json()["items"][0]
    assert entry["actor"]["id"] == "zarya import test"
    assert entry["after"] == {
        "from": "a.rss",
        "format": "feed",
        "created": ["article a-day-aboard"],
    }


def test_formats_reject_unreadable_input(database: Database) -> None:
    for form in FORMATS:
        report, rejected = import_inputs(database, form, make_input(b"\x00\xff\xfe not anything"))
        assert (report.created, report.rejected) == (0, 1), form
        assert rejected[0].reason, form


def test_over_long_texts_and_lists_are_shortened(database: Database, client: TestClient) -> None:
    long = {"name": "Long Name " * 20, "agency": "A" * 121, "aliases": ["x" * 121, *"abc" * 10]}
    fits = {"name": "Short", "agency": "B" * 120, "aliases": ["x" * 120]}
    lines = "\n".join(json.dumps({"type": "person", "data": data}) for data in (long, fits))
    notes: list[tuple[str, ...]] = []
    report, rejects = import_inputs(
        database,
        "ndjson",
        make_input(lines),
        on_result=lambda _input, result: notes.append(result.entry.notes),
    )
    assert (report.created, rejects) == (2, [])
    (longer, shorter) = client.get("/v1/people", params={"view": "full"}).json()["items"]
    assert longer["name"] == "Long Name " * 11 + "Long Name…"
    assert longer["agency"] == "A" * 119 + "…"
    assert longer["aliases"] == ["x" * 119 + "…", *"abc" * 6, "a"]
    assert (shorter["agency"], shorter["aliases"]) == (fits["agency"], fits["aliases"])
    assert notes == [
        (
            "`name` has 199 characters; it was shortened to 120.",
            "`agency` has 121 characters; it was shortened to 120.",
            "`aliases` has 31 items; only the first 20 were kept.",
            "`aliases[0]` has 121 characters; it was shortened to 120.",
        ),
        (),
    ]


def test_launch_with_many_payloads_is_imported(database: Database) -> None:
    head = "#Launch_Tag\tLaunch_Date\tType\tName\tPLName\tLV_Type\tLaunch_Site\tLaunch_Pad\t"
    rows = "".join(
        f"2021-001\t2021 Jan  4 0101:01\tP\tCube {n}\t-\tExample 9\t-\t-\tOS\n" for n in range(145)
    )
    given = make_input(f"{head}Launch_Code\n{rows}")
    report, _ = import_inputs(database, "gcat", given, all_launches=True)
    assert report_counts(report) == (1, 0, 0, 0)
    with database.snapshot() as reader:
        assert reader.scalar(select(Launch.cospar_id)) == "2021-001"
        assert reader.scalar(select(func.count(Payload.id))) == 145
