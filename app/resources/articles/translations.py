"""Translation keys: the languages of one article have the same key, each language once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.slugs import not_found_detail
from app.api.validation_errors import raise_field_error
from app.db.models import Article
from app.domain.languages import tr
from app.resources.articles.schemas import ArticleWrite

TranslationsByKey = Mapping[str, Mapping[int, tuple[str, str]]]
"""Language and slug of the articles by translation key and id."""


def resolve_original(session: Session, document: ArticleWrite) -> ArticleWrite:
    """The document with the translation key of the article that it names as its original."""
    if document.translation_of is None:
        return document
    key = find_translation_key(session, document.translation_of)
    return document.model_copy(update={"translation_key": key})


def find_translation_key(session: Session, slug: str) -> str:
    """The translation key of the article `slug`. Raises InvalidRequest if there is none."""
    key = session.scalar(select(Article.translation_key).where(Article.slug == slug))
    if key is None:
        detail = not_found_detail(Article, slug)
        raise_field_error("/translation_of", "unknown-reference", detail)
    return key


def needs_translation_key(article: Article, document: ArticleWrite) -> bool:
    """True unless the document names the translation key and the language that the article has."""
    key = document.translation_key
    own = article.translation_key, article.language
    return key is None or (key, document.language) != own


def set_translation_key(
    article: Article, key: str | None, language: str, translations_by_key: TranslationsByKey
) -> None:
    """Set the translation key of an article. Raises InvalidRequest for a duplicate language."""
    own = article.translation_key
    rows = translations_by_key.get(key or own or "", {})
    translations = dict(row for id_, row in rows.items() if id_ != article.id)
    if key is None:
        # An article's own key is random: public translations show it, also if it is a draft.
        if own is None or translations:
            article.translation_key = token_hex(6)
        return
    if other := translations.get(language):
        detail = tr(
            f"{other!r} is already its translation into {language!r}.",
            f"Перевод на {language!r} уже есть: {other!r}.",
        )
        raise_field_error("/translation_key", "taken", detail)
    if key != own and not translations:
        detail = tr(
            f"No other article has the key {key!r}.", f"Ни у какой другой статьи нет ключа {key!r}."
        )
        raise_field_error("/translation_key", "unknown-reference", detail)
    article.translation_key = key


def load_translations(
    session: Session, documents: Sequence[tuple[Article, ArticleWrite]]
) -> TranslationsByKey:
    """Load the other languages of the articles that get a translation key from their documents."""
    keys = {
        key
        for article, each in documents
        if needs_translation_key(article, each)
        and (key := each.translation_key or article.translation_key)
    }
    columns = Article.translation_key, Article.id, Article.language, Article.slug
    translations: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    statement = select(*columns).where(Article.translation_key.in_(keys))
    for key, id_, language, slug in session.execute(statement) if keys else ():
        translations[key][id_] = language, slug
    return translations
