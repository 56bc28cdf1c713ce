"""The dataset's own format: JSON lines beside this module, one model for each kind of line."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from app.db.models import CrewRole, LaunchStatus, ShipRole, SpacecraftKind
from app.domain.dates import Precision

DATA = Path(__file__).parent / "data"


class Record(BaseModel):
    """One line. Whatever is not declared is a slip in the data, and refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceRecord(Record):
    """Where facts come from; the other records name it by `key`."""

    key: str
    name: str
    url: str | None
    licence: str | None


class VehicleRecord(Record):
    """A launch vehicle, named by `name`."""

    name: str
    family: str


class SiteRecord(Record):
    """A launch site, named by `code`."""

    code: str
    name: str
    country: str


class PersonRecord(Record):
    """Somebody who flew to the station; `name_ru` is never left out, the chronicle needs it."""

    slug: str
    name: str
    name_ru: str
    name_native: str | None
    agency: str | None
    nationality: str | None
    aliases: list[str]
    sources: list[str]


class SpacecraftRecord(Record):
    """A ship, module or other thing aboard a launch."""

    name: str
    kind: SpacecraftKind


class SeatRecord(Record):
    """One of the crew of a launch, and their landing: with the launch of which ship, and when."""

    person: str
    role: ShipRole
    landed_at: AwareDatetime | None
    landed_at_precision: Precision | None
    landed_with: str | None


class LaunchRecord(Record):
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
    spacecraft: list[SpacecraftRecord]
    crewed: bool
    crew: list[SeatRecord]
    outcome_note: str | None
    outcome_note_ru: str | None
    sources: list[str]

    @property
    def ship(self) -> SpacecraftRecord:
        """The main thing that the launch carried."""
        return self.spacecraft[0]

    def of_kind(self, kind: SpacecraftKind) -> list[str]:
        """The names of what it carried of one kind."""
        return [craft.name for craft in self.spacecraft if craft.kind is kind]


class RoleRecord(Record):
    """A role in a mission's crew; `arrived_with` is the launch that brought the person."""

    person: str
    role: CrewRole
    position: str | None
    credited_as: str | None
    from_on: date | None
    to_on: date | None
    arrived_with: str


class MissionRecord(Record):
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
    crew: list[RoleRecord]
    sources: list[str]

    @property
    def commanders(self) -> list[RoleRecord]:
        """Its commanders, the first one first."""
        return [row for row in self.crew if row.role is CrewRole.COMMANDER]

    @property
    def flown_by(self) -> dict[str, str]:
        """Each member once, in the order of the crew list, with the launch that brought them."""
        return {row.person: row.arrived_with for row in self.crew}


class ArticleSourceRecord(Record):
    """Who published an article, and where."""

    name: str
    url: str | None


class ArticleRecord(Record):
    """A news item. `translation_of` is the slug of the item that it is a translation of."""

    slug: str
    title: str
    lead: str
    body: str
    language: str
    published_at: AwareDatetime
    published_at_precision: Precision
    source: ArticleSourceRecord
    tags: list[str]
    missions: list[str]
    people: list[str]
    launches: list[str]
    translation_of: str | None
    note: str | None


R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Dataset:
    """All records, by what names them. Launches and missions stand in the order of time."""

    sources: dict[str, SourceRecord]
    vehicles: dict[str, VehicleRecord]
    sites: dict[str, SiteRecord]
    people: dict[str, PersonRecord]
    launches: dict[str, LaunchRecord]
    missions: dict[str, MissionRecord]
    articles: dict[str, ArticleRecord]

    @cached_property
    def flown_for(self) -> dict[tuple[str, str], list[MissionRecord]]:
        """The missions that somebody belonged to in one flight, by launch and person."""
        found: dict[tuple[str, str], list[MissionRecord]] = defaultdict(list)
        for mission in self.missions.values():
            for person, launch in mission.flown_by.items():
                found[launch, person].append(mission)
        return found

    def cited(self, keys: list[str]) -> list[dict[str, str | None]]:
        """Sources as the database keeps them with each record."""
        return [self.sources[key].model_dump(exclude={"key"}) for key in keys]


def read_dataset(folder: Path = DATA) -> Dataset:
    """Read the records in `folder`, and refuse what is not in their format."""

    def lines(name: str, kind: type[R]) -> Iterator[R]:
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
            yield kind.model_validate_json(line)

    return Dataset(
        sources={source.key: source for source in lines("sources", SourceRecord)},
        vehicles={vehicle.name: vehicle for vehicle in lines("vehicles", VehicleRecord)},
        sites={site.code: site for site in lines("sites", SiteRecord)},
        people={person.slug: person for person in lines("people", PersonRecord)},
        launches={launch.slug: launch for launch in lines("launches", LaunchRecord)},
        missions={mission.slug: mission for mission in lines("missions", MissionRecord)},
        articles={article.slug: article for article in lines("articles", ArticleRecord)},
    )
