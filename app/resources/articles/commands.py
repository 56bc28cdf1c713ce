"""How articles are written, and how they become public."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from secrets import token_hex
from typing import Any

from fastapi import Response
from sqlalchemy import and_, false, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, Kind, write_audit_entry
from app.api.auth import ApiClient
from app.api.links import public_url
from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.api.slugs import raise_missing_record, set_slug
from app.api.write_models import to_record
from app.api.writes.records import RecordWriter
from app.api.writes.relations import (
    bump_version,
    raise_field_error,
    resolve_slugs,
    sync_associations,
)
from app.api.writes.request import WriteRequest
from app.db.conditions import article_is_public
from app.db.database import Reader
from app.db.functions import AnySelect, json_values_subquery
from app.db.models import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleTag,
    Launch,
    Mission,
    Person,
)
from app.domain.dates import Precision, now
from app.domain.enums import ArticleState
from app.domain.languages import tr
from app.http.problems import Conflict, Gone
from app.resources.articles.queries import select_full_article
from app.resources.articles.schemas import (
    ArticlePreview,
    ArticleRecord,
    ArticleStatus,
    ArticleWrite,
    DraftPage,
    DraftQuery,
    get_article_status,
)


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, ArticleRecord]:
    """The articles with these ids, whatever their status, with all that is kept of them."""
    missions = ArticleMission.article_id == Article.id, ArticleMission.mission_id == Mission.id
    people = ArticlePerson.article_id == Article.id, ArticlePerson.person_id == Person.id
    launches = ArticleLaunch.article_id == Article.id, ArticleLaunch.launch_id == Launch.id
    rows = reader.all(
        select(
            *Article.__table__.columns,
            json_values_subquery(ArticleTag.tag, ArticleTag.article_id == Article.id).label("tags"),
            json_values_subquery(Mission.slug, *missions).label("missions"),
            json_values_subquery(Person.slug, *people).label("people"),
            json_values_subquery(Launch.slug, *launches).label("launches"),
        ).where(Article.id.in_(ids))
    )
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> ArticleRecord:
    image = {"url": row["image_url"], "alt": row["image_alt"], "credit": row["image_credit"]}
    given = row | {
        "status": get_article_status(row["state"], row["published_at"]),
        "source": {"name": row["source_name"], "url": row["source_url"]},
        "image": image if row["image_url"] else None,
        "url": public_url("articles", row["slug"]),
    }
    return to_record(ArticleRecord, given)


DRAFT_SORTS = build_orders(Article.id, updated_at=(Article.updated_at,))


def list_drafts(reader: Reader, query: DraftQuery) -> DraftPage:
    """A page of the articles that the public does not see, the last changed first."""
    ahead = Article.state == ArticleState.PUBLISHED, ~article_is_public()
    stands = {
        ArticleStatus.SCHEDULED: and_(*ahead),
        ArticleStatus.DRAFT: Article.state == ArticleState.DRAFT,
        ArticleStatus.UNPUBLISHED: Article.state == ArticleState.UNPUBLISHED,
        ArticleStatus.DELETED: Article.state == ArticleState.DELETED,
    }
    wanted = [condition for name, condition in stands.items() if name in (query.status or stands)]
    where = [or_(false(), *wanted)]
    return fetch_page(
        reader,
        DraftPage,
        _select_preview(),
        where,
        DRAFT_SORTS,
        query,
        "drafts",
        default_sort="-updated_at",
    )


@cache
def _select_preview() -> AnySelect:
    return select_full_article().add_columns(Article.state, Article.translation_key)


def read_back(reader: Reader, id_: int) -> tuple[ArticlePreview, str]:
    """An article as those see it who may write it, and its address."""
    article = ArticlePreview.model_validate(
        reader.first(_select_preview().where(Article.id == id_))
    )
    return article, article.url


def get_article_preview(reader: Reader, slug: str) -> ArticlePreview:
    """The article `slug` as it is or will be shown, whatever its status."""
    id_ = reader.scalar(select(Article.id).where(Article.slug == slug))
    return read_back(reader, id_)[0] if id_ else raise_missing_record(reader, Article, slug)


def save(session: Session, article: Article, document: ArticleWrite) -> None:
    """Let `article` take on `document`."""
    article.state = article.state or ArticleState.DRAFT
    _check_not_deleted(article)
    if article.state == ArticleState.PUBLISHED:
        if document.published_at is None:
            detail = tr(
                "What is published has a date. Unpublish it first.",
                "У опубликованного есть дата. Сначала снимите с публикации.",
            )
            raise_field_error("/published_at", "missing", detail)
        if document.published_at > now():
            _check_not_featured(session, article)
    set_slug(session, article, document.slug, document.title)
    image = document.image
    for name in ("title", "lead", "body", "language", "note"):
        setattr(article, name, getattr(document, name))
    article.published_at = document.published_at
    article.published_at_precision = document.published_at_precision
    article.source_name, article.source_url = document.source.name, document.source.url
    article.image_url = image.url if image else None
    article.image_alt = image.alt if image else None
    article.image_credit = image.credit if image else None
    _set_translation_key(session, article, document.translation_key)
    missions = resolve_slugs(session, Mission, document.missions, "/missions")
    people = resolve_slugs(session, Person, document.people, "/people")
    launches = resolve_slugs(session, Launch, document.launches, "/launches")
    session.add(article)
    session.flush()
    sync_associations(session, ArticleTag.article_id, article.id, ArticleTag.tag, document.tags)
    sync_associations(
        session, ArticleMission.article_id, article.id, ArticleMission.mission_id, missions
    )
    sync_associations(
        session, ArticlePerson.article_id, article.id, ArticlePerson.person_id, people
    )
    sync_associations(
        session, ArticleLaunch.article_id, article.id, ArticleLaunch.launch_id, launches
    )


def _set_translation_key(session: Session, article: Article, key: str | None) -> None:
    """Give `article` a key that another one has, or one of its own; each language once."""

    def others(key: str) -> dict[str, str]:
        same = Article.translation_key == key, Article.id.is_distinct_from(article.id)
        found = session.execute(select(Article.language, Article.slug).where(*same))
        return {row.language: row.slug for row in found}

    if key is None:
        # Its own tells nothing: translations that are public show it while it may be a draft.
        own = article.translation_key
        article.translation_key = own if own and not others(own) else token_hex(6)
        return
    languages = others(key)
    if article.language in languages:
        there = languages[article.language]
        detail = tr(
            f"{there!r} is its translation into {article.language!r} already.",
            f"Перевод на {article.language!r} уже есть: {there!r}.",
        )
        raise_field_error("/translation_key", "taken", detail)
    if key != article.translation_key and not languages:
        detail = tr(
            f"No other article has the key {key!r}.", f"Ни у какой другой статьи нет ключа {key!r}."
        )
        raise_field_error("/translation_key", "unknown-reference", detail)
    article.translation_key = key


def referrers(session: Session, article: Article, _caller: ApiClient | None = None) -> list[str]:
    """The missions whose leading article it is."""
    missions = select(Mission.slug).where(Mission.featured_article_id == article.id)
    return [f"mission {slug}" for slug in session.scalars(missions.order_by(Mission.number))]


def _check_not_featured(session: Session, article: Article) -> None:
    """What leads a mission's page stays public."""
    if users := referrers(session, article):
        raise Conflict(
            tr(
                f"It is the leading article of {users[0]}. Take it out of there first.",
                f"Это главная статья: {users[0]}. Сначала уберите её оттуда.",
            )
        )


