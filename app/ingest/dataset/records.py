"""The dataset's own format: JSON lines beside this module, one model for each kind of line."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from app.domain.dates import Precision
from app.domain.enums import CrewRole, LaunchStatus, ShipRole, SpacecraftKind

DATASET_PATH = Path(__file__).parent / "data"


class DatasetRecord(BaseModel):
    """One line. Whatever is not declared is a slip in the data, and refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetSource(DatasetRecord):
    """Where facts come from; the other records name it by `key`."""

    key: str
    name: str
    url: str | None
    licence: str | None


class DatasetVehicle(DatasetRecord):
    """A launch vehicle, named by `name`."""

    name: str
    family: str


class DatasetSite(DatasetRecord):
    """A launch site, named by `code`."""

    code: str
    name: str
    country: str


class DatasetPerson(DatasetRecord):
    """Somebody who flew to the station; `name_ru` is never left out, the chronicle needs it."""

    slug: str
    name: str
    name_ru: str
    name_native: str | None
    agency: str | None
    nationality: str | None
    aliases: list[str]
    sources: list[str]


class DatasetSpacecraft(DatasetRecord):
    """A ship, module or other thing aboard a launch."""

    name: str
    kind: SpacecraftKind


class DatasetSeat(DatasetRecord):
    """One of the crew of a launch, and their landing: with the launch of which ship, and when."""

    person: str
    role: ShipRole
    landed_at: AwareDatetime | None
    landed_at_precision: Precision | None
    landed_with: str | None


class DatasetLaunch(DatasetRecord):
    """A launch with what it carried, the main ship first."""

    slug: str
    cospar_id: str | None
    status: LaunchStatus
    launch_at: AwareDatetime
    launch_at_precision: Precision
    launch_at_uncertain: bool
    vehicle: str
    site: str
    pad: str
    spacecraft: list[DatasetSpacecraft]
    crewed: bool
    crew: list[DatasetSeat]
    outcome_note: str | None
    outcome_note_ru: str | None
    sources: list[str]

    @property
    def main_spacecraft(self) -> DatasetSpacecraft:
        """The main thing that the launch carried."""
        return self.spacecraft[0]

    def spacecraft_names(self, kind: SpacecraftKind) -> list[str]:
        """The names of what it carried of one kind."""
        return [craft.name for craft in self.spacecraft if craft.kind is kind]


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
    """An expedition; its crew in the order of its page, each commander in the order of command."""

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
        """Its commanders, the first one first."""
        return [row for row in self.crew if row.role is CrewRole.COMMANDER]

    @property
    def launch_by_person(self) -> dict[str, str]:
        """Each member once, in the order of the crew list, with the launch that brought them."""
        return {row.person: row.arrived_with for row in self.crew}


class DatasetArticleSource(DatasetRecord):
    """Who published an article, and where."""

    name: str
    url: str | None


class DatasetArticle(DatasetRecord):
    """A news item. `translation_of` is the slug of the item that it is a translation of."""

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


R = TypeVar("R", bound=DatasetRecord)


@dataclass(frozen=True)
class Dataset:
    """All records, by what names them. Launches and missions stand in the order of time."""

    sources: dict[str, DatasetSource]
    vehicles: dict[str, DatasetVehicle]
    sites: dict[str, DatasetSite]
    people: dict[str, DatasetPerson]
    launches: dict[str, DatasetLaunch]
    missions: dict[str, DatasetMission]
    articles: dict[str, DatasetArticle]

    @cached_property
    def missions_by_flight(self) -> dict[tuple[str, str], list[DatasetMission]]:
        """The missions that somebody belonged to in one flight, by launch and person."""
        found: dict[tuple[str, str], list[DatasetMission]] = defaultdict(list)
        for mission in self.missions.values():
            for person, launch in mission.launch_by_person.items():
                found[launch, person].append(mission)
        return found

    def resolve_citations(self, keys: list[str]) -> list[dict[str, str | None]]:
        """Sources as the database keeps them with each record."""
        return [self.sources[key].model_dump(exclude={"key"}) for key in keys]


def read_dataset(folder: Path = DATASET_PATH) -> Dataset:
    """Read the records in `folder`, and refuse what is not in their format."""

    def lines(name: str, kind: type[R]) -> Iterator[R]:
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
            yield kind.model_validate_json(line)

    return Dataset(
        sources={source.key: source for source in lines("sources", DatasetSource)},
        vehicles={vehicle.name: vehicle for vehicle in lines("vehicles", DatasetVehicle)},
        sites={site.code: site for site in lines("sites", DatasetSite)},
        people={person.slug: person for person in lines("people", DatasetPerson)},
        launches={launch.slug: launch for launch in lines("launches", DatasetLaunch)},
        missions={mission.slug: mission for mission in lines("missions", DatasetMission)},
        articles={article.slug: article for article in lines("articles", DatasetArticle)},
    )
