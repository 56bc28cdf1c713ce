"""Roles: named sets of scopes for the people of an editorial office."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from app.domain.enums import Scope
from app.domain.languages import Bilingual


class Role(StrEnum):
    """Named set of scopes of an API key."""

    READER = "reader"
    AUTHOR = "author"
    EDITOR = "editor"
    ARCHIVIST = "archivist"
    ADMINISTRATOR = "administrator"


SCOPES_OF_ROLES: Mapping[Role, frozenset[Scope]] = {
    Role.READER: frozenset({Scope.DRAFTS_READ, Scope.AUDIT_READ}),
    Role.AUTHOR: frozenset({Scope.ARTICLES_DRAFT, Scope.MEDIA_WRITE}),
    Role.EDITOR: frozenset(
        {
            Scope.ARTICLES_WRITE,
            Scope.MEDIA_WRITE,
            Scope.SOURCES_WRITE,
            Scope.PROPOSALS_WRITE,
            Scope.AUDIT_READ,
        }
    ),
    Role.ARCHIVIST: frozenset(
        {
            Scope.LAUNCHES_WRITE,
            Scope.MISSIONS_WRITE,
            Scope.PEOPLE_WRITE,
            Scope.STAYS_WRITE,
            Scope.SPACEWALKS_WRITE,
            Scope.MODULES_WRITE,
            Scope.AGENCIES_WRITE,
            Scope.VEHICLES_WRITE,
            Scope.SPACECRAFT_WRITE,
            Scope.SITES_WRITE,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Scope),
}

DESCRIPTIONS_OF_ROLES: Mapping[Role, Bilingual] = {
    Role.READER: Bilingual(
        "Reads drafts and the audit trail.", "Читает черновики и журнал изменений."
    ),
    Role.AUTHOR: Bilingual(
        "Writes articles and uploads pictures. Cannot publish, or change what is public.",
        "Пишет статьи и загружает изображения. Не публикует и не меняет опубликованное.",
    ),
    Role.EDITOR: Bilingual(
        "Writes and publishes articles, and decides on imports.",
        "Пишет и публикует статьи, решает об импорте.",
    ),
    Role.ARCHIVIST: Bilingual(
        "Maintains the facts: launches, missions, people and the station.",
        "Ведёт факты: запуски, экспедиции, люди и станция.",
    ),
    Role.ADMINISTRATOR: Bilingual("Has all scopes.", "Имеет все права."),
}


def list_scopes(role: str | None, scopes: Iterable[str]) -> list[Scope]:
    """The scopes of a key, sorted: those of its role as of now, or its own if it has none."""
    return sorted(map(Scope, scopes) if role is None else SCOPES_OF_ROLES[Role(role)])
