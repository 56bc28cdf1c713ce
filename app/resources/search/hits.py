"""What is shown of a record that was found: a title, a line, a date."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from app.api.embeds.articles import select_article_ref
from app.api.embeds.launches import select_launch_summary
from app.api.embeds.missions import MissionRef, select_mission_ref
from app.api.embeds.people import select_person_ref
from app.api.links import url_for_request
from app.db.database import Reader, Row
from app.db.functions import json_array_subquery
from app.db.models import Article, CrewAssignment, Launch, Mission, Person
from app.domain.enums import CrewRole, RecordType
from app.domain.glossary import person_name, site_name, spacecraft_name, vehicle_name
from app.domain.labels import CREW_ROLE_LABELS
from app.domain.languages import tr
from app.search.index_keys import parse_index_key

_MAX_TITLE_SHIP_COUNT = 3
"""How many of the things that a launch carried its title names."""


def load_search_hits(reader: Reader, places: Iterable[int]) -> dict[int, Row]:
    """By their places in the index, what is shown of records; a statement for each type."""
    wanted: dict[RecordType, dict[int, int]] = defaultdict(dict)
    for place in places:
        kind, id_ = parse_index_key(place)
        wanted[kind][id_] = place
    found: dict[int, Row] = {}
    for kind, places_of in wanted.items():
        for id_, row in _HIT_LOADERS[kind](reader, places_of):
            found[places_of[id_]] = {"type": kind, "language": None} | row
    return found


def _load_mission_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    found = select_mission_ref().add_columns(
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
                "text": tr(row["summary"], row["summary_ru"] or row["summary"]),
                "at": row["starts_at"],
                "at_precision": row["starts_at_precision"],
                "url": mission.url,
            },
        )


def _load_person_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    held = (
        select_mission_ref()
        .add_columns(CrewAssignment.role)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.person_id == Person.id)
    )
    roles = json_array_subquery(held, Mission.number, CrewAssignment.ordinal).label("roles")
    for row in reader.all(
        select_person_ref().add_columns(Person.id, roles).where(Person.id.in_(ids))
    ):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": person_name(row["name"], row["name_ru"]),
                "text": "; ".join(filter(None, [row["agency"], *_format_roles(row["roles"])]))
                or None,
                "at": None,
                "at_precision": None,
                "url": url_for_request("people", row["slug"]),
            },
        )


def _format_roles(held: Iterable[Row]) -> list[str]:
    """Each role that somebody held, with the missions: "commander of ISS-59, ISS-71"."""
    of_role = tr("{} of {}", "{} {}")
    missions: dict[str, list[str]] = defaultdict(list)
    for row in held:
        name = MissionRef.model_validate(row).name
        if name not in missions[row["role"]]:
            missions[row["role"]].append(name)
    return [
        of_role.format(str(CREW_ROLE_LABELS[CrewRole(role)]).lower(), ", ".join(of))
        for role, of in missions.items()
    ]


def _load_launch_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    for row in reader.all(select_launch_summary().where(Launch.id.in_(ids))):
        ships = [spacecraft_name(ship["name"]) for ship in row["spacecraft"]]
        more = len(ships) - _MAX_TITLE_SHIP_COUNT
        named = ships[:_MAX_TITLE_SHIP_COUNT] + (
            [tr(f"{more} more", f"ещё {more}")] if more > 0 else []
        )
        parts = [
            name(part["name"])
            for name, part in ((vehicle_name, row["vehicle"]), (site_name, row["site"]))
            if part
        ]
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": tr(" and ", " и ").join(named) or row["slug"],
                "text": ", ".join(parts) or None,
                "at": row["launch_at"],
                "at_precision": row["launch_at_precision"],
                "url": url_for_request("launches", row["slug"]),
            },
        )


def _load_article_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    found = select_article_ref().add_columns(Article.id, Article.lead).where(Article.id.in_(ids))
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
                "url": url_for_request("articles", row["slug"]),
            },
        )


_HIT_LOADERS: Mapping[
    RecordType, Callable[[Reader, Collection[int]], Iterable[tuple[int, Row]]]
] = {
    RecordType.MISSION: _load_mission_hits,
    RecordType.PERSON: _load_person_hits,
    RecordType.LAUNCH: _load_launch_hits,
    RecordType.ARTICLE: _load_article_hits,
}
