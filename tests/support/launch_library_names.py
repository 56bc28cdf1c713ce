"""Names of flights and people as Launch Library 2 spells them, made from the embedded archive."""

import re
from collections.abc import Callable
from random import Random
from unicodedata import combining, normalize

from app.ingest.dataset.records import DatasetLaunch, DatasetPerson

SPELLINGS = (
    "middle initial",
    "initials",
    "transliteration",
    "short form",
    "other name",
    "no diacritics",
    "family name first",
)
"""Kinds of differences between two spellings of the name of a person."""

ORBITERS = {"Atlantis": "OV-104", "Discovery": "OV-103", "Endeavour": "OV-105"}
"""Serial numbers of the orbiters."""

_CYGNUS_NAMES = {
    "Orb-D1": "G. David Low", "Orb-1": "C. Gordon Fullerton", "Orb-2": "S.S. Janice Voss",
    "Orb-3": "S.S. Deke Slayton", "OA-4": "S.S. Deke Slayton II", "OA-6": "S.S. Rick Husband",
    "OA-5": "S.S. Alan Poindexter", "OA-7": "S.S. John Glenn", "OA-8": "S.S. Gene Cernan",
    "OA-9": "S.S. J.R. Thompson", "NG-10": "S.S. John Young", "NG-11": "S.S. Roger Chaffee",
    "NG-12": "S.S. Alan Bean", "NG-13": "S.S. Robert H. Lawrence",
    "NG-14": "S.S. Kalpana Chawla", "NG-15": "S.S. Katherine Johnson",
    "NG-16": "S.S. Ellison Onizuka", "NG-17": "S.S. Piers Sellers", "NG-18": "S.S. Sally Ride",
    "NG-19": "S.S. Laurel Clark", "NG-20": "S.S. Patricia “Patty” Hilliard Robertson",
    "NG-21": "S.S. Francis R. “Dick” Scobee", "NG-23": "S.S. William “Willie” McCool",
    "NG-24": "S.S. Steven R. Nagel",
}  # fmt: skip
_CAPSULES = {
    "Crew Dragon Demo-1": "Crew Dragon C204", "Crew Dragon Demo-2": "Crew Dragon Endeavour",
    "Dragon Crew-1": "Crew Dragon Resilience", "Dragon Crew-2": "Crew Dragon Endeavour",
    "Dragon Crew-3": "Crew Dragon Endurance", "Dragon Crew-4": "Crew Dragon Freedom",
    "Dragon Crew-5": "Crew Dragon Endurance", "Dragon Crew-6": "Crew Dragon Endeavour",
    "Dragon Crew-7": "Crew Dragon Endurance", "Dragon Crew-8": "Crew Dragon Endeavour",
    "Dragon Crew-9": "Crew Dragon Freedom", "Dragon Crew-10": "Crew Dragon Endurance",
    "Dragon Crew-11": "Crew Dragon Endeavour", "Dragon Crew-12": "Crew Dragon Freedom",
    "Dragon Crew-13": "Crew Dragon Grace",
    "Axiom Ax-1": "Crew Dragon Endeavour", "Axiom Ax-2": "Crew Dragon Freedom",
    "Axiom Ax-3": "Crew Dragon Freedom", "Axiom Ax-4": "Crew Dragon Grace",
    "Starliner OFT": "CST-100 Starliner Calypso", "Starliner OFT-2": "CST-100 Starliner S2",
    "Starliner CFT": "CST-100 Starliner Calypso",
}  # fmt: skip
"""Names of capsules, which fly several times, by the ship's name in the archive."""

_MISSION_NAMES = {
    "Zarya": ["Zarya"],
    "Zvezda": ["Zvezda (Service Module)"],
    "Nauka": ["Nauka (MLM)", "Nauka (MLM-U)"],
    "Progress M-SO1": ["Progress M-SO1 (Pirs)"],
    "Progress M-MIM2": ["Progress M-MIM2 (Poisk)"],
    "Progress M-UM": ["Progress M-UM (Prichal)"],
    "Soyuz MS-01": ["Soyuz MS (MS-01)"],
    "Dragon C2+": ["Dragon C2+", "Dragon COTS Demo Flight 2"],
    "Crew Dragon Demo-1": ["SpX-DM1 (Demonstration Mission 1)"],
    "Crew Dragon Demo-2": ["SpX-DM2 (Demonstration Mission 2)"],
    "Starliner OFT": ["CST-100 Starliner Orbital Flight Test (OFT)"],
    "Starliner OFT-2": ["CST-100 Starliner Orbital Flight Test 2 (OFT-2)"],
    "Starliner CFT": ["CST-100 Starliner Crewed Flight Test"],
    "HTV-1": ["HTV-1"],
    "HTV-X1": ["HTV-X1"],
}
"""Names of missions that belong to no series, or differ from it."""

