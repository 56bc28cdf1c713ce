"""Consistency check of spacewalks."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations

from sqlalchemy import select

from app.db.database import Reader, Row
from app.db.models import Flight, Launch, Person, Spacewalk, SpacewalkMember
from app.domain.dates import MAX_INSTANT, Precision, period_end
from app.domain.enums import FLOWN_STATUSES
from app.domain.spacewalks import SpacewalkPeriod


def check_spacewalks(reader: Reader) -> Iterator[str]:
    """Describe the inconsistencies of spacewalks, and of the totals of people."""
    spacewalks = reader.all(
        select(
            Spacewalk.slug,
            Spacewalk.number,
            Spacewalk.starts_at,
            Spacewalk.starts_at_precision,
            Spacewalk.ends_at,
            Spacewalk.ends_at_precision,
            Spacewalk.duration_seconds,
        ).order_by(Spacewalk.starts_sort_at, Spacewalk.id)
    )
    walks_by_person = _group_by_person(reader, spacewalks)
    yield from _check_numbers(spacewalks)
    yield from _check_flights(reader, walks_by_person)
    yield from _check_overlaps(walks_by_person)
    yield from _check_totals(reader, walks_by_person)


def _group_by_person(reader: Reader, spacewalks: list[Row]) -> dict[str, list[Row]]:
    """Spacewalks of each person, by slug, in the order of `spacewalks`."""
    crews = reader.all(
        select(Spacewalk.slug, Person.slug.label("person"))
        .join(SpacewalkMember, SpacewalkMember.spacewalk_id == Spacewalk.id)
        .join(Person, Person.id == SpacewalkMember.person_id)
    )
    people: dict[str, list[str]] = defaultdict(list)
    for row in crews:
        people[row["slug"]].append(row["person"])
    walks: dict[str, list[Row]] = defaultdict(list)
    for walk in spacewalks:
        for person in people[walk["slug"]]:
            walks[person].append(walk)
    return walks


def _check_numbers(spacewalks: list[Row]) -> Iterator[str]:
    """Check that the numbers count from 1 in the order of time, without holes."""
    numbered = [walk for walk in spacewalks if walk["number"]]
    for number, walk in enumerate(numbered, start=1):
        if walk["number"] != number:
            yield f"{walk['slug']} has the number {walk['number']}, but is spacewalk {number}"
            return


def _check_flights(reader: Reader, walks_by_person: dict[str, list[Row]]) -> Iterator[str]:
    """Check that each person in a spacewalk is on a flight from its start to its end."""
    flights: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in reader.all(
        select(Person.slug, Launch.launch_at, Flight.landed_until)
        .join_from(Flight, Person, Person.id == Flight.person_id)
        .join(Launch, Launch.id == Flight.launch_id)
        .where(Launch.status.in_(FLOWN_STATUSES))
    ):
        flights[row["slug"]].append((row["launch_at"], row["landed_until"] or MAX_INSTANT))
    for person, walks in sorted(walks_by_person.items()):
        for walk in walks:
            start, end = walk["starts_at"], _end_of(walk)
            if not any(up <= start and end <= down for up, down in flights[person]):
                yield f"{person} in {walk['slug']} is on no flight"


def _end_of(walk: Row) -> datetime:
    """End of a spacewalk, or the end of the period that it certainly starts in."""
    start, end = walk["starts_at"], walk["ends_at"]
    if end is None and walk["starts_at_precision"] != Precision.DAY:
        end = start + timedelta(seconds=walk["duration_seconds"] or 0)
    return end or period_end(start, Precision.DAY)


def _check_overlaps(walks_by_person: dict[str, list[Row]]) -> Iterator[str]:
    """Check that no person is in two spacewalks at one time."""
    for person, walks in sorted(walks_by_person.items()):
        periods = [(walk, SpacewalkPeriod.of(walk)) for walk in walks]
        for (walk, period), (following, later) in combinations(periods, 2):
            if period.certainly_overlaps(later):
                yield f"{person} is in {walk['slug']} and {following['slug']} at one time"


def _check_totals(reader: Reader, walks_by_person: dict[str, list[Row]]) -> Iterator[str]:
    """Check that the totals of people equal the sums over their spacewalks."""
    counts, seconds = Counter[str](), Counter[str]()
    for person, walks in walks_by_person.items():
        over = [each for each in walks if each["ends_at"] or each["duration_seconds"]]
        counts[person] = len(over)
        seconds[person] = sum(each["duration_seconds"] or 0 for each in over)
    totals = select(Person.slug, Person.spacewalks_count, Person.spacewalk_seconds)
    for row in reader.all(totals.order_by(Person.slug)):
        slug = row["slug"]
        if (row["spacewalks_count"], row["spacewalk_seconds"]) != (counts[slug], seconds[slug]):
            yield f"the totals of {slug} are wrong: run zarya recount"
