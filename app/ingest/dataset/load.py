"""The embedded archive into the database: what is missing is added, what differs is set right.

Rows are matched by what names them (slug, site code, mission and ordinal …), never by id. Records
that the dataset does not know are left alone, and so are those that editors have written, renamed
or deleted; of the others the parts (crew, tasks, links) are exactly the dataset's. A second run
writes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, Kind, note
from app.db.models import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleTag,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionAlias,
    MissionLaunch,
    MissionTask,
    Person,
    Site,
    Spacecraft,
    Vehicle,
)
from app.domain.text import slugify
from app.ingest.dataset import english, russian
from app.ingest.dataset.chronicle import chronicle
from app.ingest.dataset.derive import Relation, course, relations, served_by
from app.ingest.dataset.records import ArticleRecord, Dataset, LaunchRecord, read_dataset
from app.ingest.dataset.upsert import Key, Merge, Values

LOADER = Actor("zarya load", "the embedded archive")

Progress = Callable[[str, int, int], None]
"""Told before each step: what comes now, how many steps are done, and of how many."""

Ids = Mapping[str, int]
"""The ids of records, by what names them."""


@dataclass(frozen=True)
class LoadReport:
    """What became of the dataset's records; one whose parts alone have changed is updated."""

    created: int
    updated: int
    unchanged: int


def load(session: Session, progress: Progress = lambda *_: None) -> LoadReport:
    """Bring the embedded archive into the database of `session`, in its transaction.

    The audit trail gets one entry for all of it; the changes tell of each record.
    """
    steps = ("dataset", "people", "launches", "flights", "articles", "missions", "links")

    def step(name: str) -> None:
        progress(name, steps.index(name), len(steps))

    step("dataset")
    dataset = read_dataset()
    found = relations(dataset)
    articles = {a.slug: a for a in (*dataset.articles.values(), *chronicle(dataset, found))}
    merge = Merge(session)
    step("people")
    people = _people(merge, dataset)
    step("launches")
    launches = _launches(merge, dataset)
    step("flights")
    flights = _flights(merge, dataset, people, launches)
    step("articles")
    article_ids = _articles(merge, articles.values())
    step("missions")
    missions = _missions(merge, dataset, found, article_ids)
    _crews(merge, dataset, missions, people, launches, flights)
    step("links")
    _mission_launches(merge, found, missions, launches)
    _article_links(merge, articles.values(), article_ids, missions, people, launches)
    merge.touch()
    progress("done", len(steps), len(steps))
    changed = len(merge.created) + len(merge.updated)
    if changed:
        counts = {"created": len(merge.created), "updated": len(merge.updated)}
        note(session, LOADER, Action.LOAD, Kind.ARCHIVE, None, None, None, counts)
    return LoadReport(len(merge.created), len(merge.updated), merge.total - changed)


def _people(merge: Merge, dataset: Dataset) -> Ids:
    people = {
        person.slug: {
            "name": person.name,
            "name_ru": person.name_ru,
            "name_native": person.name_native,
            "agency": person.agency,
            "nationality": person.nationality,
            "aliases": person.aliases,
            "sources": dataset.cited(person.sources),
        }
        for person in dataset.people.values()
    }
    return merge.records(Person, "slug", people)


def _launches(merge: Merge, dataset: Dataset) -> Ids:
    """The launches, with the vehicles and sites that they need and the ships that they carried."""
    vehicles = merge.records(
        Vehicle,
        "slug",
        {
            slugify(vehicle.name): {"name": vehicle.name, "family": vehicle.family}
            for vehicle in dataset.vehicles.values()
        },
    )
    sites = merge.records(
        Site,
        "code",
        {
            site.code: {"name": site.name, "country": site.country}
            for site in dataset.sites.values()
        },
    )
    launches = merge.records(
        Launch,
        "slug",
        {
            launch.slug: _launch(dataset, launch, vehicles, sites)
            for launch in dataset.launches.values()
        },
        "cospar_id",
    )
    ships: dict[Key, Values] = {
        (launches[launch.slug], ordinal): {"name": craft.name, "kind": craft.kind}
        for launch in dataset.launches.values()
        for ordinal, craft in enumerate(launch.spacecraft, start=1)
    }
    merge.parts(Launch, launches.values(), Spacecraft, ("launch_id", "ordinal"), ships)
    return launches


def _launch(dataset: Dataset, launch: LaunchRecord, vehicles: Ids, sites: Ids) -> Values:
    vehicle, site = dataset.vehicles[launch.vehicle], dataset.sites[launch.site]
    described = Launch()
    described.describe(
        vehicle.name,
        vehicle.family,
        *(craft.name for craft in launch.spacecraft),
        site.name,
        launch.pad,
    )
    return {
        "cospar_id": launch.cospar_id,
        "status": launch.status,
        "launch_at": launch.launch_at,
        "launch_at_precision": launch.launch_at_precision,
        "launch_at_uncertain": launch.launch_at_uncertain,
        "vehicle_id": vehicles[slugify(vehicle.name)],
        "site_id": sites[site.code],
        "pad": launch.pad,
        "crewed": launch.crewed,
        "outcome_note": launch.outcome_note,
        "outcome_note_ru": launch.outcome_note_ru,
        "sources": dataset.cited(launch.sources),
        "search_text": described.search_text,
    }


