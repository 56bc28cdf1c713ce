"""Writes of articles, and the actions that publish, unpublish and restore them."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from secrets import token_hex
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from app.api.audit_log import Action
from app.api.auth import ApiClient
from app.api.links import public_url
from app.api.slugs import resolve_slugs, set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.records import RecordWriter, bump_version
from app.api.writes.request import WriteRequest, WriteResult
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
    stored_id,
)
from app.domain.dates import Precision, now
from app.domain.enums import ArticleState, AuditTarget
from app.domain.languages import tr
from app.http.problems import Conflict, Gone
from app.resources.articles.queries import get_article_preview
from app.resources.articles.rendering import Renderings, get_body_html, set_renderings
from app.resources.articles.schemas import ArticleRecord, ArticleWrite, get_article_status


@cache
def _select_records() -> AnySelect:
    missions = ArticleMission.article_id == Article.id, ArticleMission.mission_id == Mission.id
    people = ArticlePerson.article_id == Article.id, ArticlePerson.person_id == Person.id
    launches = ArticleLaunch.article_id == Article.id, ArticleLaunch.launch_id == Launch.id
    return select(
        *Article.__table__.columns,
        json_values_subquery(ArticleTag.tag, ArticleTag.article_id == Article.id).label("tags"),
        json_values_subquery(Mission.slug, *missions).label("missions"),
        json_values_subquery(Person.slug, *people).label("people"),
        json_values_subquery(Launch.slug, *launches).label("launches"),
    ).where(Article.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, ArticleRecord]:
    """The complete records of articles by id, whatever their status."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> ArticleRecord:
    image = {"url": row["image_url"], "alt": row["image_alt"], "credit": row["image_credit"]}
    fields = row | {
        "status": get_article_status(row["state"], row["published_at"]),
        "source": {"name": row["source_name"], "url": row["source_url"]},
        "image": image if row["image_url"] else None,
        "url": public_url("articles", row["slug"]),
    }
    return to_record(ArticleRecord, fields)


def save(session: Session, article: Article, document: ArticleWrite) -> None:
    """Apply `document` to `article`. Raises InvalidRequest, Conflict or Gone."""
    is_new = article.id is None
    article.state = article.state or ArticleState.DRAFT
    _check_not_deleted(article)
    if article.state == ArticleState.PUBLISHED:
        if document.published_at is None:
            detail = tr(
                "A published article must have `published_at`. Unpublish it first.",
                "У опубликованной статьи должен быть `published_at`. Сначала снимите её с "
                "публикации.",
            )
            raise_field_error("/published_at", "missing", detail)
        if document.published_at > now() and not is_new:
            _check_not_featured(session, article)
    set_slug(session, article, document.slug, document.title)
    image = document.image
    key = document.translation_key
    if key is None or (key, document.language) != (article.translation_key, article.language):
        _set_translation_key(session, article, key, document.language)
    for name in ("title", "lead", "body", "language", "note"):
        setattr(article, name, getattr(document, name))
    if article.body_html is None:  # the body is new
        article.body_html = get_body_html(session, article.body)
    article.published_at = document.published_at
    article.published_at_precision = document.published_at_precision
    article.source_name, article.source_url = document.source.name, document.source.url
    article.image_url = image.url if image else None
    article.image_alt = image.alt if image else None
    article.image_credit = image.credit if image else None
    missions = resolve_slugs(session, Mission, document.missions, "/missions")
    people = resolve_slugs(session, Person, document.people, "/people")
    launches = resolve_slugs(session, Launch, document.launches, "/launches")
    session.add(article)
    session.flush()
    links: dict[Any, Collection[Any]] = {
        ArticleTag.tag: document.tags,
        ArticleMission.mission_id: missions,
        ArticlePerson.person_id: people,
        ArticleLaunch.launch_id: launches,
    }
    _set_links(session, stored_id(article), links, is_new)


def _set_links(
    session: Session, id_: int, links: Mapping[Any, Collection[Any]], is_new: bool
) -> None:
    """Insert and delete association rows of an article until each column has these values."""
    current: Sequence[Any] = [()] * len(links)
    if not is_new:
        columns = (json_values_subquery(each, each.class_.article_id == id_) for each in links)
        current = session.execute(select(*columns)).one()
    for (column, wanted), values in zip(links.items(), current, strict=True):
        model = column.class_
        if surplus := set(values) - set(wanted):
            session.execute(delete(model).where(model.article_id == id_, column.in_(surplus)))
        for value in sorted(set(wanted) - set(values)):
            session.add(model(**{"article_id": id_, column.key: value}))