_NameRule = Callable[[re.Match[str], Random], str]

_MISSION_NAME_RULES: tuple[tuple[re.Pattern[str], _NameRule], ...] = (
    (re.compile(r"\w+ \((STS-\d+)\)"), lambda found, _rng: found[1]),
    (re.compile(r"Dragon (CRS-(\d+))"), lambda found, rng: _dragon_name(int(found[2]), rng)),
    (re.compile(r"Dragon (Crew-\d+)"), lambda found, _rng: found[1]),
    (re.compile(r"Axiom Ax-(\d)"), lambda found, _rng: f"Axiom Space Mission {found[1]}"),
    (re.compile(r"HTV-(\d)"), lambda found, _rng: f"Kounotori {found[1]} (HTV-{found[1]})"),
    (re.compile(r"ATV-\d (.*)"), lambda found, _rng: f"{found[1]} ATV"),
    (re.compile(r"Cygnus (.*)"), lambda found, rng: _cygnus_name(found[1], rng)),
)
_CRS_2_DRAGON, _CRS_2_CYGNUS = 21, 12
"""First flights of the second contract."""


def _dragon_name(flight: int, rng: Random) -> str:
    return (
        f"Dragon CRS-2 SpX-{flight}"
        if flight >= _CRS_2_DRAGON
        else rng.choice([f"SpX CRS-{flight}", f"Dragon CRS-{flight}", f"SpX-{flight}"])
    )


def _cygnus_name(flight: str, rng: Random) -> str:
    series, _, number = flight.partition("-")
    contract = "CRS-2 " if series == "NG" and int(number) >= _CRS_2_CYGNUS else "CRS "
    names = {
        "NG": [f"Cygnus {contract}{flight}"],
        "OA": [f"CRS {flight}", f"Cygnus CRS {flight}", f"Cygnus {flight}"],
        "Orb": [f"Cygnus {flight}", f"Cygnus {flight if number == 'D1' else f'CRS {flight}'}"],
    }[series]
    return f"{rng.choice(names)}{rng.choice(['', f' ({_CYGNUS_NAMES[flight]})'])}"


def mission_name(launch: DatasetLaunch, resupply_number: int | None, rng: Random) -> str:
    """Name of the mission of a launch, without the rocket.

    `resupply_number` is that of NASA for a Progress, such as 72 for Progress MS-11 (72P).
    """
    ship = launch.main_spacecraft.name
    if ship in _MISSION_NAMES:
        return rng.choice(_MISSION_NAMES[ship])
    if ship.startswith("Progress"):
        return rng.choice([ship, f"{ship} ({resupply_number}P)"])
    for pattern, rule in _MISSION_NAME_RULES:
        if found := pattern.fullmatch(ship):
            return rule(found, rng)
    return ship


def spacecraft_name(launch: DatasetLaunch, rng: Random) -> str:
    """Name of the main ship: that of the capsule if it flies several times."""
    ship = launch.main_spacecraft.name
    if found := re.fullmatch(r"(\w+) \(STS-\d+\)", ship):
        return f"Space Shuttle {found[1]}"
    if found := re.fullmatch(r"Dragon CRS-(\d+)", ship):
        is_first = int(found[1]) < _CRS_2_DRAGON
        first, last, prefix = (101, 113, "") if is_first else (208, 211, "Cargo ")
        return f"{prefix}Dragon C{rng.randint(first, last)}"
    if ship.startswith("Cygnus"):
        return rng.choice([ship, _CYGNUS_NAMES[ship.removeprefix("Cygnus ")]])
    return _CAPSULES.get(ship, ship)


def rocket_name(launch: DatasetLaunch, rng: Random) -> str:
    """Full name of the rocket."""
    year = launch.launch_at.year
    if launch.vehicle == "Space Shuttle":
        orbiter = launch.main_spacecraft.name.partition(" ")[0]
        return f"Space Shuttle {orbiter} / {ORBITERS[orbiter]}"
    if launch.vehicle == "Falcon 9":
        versions = {2013: "v1.0", 2015: "v1.1", 2018: "Full Thrust"}
        return f"Falcon 9 {next((v for y, v in versions.items() if year <= y), 'Block 5')}"
    if launch.vehicle.startswith("Soyuz"):
        return f"Soyuz{rng.choice(' -')}{launch.vehicle.removeprefix('Soyuz-')}"
    return {"Ariane 5ES": "Ariane 5 ES", "H3-24W": "H3-24"}.get(launch.vehicle, launch.vehicle)


