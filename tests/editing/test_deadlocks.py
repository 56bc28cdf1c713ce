"""Deadlocks on PostgreSQL: the request of the aborted transaction is retried."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx2 import Response
from sqlalchemy import ExceptionContext, event, select
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Article, Person
from tests.support import documents
from tests.support.locks import has_waiting_transaction

ATTEMPTS = 5
"""PostgreSQL detects a deadlock only if both transactions wait one second after the first one."""


@pytest.mark.parametrize("create_database", ["postgresql"], indirect=True)  # SQLite: one writer
def test_deadlocked_request_is_retried(editor: TestClient, database: Database) -> None:
    person = editor.post("/v1/people", json=documents.person()).json()
    sqlstates: list[str] = []

    def note(context: ExceptionContext) -> None:
        sqlstates.append(getattr(context.original_exception, "sqlstate", ""))

    event.listen(database.engine, "handle_error", note)

    def request_is_ended() -> Response | None:
        """Response of the request if its transaction was aborted, None if the other one was."""
        sqlstates.clear()
        article = editor.post("/v1/articles", json=documents.article()).json()
        address, patch = f"/v1/articles/{article['slug']}", {"people": [person["slug"]]}
        with ThreadPoolExecutor(1) as thread:
            try:
                with database.session() as session:
                    session.scalar(
                        select(Person).where(Person.id == person["id"]).with_for_update()
                    )
                    answer = thread.submit(
                        editor.patch, address, json=patch, headers={"If-Match": "*"}
                    )
                    while not has_waiting_transaction(database):
                        assert not answer.done(), "it did not wait for the lock held here"
                    # Deadlock: the first transaction that detects it is aborted.
                    session.scalar(
                        select(Article).where(Article.id == article["id"]).with_for_update()
                    )
            except OperationalError:
                return None
            # If the request was not aborted, it may have reached the lock timeout.
            return answer.result() if "40P01" in sqlstates else None

    answers = (request_is_ended() for _ in range(ATTEMPTS))
    answer = next(answer for answer in answers if answer)
    event.remove(database.engine, "handle_error", note)
    assert sqlstates == ["40P01"]
    assert answer.status_code == 200, answer.text
    assert [each["slug"] for each in answer.json()["people"]] == [person["slug"]]