def _set_translation_key(
    session: Session, article: Article, key: str | None, language: str
) -> None:
    """Set the translation key of an article. Raises InvalidRequest for a duplicate language."""
    if key is None:
        # An article's own key is random: public translations show it, also if it is a draft.
        own = article.translation_key
        if own is None or _find_translations(session, article, own):
            article.translation_key = token_hex(6)
        return
    translations = _find_translations(session, article, key)
    if other := translations.get(language):
        detail = tr(
            f"{other!r} is already its translation into {language!r}.",
            f"Перевод на {language!r} уже есть: {other!r}.",
        )
        raise_field_error("/translation_key", "taken", detail)
    if key != article.translation_key and not translations:
        detail = tr(
            f"No other article has the key {key!r}.", f"Ни у какой другой статьи нет ключа {key!r}."
        )
        raise_field_error("/translation_key", "unknown-reference", detail)
    article.translation_key = key


def _find_translations(session: Session, article: Article, key: str) -> dict[str, str]:
    """The slugs of the other articles with `key`, by language."""
    others = Article.translation_key == key, Article.id.is_distinct_from(article.id)
    rows = session.execute(select(Article.language, Article.slug).where(*others))
    return {row.language: row.slug for row in rows}


def referrers(session: Session, article: Article, _client: ApiClient | None = None) -> list[str]:
    """The missions that feature an article."""
    missions = select(Mission.slug).where(Mission.featured_article_id == stored_id(article))
    return [f"mission {slug}" for slug in session.scalars(missions.order_by(Mission.number))]


def _check_not_featured(session: Session, article: Article) -> None:
    """Raise Conflict if a mission features the article, which must then stay public."""
    if users := referrers(session, article):
        raise Conflict(
            tr(
                f"It is the featured article of {users[0]}. Change the mission first.",
                f"Это главная статья: {users[0]}. Сначала измените экспедицию.",
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


def _withdraw(article: Article) -> None:
    """Make `article` a draft if it was never public, else unpublished."""
    article.state = ArticleState.UNPUBLISHED if article.announced else ArticleState.DRAFT
    bump_version(article)


def _move_to_trash(_session: Session, article: Article) -> None:
    _check_not_deleted(article)
    article.state = ArticleState.DELETED
    bump_version(article)


WRITER = RecordWriter(
    AuditTarget.ARTICLE,
    "articles",
    Article,
    ArticleWrite,
    save,
    get_article_preview,
    load_records,
    referrers,
    _move_to_trash,
)


def create_article(
    session: Session, write: WriteRequest, document: ArticleWrite, renderings: Renderings
) -> WriteResult:
    """Create a draft. Raises InvalidRequest if its body is too complex."""
    set_renderings(session, renderings)
    return WRITER.create(session, write, document)


def update_article(
    session: Session, write: WriteRequest, slug: str, patch: Any, renderings: Renderings
) -> WriteResult:
    """Apply a merge patch to an article. Raises InvalidRequest if the new body is too complex."""
    set_renderings(session, renderings)
    return WRITER.patch(session, write, slug, patch)


def publish_article(session: Session, write: WriteRequest, slug: str) -> WriteResult:
    """Publish an article, from its `published_at` on or from now. Raises Gone if deleted."""

    def apply(article: Article, _before: dict[str, Any]) -> None:
        _check_not_deleted(article)
        if article.published_at is None:
            article.published_at, article.published_at_precision = now(), Precision.SECOND
        if article.state != ArticleState.PUBLISHED:
            article.state = ArticleState.PUBLISHED
            bump_version(article)

    return WRITER.update(session, write, slug, Action.PUBLISH, apply)


def unpublish_article(session: Session, write: WriteRequest, slug: str) -> WriteResult:
    """Hide an article from the public. Raises Gone if deleted, Conflict if featured."""

    def apply(article: Article, _before: dict[str, Any]) -> None:
        _check_not_deleted(article)
        _check_not_featured(session, article)
        if article.state == ArticleState.PUBLISHED:
            _withdraw(article)

    return WRITER.update(session, write, slug, Action.UNPUBLISH, apply)


def restore_article(session: Session, write: WriteRequest, slug: str) -> WriteResult:
    """Take an article out of the trash, unpublished."""

    def apply(article: Article, _before: dict[str, Any]) -> None:
        if article.state == ArticleState.DELETED:
            _withdraw(article)

    return WRITER.update(session, write, slug, Action.RESTORE, apply)
