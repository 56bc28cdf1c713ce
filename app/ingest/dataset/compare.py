"""Comparison of the database with the dataset, without what the editors have changed."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import (
    Agency,
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleTag,
    CrewAssignment,
    Flight,
    FormerSlug,
    IllustratedRecord,
    Launch,
    Media,
    Mission,
    MissionLaunch,
    Module,
    ModuleAttachment,
    Pad,
    Payload,
    Person,
    Port,
    Site,
    Spacecraft,
    SpacecraftType,
    Spacewalk,
    SpacewalkMember,
    Stay,
    Vehicle,
    vehicle_slug,
)
from app.domain.enums import RecordType
from app.ingest.dataset.records import Dataset, DatasetArticle
from app.ingest.dataset.upsert import RowKey
from app.resources.registry import RECORD_RESOURCES

_ExpectedRows = Iterator[tuple[str, AnySelect, Iterable[RowKey], tuple[RecordType, ...]]]
"""Name of a kind of row, the statement that selects such rows, the expected rows, and the types of
the records whose slugs are their first columns, the owner of the row first."""


def find_differences(reader: Reader, dataset: Dataset) -> Iterator[str]:
    """Describe each row of the dataset that the database lacks, and that the loader would write."""
    articles = [*dataset.articles.values(), *dataset.chronicle.values()]
    edited = _find_edited_slugs(reader)
    former = {
        (row["type"], row["slug"]) for row in reader.all(select(FormerSlug.type, FormerSlug.slug))
    }
    for name, statement, expected, types in (
        *_expected_records(dataset),
        *_expected_children(dataset),
        *_expected_modules(dataset),
        *_expected_sites(dataset),
        *_expected_spacewalks(dataset),
        *_expected_stays(dataset),
        *_expected_articles(articles),
    ):
        present = {tuple(row.values()) for row in reader.all(statement)}
        for row in expected:
            slugs = list(zip(types, row, strict=False))
            is_protected = not edited.isdisjoint(slugs[:1]) or not former.isdisjoint(slugs)
            if row not in present and not is_protected:
                yield f"{name} differs from the dataset: {', '.join(map(str, row))}"


def _find_edited_slugs(reader: Reader) -> set[tuple[RecordType, str]]:
    return {
        (model.record_type, row["slug"])
        for model in (resource.model for resource in RECORD_RESOURCES.values())
        for row in reader.all(select(model.slug).where(model.edited))
    }


def _expected_records(dataset: Dataset) -> _ExpectedRows:
    yield (
        "picture",
        select(Media.slug, Media.content, Media.alt, Media.alt_ru),
        ((each.slug, each.content, each.alt, each.alt_ru) for each in dataset.media.values()),
        (RecordType.MEDIA,),
    )
    yield from _expected_images(dataset)
    vehicles = dataset.vehicles.values()
    yield (
        "vehicle",
        select(Vehicle.slug, Agency.slug.label("maker"), Vehicle.name, Vehicle.mass_kg).outerjoin(
            Agency, Agency.id == Vehicle.maker_id
        ),
        ((vehicle_slug(each.name), each.maker, each.name, each.mass_kg) for each in vehicles),
        (RecordType.VEHICLE, RecordType.AGENCY),
    )
    types = dataset.spacecraft_types.values()
    yield (
        "spacecraft type",
        select(SpacecraftType.slug, SpacecraftType.name, SpacecraftType.crewed),
        ((each.slug, each.name, each.crewed) for each in types),
        (RecordType.SPACECRAFT_TYPE,),
    )
    yield (
        "spacecraft",
        select(
            Spacecraft.slug,
            SpacecraftType.slug.label("type"),
            Agency.slug.label("operator"),
            Spacecraft.name,
            Spacecraft.serial,
        )
        .join(SpacecraftType, SpacecraftType.id == Spacecraft.type_id)
        .outerjoin(Agency, Agency.id == Spacecraft.operator_id),
        (
            (each.slug, each.type, each.operator, each.name, each.serial)
            for each in dataset.spacecraft.values()
        ),
        (RecordType.SPACECRAFT, RecordType.SPACECRAFT_TYPE, RecordType.AGENCY),
    )
    yield (
        "agency",
        select(Agency.slug, Agency.name, Agency.kind),
        ((agency.slug, agency.name, agency.kind) for agency in dataset.agencies.values()),
        (RecordType.AGENCY,),
    )
    yield (
        "person",
        select(Person.slug, Person.name, Person.born_on, Person.died_on),
        (
            (person.slug, person.name, person.born_on, person.died_on)
            for person in dataset.people.values()
        ),
        (RecordType.PERSON,),
    )
    yield (
        "launch",
        select(
            Launch.slug, Agency.slug.label("provider"), Launch.status, Launch.launch_at
        ).outerjoin(Agency, Agency.id == Launch.provider_id),
        (
            (each.slug, each.provider, each.status, each.launch_at)
            for each in dataset.launches.values()
        ),
        (RecordType.LAUNCH, RecordType.AGENCY),
    )
    yield (
        "mission",
        select(Mission.slug, Mission.starts_at, Mission.ends_at),
        ((each.slug, each.starts_at, each.ends_at) for each in dataset.missions.values()),
        (RecordType.MISSION,),
    )


def _expected_images(dataset: Dataset) -> _ExpectedRows:
    slugs = {(each.type, each.record): each.slug for each in dataset.media.values()}
    spacecraft = dataset.spacecraft.values()
    shown: dict[type[IllustratedRecord], Iterable[RowKey]] = {
        Mission: ((slug, slugs[RecordType.MISSION, slug]) for slug in dataset.missions),
        Module: ((slug, slugs[RecordType.MODULE, slug]) for slug in dataset.modules),
        Spacecraft: (
            (each.slug, slugs[RecordType.SPACECRAFT_TYPE, each.type]) for each in spacecraft
        ),
    }
    for model, rows in shown.items():
        yield (
            f"image of a {model.label.en}",
            select(model.slug, Media.slug.label("image"))
            .select_from(model)
            .join(Media, Media.id == model.image_media_id),
            rows,
            (model.record_type, RecordType.MEDIA),
        )


def _expected_stays(dataset: Dataset) -> _ExpectedRows:
    yield (
        "stay",
        select(
            Stay.slug,
            Launch.slug.label("launch"),
            Port.slug.label("port"),
            Stay.arrived_at,
            Stay.departed_at,
        )
        .join(Launch, Launch.id == Stay.launch_id)
        .join(Port, Port.id == Stay.port_id),
        (
            (stay.slug, stay.launch, stay.port, stay.arrived_at, stay.departed_at)
            for stay in dataset.stays.values()
        ),
        (
            RecordType.STAY,
            RecordType.LAUNCH,
        ),
    )


def _expected_children(dataset: Dataset) -> _ExpectedRows:
    launches, missions = dataset.launches.values(), dataset.missions.values()
    yield (
        "payload",
        select(
            Launch.slug,
            Spacecraft.slug.label("spacecraft"),
            Payload.name,
            Payload.flight_ended_at,
            Payload.end_kind,
        )
        .join_from(Payload, Launch, Launch.id == Payload.launch_id)
        .outerjoin(Spacecraft, Spacecraft.id == Payload.spacecraft_id),
        (
            (launch.slug, craft.slug, craft.name, craft.flight_ended_at, craft.end_kind)
            for launch in launches
            for craft in launch.spacecraft
        ),
        (RecordType.LAUNCH, RecordType.SPACECRAFT),
    )
    ship = aliased(Launch)
    yield (
        "flight",
        select(
            Launch.slug,
            Person.slug.label("person"),
            ship.slug.label("ship"),
            Flight.landed_at,
            Agency.name,
        )
        .join_from(Flight, Launch, Launch.id == Flight.launch_id)
        .join(Person, Person.id == Flight.person_id)
        .outerjoin(ship, ship.id == Flight.landed_with_id)
        .outerjoin(Agency, Agency.id == Flight.agency_id),
        (
            (launch.slug, seat.person, seat.landed_with, seat.landed_at, seat.agency)
            for launch in launches
            for seat in launch.crew
        ),
        (
            RecordType.LAUNCH,
            RecordType.PERSON,
            RecordType.LAUNCH,
        ),
    )
    role = CrewAssignment
    yield (
        "crew assignment",
        select(Mission.slug, Person.slug.label("person"), role.role, role.from_on, role.to_on)
        .join_from(role, Mission, Mission.id == role.mission_id)
        .join(Person, Person.id == role.person_id),
        (
            (mission.slug, row.person, row.role, row.from_on, row.to_on)
            for mission in missions
            for row in mission.crew
        ),
        (
            RecordType.MISSION,
            RecordType.PERSON,
        ),
    )
    yield (
        "launch of a mission",
        select(Mission.slug, Launch.slug.label("launch"), MissionLaunch.relation)
        .join_from(MissionLaunch, Mission, Mission.id == MissionLaunch.mission_id)
        .join(Launch, Launch.id == MissionLaunch.launch_id),
        ((link.mission, link.launch, link.relation) for link in dataset.mission_launches),
        (
            RecordType.MISSION,
            RecordType.LAUNCH,
        ),
    )


def _expected_modules(dataset: Dataset) -> _ExpectedRows:
    modules = dataset.modules.values()
    launch, other = aliased(Launch), aliased(Module)
    yield (
        "module",
        select(Module.slug, launch.slug.label("launch"), Module.name, Module.mass_kg)
        .select_from(Module)
        .outerjoin(launch, launch.id == Module.launch_id),
        ((module.slug, module.launch, module.name, module.mass_kg) for module in modules),
        (RecordType.MODULE, RecordType.LAUNCH),
    )
    yield (
        "port",
        select(Module.slug, Port.slug.label("port"), Port.in_service_from, Port.in_service_until)
        .select_from(Port)
        .join(Module, Module.id == Port.module_id),
        (
            (module.slug, port.slug, port.in_service_from, port.in_service_until)
            for module in modules
            for port in module.ports
        ),
        (RecordType.MODULE,),
    )
    attachment = ModuleAttachment
    yield (
        "attachment",
        select(
            Module.slug,
            other.slug.label("to"),
            Port.slug.label("port"),
            attachment.attached_at,
            attachment.detached_at,
        )
        .select_from(attachment)
        .join(Module, Module.id == attachment.module_id)
        .outerjoin(other, other.id == attachment.attached_to_id)
        .outerjoin(Port, Port.id == attachment.port_id),
        (
            (module.slug, each.to, each.port, each.attached_at, each.detached_at)
            for module in modules
            for each in module.attachments
        ),
        (RecordType.MODULE, RecordType.MODULE),
    )


def _expected_sites(dataset: Dataset) -> _ExpectedRows:
    sites = dataset.sites.values()
    yield (
        "launch site",
        select(Site.slug, Site.name, Site.country, Site.time_zone),
        ((site.slug, site.name, site.country, site.time_zone) for site in sites),
        (RecordType.SITE,),
    )
    yield (
        "launch pad",
        select(Site.slug, Pad.code, Pad.name, Pad.latitude, Pad.longitude)
        .select_from(Pad)
        .join(Site, Site.id == Pad.site_id),
        (
            (site.slug, pad.code, pad.name, pad.latitude, pad.longitude)
            for site in sites
            for pad in site.pads
        ),
        (RecordType.SITE,),
    )


def _expected_spacewalks(dataset: Dataset) -> _ExpectedRows:
    walks = dataset.spacewalks.values()
    yield (
        "spacewalk",
        select(
            Spacewalk.slug,
            Module.slug.label("airlock"),
            Mission.slug.label("mission"),
            Spacewalk.starts_at,
            Spacewalk.ends_at,
            Spacewalk.duration_seconds,
        )
        .select_from(Spacewalk)
        .outerjoin(Module, Module.id == Spacewalk.airlock_id)
        .outerjoin(Mission, Mission.id == Spacewalk.mission_id),
        (
            (
                walk.slug,
                walk.airlock,
                walk.mission,
                walk.starts_at,
                walk.ends_at,
                walk.duration_seconds,
            )
            for walk in walks
        ),
        (RecordType.SPACEWALK, RecordType.MODULE, RecordType.MISSION),
    )
    yield (
        "person in a spacewalk",
        select(Spacewalk.slug, Person.slug.label("person"), SpacewalkMember.role)
        .join_from(SpacewalkMember, Spacewalk, Spacewalk.id == SpacewalkMember.spacewalk_id)
        .join(Person, Person.id == SpacewalkMember.person_id),
        (
            (walk.slug, person, role)
            for walk in walks
            for person, role in walk.role_by_person.items()
        ),
        (RecordType.SPACEWALK, RecordType.PERSON),
    )


def _expected_articles(articles: list[DatasetArticle]) -> _ExpectedRows:
    yield (
        "article",
        select(Article.slug, Article.title, Article.published_at),
        ((article.slug, article.title, article.published_at) for article in articles),
        (RecordType.ARTICLE,),
    )
    yield (
        "tag",
        select(Article.slug, ArticleTag.tag).join(Article, Article.id == ArticleTag.article_id),
        ((article.slug, tag) for article in articles for tag in article.tags),
        (RecordType.ARTICLE,),
    )
    yield (
        "mission of an article",
        select(Article.slug, Mission.slug.label("mission"))
        .join_from(ArticleMission, Article, Article.id == ArticleMission.article_id)
        .join(Mission, Mission.id == ArticleMission.mission_id),
        ((article.slug, slug) for article in articles for slug in article.missions),
        (
            RecordType.ARTICLE,
            RecordType.MISSION,
        ),
    )
    yield (
        "person of an article",
        select(Article.slug, Person.slug.label("person"))
        .join_from(ArticlePerson, Article, Article.id == ArticlePerson.article_id)
        .join(Person, Person.id == ArticlePerson.person_id),
        ((article.slug, slug) for article in articles for slug in article.people),
        (
            RecordType.ARTICLE,
            RecordType.PERSON,
        ),
    )
    yield (
        "launch of an article",
        select(Article.slug, Launch.slug.label("launch"))
        .join_from(ArticleLaunch, Article, Article.id == ArticleLaunch.article_id)
        .join(Launch, Launch.id == ArticleLaunch.launch_id),
        ((article.slug, slug) for article in articles for slug in article.launches),
        (
            RecordType.ARTICLE,
            RecordType.LAUNCH,
        ),
    )
