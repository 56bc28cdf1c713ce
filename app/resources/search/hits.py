"""What is shown of a record that was found: a title, a line, a date."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from app.api.embeds import article_ref, launch_summary, mission_ref, person_ref
from app.api.embeds.missions import MissionRef
from app.api.links import link
from app.db.database import Reader, Row
from app.db.functions import nested
from app.db.models import Article, CrewAssignment, CrewRole, Launch, Mission, Person, RecordType
from app.db.models.search import record_at
from app.domain.glossary import craft, person, site, vehicle
from app.domain.labels import ROLES
from app.domain.languages import either

SHIPS = 3
"""How many of the things that a launch carried its title names."""


def shown(reader: Reader, places: Iterable[int]) -> dict[int, Row]:
    """By their places in the index, what is shown of records; a statement for each type."""
    wanted: dict[RecordType, dict[int, int]] = defaultdict(dict)
    for place in places:
        kind, id_ = record_at(place)
        wanted[kind][id_] = place
    found: dict[int, Row] = {}
    for kind, places_of in wanted.items():
        for id_, row in _READ[kind](reader, places_of):
            found[places_of[id_]] = {"type": kind, "language": None} | row
    return found


def _missions(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    found = mission_ref().add_columns(
        Mission.id,
        Mission.starts_at,
        Mission.starts_at_precision,
        Mission.summary,
        Mission.summary_ru,
    )
    for row in reader.all(found.where(Mission.id.in_(ids))):
        mission = MissionRef.model_validate(row)
        yield (
            row["id"],
            {
                "slug": mission.slug,
                "title": mission.title,
                "text": either(row["summary"], row["summary_ru"] or row["summary"]),
                "at": row["starts_at"],
                "at_precision": row["starts_at_precision"],
                "url": mission.url,
            },
        )


def _people(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    held = (
        mission_ref()
        .add_columns(CrewAssignment.role)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.person_id == Person.id)
    )
    roles = nested(held, Mission.number, CrewAssignment.ordinal).label("roles")
    for row in reader.all(person_ref().add_columns(Person.id, roles).where(Person.id.in_(ids))):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": person(row["name"], row["name_ru"]),
                "text": "; ".join(filter(None, [row["agency"], *_roles(row["roles"])])) or None,
                "at": None,
                "at_precision": None,
                "url": link("people", row["slug"]),
            },
        )


def _roles(held: Iterable[Row]) -> list[str]:
    """Each role that somebody held, with the missions: "commander of ISS-59, ISS-71"."""
    of_role = either("{} of {}", "{} {}")
    missions: dict[str, list[str]] = defaultdict(list)
    for row in held:
        name = MissionRef.model_validate(row).name
        if name not in missions[row["role"]]:
            missions[row["role"]].append(name)
    return [
        of_role.format(str(ROLES[CrewRole(role)]).lower(), ", ".join(of))
        for role, of in missions.items()
    ]


def _launches(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    for row in reader.all(launch_summary().where(Launch.id.in_(ids))):
        ships = [craft(ship["name"]) for ship in row["spacecraft"]]
        more = len(ships) - SHIPS
        named = ships[:SHIPS] + ([either(f"{more} more", f"ещё {more}")] if more > 0 else [])
        parts = [
            name(part["name"])
            for name, part in ((vehicle, row["vehicle"]), (site, row["site"]))
            if part
        ]
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": either(" and ", " и ").join(named) or row["slug"],
                "text": ", ".join(parts) or None,
                "at": row["launch_at"],
                "at_precision": row["launch_at_precision"],
                "url": link("launches", row["slug"]),
            },
        )


def _articles(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    found = article_ref().add_columns(Article.id, Article.lead).where(Article.id.in_(ids))
    for row in reader.all(found):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": row["title"],
                "text": row["lead"],
                "at": row["published_at"],
                "at_precision": row["published_at_precision"],
                "language": row["language"],
                "url": link("articles", row["slug"]),
            },
        )


_READ: Mapping[RecordType, Callable[[Reader, Collection[int]], Iterable[tuple[int, Row]]]] = {
    RecordType.MISSION: _missions,
    RecordType.PERSON: _people,
    RecordType.LAUNCH: _launches,
    RecordType.ARTICLE: _articles,
}
