"""Consistency check of the loaded archive, computed in other ways than the service does.

All statements read one snapshot.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.api.date_params import time_zone_or_default
from app.api.lists.day_counts import ArchiveIndex, format_month
from app.db.conditions import article_is_public
from app.db.database import Reader, Row
from app.db.models import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    Base,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Person,
)
from app.db.tracking.article_links import find_stale_links
from app.domain.dates import local_day, now
from app.domain.enums import CrewRole
from app.ingest.dataset.compare import find_differences
from app.ingest.dataset.records import CHRONICLE_SOURCE_NAME, read_dataset
from app.resources.articles.queries import get_article_archive
from app.resources.articles.schemas import ArticleArchiveQuery
from app.resources.registry import SEARCH_INDEXER
from app.search.consistency import find_index_inconsistencies

_FIRST_CONTIGUOUS_EXPEDITION = 19
"""The first expedition that did not overlap with its successor."""

_MAX_RETURN_DURATION = timedelta(days=2)
"""Maximum time from the end of a person's last mission to the landing."""


def check_archive(reader: Reader) -> list[str]:
    """Describe all inconsistencies of the archive; an empty list if there are none."""
    missions = reader.all(
        select(Mission.slug, Mission.number, Mission.starts_at, Mission.ends_at).order_by(
            Mission.number
        )
    )
    return [
        *find_differences(reader, read_dataset()),
        *_check_foreign_keys(reader),
        *_check_mission_intervals(
            [mission for mission in missions if mission["number"] >= _FIRST_CONTIGUOUS_EXPEDITION]
        ),
        *_check_commanders(reader, missions),
        *_check_former_commanders(reader),
        *_check_crew_assignments(reader),
        *_check_flights(reader),
        *_check_chronicle(reader),
        *_check_day_counts(reader),
        *_check_article_links(reader),
        *find_index_inconsistencies(reader, SEARCH_INDEXER.sources.values()),
    ]


def _check_foreign_keys(reader: Reader) -> Iterator[str]:
    """Foreign keys to rows that do not exist."""
    for table in Base.metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            target = key.column.table.alias()
            exists = select(1).where(target.c[key.column.name] == key.parent).exists()
            dangling = reader.scalar(
                select(func.count()).select_from(table).where(key.parent.is_not(None), ~exists)
            )
            if dangling:
                yield f"{dangling} values of {table.name}.{key.parent.name} refer to no row"


def _check_mission_intervals(missions: list[Row]) -> Iterator[str]:
    """Exactly one mission at any time: each one ends when the next one starts."""
    for mission, successor in pairwise(missions):
        if successor["number"] != mission["number"] + 1:
            yield f"no mission between {mission['slug']} and {successor['slug']}"
        if mission["ends_at"] != successor["starts_at"]:
            yield f"{mission['slug']} does not end when {successor['slug']} starts"
    for mission in missions:
        if mission["ends_at"] and mission["ends_at"] <= mission["starts_at"]:
            yield f"{mission['slug']} ends before it starts"


def _check_commanders(reader: Reader, missions: list[Row]) -> Iterator[str]:
    """One commander on each day of a mission, two on the day of a handover."""
    rows = reader.all(
        select(Mission.slug, CrewAssignment.from_on, CrewAssignment.to_on)
        .join(Mission, Mission.id == CrewAssignment.mission_id)
        .where(CrewAssignment.role == CrewRole.COMMANDER)
        .order_by(CrewAssignment.ordinal)
    )
    commands: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for row in rows:
        commands[row["slug"]].append((row["from_on"] or date.min, row["to_on"] or date.max))
    for mission in missions:
        first, last = mission["starts_at"].date(), (mission["ends_at"] or now()).date()
        for n in range((last - first).days + 1):
            day = first + timedelta(n)
            terms = [term for term in commands[mission["slug"]] if term[0] <= day <= term[1]]
            handover = len(terms) == 2 and terms[0][1] == day == terms[1][0]
            if len(terms) != 1 and not handover:
                yield f"{mission['slug']} has {len(terms)} commanders on {day}"
                break


def _check_former_commanders(reader: Reader) -> Iterator[str]:
    """Check that a commander who hands over during a mission remains in its crew."""
    later = aliased(CrewAssignment)
    stays = (
        select(1)
        .where(
            later.mission_id == CrewAssignment.mission_id,
            later.person_id == CrewAssignment.person_id,
            later.from_on == CrewAssignment.to_on,
        )
        .exists()
    )
    rows = reader.all(
        select(Mission.slug, Person.slug.label("person"))
        .join_from(CrewAssignment, Mission, Mission.id == CrewAssignment.mission_id)
        .join(Person, Person.id == CrewAssignment.person_id)
        .where(CrewAssignment.role == CrewRole.COMMANDER, CrewAssignment.to_on.is_not(None), ~stays)
        .order_by(Mission.number, CrewAssignment.ordinal)
    )
    for row in rows:
        yield f"{row['person']} in {row['slug']}: not in the crew after the handover"


