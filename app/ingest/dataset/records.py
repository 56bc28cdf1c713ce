"""Format of the embedded archive: JSON Lines files in `data/`, one model for each kind of line.

`mission_launches`, `mission_texts` and `chronicle` are generated from the other files by
`python -m tools.chronicle`, and `media` by `python -m tools.drawings`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from app.domain.dates import Precision
from app.domain.enums import (
    AgencyKind,
    ArrivalKind,
    CrewRole,
    FlightEndKind,
    HorizonKind,
    LaunchRelation,
    LaunchStatus,
    ModuleKind,
    PortDirection,
    RecordType,
    ShipRole,
    SpacecraftKind,
    SpacewalkRole,
)

DATASET_PATH = Path(__file__).parent / "data"

CHRONICLE_SOURCE_NAME = "Zarya chronicle"
"""Name of the source of the generated news."""


class DatasetRecord(BaseModel):
    """One line of a file; an undeclared field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetSource(DatasetRecord):
    """Source of facts; other records refer to it by `key`."""

    key: str
    name: str
    url: str | None
    licence: str | None


class DatasetVehicle(DatasetRecord):
    """A launch vehicle; its key is `name`."""

    name: str
    family: str
    variant: str | None
    maker: str | None
    stages: int | None
    height_m: float | None
    diameter_m: float | None
    mass_kg: int | None
    sources: list[str]


class DatasetSpacecraftType(DatasetRecord):
    """A type of spacecraft."""

    slug: str
    name: str
    kind: SpacecraftKind
    maker: str | None
    crewed: bool
    crew_capacity: int | None
    height_m: float | None
    diameter_m: float | None
    sources: list[str]


class DatasetShip(DatasetRecord):
    """A spacecraft of one or more flights; payloads of launches refer to it by `slug`."""

    slug: str
    name: str
    type: str
    operator: str | None
    serial: str | None
    sources: list[str]


class DatasetPad(DatasetRecord):
    """A launch pad of a site; its key is `code`."""

    slug: str
    code: str
    name: str
    name_ru: str
    aliases: list[str]
    latitude: float
    longitude: float


class DatasetSite(DatasetRecord):
    """A launch site; launches refer to it by `code`."""

    slug: str
    code: str
    name: str
    name_ru: str
    aliases: list[str]
    country: str
    latitude: float
    longitude: float
    time_zone: str
    pads: list[DatasetPad]
    sources: list[str]


class DatasetAgency(DatasetRecord):
    """A space agency, company or institute; other records name it by `name`."""

    slug: str
    name: str
    full_name: str | None
    name_ru: str | None
    name_native: str | None
    abbreviation: str | None
    aliases: list[str]
    kind: AgencyKind
    country: str | None
    founded_on: date | None
    founded_on_precision: Precision | None
    website: str | None
    sources: list[str]


class DatasetWikipediaArticle(DatasetRecord):
    """An article of Wikipedia about a person."""

    language: str
    url: str


class DatasetPerson(DatasetRecord):
    """A person who flew to the station; `name_ru` is required, the chronicle uses it."""

    slug: str
    name: str
    name_ru: str
    name_native: str | None
    agency: str | None
    nationality: str | None
    other_nationalities: list[str] = []
    born_on: date | None
    born_on_precision: Precision | None = None
    """Null: the day."""
    died_on: date | None = None
    wikidata_id: str | None = None
    wikipedia: list[DatasetWikipediaArticle] = []
    aliases: list[str]
    sources: list[str]

    @property
    def nationalities(self) -> list[str]:
        """All nationalities, the first one first."""
        return [self.nationality, *self.other_nationalities] if self.nationality else []


class DatasetSpacecraft(DatasetRecord):
    """A ship, module or other payload of a launch."""

    name: str
    kind: SpacecraftKind
    flight_ended_at: AwareDatetime | None = None
    flight_ended_at_precision: Precision | None = None
    end_kind: FlightEndKind | None = None
    slug: str | None = None
    """The spacecraft, if it has a record."""


class DatasetSeat(DatasetRecord):
    """A crew member of a launch, with the landing; `landed_with` is the launch of the ship."""

    person: str
    role: ShipRole
    agency: str | None = None
    """Agency that the person flew for, where it is not the agency of the person."""
    landed_at: AwareDatetime | None
    landed_at_precision: Precision | None
    landed_with: str | None