_TRANSLITERATED = {
    "Sergey": ["Sergei"], "Sergei": ["Sergey"], "Aleksey": ["Alexey", "Alexei"],
    "Alexey": ["Aleksei", "Aleksey"], "Alexander": ["Aleksandr"], "Aleksandr": ["Alexander"],
    "Andrey": ["Andrei"], "Dmitri": ["Dmitry", "Dmitriy"], "Elena": ["Yelena"],
    "Evgeny": ["Yevgeny", "Yevgeni"], "Fyodor": ["Fedor", "Feodor"], "Gennady": ["Gennadi"],
    "Maxim": ["Maksim"], "Nikolai": ["Nikolay"], "Pyotr": ["Petr"], "Yuri": ["Yury", "Yuriy"],
    "Yury": ["Yuri", "Yuriy"], "Valery": ["Valeri", "Valeriy"], "Anatoli": ["Anatoly"],
    "Viktor": ["Victor"], "Yulia": ["Yuliya", "Julia"], "Mikhail": ["Michail"],
    "Samokutyaev": ["Samokutyayev"], "Suraev": ["Surayev"], "Treschev": ["Treshchov"],
    "Onufrienko": ["Onufriyenko"], "Usachev": ["Usachov", "Usachyov"], "Tyurin": ["Tiurin"],
    "Ryazansky": ["Ryazanskiy", "Riazansky"], "Novitskiy": ["Novitsky", "Novitskii"],
    "Zubritsky": ["Zubritskiy"], "Artemyev": ["Artemiev"], "Prokopyev": ["Prokopiev"],
    "Kondratyev": ["Kondratiev"], "Afanasyev": ["Afanasiev"], "Grebenkin": ["Grebyonkin"],
    "Musabayev": ["Musabaev"], "Kozeyev": ["Kozeev"], "Mikayev": ["Mikaev"],
    "Zalyotin": ["Zaletin"], "Krikalev": ["Krikalyov"], "Fedyaev": ["Fedyayev"],
    "Kud-Sverchkov": ["Kud'-Sverchkov", "Kudsverchkov"], "Yurchikhin": ["Iurchikhin"],
}  # fmt: skip
"""Other romanizations of Russian given and family names."""

_SHORT_FORMS = {
    "Mike": "Michael", "Michael": "Mike", "Bob": "Robert", "Robert": "Bob", "Bill": "William",
    "William": "Bill", "Chris": "Christopher", "Christopher": "Chris", "Thomas": "Tom",
    "Dan": "Daniel", "Daniel": "Dan", "Jeffrey": "Jeff", "Timothy": "Tim", "Ed": "Edward",
    "Ken": "Kenneth", "Kenneth": "Ken", "Doug": "Douglas", "Douglas": "Doug", "Dave": "David",
    "Steve": "Steven", "Steven": "Steve", "Stephen": "Steve", "Donald": "Don", "James": "Jim",
    "Joseph": "Joe", "Gregory": "Greg", "Randy": "Randolph", "Catherine": "Cady",
    "Kathleen": "Kate", "Sunita": "Suni", "Pamela": "Pam", "Ronald": "Ron", "Patrick": "Pat",
    "Nicholas": "Nick",
}  # fmt: skip
"""Short and long forms of English given names."""

_OTHER_NAMES = {
    "alvin-drew": "Benjamin Alvin Drew", "andrew-feustel": "Drew Feustel",
    "andrew-thomas": "Andy Thomas", "frank-rubio": "Francisco Rubio",
    "charles-hobaugh": "Charles \"Scorch\" Hobaugh", "christina-koch": "Christina Hammock Koch",
    "claudie-haignere": "Claudie André-Deshays", "dave-williams": "Dafydd Williams",
    "dominic-gorie": "Dominic L. Pudwill Gorie",
    "dorothy-metcalf-lindenburger": "Dottie Metcalf-Lindenburger",
    "heidemarie-stefanyshyn-piper": "Heidemarie Piper", "jeff-wisoff": "Peter Wisoff",
    "lisa-nowak": "Lisa Caputo Nowak", "megan-mcarthur": "K. Megan McArthur",
    "mike-fincke": "Edward Michael Fincke", "nancy-currie": "Nancy J. Currie-Gregg",
    "nick-hague": "Tyler Nicklaus Hague", "nicole-mann": "Nicole Aunapu Mann",
    "reid-wiseman": "Gregory R. Wiseman", "rick-mastracchio": "Richard Mastracchio",
    "serena-aunon-chancellor": "Serena Auñón", "shane-kimbrough": "Robert S. Kimbrough",
    "slawosz-uznanski-wisniewski": "Sławosz Uznański", "sunita-williams": "Sunita Pandya Williams",
    "tracy-caldwell-dyson": "Tracy Caldwell",
}  # fmt: skip
"""Former, full and usual names of people, by slug."""

