"""Redaction of the row of an article in the trash."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.api.validation_errors import raise_field_error
from app.db.models import Article, stored_id
from app.domain.enums import ArticleState
from app.domain.languages import tr

_PLACEHOLDER = "[redacted]"

_COLUMNS: dict[str, dict[str, str | None]] = {
    "title": {"title": _PLACEHOLDER},
    "lead": {"lead": _PLACEHOLDER},
    "body": {"body": _PLACEHOLDER},
    "body_html": {"body_html": f"<p>{_PLACEHOLDER}</p>\n"},
    "note": {"note": None},
    "source": {"source_name": _PLACEHOLDER, "source_url": None},
    "image": dict.fromkeys(("image_url", "image_alt", "image_credit", "image_media_id")),
}
"""New values of the columns of each field."""


def redact_trash(session: Session, article: Article, fields: Collection[str]) -> None:
    """Replace `fields` of an article that is in the trash; others are changed by ordinary writes.

    Raises InvalidRequest for fields without personal data, such as tags.
    """
    if article.state != ArticleState.DELETED:
        return
    if refused := sorted({*fields} - _COLUMNS.keys()):
        detail = tr(
            f"The article is in the trash. Restore it to change {', '.join(refused)}.",
            f"Статья в корзине. Восстановите её, чтобы изменить {', '.join(refused)}.",
        )
        raise_field_error("/fields", "not-redactable", detail)
    values: dict[str, Any] = {}
    for field in fields:
        values |= _COLUMNS[field]
    # By table: no new version, which would be an entry of the audit log with these values.
    table: Any = Article.__table__
    session.execute(update(table).where(table.c.id == stored_id(article)).values(values))
    session.expire(article)
