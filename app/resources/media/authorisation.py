"""Authorisation of authors: pictures that public records show belong to who may write these."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.auth import ApiClient, missing_scope
from app.db.models import (
    Article,
    IllustratedRecord,
    Launch,
    Media,
    Mission,
    Module,
    Person,
    Site,
    Spacecraft,
    stored_id,
)
from app.domain.enums import ArticleState, Scope
from app.domain.languages import tr

SCOPES_OF_ILLUSTRATED: Mapping[type[IllustratedRecord], Scope] = {
    Article: Scope.ARTICLES_WRITE,
    Launch: Scope.LAUNCHES_WRITE,
    Mission: Scope.MISSIONS_WRITE,
    Module: Scope.MODULES_WRITE,
    Person: Scope.PEOPLE_WRITE,
    Site: Scope.SITES_WRITE,
    Spacecraft: Scope.SPACECRAFT_WRITE,
}
"""Scope that writes the records of each kind that can have an image."""


def check_media_author(session: Session, media: Media, client: ApiClient) -> None:
    """Check that `client` may change a picture as it is used now.

    A picture that a public record shows needs `articles:write`, or the scope of that record, beside
    `media:write`. Raises Forbidden.
    """
    if Scope.ARTICLES_WRITE in client.scopes:
        return
    for model, scope in SCOPES_OF_ILLUSTRATED.items():
        if scope in client.scopes:
            continue
        shown = select(model.id).where(model.image_media_id == stored_id(media)).limit(1)
        if model is Article:
            shown = shown.where(Article.state == ArticleState.PUBLISHED)
        if session.scalar(shown) is not None:
            # Without its name: a scheduled article is not announced yet.
            reason = tr("A public record shows it.", "Изображение показывает открытая запись.")
            scopes = dict.fromkeys((Scope.ARTICLES_WRITE, scope))
            raise missing_scope(client, *scopes, reason=reason)
