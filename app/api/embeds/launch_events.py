"""Launches as calendar events."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.api.embeds.launches import LaunchSummary, localize_outcome_note, select_launch_summary
from app.api.embeds.sites import PadRef
from app.api.icalendar import (
    MAX_CALENDAR_EVENTS,
    CalendarEvent,
    EventStatus,
    check_event_count,
    get_event_status,
)
from app.api.links import page_url, tag_authority
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery
from app.db.models import Flight, Launch, LaunchSlip, Person
from app.domain import glossary
from app.domain.dates import Precision
from app.domain.enums import LaunchStatus
from app.domain.languages import Bilingual, current_language, tr

_PRECISION_NOTES = {
    Precision.MONTH: Bilingual("Only the month is known.", "Известен только месяц."),
    Precision.QUARTER: Bilingual("Only the quarter is known.", "Известен только квартал."),
    Precision.YEAR: Bilingual("Only the year is known.", "Известен только год."),
}


class LaunchEvent(LaunchSummary):
    """Launch fields of a calendar."""

    slips: int
    """Number of changes of its time or status."""
    outcome_note: str | None
    crew: list[str]
    """Names of the crew, the commander first."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return super().computed_fields(row) | {
            "outcome_note": localize_outcome_note(row),
            "crew": [
                glossary.person_name(person["name"], person["name_ru"]) for person in row["crew"]
            ],
        }


@cache
def _select_launch_events() -> AnySelect:
    slips = select(func.count(LaunchSlip.id)).where(LaunchSlip.launch_id == Launch.id)
    crew = select(Person.name, Person.name_ru).join(Flight, Flight.person_id == Person.id)
    aboard = crew.where(Flight.launch_id == Launch.id)
    return select_launch_summary().add_columns(
        Launch.outcome_note,
        Launch.outcome_note_ru,
        slips.correlate(Launch).scalar_subquery().label("slips"),
        json_array_subquery(aboard, Flight.ordinal, Flight.id).label("crew"),
    )


def list_launch_events(
    reader: Reader, *where: ColumnElement[bool], **values: Any
) -> list[CalendarEvent]:
    """List the launches that fulfil `where` as events, newest first.

    `values` are those of the named parameters of `where`. Raises InvalidRequest for more than
    `MAX_CALENDAR_EVENTS`.
    """
    newest = (
        _select_launch_events()
        .where(*where)
        .order_by(Launch.launch_sort_at.desc(), Launch.id.desc())
    )
    rows = reader.all(newest.limit(MAX_CALENDAR_EVENTS + 1), **values)
    check_event_count(len(rows), Bilingual("launches", "запусков"), "launch_at_gte")
    return [_build_event(LaunchEvent.model_validate(row)) for row in rows]


def _build_event(launch: LaunchEvent) -> CalendarEvent:
    done = launch.status != LaunchStatus.PLANNED
    status = get_event_status(launch.launch_at_precision, done, launch.launch_at_uncertain)
    site, pad = launch.site, launch.launch_pad
    return CalendarEvent(
        uid=f"launch-{launch.id}@{tag_authority()}",
        sequence=launch.slips,
        changed_at=launch.updated_at,
        starts_at=launch.launch_at,
        precision=launch.launch_at_precision,
        ends_at=None if done else launch.window_ends_at,
        status=EventStatus.CANCELLED if launch.status == LaunchStatus.CANCELLED else status,
        summary=launch.headline,
        page_url=page_url("launches", launch.slug, language=current_language()),
        json_url=launch.url,
        location=", ".join(filter(None, (site.name, site.pad_name))) if site else "",
        position=_position(pad),
        description="\n".join(_build_description(launch)),
    )


def _position(pad: PadRef | None) -> tuple[float, float] | None:
    if pad is None or pad.latitude is None or pad.longitude is None:
        return None
    return pad.latitude, pad.longitude


def _build_description(launch: LaunchEvent) -> list[str]:
    crew = ", ".join(launch.crew)
    lines = [tr(f"Crew: {crew}.", f"Экипаж: {crew}.")] if crew else []
    if launch.outcome_note:
        lines.append(launch.outcome_note)
    if launch.launch_at_precision in _PRECISION_NOTES:
        lines.append(str(_PRECISION_NOTES[launch.launch_at_precision]))
    if launch.launch_at_uncertain:
        lines.append(tr("The date is uncertain.", "Время под сомнением."))
    return lines
