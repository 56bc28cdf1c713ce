"""Loader of the embedded archive: missing records are created, differing records are updated.

Rows are matched by natural keys (slug, code of a pad, mission and ordinal …), never by id. Records
that the dataset does not have are left unchanged, and so are records that editors have changed,
renamed or deleted. The child rows of the others (crew, tasks, links) are exactly those of the
dataset. The horizon moves forwards only. A second load writes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.api.write_models import default_day_precision
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
    Payload,
    Person,
    PersonNationality,
    Spacecraft,
    SpacecraftType,
    Vehicle,
    vehicle_slug,
)
from app.db.planner_statistics import analyze_tables
from app.domain.batching import batched
from app.domain.enums import RecordType
from app.ingest.dataset.load_agencies import upsert_agencies
from app.ingest.dataset.load_media import ImageIds, upsert_media
from app.ingest.dataset.load_modules import upsert_modules
from app.ingest.dataset.load_sites import upsert_sites
from app.ingest.dataset.load_spacewalks import upsert_spacewalks
from app.ingest.dataset.load_stays import upsert_stays
from app.ingest.dataset.records import Dataset, DatasetArticle, DatasetLaunch, read_dataset
from app.ingest.dataset.upsert import (
    LOADER_ACTOR,
    MISSING_ID,
    ColumnValues,
    DatasetUpsert,
    OpenSession,
    RowKey,
)
from app.resources.horizon.commands import move_horizon

_BATCH_ROWS = 50
"""Articles in one transaction."""

_ProgressCallback = Callable[[str, int, int], None]
"""Called before each step with its name, the number of steps done, and the number of steps."""

_IdsByKey = Mapping[str, int]
"""Ids of records by natural key."""


@dataclass(frozen=True)
class LoadReport:
    """Numbers of records; a record with changed child rows counts as updated."""

    created: int
    updated: int
    unchanged: int


def load_dataset(
    open_session: OpenSession, progress: _ProgressCallback = lambda *_: None
) -> LoadReport:
    """Load the embedded archive, in several transactions that `open_session` opens.

    A record and its child rows are written in the same one, which adds an entry to the audit log.
    An interrupted load continues where it stopped when it is started again.
    """
    steps = (
        "dataset",
        "media",
        "agencies",
        "people",
        "launches",
        "modules",
        "stays",
        "missions",
        "spacewalks",
        "articles",
        "horizon",
    )

    def step(name: str) -> None:
        progress(name, steps.index(name), len(steps))

    step("dataset")
    dataset = read_dataset()
    merge = DatasetUpsert(open_session)
    step("media")
    with merge.transaction():
        images = upsert_media(merge, dataset)
    step("agencies")
    with merge.transaction():
        agencies = upsert_agencies(merge, dataset)
    step("people")
    with merge.transaction():
        people = _upsert_people(merge, dataset, agencies)
    step("launches")
    with merge.transaction():
        launches = _upsert_launches(merge, dataset, agencies, images)
        flights = _replace_flights(merge, dataset, people, launches, agencies)
    step("modules")
    with merge.transaction():
        modules, ports = upsert_modules(merge, dataset, launches, agencies, images)
    step("stays")
    with merge.transaction():
        upsert_stays(merge, dataset, launches, ports)
    step("missions")
    with merge.transaction():  # with the articles that missions feature
        articles = list(dataset.articles.values())
        article_ids = _upsert_articles(merge, articles)
        missions = _upsert_missions(merge, dataset, article_ids, images)
        _replace_crews(merge, dataset, missions, people, launches, flights)
        _replace_mission_launches(merge, dataset, missions, launches)
        _replace_article_links(merge, articles, article_ids, missions, people, launches)
    step("spacewalks")
    with merge.transaction():
        upsert_spacewalks(merge, dataset, people, modules, missions, agencies)
    step("articles")
    for articles in batched(dataset.chronicle.values(), _BATCH_ROWS):
        with merge.transaction():
            article_ids = _upsert_articles(merge, articles)
            _replace_article_links(merge, articles, article_ids, missions, people, launches)
    step("horizon")
    with open_session() as session:
        for horizon in dataset.horizon.values():
            move_horizon(session, LOADER_ACTOR, [horizon.kind], horizon.known_until)
        if merge.created:
            analyze_tables(session.connection())
    progress("done", len(steps), len(steps))
    changed = len(merge.created) + len(merge.updated)
    return LoadReport(len(merge.created), len(merge.updated), merge.total - changed)


def _upsert_people(merge: DatasetUpsert, dataset: Dataset, agencies: _IdsByKey) -> _IdsByKey:
    """Merge the people, with their nationalities."""
    people = {
        person.slug: {
            "name": person.name,
            "name_ru": person.name_ru,
            "name_native": person.name_native,
            "agency_id": agencies[person.agency] if person.agency else None,
            "nationality": person.nationality,
            "born_on": person.born_on,
            "born_on_precision": default_day_precision(person.born_on, person.born_on_precision),
            "died_on": person.died_on,
            "died_on_precision": default_day_precision(person.died_on, None),
            "wikidata_id": person.wikidata_id,
            "wikipedia": [article.model_dump() for article in person.wikipedia],
            "aliases": person.aliases,
            "sources": dataset.resolve_citations(person.sources),
        }
        for person in dataset.people.values()
    }
    ids = merge.upsert_records(Person, "slug", people)
    nationalities: dict[RowKey, ColumnValues] = {
        (ids[person.slug], ordinal): {"country": country}
        for person in dataset.people.values()
        for ordinal, country in enumerate(person.nationalities, start=1)
    }
    names = "person_id", "ordinal"
    merge.replace_children(Person, ids.values(), PersonNationality, names, nationalities)
    return ids


def _upsert_launches(
    merge: DatasetUpsert, dataset: Dataset, agencies: _IdsByKey, images: ImageIds
) -> _IdsByKey:
    """Merge the launches, with their vehicles, sites, spacecraft and payloads."""
    spacecraft = _upsert_spacecraft(merge, dataset, agencies, images)
    vehicles = merge.upsert_records(
        Vehicle,
        "slug",
        {
            vehicle_slug(vehicle.name): {
                **vehicle.model_dump(exclude={"maker", "sources"}),
                "maker_id": agencies[vehicle.maker] if vehicle.maker else None,
                "sources": dataset.resolve_citations(vehicle.sources),
            }
            for vehicle in dataset.vehicles.values()
        },
    )
    sites, pads = upsert_sites(merge, dataset)
    launches = merge.upsert_records(
        Launch,
        "slug",
        {
            launch.slug: _build_launch_values(dataset, launch, agencies, vehicles, sites, pads)
            for launch in dataset.launches.values()
        },
        "cospar_id",
    )
    payloads: dict[RowKey, ColumnValues] = {
        (launches[launch.slug], ordinal): {
            **craft.model_dump(exclude={"slug"}),
            "spacecraft_id": spacecraft[craft.slug] if craft.slug else None,
        }
        for launch in dataset.launches.values()
        for ordinal, craft in enumerate(launch.spacecraft, start=1)
    }
    merge.replace_children(Launch, launches.values(), Payload, ("launch_id", "ordinal"), payloads)
    return launches


def _upsert_spacecraft(
    merge: DatasetUpsert, dataset: Dataset, agencies: _IdsByKey, images: ImageIds
) -> Mapping[str, int | None]:
    """Merge the spacecraft with their types. Returns their ids by slug; None if deleted."""
    types = merge.upsert_records(
        SpacecraftType,
        "slug",
        {
            slug: {
                **type_.model_dump(exclude={"slug", "maker", "sources"}),
                "maker_id": agencies[type_.maker] if type_.maker else None,
                "sources": dataset.resolve_citations(type_.sources),
            }
            for slug, type_ in dataset.spacecraft_types.items()
        },
    )
    ids = merge.upsert_records(
        Spacecraft,
        "slug",
        {
            slug: {
                "name": ship.name,
                "type_id": types[ship.type],
                "operator_id": agencies[ship.operator] if ship.operator else None,
                "serial": ship.serial,
                "image_media_id": images[RecordType.SPACECRAFT_TYPE, ship.type],
                "sources": dataset.resolve_citations(ship.sources),
            }
            for slug, ship in dataset.spacecraft.items()
        },
    )
    return {slug: None if id_ == MISSING_ID else id_ for slug, id_ in ids.items()}


def _build_launch_values(
    dataset: Dataset,
    launch: DatasetLaunch,
    agencies: _IdsByKey,
    vehicles: _IdsByKey,
    sites: _IdsByKey,
    pads: Mapping[tuple[str, str], int],
) -> ColumnValues:
    vehicle, site = dataset.vehicles[launch.vehicle], dataset.sites[launch.site]
    return {
        "cospar_id": launch.cospar_id,
        "status": launch.status,
        "launch_at": launch.launch_at,
        "launch_at_precision": launch.launch_at_precision,
        "launch_at_uncertain": launch.launch_at_uncertain,
        "provider_id": agencies[launch.provider],
        "vehicle_id": vehicles[vehicle_slug(vehicle.name)],
        "site_id": sites[site.code],
        "pad_id": pads.get((site.code, launch.pad)),
        "crewed": launch.crewed,
        "to_station": True,
        "outcome_note": launch.outcome_note,
        "outcome_note_ru": launch.outcome_note_ru,
        "sources": dataset.resolve_citations(launch.sources),
    }


def _replace_flights(
    merge: DatasetUpsert,
    dataset: Dataset,
    people: _IdsByKey,
    launches: _IdsByKey,
    agencies: _IdsByKey,
) -> dict[RowKey, int]:
    """Replace the flights of people. Returns flight ids by the ids of launch and person."""
    flights: dict[RowKey, ColumnValues] = {
        (launches[launch.slug], people[seat.person]): {
            "role": seat.role,
            "agency_id": agencies[seat.agency] if seat.agency else None,
            "ordinal": ordinal,
            "landed_with_id": launches[seat.landed_with] if seat.landed_with else None,
            "landed_at": seat.landed_at,
            "landed_at_precision": seat.landed_at_precision,
        }
        for launch in dataset.launches.values()
        for ordinal, seat in enumerate(launch.crew, start=1)
    }
    merge.replace_children(Launch, launches.values(), Flight, ("launch_id", "person_id"), flights)
    rows = merge.session.execute(select(Flight.launch_id, Flight.person_id, Flight.id))
    return {(launch, person): flight for launch, person, flight in rows}


def _upsert_articles(merge: DatasetUpsert, articles: Iterable[DatasetArticle]) -> _IdsByKey:
    return merge.upsert_records(
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


def _upsert_missions(
    merge: DatasetUpsert, dataset: Dataset, articles: _IdsByKey, images: ImageIds
) -> _IdsByKey:
    """Merge the missions with their aliases and tasks."""
    missions = merge.upsert_records(
        Mission,
        "slug",
        {
            mission.slug: {
                "number": mission.number,
                "station": "ISS",
                "image_media_id": images[RecordType.MISSION, mission.slug],
                "starts_at": mission.starts_at,
                "starts_at_precision": mission.starts_at_precision,
                "ends_at": mission.ends_at,
                "ends_at_precision": mission.ends_at_precision,
                "summary": dataset.mission_texts[mission.slug].summary,
                "summary_ru": dataset.mission_texts[mission.slug].summary_ru,
                "alternative_names": [f"Expedition {mission.number}"],
                "featured_article_id": articles.get(mission.featured_article or ""),
                "sources": dataset.resolve_citations(mission.sources),
            }
            for mission in dataset.missions.values()
        },
        "number",
    )
    aliases: dict[RowKey, ColumnValues] = {
        (missions[mission.slug], f"expedition-{mission.number}"): {}
        for mission in dataset.missions.values()
    }
    merge.replace_children(
        Mission, missions.values(), MissionAlias, ("mission_id", "slug"), aliases
    )
    tasks = _build_mission_tasks(dataset, missions)
    merge.replace_children(
        Mission, missions.values(), MissionTask, ("mission_id", "position"), tasks
    )
    return missions


def _build_mission_tasks(dataset: Dataset, missions: _IdsByKey) -> dict[RowKey, ColumnValues]:
    """Tasks of the missions by position: their own, or else the generated ones."""
    tasks: dict[RowKey, ColumnValues] = {}
    for slug, mission in dataset.missions.items():
        source = mission if mission.tasks else dataset.mission_texts[slug]
        for position, (text, text_ru) in enumerate(
            zip(source.tasks, source.tasks_ru, strict=True), start=1
        ):
            tasks[missions[slug], position] = {
                "text": text,
                "text_ru": text_ru,
                "derived": not mission.tasks,
            }
    return tasks


def _replace_crews(
    merge: DatasetUpsert,
    dataset: Dataset,
    missions: _IdsByKey,
    people: _IdsByKey,
    launches: _IdsByKey,
    flights: Mapping[RowKey, int],
) -> None:
    crews: dict[RowKey, ColumnValues] = {
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
    merge.replace_children(
        Mission, missions.values(), CrewAssignment, ("mission_id", "ordinal"), crews
    )


def _replace_mission_launches(
    merge: DatasetUpsert, dataset: Dataset, missions: _IdsByKey, launches: _IdsByKey
) -> None:
    links: dict[RowKey, ColumnValues] = {
        (missions[link.mission], launches[link.launch], link.relation): {}
        for link in dataset.mission_launches
    }
    # Launches of others keep their links.
    names = ("mission_id", "launch_id", "relation")
    own = MissionLaunch.launch_id.not_in(launches.values())
    others = select(*(getattr(MissionLaunch, name) for name in names)).where(own)
    links |= {tuple(row): {} for row in merge.session.execute(others)}
    merge.replace_children(Mission, missions.values(), MissionLaunch, names, links)


def _replace_article_links(
    merge: DatasetUpsert,
    articles: Iterable[DatasetArticle],
    ids: _IdsByKey,
    missions: _IdsByKey,
    people: _IdsByKey,
    launches: _IdsByKey,
) -> None:
    tags: dict[RowKey, ColumnValues] = {}
    about: dict[str, dict[RowKey, ColumnValues]] = {"mission": {}, "person": {}, "launch": {}}
    for article in articles:
        own = ids[article.slug]
        tags |= {(own, tag): {} for tag in article.tags}
        about["mission"] |= {(own, missions[slug]): {} for slug in article.missions}
        about["person"] |= {(own, people[slug]): {} for slug in article.people}
        about["launch"] |= {(own, launches[slug]): {} for slug in article.launches}
    merge.replace_children(Article, ids.values(), ArticleTag, ("article_id", "tag"), tags)
    models = {"mission": ArticleMission, "person": ArticlePerson, "launch": ArticleLaunch}
    for name, model in models.items():
        names = ("article_id", f"{name}_id")
        merge.replace_children(Article, ids.values(), model, names, about[name])
