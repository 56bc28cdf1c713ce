"""Concurrent writes of an article and of a person that it refers to."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.database import Database
from app.db.models import Article, ArticlePerson, Person, RecordChange, stored_id
from app.domain.enums import ArticleState, RecordType
from tests.support import factories
from tests.support.locks import has_waiting_transaction


def delete(session: Session, person: Person) -> None:
    session.delete(person)


def rename(_session: Session, person: Person) -> None:
    person.slug = "renamed"


def link(session: Session, article: Article, person: Person) -> None:
    session.add(ArticlePerson(article_id=article.id, person_id=person.id))


def publish(_session: Session, article: Article, _person: Person) -> None:
    article.state = ArticleState.PUBLISHED


@pytest.mark.parametrize("create_database", ["postgresql"], indirect=True)  # SQLite: one writer
@pytest.mark.parametrize("of_person", [delete, rename])
@pytest.mark.parametrize(("of_article", "linked"), [(link, False), (publish, True)])
def test_concurrent_write_of_referenced_record_changes_article(
    database: Database,
    of_person: Callable[[Session, Person], None],
    of_article: Callable[[Session, Article, Person], None],
    linked: bool,
) -> None:
    state = ArticleState.UNPUBLISHED if linked else ArticleState.PUBLISHED
    person, article = factories.person(), factories.article()
    with database.session() as session:
        session.add_all([person, article])
        session.flush()
        article.state = state
        if linked:
            link(session, article, person)
        ids = stored_id(person), stored_id(article)
    begun = Event()

    def later() -> None:
        with database.session() as session:
            found = session.get_one(Person, ids[0])
            begun.set()
            of_person(session, found)

    with ThreadPoolExecutor(1) as thread:
        with database.session() as session:
            here = session.get_one(Article, ids[1])
            of_article(session, here, session.get_one(Person, ids[0]))
            session.flush()
            other = thread.submit(later)
            begun.wait()
            while not has_waiting_transaction(database):
                assert not other.done(), "it did not wait for the uncommitted write"
        other.result()
    with database.snapshot() as reader:
        newest = select(func.max(RecordChange.transaction_id)).group_by(RecordChange.type)
        of_type = [
            reader.scalar(newest.where(RecordChange.type == kind, RecordChange.record_id == id_))
            for kind, id_ in zip([RecordType.PERSON, RecordType.ARTICLE], ids, strict=True)
        ]
    assert of_type[0] == of_type[1]
