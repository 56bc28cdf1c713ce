"""The archive's check of itself: what is missing from the dataset, and which of its laws is broken.

Everything is asked of one snapshot, and computed another way than the service computes it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.api.lists.day_counts import ArchiveIndex, format_month
from app.api.params import time_zone_or_default
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
from app.domain.dates import local_day, now
from app.domain.enums import CrewRole
from app.ingest.dataset.chronicle import CHRONICLE_SOURCE
from app.ingest.dataset.compare import find_differences
from app.ingest.dataset.records import read_dataset
from app.resources.articles.queries import get_article_archive
from app.resources.articles.schemas import ArticleArchiveQuery
from app.resources.registry import SEARCH_INDEXER
from app.search.consistency import find_index_inconsistencies

_FIRST_CONTIGUOUS_EXPEDITION = 19
"""The first expedition that did not hand over to its successor in an overlap."""

_MAX_RETURN_DURATION = timedelta(days=2)
"""How long after the end of their last mission somebody may still be on the way home."""


def check_archive(reader: Reader) -> list[str]:
    """Whatever is wrong with the archive, a line each; nothing when all is well."""
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
        *find_index_inconsistencies(reader, SEARCH_INDEXER.sources.values()),
    ]


def _check_foreign_keys(reader: Reader) -> Iterator[str]:
    """Links to rows that are not there."""
    for table in Base.metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            target = key.column.table.alias()
            there = select(1).where(target.c[key.column.name] == key.parent).exists()
            dangling = reader.scalar(
                select(func.count()).select_from(table).where(key.parent.is_not(None), ~there)
            )
            if dangling:
                yield f"{dangling} of {table.name}.{key.parent.name} lead nowhere"


def _check_mission_intervals(missions: list[Row]) -> Iterator[str]:
    """One mission at any time: each ends as the next one starts, and none but the last is open."""
    for mission, after in pairwise(missions):
        if after["number"] != mission["number"] + 1:
            yield f"no mission between {mission['slug']} and {after['slug']}"
        if mission["ends_at"] != after["starts_at"]:
            yield f"{mission['slug']} does not end as {after['slug']} starts"
    for mission in missions:
        if mission["ends_at"] and mission["ends_at"] <= mission["starts_at"]:
            yield f"{mission['slug']} ends before it starts"


def _check_commanders(reader: Reader, missions: list[Row]) -> Iterator[str]:
    """One commander on every day of a mission, two on the day of a handover."""
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
            held = [(start, end) for start, end in commands[mission["slug"]] if start <= day <= end]
            handover = len(held) == 2 and held[0][1] == day == held[1][0]
            if len(held) != 1 and not handover:
                yield f"{mission['slug']} has {len(held)} commanders on {day}"
                break


def _check_former_commanders(reader: Reader) -> Iterator[str]:
    """Who hands a mission over while it goes on stays in its crew."""
    after = aliased(CrewAssignment)
    stays = (
        select(1)
        .where(
            after.mission_id == CrewAssignment.mission_id,
            after.person_id == CrewAssignment.person_id,
            after.from_on == CrewAssignment.to_on,
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
    """Roles lie within their mission, and their flight is the person's own, at the time of it."""
    rows = reader.all(
        select(
            Mission.slug,
            Mission.starts_at,
            Mission.ends_at,
            Person.slug.label("person"),
            CrewAssignment.from_on,
            CrewAssignment.to_on,
            CrewAssignment.person_id,
            Flight.person_id.label("flown_by"),
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
            yield f"{role}: the role reaches out of the mission"
        if row["flown_by"] is None:
            continue
        if row["flown_by"] != row["person_id"]:
            yield f"{role}: the flight is somebody else's"
        if row["launch_at"] >= ends_at:
            yield f"{role}: launched after the mission"
        if row["landed_at"] and row["landed_at"] < row["starts_at"]:
            yield f"{role}: landed before the mission"


def _check_flights(reader: Reader) -> Iterator[str]:
    """Landings come after launches, soon after the last mission, and nobody flies twice at once."""
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
        landed_at, who = row["landed_at"], f"{row['person']} on {row['launch']}"
        if landed_at and landed_at <= row["launch_at"]:
            yield f"{who} landed before the launch"
        if landed_at and row["ended_at"] and landed_at > row["ended_at"] + _MAX_RETURN_DURATION:
            yield f"{who} landed long after the last mission"
    for flight, after in pairwise(rows):
        same = flight["person"] == after["person"]
        if same and (flight["landed_at"] is None or flight["landed_at"] > after["launch_at"]):
            yield f"{flight['person']} flies on {flight['launch']} and {after['launch']} at once"


def _check_chronicle(reader: Reader) -> Iterator[str]:
    """Each item of the chronicle is about something, and comes in English and in Russian."""
    own = Article.source_name == CHRONICLE_SOURCE.name
    linked = [
        select(1).where(link.article_id == Article.id).exists()
        for link in (ArticleMission, ArticlePerson, ArticleLaunch)
    ]
    for row in reader.all(select(Article.slug).where(own, *(~link for link in linked))):
        yield f"{row['slug']} is about nothing"
    languages: dict[str, set[str]] = defaultdict(set)
    for row in reader.all(select(Article.translation_key, Article.language).where(own)):
        languages[row["translation_key"]].add(row["language"])
    for key, told in languages.items():
        if told != {"en", "ru"}:
            yield f"{key} is told in {', '.join(sorted(told))} alone"


def _check_day_counts(reader: Reader) -> Iterator[str]:
    """The months of the archive count the articles whose day is known, each once."""
    zone = time_zone_or_default(None)
    rows = reader.all(select(Article.published_at, Article.published_at_precision))
    days = (local_day(row["published_at"], row["published_at_precision"], zone) for row in rows)
    tally = Counter(format_month(day) for day in days if day)
    index = cast("ArchiveIndex", get_article_archive(reader, ArticleArchiveQuery()))
    months = {month.month: month.count for year in index.years for month in year.months}
    for month in sorted(tally.keys() | months.keys()):
        if tally[month] != months.get(month, 0):
            yield f"the archive counts {months.get(month, 0)} of {tally[month]} in {month}"
    if index.total != sum(tally.values()):
        yield f"the archive counts {index.total} of {sum(tally.values())} articles"