class DatasetLaunch(DatasetRecord):
    """A launch with its spacecraft, the main one first."""

    slug: str
    cospar_id: str | None
    status: LaunchStatus
    launch_at: AwareDatetime
    launch_at_precision: Precision
    launch_at_uncertain: bool
    vehicle: str
    site: str
    pad: str
    provider: str
    """Slug of the agency that launches."""
    spacecraft: list[DatasetSpacecraft]
    crewed: bool
    crew: list[DatasetSeat]
    outcome_note: str | None
    outcome_note_ru: str | None
    sources: list[str]

    @property
    def main_spacecraft(self) -> DatasetSpacecraft:
        """The first spacecraft."""
        return self.spacecraft[0]

    def spacecraft_names(self, kind: SpacecraftKind) -> list[str]:
        """Names of its spacecraft of one kind."""
        return [craft.name for craft in self.spacecraft if craft.kind is kind]


class DatasetStay(DatasetRecord):
    """A stay of the main spacecraft of a launch at a port; a relocation starts the next one."""

    slug: str
    launch: str
    port: str
    arrived_at: AwareDatetime
    arrived_at_precision: Precision
    arrived_at_uncertain: bool
    arrival_kind: ArrivalKind
    departed_at: AwareDatetime | None
    departed_at_precision: Precision | None
    departed_at_uncertain: bool
    sources: list[str]


class DatasetCrewRole(DatasetRecord):
    """A role in a mission's crew; `arrived_with` is the launch that brought the person."""

    person: str
    role: CrewRole
    position: str | None
    credited_as: str | None
    from_on: date | None
    to_on: date | None
    arrived_with: str


class DatasetMission(DatasetRecord):
    """An expedition; its crew in display order, the commanders in order of command."""

    slug: str
    number: int
    starts_at: AwareDatetime
    starts_at_precision: Precision
    ends_at: AwareDatetime | None
    ends_at_precision: Precision | None
    tasks: list[str]
    tasks_ru: list[str]
    featured_article: str | None
    crew: list[DatasetCrewRole]
    sources: list[str]

    @property
    def commanders(self) -> list[DatasetCrewRole]:
        """Its commanders, in order of command."""
        return [row for row in self.crew if row.role is CrewRole.COMMANDER]

    @property
    def launch_by_person(self) -> dict[str, str]:
        """Launch of each member, in the order of the crew list."""
        return {row.person: row.arrived_with for row in self.crew}


class DatasetPort(DatasetRecord):
    """A port of a module, in service between two days."""

    slug: str
    direction: PortDirection
    in_service_from: date | None = None
    in_service_until: date | None = None


class DatasetAttachment(DatasetRecord):
    """An attachment of a module: `to` is the other module, `port` the port that it occupies."""

    to: str | None
    port: str | None
    attached_at: AwareDatetime
    attached_at_precision: Precision
    attached_at_uncertain: bool = False
    detached_at: AwareDatetime | None = None
    detached_at_precision: Precision | None = None
    detached_at_uncertain: bool = False


class DatasetModule(DatasetRecord):
    """A module of the station; its attachments in order of time."""

    slug: str
    name: str
    name_ru: str | None
    kind: ModuleKind
    owners: list[str]
    length_m: float | None
    diameter_m: float | None
    mass_kg: int | None
    assembly_flight: str | None
    launch: str | None
    ports: list[DatasetPort]
    attachments: list[DatasetAttachment]
    sources: list[str]


class DatasetSpacewalk(DatasetRecord):
    """A spacewalk; its crew in the order of their roles, the leader first."""

    slug: str
    number: int
    starts_at: AwareDatetime
    starts_at_precision: Precision
    ends_at: AwareDatetime | None
    ends_at_precision: Precision | None
    duration_seconds: int
    operator: str
    airlock: str | None
    mission: str | None
    crew: list[str]
    purpose: str
    purpose_ru: str
    sources: list[str]

    @property
    def role_by_person(self) -> dict[str, SpacewalkRole]:
        """Role of each person, in the order of the crew."""
        return dict(zip(self.crew, SpacewalkRole, strict=False))


class DatasetArticleSource(DatasetRecord):
    """Publisher of an article and its address."""

    name: str
    url: str | None


class DatasetArticle(DatasetRecord):
    """A news item; `translation_of` is the slug of the original."""

    slug: str
    title: str
    lead: str
    body: str
    language: str
    published_at: AwareDatetime
    published_at_precision: Precision
    source: DatasetArticleSource
    tags: list[str]
    missions: list[str]
    people: list[str]
    launches: list[str]
    translation_of: str | None
    note: str | None


class DatasetPicture(DatasetRecord):
    """A drawing, and the record that it shows. Generated."""

    slug: str
    content: str
    """Digest of its file."""
    alt: str
    alt_ru: str
    type: RecordType
    record: str


class DatasetHorizon(DatasetRecord):
    """The time until which the dataset has all facts of a kind."""

    kind: HorizonKind
    known_until: AwareDatetime


