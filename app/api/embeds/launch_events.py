"""A launch as an entry of a calendar."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.api.embeds.launches import LaunchSummary, launch_summary, outcome_note
from app.api.icalendar import MOST, Event, Standing, standing
from app.api.links import authority
from app.db.database import Reader
from app.db.functions import Rows, nested
from app.db.models import Flight, Launch, LaunchSlip, LaunchStatus, Person
from app.domain import glossary
from app.domain.dates import Precision
from app.domain.languages import Both, either
from app.http.problems import Invalid

_VAGUE = {
    Precision.MONTH: Both("Only the month is known.", "Известен только месяц."),
    Precision.QUARTER: Both("Only the quarter is known.", "Известен только квартал."),
    Precision.YEAR: Both("Only the year is known.", "Известен только год."),
}


class LaunchEvent(LaunchSummary):
    """A launch as calendars show it."""

    slips: int
    """How often its time or status has changed."""
    outcome_note: str | None
    crew: list[str]
    """The names of those aboard, the ship's commander first."""

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return super().complete(row) | {
            "outcome_note": outcome_note(row),
            "crew": [glossary.person(person["name"], person["name_ru"]) for person in row["crew"]],
        }


@cache
def _columns() -> Rows:
    slips = select(func.count(LaunchSlip.id)).where(LaunchSlip.launch_id == Launch.id)
    crew = select(Person.name, Person.name_ru).join(Flight, Flight.person_id == Person.id)
    aboard = crew.where(Flight.launch_id == Launch.id)
    return launch_summary().add_columns(
        Launch.outcome_note,
        Launch.outcome_note_ru,
        slips.correlate(Launch).scalar_subquery().label("slips"),
        nested(aboard, Flight.ordinal, Flight.id).label("crew"),
    )


def launch_events(reader: Reader, *where: ColumnElement[bool]) -> list[Event]:
    """The launches that all of `where` holds for, newest first; `Invalid` where they are too many.

    No calendar is cropped: who took one for whole would miss a launch.
    """
    newest = _columns().where(*where).order_by(Launch.launch_at.desc(), Launch.id.desc())
    rows = reader.all(newest.limit(MOST + 1))
    if len(rows) > MOST:
        raise Invalid(
            either(
                f"More than {MOST} launches match. Ask for fewer, such as by `launch_at_gte`.",
                f"Подходит больше {MOST} запусков. Сузьте запрос, например `launch_at_gte`.",
            )
        )
    return [_event(LaunchEvent.model_validate(row)) for row in rows]


def _event(launch: LaunchEvent) -> Event:
    done = launch.status != LaunchStatus.PLANNED
    sure = standing(launch.launch_at_precision, done, launch.launch_at_uncertain)
    site = launch.site
    return Event(
        uid=f"launch-{launch.id}@{authority()}",
        sequence=launch.slips,
        changed_at=launch.updated_at,
        starts_at=launch.launch_at,
        precision=launch.launch_at_precision,
        ends_at=None if done else launch.window_ends_at,
        standing=Standing.CANCELLED if launch.status == LaunchStatus.CANCELLED else sure,
        summary=launch.headline,
        url=launch.url,
        location=", ".join(filter(None, (site.name, site.pad))) if site else "",
        description="\n".join(_description(launch)),
    )


def _description(launch: LaunchEvent) -> list[str]:
    crew = ", ".join(launch.crew)
    told = [either(f"Crew: {crew}.", f"Экипаж: {crew}.")] if crew else []
    if launch.outcome_note:
        told.append(launch.outcome_note)
    if launch.launch_at_precision in _VAGUE:
        told.append(str(_VAGUE[launch.launch_at_precision]))
    if launch.launch_at_uncertain:
        told.append(either("Even that date is doubtful.", "Но и это время под сомнением."))
    return told
