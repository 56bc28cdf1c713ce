"""Articles of the chronicle: one per event and language."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

from app.domain.dates import Precision
from app.domain.enums import ArrivalKind, LaunchStatus, SpacecraftKind
from app.ingest.dataset.records import (
    CHRONICLE_SOURCE_NAME,
    DatasetArticle,
    DatasetArticleSource,
    DatasetFacts,
    DatasetLaunch,
    DatasetMissionLaunch,
)
from tools.chronicle import english, english_station, russian, russian_station
from tools.chronicle.events import (
    ChronicleEvent,
    ChronicleExpeditionStart,
    ChronicleHandover,
    ChronicleLanding,
    ChronicleLaunch,
    generate_events,
)
from tools.chronicle.grammar import NewsText
from tools.chronicle.station_events import ChronicleArrival, ChronicleSpacewalk


class EventRenderer(Protocol):
    """Renderer of launches, landings and expeditions: the modules `english` and `russian`."""

    def render_launch(self, event: ChronicleLaunch) -> NewsText: ...
    def render_expedition_start(self, event: ChronicleExpeditionStart) -> NewsText: ...
    def render_handover(self, event: ChronicleHandover) -> NewsText: ...
    def render_landing(self, event: ChronicleLanding) -> NewsText: ...


class StationEventRenderer(Protocol):
    """Renderer of events at the station: the modules `english_station` and `russian_station`."""

    def render_arrival(self, event: ChronicleArrival) -> NewsText: ...
    def render_spacewalk(self, event: ChronicleSpacewalk) -> NewsText: ...


class _SharedFields(NamedTuple):
    """Fields shared by the translations of an article."""

    slug: str
    published_at: datetime
    published_at_precision: Precision
    tags: list[str]
    missions: list[str]
    people: list[str]
    launches: list[str]


def generate_chronicle(
    dataset: DatasetFacts, mission_launches: list[DatasetMissionLaunch]
) -> Iterator[DatasetArticle]:
    """Generate an article in English and in Russian for each event."""
    for event in generate_events(dataset, mission_launches):
        item = _build_shared_fields(event)
        yield _build_article(item, "en", _render_event(event, english, english_station))
        yield _build_article(item, "ru", _render_event(event, russian, russian_station))


def _build_article(item: _SharedFields, language: str, text: NewsText) -> DatasetArticle:
    translated = language != "en"
    return DatasetArticle(
        slug=f"{item.slug}-{language}" if translated else item.slug,
        title=text.title,
        lead=text.lead,
        body=text.body,
        language=language,
        published_at=item.published_at,
        published_at_precision=item.published_at_precision,
        source=DatasetArticleSource(name=CHRONICLE_SOURCE_NAME, url=None),
        tags=item.tags,
        missions=item.missions,
        people=item.people,
        launches=item.launches,
        translation_of=item.slug if translated else None,
        note=None,
    )


def _render_event(
    event: ChronicleEvent, language: EventRenderer, station: StationEventRenderer
) -> NewsText:
    match event:
        case ChronicleLaunch():
            return language.render_launch(event)
        case ChronicleExpeditionStart():
            return language.render_expedition_start(event)
        case ChronicleHandover():
            return language.render_handover(event)
        case ChronicleLanding():
            return language.render_landing(event)
        case ChronicleArrival():
            return station.render_arrival(event)
        case ChronicleSpacewalk():
            return station.render_spacewalk(event)


def _build_shared_fields(event: ChronicleEvent) -> _SharedFields:
    match event:
        case ChronicleLaunch():
            return _launch_fields(event)
        case ChronicleExpeditionStart():
            return _expedition_start_fields(event)
        case ChronicleHandover():
            return _handover_fields(event)
        case ChronicleLanding():
            return _landing_fields(event)
        case ChronicleArrival():
            return _arrival_fields(event)
        case ChronicleSpacewalk():
            return _spacewalk_fields(event)


def _launch_fields(event: ChronicleLaunch) -> _SharedFields:
    launch = event.launch
    failure = [] if launch.status is LaunchStatus.SUCCESS else ["failure"]
    return _SharedFields(
        slug=f"launch-{launch.slug}",
        published_at=launch.launch_at,
        published_at_precision=launch.launch_at_precision,
        tags=["launch", *_payload_tags(launch), *failure],
        missions=[mission.slug for mission in event.missions_served],
        people=[person.slug for person, _ in event.crew],
        launches=[launch.slug],
    )


def _payload_tags(launch: DatasetLaunch) -> list[str]:
    tags = {
        "crew": bool(launch.crew),
        "cargo": bool(launch.spacecraft_names(SpacecraftKind.CV)),
        "module": bool(launch.spacecraft_names(SpacecraftKind.MODULE)),
    }
    return [tag for tag, holds in tags.items() if holds]


def _expedition_start_fields(event: ChronicleExpeditionStart) -> _SharedFields:
    mission = event.mission
    before = [event.previous_commander.slug] if event.previous_commander else []
    return _SharedFields(
        slug=f"expedition-{mission.number}-begins",
        published_at=mission.starts_at,
        published_at_precision=mission.starts_at_precision,
        tags=["expedition", *(["command"] if event.previous_commander else [])],
        missions=[mission.slug],
        people=list(dict.fromkeys([*mission.launch_by_person, *before])),
        launches=[],
    )


def _handover_fields(event: ChronicleHandover) -> _SharedFields:
    slug = f"expedition-{event.mission.number}-change-of-command"
    return _SharedFields(
        slug=slug if event.number == 1 else f"{slug}-{event.number}",
        published_at=event.handed_over_at,
        published_at_precision=Precision.DAY,
        tags=["expedition", "command"],
        missions=[event.mission.slug],
        people=[event.old_commander.slug, event.new_commander.slug],
        launches=[],
    )


def _landing_fields(event: ChronicleLanding) -> _SharedFields:
    return _SharedFields(
        slug=f"landing-{event.ship_launch.slug}",
        published_at=event.landed_at,
        published_at_precision=event.landed_at_precision,
        tags=["landing", "crew"],
        missions=[mission.slug for mission, _ in event.crew_by_mission],
        people=[person.slug for person in event.people],
        launches=[event.ship_launch.slug],
    )


def _arrival_fields(event: ChronicleArrival) -> _SharedFields:
    docked = event.stay.arrival_kind is ArrivalKind.DOCKING
    return _SharedFields(
        slug=f"docking-{event.launch.slug}",
        published_at=event.stay.arrived_at,
        published_at_precision=event.stay.arrived_at_precision,
        tags=["docking" if docked else "berthing", *_payload_tags(event.launch)],
        missions=[mission.slug for mission, _ in event.current_missions],
        people=[person.slug for person in event.crew],
        launches=[event.launch.slug],
    )


def _spacewalk_fields(event: ChronicleSpacewalk) -> _SharedFields:
    return _SharedFields(
        slug=f"spacewalk-{event.walk.number}",
        published_at=event.walk.starts_at,
        published_at_precision=event.walk.starts_at_precision,
        tags=["spacewalk"],
        missions=[event.mission.slug] if event.mission else [],
        people=[person.slug for person, _ in event.crew],
        launches=[event.airlock.slug] if isinstance(event.airlock, DatasetLaunch) else [],
    )