class DatasetMissionLaunch(DatasetRecord):
    """A launch that served a mission. Generated."""

    mission: str
    launch: str
    relation: LaunchRelation


class DatasetMissionTexts(DatasetRecord):
    """Summary and tasks of a mission, in English and in Russian. Generated."""

    mission: str
    summary: str
    summary_ru: str
    tasks: list[str]
    """Empty for a mission that has tasks of its own."""
    tasks_ru: list[str]


R = TypeVar("R", bound=DatasetRecord)


@dataclass(frozen=True)
class DatasetFacts:
    """Records written by hand, by their natural keys.

    Launches, missions and spacewalks are in order of time.
    """

    sources: dict[str, DatasetSource]
    vehicles: dict[str, DatasetVehicle]
    spacecraft_types: dict[str, DatasetSpacecraftType]
    spacecraft: dict[str, DatasetShip]
    sites: dict[str, DatasetSite]
    agencies: dict[str, DatasetAgency]
    people: dict[str, DatasetPerson]
    launches: dict[str, DatasetLaunch]
    missions: dict[str, DatasetMission]
    modules: dict[str, DatasetModule]
    spacewalks: dict[str, DatasetSpacewalk]
    articles: dict[str, DatasetArticle]
    stays: dict[str, DatasetStay]
    horizon: dict[HorizonKind, DatasetHorizon]

    @cached_property
    def missions_by_flight(self) -> dict[tuple[str, str], list[DatasetMission]]:
        """Missions of each person in each flight, by launch and person."""
        missions: dict[tuple[str, str], list[DatasetMission]] = defaultdict(list)
        for mission in self.missions.values():
            for person, launch in mission.launch_by_person.items():
                missions[launch, person].append(mission)
        return missions

    def resolve_citations(self, keys: list[str]) -> list[dict[str, str | None]]:
        """Sources in the form in which each record stores them."""
        return [self.sources[key].model_dump(exclude={"key"}) for key in keys]


@dataclass(frozen=True)
class Dataset(DatasetFacts):
    """The embedded archive: the facts, and the records generated from them."""

    mission_launches: list[DatasetMissionLaunch]
    mission_texts: dict[str, DatasetMissionTexts]
    chronicle: dict[str, DatasetArticle]
    media: dict[str, DatasetPicture]


def read_facts(folder: Path = DATASET_PATH) -> DatasetFacts:
    """Read the records written by hand. Raises ValidationError for a line in another format."""
    return DatasetFacts(
        sources={row.key: row for row in _read_lines(folder, "sources", DatasetSource)},
        vehicles={row.name: row for row in _read_lines(folder, "vehicles", DatasetVehicle)},
        spacecraft_types={
            row.slug: row for row in _read_lines(folder, "spacecraft_types", DatasetSpacecraftType)
        },
        spacecraft={row.slug: row for row in _read_lines(folder, "spacecraft", DatasetShip)},
        sites={row.code: row for row in _read_lines(folder, "sites", DatasetSite)},
        agencies={row.name: row for row in _read_lines(folder, "agencies", DatasetAgency)},
        people={row.slug: row for row in _read_lines(folder, "people", DatasetPerson)},
        launches={row.slug: row for row in _read_lines(folder, "launches", DatasetLaunch)},
        missions={row.slug: row for row in _read_lines(folder, "missions", DatasetMission)},
        modules={row.slug: row for row in _read_lines(folder, "modules", DatasetModule)},
        spacewalks={row.slug: row for row in _read_lines(folder, "spacewalks", DatasetSpacewalk)},
        articles={row.slug: row for row in _read_lines(folder, "articles", DatasetArticle)},
        stays={row.slug: row for row in _read_lines(folder, "stays", DatasetStay)},
        horizon={row.kind: row for row in _read_lines(folder, "horizon", DatasetHorizon)},
    )


def read_dataset(folder: Path = DATASET_PATH) -> Dataset:
    """Read all records. Raises ValidationError for a line in another format."""
    texts = _read_lines(folder, "mission_texts", DatasetMissionTexts)
    return Dataset(
        **vars(read_facts(folder)),
        mission_launches=list(_read_lines(folder, "mission_launches", DatasetMissionLaunch)),
        mission_texts={row.mission: row for row in texts},
        chronicle={row.slug: row for row in _read_lines(folder, "chronicle", DatasetArticle)},
        media={row.slug: row for row in _read_lines(folder, "media", DatasetPicture)},
    )


def _read_lines(folder: Path, name: str, model: type[R]) -> Iterator[R]:
    for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
        yield model.model_validate_json(line)