def _flights(merge: Merge, dataset: Dataset, people: Ids, launches: Ids) -> dict[Key, int]:
    """Who flew up and down with what. Returns their ids by the ids of launch and person."""
    flights: dict[Key, Values] = {
        (launches[launch.slug], people[seat.person]): {
            "role": seat.role,
            "ordinal": ordinal,
            "landed_with_id": launches[seat.landed_with] if seat.landed_with else None,
            "landed_at": seat.landed_at,
            "landed_at_precision": seat.landed_at_precision,
        }
        for launch in dataset.launches.values()
        for ordinal, seat in enumerate(launch.crew, start=1)
    }
    merge.parts(Launch, launches.values(), Flight, ("launch_id", "person_id"), flights)
    rows = merge.session.execute(select(Flight.launch_id, Flight.person_id, Flight.id))
    return {(launch, person): flight for launch, person, flight in rows}


def _articles(merge: Merge, articles: Iterable[ArticleRecord]) -> Ids:
    return merge.records(
        Article,
        "slug",
        {
            article.slug: {
                "title": article.title,
                "lead": article.lead,
                "body": article.body,
                "language": article.language,
                "published_at": article.published_at,
                "published_at_precision": article.published_at_precision,
                "source_name": article.source.name,
                "source_url": article.source.url,
                "note": article.note,
                "translation_key": article.translation_of or article.slug,
            }
            for article in articles
        },
        "translation_key",
        "language",
    )


def _missions(merge: Merge, dataset: Dataset, found: set[Relation], articles: Ids) -> Ids:
    """The missions with their other addresses and their tasks."""
    served = served_by(dataset, found)
    records = dataset.missions.values()
    courses = {m.slug: course(dataset, m, served[m.slug]) for m in records}
    missions = merge.records(
        Mission,
        "slug",
        {
            mission.slug: {
                "number": mission.number,
                "station": "ISS",
                "starts_at": mission.starts_at,
                "starts_at_precision": mission.starts_at_precision,
                "ends_at": mission.ends_at,
                "ends_at_precision": mission.ends_at_precision,
                "summary": english.summary(courses[mission.slug]),
                "summary_ru": russian.summary(courses[mission.slug]),
                "alternative_names": [f"Expedition {mission.number}"],
                "featured_article_id": articles.get(mission.featured_article or ""),
                "sources": dataset.cited(mission.sources),
            }
            for mission in records
        },
        "number",
    )
    aliases: dict[Key, Values] = {
        (missions[mission.slug], f"expedition-{mission.number}"): {} for mission in records
    }
    listed: dict[Key, Values] = {
        (missions[mission.slug], position): {
            "text": text,
            "text_ru": text_ru,
            "derived": not mission.tasks,
        }
        for mission in records
        for position, (text, text_ru) in enumerate(
            zip(
                mission.tasks or english.tasks(courses[mission.slug]),
                mission.tasks_ru or russian.tasks(courses[mission.slug]),
                strict=True,
            ),
            start=1,
        )
    }
    merge.parts(Mission, missions.values(), MissionAlias, ("mission_id", "slug"), aliases)
    merge.parts(Mission, missions.values(), MissionTask, ("mission_id", "position"), listed)
    return missions


def _crews(
    merge: Merge,
    dataset: Dataset,
    missions: Ids,
    people: Ids,
    launches: Ids,
    flights: Mapping[Key, int],
) -> None:
    crews: dict[Key, Values] = {
        (missions[mission.slug], ordinal): {
            "person_id": people[row.person],
            "flight_id": flights.get((launches[row.arrived_with], people[row.person])),
            "role": row.role,
            "position": row.position,
            "credited_as": row.credited_as,
            "from_on": row.from_on,
            "to_on": row.to_on,
        }
        for mission in dataset.missions.values()
        for ordinal, row in enumerate(mission.crew, start=1)
    }
    merge.parts(Mission, missions.values(), CrewAssignment, ("mission_id", "ordinal"), crews)


def _mission_launches(
    merge: Merge, found: Iterable[Relation], missions: Ids, launches: Ids
) -> None:
    links: dict[Key, Values] = {
        (missions[each.mission], launches[each.launch], each.relation): {} for each in found
    }
    names = ("mission_id", "launch_id", "relation")
    merge.parts(Mission, missions.values(), MissionLaunch, names, links)


def _article_links(
    merge: Merge,
    articles: Iterable[ArticleRecord],
    ids: Ids,
    missions: Ids,
    people: Ids,
    launches: Ids,
) -> None:
    tags: dict[Key, Values] = {}
    about: dict[str, dict[Key, Values]] = {"mission": {}, "person": {}, "launch": {}}
    for article in articles:
        own = ids[article.slug]
        tags |= {(own, tag): {} for tag in article.tags}
        about["mission"] |= {(own, missions[slug]): {} for slug in article.missions}
        about["person"] |= {(own, people[slug]): {} for slug in article.people}
        about["launch"] |= {(own, launches[slug]): {} for slug in article.launches}
    merge.parts(Article, ids.values(), ArticleTag, ("article_id", "tag"), tags)
    models = {"mission": ArticleMission, "person": ArticlePerson, "launch": ArticleLaunch}
    for name, model in models.items():
        names = ("article_id", f"{name}_id")
        merge.parts(Article, ids.values(), model, names, about[name])
