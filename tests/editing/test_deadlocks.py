"""Two transactions that wait for one another: PostgreSQL ends one of them, and nobody notices."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import ExceptionContext, event, select
from starlette.testclient import TestClient

from app.database import Database
from app.models import Article, Person
from tests.editing import documents
from tests.locks import waiting


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)  # SQLite has one writer
def test_a_request_that_was_ended_for_another_is_carried_out(
    editor: TestClient, database: Database
) -> None:
    person = editor.post("/v1/people", json=documents.person()).json()
    article = editor.post("/v1/articles", json=documents.article()).json()
    ended: list[str] = []

    def note(context: ExceptionContext) -> None:
        ended.append(getattr(context.original_exception, "sqlstate", ""))

    event.listen(database.engine, "handle_error", note)
    patch, version = {"people": [person["slug"]]}, {"If-Match": "*"}
    with ThreadPoolExecutor(1) as thread:
        with database.session() as session:
            session.scalar(select(Person).where(Person.id == person["id"]).with_for_update())
            address = f"/v1/articles/{article['slug']}"
            answer = thread.submit(editor.patch, address, json=patch, headers=version)
            while not waiting(database):
                assert not answer.done(), "it needs nothing that is held here"
            # Now each has what the other needs; the one that began to wait first is ended.
            session.scalar(select(Article).where(Article.id == article["id"]).with_for_update())
        assert answer.result().status_code == 200, answer.result().text
    event.remove(database.engine, "handle_error", note)
    assert ended == ["40P01"]
    assert answer.result().json()["people"][0]["slug"] == person["slug"]
    assert answer.result().json()["version"] == article["version"] + 1