def _check_crew_assignments(reader: Reader) -> Iterator[str]:
    """Check that roles lie within their mission, and match a flight of the same person."""
    rows = reader.all(
        select(
            Mission.slug,
            Mission.starts_at,
            Mission.ends_at,
            Person.slug.label("person"),
            CrewAssignment.from_on,
            CrewAssignment.to_on,
            CrewAssignment.person_id,
            Flight.person_id.label("flight_person_id"),
            Flight.landed_at,
            Launch.launch_at,
        )
        .join_from(CrewAssignment, Mission, Mission.id == CrewAssignment.mission_id)
        .join(Person, Person.id == CrewAssignment.person_id)
        .outerjoin(Flight, Flight.id == CrewAssignment.flight_id)
        .outerjoin(Launch, Launch.id == Flight.launch_id)
        .order_by(Mission.number, CrewAssignment.ordinal)
    )
    for row in rows:
        role = f"{row['person']} in {row['slug']}"
        ends_at = row["ends_at"] or datetime.max.replace(tzinfo=UTC)
        first, last = row["starts_at"].date(), ends_at.date()
        if any(day and not first <= day <= last for day in (row["from_on"], row["to_on"])):
            yield f"{role}: the role exceeds the mission"
        if row["flight_person_id"] is None:
            continue
        if row["flight_person_id"] != row["person_id"]:
            yield f"{role}: the flight belongs to another person"
        if row["launch_at"] >= ends_at:
            yield f"{role}: launched after the mission"
        if row["landed_at"] and row["landed_at"] < row["starts_at"]:
            yield f"{role}: landed before the mission"


def _check_flights(reader: Reader) -> Iterator[str]:
    """Check that landings follow launches and missions, and that no person's flights overlap."""
    ended = (
        select(Mission.ends_at)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.flight_id == Flight.id)
        .order_by(Mission.number.desc())
        .limit(1)
        .correlate(Flight)
        .scalar_subquery()
    )
    rows = reader.all(
        select(
            Person.slug.label("person"),
            Launch.slug.label("launch"),
            Launch.launch_at,
            Flight.landed_at,
            ended.label("ended_at"),
        )
        .join_from(Flight, Launch, Launch.id == Flight.launch_id)
        .join(Person, Person.id == Flight.person_id)
        .order_by(Person.slug, Launch.launch_at)
    )
    for row in rows:
        landed_at, flight = row["landed_at"], f"{row['person']} on {row['launch']}"
        if landed_at and landed_at <= row["launch_at"]:
            yield f"{flight} landed before the launch"
        if landed_at and row["ended_at"] and landed_at > row["ended_at"] + _MAX_RETURN_DURATION:
            yield f"{flight} landed long after the last mission"
    for row, following in pairwise(rows):
        same = row["person"] == following["person"]
        if same and (row["landed_at"] is None or row["landed_at"] > following["launch_at"]):
            yield f"{row['person']}: flights {row['launch']} and {following['launch']} overlap"


def _check_chronicle(reader: Reader) -> Iterator[str]:
    """Each item of the chronicle is linked to a record, and exists in English and in Russian.

    Without items that editors have changed.
    """
    in_chronicle = Article.source_name == CHRONICLE_SOURCE_NAME
    linked = [
        select(1).where(link.article_id == Article.id).exists()
        for link in (ArticleMission, ArticlePerson, ArticleLaunch)
    ]
    unlinked = select(Article.slug).where(
        in_chronicle, ~Article.edited, *(~link for link in linked)
    )
    for row in reader.all(unlinked):
        yield f"{row['slug']} is linked to no record"
    languages: dict[str, set[str]] = defaultdict(set)
    translations = select(Article.translation_key, Article.language, Article.edited).where(
        Article.translation_key.in_(select(Article.translation_key).where(in_chronicle))
    )
    edited = set[str]()
    for row in reader.all(translations):
        languages[row["translation_key"]].add(row["language"])
        if row["edited"]:
            edited.add(row["translation_key"])
    for key, existing in languages.items():
        if key in edited:
            continue
        if existing != {"en", "ru"}:
            yield f"{key} exists only in {', '.join(sorted(existing))}"


def _check_day_counts(reader: Reader) -> Iterator[str]:
    """Check that the archive index counts each public article with a known day exactly once."""
    zone = time_zone_or_default(None)
    dates = select(Article.published_at, Article.published_at_precision)
    rows = reader.all(dates.where(article_is_public()))
    days = (local_day(row["published_at"], row["published_at_precision"], zone) for row in rows)
    tally = Counter(format_month(day) for day in days if day)
    index = cast("ArchiveIndex", get_article_archive(reader, ArticleArchiveQuery()))
    months = {month.month: month.count for year in index.years for month in year.months}
    for month in sorted(tally.keys() | months.keys()):
        if tally[month] != months.get(month, 0):
            yield f"the archive counts {months.get(month, 0)} of {tally[month]} in {month}"
    if index.total != sum(tally.values()):
        yield f"the archive counts {index.total} of {sum(tally.values())} articles"


def _check_article_links(reader: Reader) -> Iterator[str]:
    """Check that the links of articles have the same dates, language and state as the articles."""
    for id_ in find_stale_links(reader):
        yield f"the links of article {id_} differ from it: run zarya recount"
