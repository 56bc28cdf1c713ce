"""Entity linking: find people, launches and missions by name, and in texts.

Names and aliases of the archive are matched exactly. In texts, precision has priority over recall:
a missing link can be added, a wrong one misleads.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import or_, select

from app.db.database import Reader
from app.db.models import CrewAssignment, Flight, Launch, Mission, MissionLaunch, Payload, Person
from app.domain.enums import SpacecraftKind
from app.domain.text import fold
from app.ingest.russian_names import RussianNameIndex
from app.search.synonyms import FoldedWords, derive_ship_aliases, fold_words

_NAMED_SPACECRAFT_KINDS = (SpacecraftKind.SC, SpacecraftKind.CV)
"""Kinds whose names are linked. Names of modules are ordinary words (Unity, Harmony)."""

_NOMINATIVE_FORMS = {
    f"{ship}{ending}": ship for ship in ("союз", "прогресс") for ending in ("а", "у", "ом", "е")
}
_CREW_FLIGHT = re.compile(r"\bCrew-(\d{1,2})\b(?!-)")
"""Name of a flight in the spelling of NASA; "crew 5" in other spellings is any crew."""
_STATION_CONTEXT = re.compile(
    r"\b(iss|space station|station|astronauts?|cosmonauts?|spacewalks?|soyuz|crew)\b"
    r"|мкс|станци|космонавт|астронавт|экипаж|союз"
)
_ENGLISH_EXPEDITIONS = re.compile(
    r"\bexpeditions? (\d{1,3})(?!\d)"
    r"((?:(?:, | and |, and | & |/|-)(?:expedition )?\d{1,3}(?!\d))*)"
)
_ISS_EXPEDITIONS = re.compile(r"\b(?:iss|мкс)-(\d{1,3})(?!\d)((?:/\d{1,3}(?!\d))*)")
_RUSSIAN_EXPEDITIONS = re.compile(
    r"\bэкспедици[а-я]* (?:мкс-)?(\d{1,3})(?!\d)((?:(?:/| и )\d{1,3}(?!\d))*)"
)
_ORDINAL_EXPEDITION = re.compile(
    r"\b(\d{1,3})-?(?:я|й|ю|ой|ей|st|nd|rd|th) "
    r"(?:(?:основн|длительн|долговременн)[а-я]* |long(?:-duration)? |main )*"
    r"(?:экспедици|expedition)()"
)


class AmbiguousName(Exception):
    """A name matches several records."""

    def __init__(self, name: str, candidates: Iterable[str]) -> None:
        self.candidates = tuple(sorted(candidates))
        super().__init__(f"{name!r} is ambiguous: {' or '.join(self.candidates)}.")


@dataclass(frozen=True)
class EntityLinks:
    """Slugs of the records that a text names, sorted."""

    missions: list[str] = field(default_factory=list)
    launches: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)


class EntityLinker:
    """Index of the names in an archive."""

    def __init__(self) -> None:
        self._people_by_name: dict[FoldedWords, set[str]] = defaultdict(set)
        self._launches_by_ship: dict[FoldedWords, set[str]] = defaultdict(set)
        self._missions_by_number: dict[int, str] = {}
        self._people_by_family_name: dict[str, set[str]] = defaultdict(set)
        self._crew_by_record: dict[str, set[str]] = defaultdict(set)
        self._russian_names = RussianNameIndex()
        self._max_name_words = 1

    @classmethod
    def load(cls, reader: Reader) -> "EntityLinker":
        """Build the index, with five statements."""
        linker = cls()
        columns = Person.slug, Person.name, Person.name_ru, Person.name_native, Person.aliases
        for row in reader.all(select(*columns)):
            names = [row["name"], row["name_ru"], row["name_native"], *row["aliases"]]
            linker._add_person(row["slug"], [name for name in names if name])
        mission_launches = select(MissionLaunch.launch_id)
        ships = select(Payload.name, Launch.slug).join(Launch, Launch.id == Payload.launch_id)
        kinds = (
            Payload.kind.in_(_NAMED_SPACECRAFT_KINDS),
            or_(Payload.ordinal == 1, Launch.id.in_(mission_launches)),
        )
        for row in reader.all(ships.where(*kinds)):
            linker._add_ship(row["slug"], row["name"])
        for row in reader.all(select(Mission.slug, Mission.number).where(Mission.station == "ISS")):
            linker._missions_by_number[row["number"]] = row["slug"]
        flights = select(Person.slug.label("person"), Launch.slug).join_from(Flight, Person)
        of_flight = or_(Launch.id == Flight.launch_id, Launch.id == Flight.landed_with_id)
        for row in reader.all(flights.join(Launch, of_flight)):
            linker._crew_by_record[row["slug"]].add(row["person"])
        crews = select(Person.slug.label("person"), Mission.slug).join_from(CrewAssignment, Person)
        for row in reader.all(crews.join(Mission, Mission.id == CrewAssignment.mission_id)):
            linker._crew_by_record[row["slug"]].add(row["person"])
        return linker

    def find_person(self, name: str) -> str | None:
        """Slug of the person of that name, or None. Raises `AmbiguousName`."""
        return _require_unambiguous(name, self._people_by_name.get(fold_words(name), set()))

    def find_links(self, title: str, lead: str) -> EntityLinks:
        """Find the records that an article names unambiguously."""
        text = fold(f"{title}\n{lead}").replace("‑", "-").replace("–", "-")
        missions = self._find_missions(text)
        launches, people = set[str](), set[str]()
        for part in (title, lead):  # separately, as no name spans both
            words = fold_words(part)
            launches |= set(
                self._find_names(
                    self._launches_by_ship, tuple(_NOMINATIVE_FORMS.get(w, w) for w in words)
                )
            )
            for number in _CREW_FLIGHT.findall(part):
                launches |= self._launches_by_ship.get(("dragon", "crew", number), set())
            people |= set(self._find_names(self._people_by_name, words))
            people |= set(self._russian_names.find_people(words))
        crews = set[str]().union(*(self._crew_by_record[slug] for slug in missions | launches))
        people |= self._find_by_family_name(fold_words(text), crews)
        return EntityLinks(sorted(missions), sorted(launches), sorted(people))

    def _add_person(self, slug: str, names: list[str]) -> None:
        for name in names:
            words = fold_words(name)
            self._people_by_name[words].add(slug)
            self._max_name_words = max(self._max_name_words, len(words))
        for name in names[:2]:  # English and Russian name, with the family name last
            self._people_by_family_name[fold_words(name)[-1]].add(slug)
            self._russian_names.add(slug, fold_words(name))

    def _add_ship(self, slug: str, name: str) -> None:
        words = fold_words(name)
        self._launches_by_ship[words].add(slug)
        self._max_name_words = max(self._max_name_words, len(words))
        for alias in derive_ship_aliases(words):
            self._launches_by_ship[alias].add(slug)

    def _find_missions(self, text: str) -> set[str]:
        if not _STATION_CONTEXT.search(text):
            return set()
        numbers: set[int] = set()
        for pattern in (
            _ENGLISH_EXPEDITIONS,
            _ISS_EXPEDITIONS,
            _RUSSIAN_EXPEDITIONS,
            _ORDINAL_EXPEDITION,
        ):
            for first, rest in pattern.findall(text):
                numbers |= {int(first), *map(int, re.findall(r"\d+", rest))}
        return {
            self._missions_by_number[number] for number in numbers & self._missions_by_number.keys()
        }

    def _find_names(self, table: dict[FoldedWords, set[str]], words: FoldedWords) -> Iterator[str]:
        """Yield the slug of the longest name of `table` at each position, if it is unambiguous."""
        position = 0
        while position < len(words):
            for length in range(min(self._max_name_words, len(words) - position), 1, -1):
                if (slugs := table.get(words[position : position + length])) is not None:
                    if len(slugs) == 1:
                        yield next(iter(slugs))
                    position += length - 1
                    break
            position += 1

    def _find_by_family_name(self, words: FoldedWords, crews: set[str]) -> set[str]:
        """Find members of `crews` (of the launches and missions in the text) by family name."""
        named: set[str] = set()
        for family, people in self._people_by_family_name.items():
            members = people & crews
            if len(members) == 1 and len(family) > 2 and family in words:
                named |= members
        return named


def _require_unambiguous(name: str, slugs: set[str]) -> str | None:
    if len(slugs) > 1:
        raise AmbiguousName(name, slugs)
    return next(iter(slugs), None)
