"""The archive's own news: one item in each language for every event that the records prove."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

from app.db.models import LaunchStatus, SpacecraftKind
from app.domain.dates import Precision
from app.domain.grammar import Text
from app.ingest.dataset import english, russian
from app.ingest.dataset.derive import Relation
from app.ingest.dataset.events import Begun, Event, Handover, Landed, Launched, events
from app.ingest.dataset.records import ArticleRecord, ArticleSourceRecord, Dataset

SOURCE = ArticleSourceRecord(name="Zarya chronicle", url=None)


class Language(Protocol):
    """How one language tells each kind of event: `english` and `russian` are such."""

    def launched(self, event: Launched) -> Text: ...
    def begun(self, event: Begun) -> Text: ...
    def handed_over(self, event: Handover) -> Text: ...
    def landed(self, event: Landed) -> Text: ...


class Item(NamedTuple):
    """What the translations of one news item share."""

    slug: str
    at: datetime
    precision: Precision
    tags: list[str]
    missions: list[str]
    people: list[str]
    launches: list[str]


def chronicle(dataset: Dataset, relations: set[Relation]) -> Iterator[ArticleRecord]:
    """Every event of the archive as a news item, in English and in Russian."""
    for event in events(dataset, relations):
        item = _item(event)
        yield _article(item, "en", _told(event, english))
        yield _article(item, "ru", _told(event, russian))


def _article(item: Item, language: str, text: Text) -> ArticleRecord:
    translated = language != "en"
    return ArticleRecord(
        slug=f"{item.slug}-{language}" if translated else item.slug,
        title=text.title,
        lead=text.lead,
        body=text.body,
        language=language,
        published_at=item.at,
        published_at_precision=item.precision,
        source=SOURCE,
        tags=item.tags,
        missions=item.missions,
        people=item.people,
        launches=item.launches,
        translation_of=item.slug if translated else None,
        note=None,
    )


def _told(event: Event, language: Language) -> Text:
    match event:
        case Launched():
            return language.launched(event)
        case Begun():
            return language.begun(event)
        case Handover():
            return language.handed_over(event)
        case Landed():
            return language.landed(event)


def _item(event: Event) -> Item:
    match event:
        case Launched():
            return _launched(event)
        case Begun():
            return _begun(event)
        case Handover():
            return _handed_over(event)
        case Landed():
            return _landed(event)


def _launched(event: Launched) -> Item:
    launch = event.launch
    tags = {
        "crew": bool(launch.crew),
        "cargo": bool(launch.of_kind(SpacecraftKind.CV)),
        "module": bool(launch.of_kind(SpacecraftKind.MODULE)),
        "failure": launch.status is not LaunchStatus.SUCCESS,
    }
    return Item(
        slug=f"launch-{launch.slug}",
        at=launch.launch_at,
        precision=launch.launch_at_precision,
        tags=["launch", *(tag for tag, holds in tags.items() if holds)],
        missions=[mission.slug for mission in event.served],
        people=[person.slug for person, _ in event.crew],
        launches=[launch.slug],
    )


def _begun(event: Begun) -> Item:
    mission = event.mission
    before = [event.before.slug] if event.before else []
    return Item(
        slug=f"expedition-{mission.number}-begins",
        at=mission.starts_at,
        precision=mission.starts_at_precision,
        tags=["expedition", *(["command"] if event.before else [])],
        missions=[mission.slug],
        people=list(dict.fromkeys([*mission.flown_by, *before])),
        launches=[],
    )


def _handed_over(event: Handover) -> Item:
    slug = f"expedition-{event.mission.number}-change-of-command"
    return Item(
        slug=slug if event.n == 1 else f"{slug}-{event.n}",
        at=event.at,
        precision=Precision.DAY,
        tags=["expedition", "command"],
        missions=[event.mission.slug],
        people=[event.old.slug, event.new.slug],
        launches=[],
    )


def _landed(event: Landed) -> Item:
    return Item(
        slug=f"landing-{event.ship.slug}",
        at=event.at,
        precision=event.precision,
        tags=["landing", "crew"],
        missions=[mission.slug for mission, _ in event.missions],
        people=[person.slug for person in event.people],
        launches=[event.ship.slug],
    )
