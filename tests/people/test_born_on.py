"""Date of birth of people: writes, refusals, and every form in which records are read."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pysqlite3 import dbapi2 as sqlite3
from starlette.testclient import TestClient

from app.db.database import Database
from app.resources.exports.sqlite import write_sqlite
from tests.support import documents, factories
from tests.support.documents import IF_MATCH_ANY

BORN_ON = "1979-06-07"
TODAY = "2026-03-15"


@pytest.fixture
def today() -> Iterator[None]:
    """The last second of `TODAY` in UTC."""
    with time_machine.travel(f"{TODAY}T23:59:59Z", tick=False):
        yield


def create(editor: TestClient, **fields: Any) -> str:
    """Create a person; returns the URL."""
    answer = editor.post("/v1/people", json=documents.person(**fields))
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def test_date_of_birth_is_saved_changed_and_removed(editor: TestClient) -> None:
    address = create(editor, slug="somebody", born_on=BORN_ON)
    assert editor.get(address).json()["born_on"] == BORN_ON
    for patch, born_on in (
        ({"birth_country": "CA"}, BORN_ON),
        ({"born_on": "1979-06-08"}, "1979-06-08"),
        ({"born_on": None}, None),
    ):
        changed = editor.patch(address, json=patch, headers=IF_MATCH_ANY)
        assert changed.json()["born_on"] == born_on
        assert editor.get(address).json()["born_on"] == born_on
    entries = editor.get("/v1/audit?type=person&slug=somebody").json()["items"]
    saved = [entry["after"]["born_on"] for entry in entries]
    assert saved == [None, "1979-06-08", BORN_ON, BORN_ON]


def test_date_of_birth_is_optional(editor: TestClient) -> None:
    assert editor.get(create(editor)).json()["born_on"] is None


@pytest.mark.parametrize("born_on", ["1850-01-01", "2000-02-29", TODAY])
@pytest.mark.usefixtures("today")
def test_valid_dates_are_accepted(editor: TestClient, born_on: str) -> None:
    assert editor.get(create(editor, born_on=born_on)).json()["born_on"] == born_on


@pytest.mark.parametrize(
    "born_on",
    [
        "1849-12-31", "2026-03-16", "0000-01-01", "1979-02-29", "1979-13-01", "1979-6-7", "1979",
        "1979-06", "19790607", "07.06.1979", "1979-06-07T00:00:00Z", " 1979-06-07", "", 1979, 0,
        True, [], {},
    ],
)  # fmt: skip
@pytest.mark.usefixtures("today")
def test_invalid_dates_are_refused(editor: TestClient, born_on: Any) -> None:
    address = create(editor, born_on=BORN_ON)
    for answer in (
        editor.post("/v1/people", json=documents.person(born_on=born_on)),
        editor.patch(address, json={"born_on": born_on}, headers=IF_MATCH_ANY),
    ):
        assert answer.status_code == 422
        (fault,) = answer.json()["errors"]
        assert fault["pointer"] == "/born_on"
    assert editor.get(address).json()["born_on"] == BORN_ON


def test_refusal_is_in_both_languages(editor: TestClient) -> None:
    details = [
        editor.post(f"/v1/people?lang={lang}", json=documents.person(born_on="1849-12-31")).json()
        for lang in ("en", "ru")
    ]
    assert [detail["errors"][0]["detail"] for detail in details] == [
        "The day must be between 1850-01-01 and today.",
        "День должен быть от 1850-01-01 до сегодняшнего.",
    ]


def test_lists_changes_and_exports_contain_it(
    client: TestClient, database: Database, tmp_path: Path
) -> None:
    with database.session() as session:
        session.add(factories.person(slug="a", name="A", born_on=date(1979, 6, 7)))
        session.add(factories.person(slug="b", name="B"))
    for view in ("summary", "full"):
        items = client.get(f"/v1/people?view={view}").json()["items"]
        assert [item["born_on"] for item in items] == [BORN_ON, None]
    header, first, second = client.get("/v1/people?format=csv").text.split()
    column = header.split(",").index("born_on")
    assert [row.split(",")[column] for row in (first, second)] == [BORN_ON, ""]
    changes = client.get("/v1/changes?types=person").json()["items"]
    assert [change["data"]["born_on"] for change in changes] == [BORN_ON, None]
    with database.snapshot() as reader:
        write_sqlite(reader, tmp_path / "archive.sqlite")
    connection = sqlite3.connect(str(tmp_path / "archive.sqlite"))
    rows = connection.execute("SELECT born_on FROM people ORDER BY id").fetchall()
    connection.close()
    assert rows == [(BORN_ON,), (None,)]
