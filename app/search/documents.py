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
    ArticleTag,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionTask,
    Person,
    Site,
    Spacecraft,
    Vehicle,
)
from app.db.models.search import MAX_WORD_CHARS
from app.domain.enums import ArticleState, RecordType, SpacecraftKind
from app.search.fulltext import PHRASE_BREAK, TokenizedDocument
from app.search.index_keys import build_index_key
from app.search.query_parser import build_full_name_token
from app.search.synonyms import (
    get_agency_synonyms,
    get_ship_synonyms,
    get_site_synonyms,
    get_vehicle_synonyms,
)
from app.search.tokenizer import tokenize

_URL_PATTERN = re.compile(r"\]\([^)\s]*\)|<[^>\s]*>|https?://\S+")

_PERSON_KEYWORDS = "astronaut cosmonaut астронавт космонавт"
_LAUNCH_KEYWORDS = "launch vehicle rocket пуск запуск старт ракета-носитель"
_SPACECRAFT_KEYWORDS = {
    SpacecraftKind.SC: "SC spacecraft ship ТПК корабль",
    SpacecraftKind.CV: "CV cargo vehicle ship ТГК грузовой корабль",
    SpacecraftKind.MODULE: "module модуль",
    SpacecraftKind.SATELLITE: "satellite спутник",
    SpacecraftKind.OTHER: "",
}
_CREWED_KEYWORDS = "crewed manned crew пилотируемый экипаж"


@dataclass(frozen=True)
class IndexDocument:
    """A record as it is found."""

    record_type: RecordType
    record_id: int
    at: datetime | None
    names: Collection[str]
    title: str
    lead: Collection[str]
    body: Collection[str] = ()
    exact_match_names: Collection[str] = ()
    """What else is the whole query of somebody who looks for it: its rocket, its site."""

    @property
    def index_key(self) -> int:
        """Where it stands in the index."""
        return build_index_key(self.record_type, self.at, self.record_id)

    def tokenize(self, words: set[str]) -> TokenizedDocument:
        """Its tokens. The words that its names, title and lead are spelt with go to `words`."""
        names: list[str] = []
        for name in self.names:
            heard = tokenize(name)
            words.update(word.word for word in heard)
            names += [*(word.name_token for word in heard), PHRASE_BREAK]
        wholes = map(build_full_name_token, (*self.names, *self.exact_match_names))
        names += dict.fromkeys(filter(None, wholes))
        return TokenizedDocument(
            self.index_key,
            names,
            _tokenize_texts([self.title], words),
            _tokenize_texts(self.lead, words),
            _tokenize_texts(self.body, None),
        )


def _tokenize_texts(texts: Collection[str], words: set[str] | None) -> list[str]:
    found: list[str] = []
    for text in texts:
        heard = tokenize(text)
        if words is not None:
            words.update(word.word for word in heard)
        found += [*([PHRASE_BREAK] if found else []), *(word.text_token for word in heard)]
    return found


def select_correction_candidates(words: Collection[str]) -> list[str]:
    """Of `words` those that another spelling may be meant for, in their order."""
    return sorted(
        word for word in words if len(word) >= _MIN_CANDIDATE_CHARS and len(word) <= MAX_WORD_CHARS
    )


_MIN_CANDIDATE_CHARS = 4
"""How long a word is that one of five letters, one of them superfluous, may be meant for."""


def load_index_documents(
    connection: Connection, kind: RecordType, ids: Collection[int]
) -> Iterator[IndexDocument]:
    """The records of `record_type` with these ids, those that may be found alone."""
    read = _DOCUMENT_LOADERS[kind]
    return read(connection, ids) if ids else iter(())


def _load_mission_documents(
    connection: Connection, ids: Collection[int]
) -> Iterator[IndexDocument]:
    tasks = _group_texts_by_owner(
        connection,
        select(MissionTask.mission_id, MissionTask.text)
        .where(MissionTask.mission_id.in_(ids))
        .order_by(MissionTask.mission_id, MissionTask.position),
    )
    crews = _group_texts_by_owner(
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
        yield IndexDocument(
            RecordType.MISSION,
            row["id"],
            row["starts_at"],
            names,
            "",
            lead,
            tasks.get(row["id"], ()),
        )


def _load_person_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    names = Person.name, Person.name_ru, Person.name_native, Person.aliases
    rows = connection.execute(select(Person.id, *names, Person.agency).where(Person.id.in_(ids)))
    for row in rows.mappings():
        all_names = [row["name"], row["name_ru"], row["name_native"], *row["aliases"]]
        lead = [_PERSON_KEYWORDS, *(get_agency_synonyms(row["agency"]) if row["agency"] else ())]
        known = [name for name in all_names if name]
        yield IndexDocument(RecordType.PERSON, row["id"], None, known, "", lead)


def _load_launch_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    ships: dict[int, list[Any]] = {}
    carried = select(Spacecraft.launch_id, Spacecraft.name, Spacecraft.kind)
    carried = carried.where(Spacecraft.launch_id.in_(ids)).order_by(
        Spacecraft.launch_id, Spacecraft.ordinal
    )
    for ship in connection.execute(carried):
        ships.setdefault(ship.launch_id, []).append(ship)
    crews = _group_texts_by_owner(
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
        names = [name for ship in carrying for name in get_ship_synonyms(ship.name)]
        vehicles = get_vehicle_synonyms(row.vehicle) if row.vehicle else []
        sites = get_site_synonyms(row.site) if row.site else []
        lead = [
            _LAUNCH_KEYWORDS,
            *vehicles,
            row.family or "",
            *sites,
            row.pad or "",
            *dict.fromkeys(_SPACECRAFT_KEYWORDS[ship.kind] for ship in carrying),
            _CREWED_KEYWORDS if row.crewed else "",
            *crews.get(row.id, ()),
        ]
        if row.cospar_id:
            names.append(row.cospar_id)
        wholes = [*vehicles, *sites]
        yield IndexDocument(RecordType.LAUNCH, row.id, row.launch_at, names, "", lead, (), wholes)


def _load_article_documents(
    connection: Connection, ids: Collection[int]
) -> Iterator[IndexDocument]:
    """The articles that the public sees, or will see when their time has come."""
    tags = _group_texts_by_owner(
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
        body = [_URL_PATTERN.sub(" ", row.body)]
        yield IndexDocument(RecordType.ARTICLE, row.id, row.published_at, (), row.title, lead, body)


_DOCUMENT_LOADERS: Mapping[
    RecordType, Callable[[Connection, Collection[int]], Iterator[IndexDocument]]
] = {
    RecordType.MISSION: _load_mission_documents,
    RecordType.PERSON: _load_person_documents,
    RecordType.LAUNCH: _load_launch_documents,
    RecordType.ARTICLE: _load_article_documents,
}


def _group_texts_by_owner(connection: Connection, statement: Any) -> dict[int, list[str]]:
    """The texts of rows by their owner, which their first column tells."""
    found: dict[int, list[str]] = {}
    for owner, *texts in connection.execute(statement):
        found.setdefault(owner, []).extend(text for text in texts if text)
    return found
