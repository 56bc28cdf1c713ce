"""Scheduled publication: articles whose `published_at` has come are announced as changes."""

from datetime import datetime

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor
from app.api.writes.records import bump_version
from app.db.conditions import article_is_public
from app.db.database import Reader
from app.db.models import Article
from app.domain.dates import now
from app.domain.enums import ArticleState
from app.resources.articles.commands import WRITER

SCHEDULE_ACTOR = Actor("zarya schedule", "the schedule")

# Spelled as in the partial index: to the planner of SQLite, `IS 0` is another condition.
_DUE_CONDITIONS = Article.announced.is_(literal_column("FALSE")), article_is_public()


def has_due_articles(reader: Reader) -> bool:
    """Return true if a scheduled article has become public and is not announced yet."""
    return reader.scalar(select(Article.id).where(*_DUE_CONDITIONS).limit(1)) is not None


def announce_due_articles(session: Session) -> int:
    """Announce the scheduled articles that have become public. Returns their number."""
    due = select(Article).where(*_DUE_CONDITIONS).with_for_update()
    articles = session.scalars(due.order_by(Article.published_at, Article.id)).all()
    for article in articles:
        edited = article.edited
        before = WRITER.snapshot(session, article)
        bump_version(article)
        article.edited = edited
        after = WRITER.snapshot(session, article)
        WRITER.write_audit_entry(session, SCHEDULE_ACTOR, Action.APPEAR, article, before, after)
    return len(articles)


def get_next_publication_time(reader: Reader) -> datetime | None:
    """The time at which the next scheduled article becomes public; None if none is scheduled."""
    scheduled = Article.state == ArticleState.PUBLISHED, Article.published_at > now()
    return reader.scalar(select(func.min(Article.published_at)).where(*scheduled))