_MIDDLE_INITIALS = {
    "andrew-morgan": "R", "barbara-morgan": "R", "clayton-anderson": "C", "ellen-ochoa": "L",
    "eric-boe": "A", "jack-fischer": "D", "james-newman": "H", "jessica-meir": "U",
    "joan-higginbotham": "E", "kathryn-hire": "P", "kevin-ford": "A", "kjell-lindgren": "N",
    "lee-archambault": "J", "lee-morin": "M", "lisa-nowak": "M", "stanley-love": "G",
    "stephanie-wilson": "D", "thomas-jones": "D", "victor-glover": "J", "wendy-lawrence": "B",
}  # fmt: skip
"""Middle initials of people whom no alias gives one, by slug."""


_FAMILY_NAMES = {
    "frank-de-winne": "De Winne", "hazza-al-mansouri": "Al Mansouri",
    "mark-vande-hei": "Vande Hei", "sheikh-muszaphar-shukor": "Muszaphar Shukor",
    "tracy-caldwell-dyson": "Caldwell Dyson", "yi-so-yeon": "Yi",
}  # fmt: skip
"""Family names that are not the last word of the name, by slug."""

_ENGLISH_SPEAKING = {"CA", "GB", "US"}
_RUSSIAN_SPEAKING = {"BY", "KZ", "RU"}


def _split_name(person: DatasetPerson) -> tuple[str, str]:
    """Given names and family name."""
    family = _FAMILY_NAMES.get(person.slug) or person.name.rpartition(" ")[2]
    return person.name.replace(family, "").strip(), family


def _middle_initial(person: DatasetPerson) -> str | None:
    found = (re.fullmatch(r"\w+ (\w)\.? \S+", alias) for alias in person.aliases)
    return _MIDDLE_INITIALS.get(person.slug) or next((each[1] for each in found if each), None)


def _add_initial(person: DatasetPerson) -> str | None:
    given, family = _split_name(person)
    initial = _middle_initial(person)
    return f"{given} {initial}. {family}" if initial else None


def _abbreviate(person: DatasetPerson) -> str:
    given, family = _split_name(person)
    letters = [given[0], _middle_initial(person)]
    return " ".join([*(f"{letter}." for letter in letters if letter), family])


def _transliterate(person: DatasetPerson, rng: Random) -> str | None:
    if person.nationality not in _RUSSIAN_SPEAKING:
        return None
    words = (rng.choice(_TRANSLITERATED.get(word, [word])) for word in person.name.split(" "))
    return _if_other(" ".join(words), person)


def _shorten(person: DatasetPerson) -> str | None:
    given, _, rest = person.name.partition(" ")
    short = _SHORT_FORMS.get(given) if person.nationality in _ENGLISH_SPEAKING else None
    return f"{short} {rest}" if short else None


def _strip_diacritics(person: DatasetPerson) -> str | None:
    letters = normalize("NFKD", person.name.translate(str.maketrans("łı", "li")))
    return _if_other("".join(each for each in letters if not combining(each)), person)


def _if_other(name: str, person: DatasetPerson) -> str | None:
    return name if name != person.name else None


def person_spellings(person: DatasetPerson, rng: Random) -> dict[str, str]:
    """Other spellings of the name of a person, by the kind of the difference: `SPELLINGS`."""
    given, family = _split_name(person)
    spellings = (
        _add_initial(person),
        _abbreviate(person),
        _transliterate(person, rng),
        _shorten(person),
        _OTHER_NAMES.get(person.slug),
        _strip_diacritics(person),
        rng.choice([f"{family} {given}", f"{family}, {given}"]),
    )
    return {kind: name for kind, name in zip(SPELLINGS, spellings, strict=True) if name}
