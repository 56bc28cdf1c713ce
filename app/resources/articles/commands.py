"""Writes of articles, and the actions that publish, unpublish and restore them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from app.api.audit_log import Action
from app.api.auth import ApiClient
from app.api.embeds.media import build_image, select_picture
from app.api.links import public_url
from app.api.slugs import (
    SlugOwners,
    find_new_slugs,
    load_ids,
    load_slug_owners,
    resolve_slugs,
    set_slug,
)
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.images import find_published_picture
from app.api.writes.records import RecordWriter, bump_version
from app.api.writes.referrers import describe_referrers
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.functions import AnySelect, json_object_subquery, json_values_subquery
from app.db.models import (
    Article,
    ArticleLaunch,
    ArticleLink,
    ArticleMission,
    ArticlePerson,
    ArticlePicture,
    ArticleTag,
    Launch,
    Media,
    Mission,
    Person,
    stored_id,
)
from app.db.models.articles import COPIED_COLUMNS
from app.domain.dates import Precision, now
from app.domain.enums import ArticleState, AuditTarget
from app.domain.languages import Language, tr
from app.http.problems import Conflict, Gone
from app.resources.articles.authorisation import check_author
from app.resources.articles.body_pictures import embed_pictures
from app.resources.articles.queries import get_article_preview
from app.resources.articles.rendering import Renderings, get_body_html, set_renderings
from app.resources.articles.schemas import (
    ArticleRecord,
    ArticleWrite,
    ImageWrite,
    get_article_status,
)
from app.resources.articles.translations import (
    TranslationsByKey,
    find_translation_key,
    load_translations,
    needs_translation_key,
    resolve_original,
    set_translation_key,
)


@cache
def _select_records() -> AnySelect:
    missions = ArticleMission.article_id == Article.id, ArticleMission.mission_id == Mission.id
    people = ArticlePerson.article_id == Article.id, ArticlePerson.person_id == Person.id
    launches = ArticleLaunch.article_id == Article.id, ArticleLaunch.launch_id == Launch.id
    return select(
        *Article.__table__.columns,
        json_object_subquery(select_picture().where(Media.id == Article.image_media_id)).label(
            "picture"
        ),
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
    fields = row | {
        "status": get_article_status(row["state"], row["published_at"]),
        "source": {"name": row["source_name"], "url": row["source_url"]},
        "image": _build_image(row),
        "url": public_url("articles", row["slug"]),
    }
    return to_record(ArticleRecord, fields)


def _build_image(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Fields of the `ImageRecord` of an article, in the language of the article."""
    if picture := row["picture"]:
        alt = picture["alt_ru"] if row["language"] == Language.RU else picture["alt"]
        image = build_image(picture) | {"alt": alt}
        return {name: image[name] for name in ImageWrite.model_fields}
    if not row["image_url"]:
        return None
    fields = {name: row[f"image_{name}"] for name in ("url", "alt", "credit")}
    return fields | {"media": None}


@dataclass(frozen=True)
class _Lookups:
    """The rows that the documents of several articles are checked against and refer to."""

    slug_owners: SlugOwners
    translations: TranslationsByKey
    missions: Mapping[str, int]
    """Ids by slug; the same for `people` and `launches`."""
    people: Mapping[str, int]
    launches: Mapping[str, int]
    media: Mapping[str, int]

    @classmethod
    def load(
        cls, session: Session, documents: Sequence[tuple[Article, ArticleWrite]]
    ) -> "_Lookups":
        """Load the rows, with at most one statement for each kind."""
        return cls(
            load_slug_owners(session, Article, find_new_slugs(documents)),
            load_translations(session, documents),
            load_ids(session, Mission, {slug for _, each in documents for slug in each.missions}),
            load_ids(session, Person, {slug for _, each in documents for slug in each.people}),
            load_ids(session, Launch, {slug for _, each in documents for slug in each.launches}),
            load_ids(session, Media, {slug for _, each in documents for slug in _name_media(each)}),
        )


def _name_media(document: ArticleWrite) -> list[str]:
    """The slug of the picture of the library in a document, if it names one."""
    return [document.image.media] if document.image and document.image.media else []


def save(session: Session, article: Article, document: ArticleWrite) -> None:
    """Apply `document` to `article`. Raises InvalidRequest, Conflict or Gone."""
    save_all(session, [(article, document)])


def save_all(session: Session, documents: Sequence[tuple[Article, ArticleWrite]]) -> None:
    """Apply documents to articles, new ones with a number of statements that does not grow.

    Raises InvalidRequest, Conflict or Gone for the first document that is refused.
    """
    documents = [(article, resolve_original(session, each)) for article, each in documents]
    lookups = _Lookups.load(session, documents)
    links = [_apply_document(session, article, each, lookups) for article, each in documents]
    is_new = [article.id is None for article, _ in documents]
    session.add_all(article for article, _ in documents)
    session.flush()
    new_rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for (article, _), own_links, new in zip(documents, links, is_new, strict=True):
        id_ = stored_id(article)
        if not new:
            _update_links(session, id_, own_links)
            continue
        copies = {name: getattr(article, name) for name in COPIED_COLUMNS}
        for column, values in own_links.items():
            copied = copies if issubclass(column.class_, ArticleLink) else {}
            new_rows[column.class_] += [
                {"article_id": id_, column.key: value} | copied for value in sorted(set(values))
            ]
    for model, rows in new_rows.items():
        if rows:  # without entities: the steps of the write follow from the new article
            session.connection().execute(insert(model), rows)


_ArticleLinks = Mapping[Any, Collection[Any]]
"""Values of the columns of an article's links."""


