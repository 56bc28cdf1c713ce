"""What the archive's people, ships and missions are called, and which of them a text names.

A name is known by the archive's own table of names and aliases, or not at all. In a text, precision
comes first: a link that is missing can be added, a wrong one misleads.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import or_, select

from app.db.database import Reader
from app.db.models import (
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionLaunch,
    Person,
    Spacecraft,
    SpacecraftKind,
)
from app.domain.text import fold
from app.ingest.russian_names import Inflected
from app.search.synonyms import Words, other_names, words

SHIPS = (SpacecraftKind.SC, SpacecraftKind.CV)
"""What has a name of its own. That of a module is an ordinary word, and it flies on for decades."""

_NOMINATIVE = {
    f"{ship}{ending}": ship for ship in ("союз", "прогресс") for ending in ("а", "у", "ом", "е")
}
_CREW = re.compile(r"\bCrew-(\d{1,2})\b(?!-)")
"""As the agency writes the name of a flight; a crew with a number is any crew."""
_STATION = re.compile(
    r"\b(iss|space station|station|astronauts?|cosmonauts?|spacewalks?|soyuz|crew)\b"
    r"|мкс|станци|космонавт|астронавт|экипаж|союз"
)
_ENGLISH = re.compile(
    r"\bexpeditions? (\d{1,3})(?!\d)"
    r"((?:(?:, | and |, and | & |/|-)(?:expedition )?\d{1,3}(?!\d))*)"
)
_ISS = re.compile(r"\b(?:iss|мкс)-(\d{1,3})(?!\d)((?:/\d{1,3}(?!\d))*)")
_NUMBERED = re.compile(r"\bэкспедици[а-я]* (?:мкс-)?(\d{1,3})(?!\d)((?:(?:/| и )\d{1,3}(?!\d))*)")
_ORDINAL = re.compile(
    r"\b(\d{1,3})-?(?:я|й|ю|ой|ей|st|nd|rd|th) "
    r"(?:(?:основн|длительн|долговременн)[а-я]* |long(?:-duration)? |main )*"
    r"(?:экспедици|expedition)()"
)


class Ambiguous(Exception):
    """Several people, or ships, have this name."""

    def __init__(self, name: str, candidates: Iterable[str]) -> None:
        self.candidates = tuple(sorted(candidates))
        super().__init__(f"{name!r} may be {' or '.join(self.candidates)}.")


@dataclass(frozen=True)
class Links:
    """What a text names, by slug, each list sorted."""

    missions: list[str] = field(default_factory=list)
    launches: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)


class Names:
    """The table of names of one archive."""

    def __init__(self) -> None:
        self._people: dict[Words, set[str]] = defaultdict(set)
        self._ships: dict[Words, set[str]] = defaultdict(set)
        self._missions: dict[int, str] = {}
        self._families: dict[str, set[str]] = defaultdict(set)
        self._together: dict[str, set[str]] = defaultdict(set)
        self._russian = Inflected()
        self._longest = 1

    @classmethod
    def of(cls, reader: Reader) -> "Names":
        """What the archive knows now: five statements, however much that is."""
        names = cls()
        columns = Person.slug, Person.name, Person.name_ru, Person.name_native, Person.aliases
        for row in reader.all(select(*columns)):
            given = [row["name"], row["name_ru"], row["name_native"], *row["aliases"]]
            names._add_person(row["slug"], [name for name in given if name])
        served = select(MissionLaunch.launch_id)
        ships = select(Spacecraft.name, Launch.slug).join(Launch, Launch.id == Spacecraft.launch_id)
        kinds = Spacecraft.kind.in_(SHIPS), or_(Spacecraft.ordinal == 1, Launch.id.in_(served))
        for row in reader.all(ships.where(*kinds)):
            names._add_ship(row["slug"], row["name"])
        for row in reader.all(select(Mission.slug, Mission.number).where(Mission.station == "ISS")):
            names._missions[row["number"]] = row["slug"]
        flown = select(Person.slug.label("person"), Launch.slug).join_from(Flight, Person)
        either = or_(Launch.id == Flight.launch_id, Launch.id == Flight.landed_with_id)
        for row in reader.all(flown.join(Launch, either)):
            names._together[row["slug"]].add(row["person"])
        crews = select(Person.slug.label("person"), Mission.slug).join_from(CrewAssignment, Person)
        for row in reader.all(crews.join(Mission, Mission.id == CrewAssignment.mission_id)):
            names._together[row["slug"]].add(row["person"])
        return names

    def person(self, name: str) -> str | None:
        """The slug of the person of that name; None where nobody has it.

        Raises `Ambiguous` where several have.
        """
        return _only(name, self._people.get(words(name), set()))

    def launch(self, ship: str) -> str | None:
        """The slug of the launch of the ship of that name; None where none is known.

        Raises `Ambiguous` where several are.
        """
        return _only(ship, self._ships.get(words(ship), set()))

    def links(self, title: str, lead: str) -> Links:
        """What a text names beyond doubt."""
        text = fold(f"{title}\n{lead}").replace("‑", "-").replace("–", "-")
        missions = self._missions_in(text)
        launches, people = set[str](), set[str]()
        for part in (title, lead):  # no name goes over from one to the other
            spoken = words(part)
            launches |= set(self._spoken(self._ships, tuple(_NOMINATIVE.get(w, w) for w in spoken)))
            for number in _CREW.findall(part):
                launches |= self._ships.get(("dragon", "crew", number), set())
            people |= set(self._spoken(self._people, spoken))
            people |= set(self._russian.people(spoken))
        crews = set[str]().union(*(self._together[slug] for slug in missions | launches))
        people |= self._by_family(words(text), crews)
        return Links(sorted(missions), sorted(launches), sorted(people))

    def _add_person(self, slug: str, names: list[str]) -> None:
        for name in names:
            spelt = words(name)
            self._people[spelt].add(slug)
            self._longest = max(self._longest, len(spelt))
        for name in names[:2]:  # as the archive writes it: the family name stands last
            self._families[words(name)[-1]].add(slug)
            self._russian.add(slug, words(name))

    def _add_ship(self, slug: str, name: str) -> None:
        spelt = words(name)
        self._ships[spelt].add(slug)
        self._longest = max(self._longest, len(spelt))
        for other in other_names(spelt):
            self._ships[other].add(slug)

    def _missions_in(self, text: str) -> set[str]:
        if not _STATION.search(text):
            return set()
        numbers: set[int] = set()
        for pattern in (_ENGLISH, _ISS, _NUMBERED, _ORDINAL):
            for first, rest in pattern.findall(text):
                numbers |= {int(first), *map(int, re.findall(r"\d+", rest))}
        return {self._missions[number] for number in numbers & self._missions.keys()}

    def _spoken(self, table: dict[Words, set[str]], spoken: Words) -> Iterator[str]:
        """What of `table` is named: the longest name at each place, if one thing alone has it."""
        place = 0
        while place < len(spoken):
            for length in range(min(self._longest, len(spoken) - place), 1, -1):
                if (found := table.get(spoken[place : place + length])) is not None:
                    if len(found) == 1:
                        yield next(iter(found))
                    place += length - 1
                    break
            place += 1

    def _by_family(self, spoken: Words, crews: set[str]) -> set[str]:
        """Those of `crews`, whose ship or mission is named beside, that family names tell of."""
        found: set[str] = set()
        for family, people in self._families.items():
            named = people & crews
            if len(named) == 1 and len(family) > 2 and family in spoken:
                found |= named
        return found


def _only(name: str, found: set[str]) -> str | None:
    if len(found) > 1:
        raise Ambiguous(name, found)
    return next(iter(found), None)
