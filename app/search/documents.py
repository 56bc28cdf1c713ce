"""What of each record the search index holds: its names, its title, its lead, its text.

Names and facts go in in English and in Russian, so that either finds them.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from app.db.models import (
    Article,
    ArticleState,
    ArticleTag,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionTask,
    Person,
    RecordType,
    Site,
    Spacecraft,
    SpacecraftKind,
    Vehicle,
)
from app.db.models.search import LONGEST_WORD, place_of
from app.search.fulltext import GAP, Tokenised
from app.search.query_parser import whole_name
from app.search.synonyms import agency_names, ship_names, site_names, vehicle_names
from app.search.tokenizer import spoken

_ADDRESS = re.compile(r"\]\([^)\s]*\)|<[^>\s]*>|https?://\S+")

_PERSON = "astronaut cosmonaut астронавт космонавт"
_LAUNCH = "launch vehicle rocket пуск запуск старт ракета-носитель"
_KINDS = {
    SpacecraftKind.SC: "SC spacecraft ship ТПК корабль",
    SpacecraftKind.CV: "CV cargo vehicle ship ТГК грузовой корабль",
    SpacecraftKind.MODULE: "module модуль",
    SpacecraftKind.SATELLITE: "satellite спутник",
    SpacecraftKind.OTHER: "",
}
_CREWED = "crewed manned crew пилотируемый экипаж"


@dataclass(frozen=True)
class Document:
    """A record as it is found."""

    kind: RecordType
    record_id: int
    at: datetime | None
    names: Collection[str]
    title: str
    lead: Collection[str]
    body: Collection[str] = ()
    summed_up_as: Collection[str] = ()
    """What else is the whole query of somebody who looks for it: its rocket, its site."""

    @property
    def place(self) -> int:
        """Where it stands in the index."""
        return place_of(self.kind, self.at, self.record_id)

    def tokenised(self, words: set[str]) -> Tokenised:
        """Its tokens. The words that its names, title and lead are spelt with go to `words`."""
        names: list[str] = []
        for name in self.names:
            heard = spoken(name)
            words.update(word.word for word in heard)
            names += [*(word.name for word in heard), GAP]
        wholes = map(whole_name, (*self.names, *self.summed_up_as))
        names += dict.fromkeys(filter(None, wholes))
        return Tokenised(
            self.place,
            names,
            _stems([self.title], words),
            _stems(self.lead, words),
            _stems(self.body, None),
        )


def _stems(texts: Collection[str], words: set[str] | None) -> list[str]:
    found: list[str] = []
    for text in texts:
        heard = spoken(text)
        if words is not None:
            words.update(word.word for word in heard)
        found += [*([GAP] if found else []), *(word.stem for word in heard)]
    return found


def spelt(words: Collection[str]) -> list[str]:
    """Of `words` those that another spelling may be meant for, in their order."""
    return sorted(word for word in words if len(word) >= FORGIVEN and len(word) <= LONGEST_WORD)


FORGIVEN = 4
"""How long a word is that one of five letters, one of them superfluous, may be meant for."""


def documents(connection: Connection, kind: RecordType, ids: Collection[int]) -> Iterator[Document]:
    """The records of `kind` with these ids, those that may be found alone."""
    read = _READ[kind]
    return read(connection, ids) if ids else iter(())


def _missions(connection: Connection, ids: Collection[int]) -> Iterator[Document]:
    tasks = _grouped(
        connection,
        select(MissionTask.mission_id, MissionTask.text)
        .where(MissionTask.mission_id.in_(ids))
        .order_by(MissionTask.mission_id, MissionTask.position),
    )
    crews = _grouped(
        connection,
        select(CrewAssignment.mission_id, Person.name, Person.name_ru)
        .join(Person, Person.id == CrewAssignment.person_id)
        .where(CrewAssignment.mission_id.in_(ids))
        .order_by(CrewAssignment.mission_id, CrewAssignment.ordinal),
    )
    rows = connection.execute(select(*Mission.__table__.columns).where(Mission.id.in_(ids)))
    for row in rows.mappings():
        names = [row["slug"], *row["alternative_names"], f"{row['station']} {row['number']}"]
        if row["station"] == "ISS":
            n = row["number"]
            names += [f"ISS-{n} mission", f"Expedition {n}", f"Экспедиция МКС-{n}", f"{n} МКС ISS"]
            names += [f"миссия МКС-{n}", str(n)]
        lead = [row["summary"], *crews.get(row["id"], ())]
        yield Document(
            RecordType.MISSION,
            row["id"],
            row["starts_at"],
            names,
            "",
            lead,
            tasks.get(row["id"], ()),
        )


def _people(connection: Connection, ids: Collection[int]) -> Iterator[Document]:
    rows = connection.execute(select(*Person.__table__.columns).where(Person.id.in_(ids)))
    for row in rows.mappings():
        names = [row["name"], row["name_ru"], row["name_native"], *row["aliases"]]
        lead = [_PERSON, *(agency_names(row["agency"]) if row["agency"] else ())]
        known = [name for name in names if name]
        yield Document(RecordType.PERSON, row["id"], None, known, "", lead)


def _launches(connection: Connection, ids: Collection[int]) -> Iterator[Document]:
    ships: dict[int, list[Any]] = {}
    carried = select(Spacecraft.launch_id, Spacecraft.name, Spacecraft.kind)
    carried = carried.where(Spacecraft.launch_id.in_(ids)).order_by(
        Spacecraft.launch_id, Spacecraft.ordinal
    )
    for ship in connection.execute(carried):
        ships.setdefault(ship.launch_id, []).append(ship)
    crews = _grouped(
        connection,
        select(Flight.launch_id, Person.name, Person.name_ru)
        .join(Person, Person.id == Flight.person_id)
        .where(Flight.launch_id.in_(ids))
        .order_by(Flight.launch_id, Flight.ordinal, Flight.id),
    )
    rows = connection.execute(
        select(
            Launch.id,
            Launch.launch_at,
            Launch.cospar_id,
            Launch.pad,
            Launch.crewed,
            Vehicle.name.label("vehicle"),
            Vehicle.family,
            Site.name.label("site"),
        )
        .outerjoin(Vehicle, Vehicle.id == Launch.vehicle_id)
        .outerjoin(Site, Site.id == Launch.site_id)
        .where(Launch.id.in_(ids))
    )
    for row in rows:
        carrying = ships.get(row.id, [])
        names = [name for ship in carrying for name in ship_names(ship.name)]
        vehicles = vehicle_names(row.vehicle) if row.vehicle else []
        sites = site_names(row.site) if row.site else []
        lead = [
            _LAUNCH,
            *vehicles,
            row.family or "",
            *sites,
            row.pad or "",
            *dict.fromkeys(_KINDS[ship.kind] for ship in carrying),
            _CREWED if row.crewed else "",
            *crews.get(row.id, ()),
        ]
        if row.cospar_id:
            names.append(row.cospar_id)
        wholes = [*vehicles, *sites]
        yield Document(RecordType.LAUNCH, row.id, row.launch_at, names, "", lead, (), wholes)


def _articles(connection: Connection, ids: Collection[int]) -> Iterator[Document]:
    """The articles that the public sees, or will see when their time has come."""
    tags = _grouped(
        connection,
        select(ArticleTag.article_id, ArticleTag.tag)
        .where(ArticleTag.article_id.in_(ids))
        .order_by(ArticleTag.article_id, ArticleTag.tag),
    )
    rows = connection.execute(
        select(Article.id, Article.published_at, Article.title, Article.lead, Article.body).where(
            Article.id.in_(ids), Article.state == ArticleState.PUBLISHED
        )
    )
    for row in rows:
        lead = [row.lead, " ".join(tags.get(row.id, ()))]
        body = [_ADDRESS.sub(" ", row.body)]
        yield Document(RecordType.ARTICLE, row.id, row.published_at, (), row.title, lead, body)


_READ: Mapping[RecordType, Callable[[Connection, Collection[int]], Iterator[Document]]] = {
    RecordType.MISSION: _missions,
    RecordType.PERSON: _people,
    RecordType.LAUNCH: _launches,
    RecordType.ARTICLE: _articles,
}


def _grouped(connection: Connection, statement: Any) -> dict[int, list[str]]:
    """The texts of rows by their owner, which their first column tells."""
    found: dict[int, list[str]] = {}
    for owner, *texts in connection.execute(statement):
        found.setdefault(owner, []).extend(text for text in texts if text)
    return found