def _apply_document(
    session: Session, article: Article, document: ArticleWrite, lookups: _Lookups
) -> _ArticleLinks:
    """Set the columns of an article. Returns its links."""
    is_new = article.id is None
    article.state = article.state or ArticleState.DRAFT
    check_not_deleted(article)
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
    set_slug(session, article, document.slug, document.title, lookups.slug_owners)
    if needs_translation_key(article, document):
        set_translation_key(
            article, document.translation_key, document.language, lookups.translations
        )
    for name in ("title", "lead", "body", "language", "note"):
        setattr(article, name, getattr(document, name))
    links: dict[Any, Collection[Any]] = {}
    if article.body_html is None:  # the body is new
        html = get_body_html(session, article.body)
        article.body_html, pictures = embed_pictures(session, html, document.language)
        links[ArticlePicture.media_id] = pictures
    article.published_at = document.published_at
    article.published_at_precision = document.published_at_precision
    article.source_name, article.source_url = document.source.name, document.source.url
    _set_image(session, article, document, lookups)
    missions, people, launches = document.missions, document.people, document.launches
    return links | {
        ArticleTag.tag: document.tags,
        ArticleMission.mission_id: resolve_slugs(
            session, Mission, missions, "/missions", lookups.missions
        ),
        ArticlePerson.person_id: resolve_slugs(session, Person, people, "/people", lookups.people),
        ArticleLaunch.launch_id: resolve_slugs(
            session, Launch, launches, "/launches", lookups.launches
        ),
    }


def _set_image(
    session: Session, article: Article, document: ArticleWrite, lookups: _Lookups
) -> None:
    """Set the columns of the image. Raises InvalidRequest for a picture that is not published."""
    article.image_media_id = None
    for slug in _name_media(document):
        article.image_media_id = find_published_picture(session, slug, lookups.media)
    elsewhere = document.image if article.image_media_id is None else None
    article.image_url = elsewhere.url if elsewhere else None
    article.image_alt = elsewhere.alt if elsewhere else None
    article.image_credit = elsewhere.credit if elsewhere else None


def _update_links(session: Session, id_: int, links: _ArticleLinks) -> None:
    """Insert and delete association rows of an article until each column has these values."""
    columns = (json_values_subquery(each, each.class_.article_id == id_) for each in links)
    current = session.execute(select(*columns)).one()
    for (column, wanted), values in zip(links.items(), current, strict=True):
        model = column.class_
        if surplus := set(values) - set(wanted):
            session.execute(delete(model).where(model.article_id == id_, column.in_(surplus)))
        for value in sorted(set(wanted) - set(values)):
            session.add(model(**{"article_id": id_, column.key: value}))


def referrers(session: Session, article: Article, _client: ApiClient | None = None) -> list[str]:
    """The missions that feature an article."""
    missions = select(Mission.slug).where(Mission.featured_article_id == stored_id(article))
    ordered = missions.order_by(Mission.number)
    return describe_referrers(session, Mission.label.before_slug, ordered)


def _check_not_featured(session: Session, article: Article) -> None:
    """Raise Conflict if a mission features the article, which must then stay public."""
    if users := referrers(session, article):
        raise Conflict(
            tr(
                f"It is the featured article of {users[0]}. Change the mission first.",
                f"Это главная статья: {users[0]}. Сначала измените экспедицию.",
            )
        )


def check_not_deleted(article: Article) -> None:
    """Raise Gone if the article is in the trash."""
    if article.state == ArticleState.DELETED:
        refuse_deleted(article.slug)


def refuse_deleted(slug: str) -> NoReturn:
    """Raise Gone for an article in the trash."""
    raise Gone(
        tr(
            f"The article {slug!r} has been deleted; restore it first.",
            f"Статья {slug!r} удалена; сначала восстановите её.",
        )
    )


def _withdraw(article: Article) -> None:
    """Make `article` a draft if it was never public, else unpublished."""
    article.state = ArticleState.UNPUBLISHED if article.announced else ArticleState.DRAFT
    bump_version(article)


def _move_to_trash(_session: Session, article: Article) -> None:
    check_not_deleted(article)
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
    save_all=save_all,
    authorise=check_author,
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
    # Replaced here: a patch changes something only if it changes a field of the record.
    if isinstance(original := patch.get("translation_of"), str):
        key = find_translation_key(session, original)
        patch = {**patch, "translation_of": None, "translation_key": key}
    return WRITER.patch(session, write, slug, patch)


def publish_article(session: Session, write: WriteRequest, slug: str) -> WriteResult:
    """Publish an article, from its `published_at` on or from now. Raises Gone if deleted."""

    def apply(article: Article, _before: dict[str, Any]) -> None:
        check_not_deleted(article)
        if article.published_at is None:
            article.published_at, article.published_at_precision = now(), Precision.SECOND
        if article.state != ArticleState.PUBLISHED:
            article.state = ArticleState.PUBLISHED
            bump_version(article)

    return WRITER.update(session, write, slug, Action.PUBLISH, apply)


def unpublish_article(session: Session, write: WriteRequest, slug: str) -> WriteResult:
    """Hide an article from the public. Raises Gone if deleted, Conflict if featured."""

    def apply(article: Article, _before: dict[str, Any]) -> None:
        check_not_deleted(article)
        _check_not_featured(session, article)
        if article.state == ArticleState.PUBLISHED:
            _withdraw(article)

    return WRITER.update(session, write, slug, Action.UNPUBLISH, apply)


def restore_article(session: Session, write: WriteRequest, slug: str) -> WriteResult:
    """Take an article out of the trash; it is not public."""

    def apply(article: Article, _before: dict[str, Any]) -> None:
        if article.state == ArticleState.DELETED:
            _withdraw(article)

    return WRITER.update(session, write, slug, Action.RESTORE, apply)