def _check_not_deleted(article: Article) -> None:
    if article.state == ArticleState.DELETED:
        raise Gone(
            tr(
                f"The article {article.slug!r} has been deleted; restore it first.",
                f"Статья {article.slug!r} удалена; сначала восстановите её.",
            )
        )


def _publish(_session: Session, article: Article) -> None:
    _check_not_deleted(article)
    if article.published_at is None:
        article.published_at, article.published_at_precision = now(), Precision.SECOND
    if article.state != ArticleState.PUBLISHED:
        article.state = ArticleState.PUBLISHED
        bump_version(article)


def _unpublish(session: Session, article: Article) -> None:
    _check_not_deleted(article)
    _check_not_featured(session, article)
    if article.state == ArticleState.PUBLISHED:
        _withdraw(article)


def _restore(_session: Session, article: Article) -> None:
    if article.state == ArticleState.DELETED:
        _withdraw(article)


def _withdraw(article: Article) -> None:
    """Back to the editors: what nobody has seen yet is a draft again."""
    article.state = ArticleState.UNPUBLISHED if article.announced else ArticleState.DRAFT
    bump_version(article)


def _move_to_trash(_session: Session, article: Article) -> None:
    """Hide it for good, as far as the public goes: editors can restore it."""
    _check_not_deleted(article)
    article.state = ArticleState.DELETED
    bump_version(article)


SCHEDULE_ACTOR = Actor("zarya schedule", "the schedule")
WRITER = RecordWriter(
    Article, ArticleWrite, save, load_records, read_back, referrers, _move_to_trash
)


# Spelt as the index of those is: for the planner of SQLite, `IS 0` is another condition.
_DUE_CONDITIONS = Article.announced.is_(literal_column("FALSE")), article_is_public()


def has_due_articles(reader: Reader) -> bool:
    """Whether the time of a scheduled article has come, and nobody has been told of it."""
    return reader.scalar(select(Article.id).where(*_DUE_CONDITIONS).limit(1)) is not None


def announce_due_articles(session: Session) -> int:
    """Let the changes tell of scheduled articles whose time has come. Returns how many."""
    due = select(Article).where(*_DUE_CONDITIONS).with_for_update()
    found = session.scalars(due.order_by(Article.published_at, Article.id)).all()
    for article in found:
        edited = article.edited
        before = WRITER.snapshot(session, article)
        bump_version(article)
        article.edited = edited
        after = WRITER.snapshot(session, article)
        write_audit_entry(
            session,
            SCHEDULE_ACTOR,
            Action.APPEAR,
            Kind.ARTICLE,
            article.id,
            article.slug,
            before,
            after,
        )
    return len(found)


def get_next_publication_time(reader: Reader) -> datetime | None:
    """When the next scheduled article will appear, None where none is scheduled."""
    ahead = Article.state == ArticleState.PUBLISHED, Article.published_at > now()
    return reader.scalar(select(func.min(Article.published_at)).where(*ahead))


async def publish_article(edit: WriteRequest, slug: str) -> Response:
    """Let everybody see the article `slug`, from its date on, or from now where it has none."""
    return await WRITER.update(edit, slug, Action.PUBLISH, _publish)


async def unpublish_article(edit: WriteRequest, slug: str) -> Response:
    """Let nobody see the article `slug` any more."""
    return await WRITER.update(edit, slug, Action.UNPUBLISH, _unpublish)


async def restore_article(edit: WriteRequest, slug: str) -> Response:
    """Bring the deleted article `slug` back, unpublished."""
    return await WRITER.update(edit, slug, Action.RESTORE, _restore)
