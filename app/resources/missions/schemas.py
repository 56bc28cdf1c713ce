"""What missions look like, and how they can be asked for."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from app.api.embeds import At, CrewAssignmentRead, LaunchSummary, MissionRef, Shape, Source
from app.api.links import Url
from app.api.lists.pagination import Page, ViewQuery
from app.api.lists.sorting import SortChoice
from app.api.params import DIGITS, AnyOf, Day, Maybe, Moment, Parameters, Slug, Words
from app.api.write_models import (
    Document,
    Number,
    ProperName,
    Prose,
    SourceWrite,
    Title,
    exactness,
    example,
)
from app.db.models import CrewRole, LaunchRelation
from app.domain.clock import has_come
from app.domain.dates import Precision, days_since, whole_days
from app.domain.languages import Both, either

Tasks = Annotated[list[Annotated[Prose, Field(max_length=500)]], Field(max_length=50)]
"""The main tasks of a mission, in their order."""


_BACKWARDS = Both("It ends before it starts.", "Конец раньше начала.")


def _one_for_each(value: list[str], info: ValidationInfo) -> list[str]:
    tasks = info.data.get("tasks", info.data.get("items"))
    if value and tasks is not None and len(value) != len(tasks):
        raise ValueError(
            either(
                f"Give one for each of the {len(tasks)} tasks, or none.",
                f"Укажите по одной на каждую из задач (их {len(tasks)}) или ни одной.",
            )
        )
    return value


Translated = Annotated[Tasks, AfterValidator(_one_for_each)]
"""Main tasks in another language."""


class MissionStatus(StrEnum):
    """Where a mission stands, by its dates."""

    PLANNED = "planned"
    ACTIVE = "active"
    COMPLETED = "completed"


LABELS = {
    MissionStatus.PLANNED: Both("Planned", "Планируется"),
    MissionStatus.ACTIVE: Both("Under way", "Идёт"),
    MissionStatus.COMPLETED: Both("Completed", "Завершена"),
}


class MissionSort(SortChoice):
    """The orders that missions can be listed in."""

    NEWEST = "-number"
    OLDEST = "number"


class MissionFilters(Parameters):
    """Which missions."""

    status: AnyOf[MissionStatus] = []
    """Where the mission stands, by its dates."""
    status_not: AnyOf[MissionStatus] = []
    """Where it must not stand."""
    number: AnyOf[Annotated[int, Field(ge=1, le=9999), DIGITS]] = []
    """The number of the expedition."""
    q: Maybe[Words] = None
    """Words that it has, all of them, in any spelling and form; as `/v1/search` finds them."""
    person: AnyOf[Slug] = []
    """Who was in its crew, by slug."""
    active_on: Maybe[Day] = None
    """A day, in UTC, of which the mission had at least a part."""
    starts_on_gte: Maybe[Day] = None
    """Began on this day or later; a date that is not exact counts with all it may be."""
    starts_on_lt: Maybe[Day] = None
    """Began before this day."""
    ends_on_gte: Maybe[Day] = None
    """Ended on this day or later, or has not ended."""
    ends_on_lt: Maybe[Day] = None
    """Ended before this day."""


class MissionQuery(MissionFilters, ViewQuery):
    """A page of missions."""

    sort: MissionSort = MissionSort.NEWEST
    """The order: by number, newest first with the minus."""


class MissionSummary(MissionRef):
    """A mission as lists show it."""

    id: int
    station: str
    status: MissionStatus
    status_label: str = Field(examples=["Completed"])
    starts_at: At
    starts_at_precision: Precision
    ends_at: At | None
    """The first instant after it, null while nobody knows."""
    ends_at_precision: Precision | None
    duration_days: int | None
    """Full days from start to end, or to now; null before the start."""
    summary: str
    updated_at: At
    version: int

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        starts, ends = row["starts_at"], row["ends_at"]
        lasted = days_since(starts) if ends is None and has_come(starts) else None
        stands = status(starts, ends)
        summary: str = row["summary"]
        return super().complete(row) | {
            "status": stands,
            "status_label": str(LABELS[stands]),
            "summary": either(summary, row["summary_ru"] or summary),
            "duration_days": whole_days(starts, ends) if ends else lasted,
        }


class TaskRead(Shape):
    """One of the main tasks of a mission."""

    position: int
    text: str
    derived: bool
    """Whether the archive drew it from the launches and crews on record."""

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        text: str = row["text"]
        return {"text": either(text, row["text_ru"] or text)}


class MissionLaunchRead(Shape):
    """A launch that served a mission."""

    relation: LaunchRelation
    launch: LaunchSummary

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"launch": dict(row)}


class MissionCounts(Shape):
    """How much there is of what belongs to a mission."""

    crew: int
    """People, however many roles they held."""
    launches: int
    articles: int


class MissionRead(MissionSummary):
    """A mission with all that belongs to it."""

    alternative_names: list[str] = Field(examples=[["Expedition 59"]])
    tasks: list[TaskRead]
    """The mission's main tasks."""
    crew: list[CrewAssignmentRead]
    """Commanders first, then flight engineers by position."""
    launches: list[MissionLaunchRead]
    """The launches that served it, newest first."""
    counts: MissionCounts
    previous: MissionRef | None
    next: MissionRef | None
    sources: list[Source]
    created_at: At


class MissionLaunchWrite(Document):
    """A launch that served a mission, and how."""

    relation: LaunchRelation
    launch: Slug


class MissionWrite(Document):
    """A mission as editors write it; its crew is written by itself."""

    model_config = example(
        number=9998,
        starts_at="2031-03-15T01:01:00Z",
        starts_at_precision="minute",
        summary="An expedition that is only an example.",
        tasks=["Keep the station in order"],
    )

    slug: Slug | None = None
    """The name in its address; made of station and number where none is given."""
    number: Number
    station: Annotated[ProperName, Field(max_length=40)] = "ISS"
    starts_at: Moment
    starts_at_precision: Precision = Precision.SECOND
    """How exact that is."""
    ends_at: Moment | None = None
    """The first instant after it, null while nobody knows."""
    ends_at_precision: Annotated[Precision | None, Field(validate_default=True)] = None
    """How exact that is; to the second unless said otherwise."""
    summary: Annotated[Prose, Field(max_length=2000)]
    summary_ru: Annotated[Prose, Field(max_length=2000)] | None = None
    """The same in Russian."""
    alternative_names: Annotated[
        list[Annotated[Title, Field(max_length=120)]], Field(max_length=10)
    ] = []
    tasks: Tasks = []
    """The main tasks, in their order."""
    tasks_ru: Translated = []
    """The same in Russian, one for each; none where they are not translated."""
    launches: Annotated[list[MissionLaunchWrite], Field(max_length=100)] = []
    """The launches that served it."""
    featured_article: Slug | None = None
    """The article that leads its page: a published one."""
    sources: Annotated[list[SourceWrite], Field(max_length=20)] = []

    @field_validator("ends_at")
    @classmethod
    def _ends_later(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        if value and (starts := info.data.get("starts_at")) and value < starts:
            raise ValueError(str(_BACKWARDS))
        return value

    @field_validator("ends_at_precision")
    @classmethod
    def _exactness(cls, value: Precision | None, info: ValidationInfo) -> Precision | None:
        return exactness(info.data.get("ends_at"), value)


class MissionTasks(Document):
    """All main tasks of a mission."""

    model_config = example(items=["Unload Progress MS-11", "Keep the station in order"])

    items: Tasks
    items_ru: Translated = []
    """The same in Russian, one for each; none where they are not translated."""


class CrewWrite(Document):
    """A role that somebody holds in a mission."""

    model_config = example(
        person="anne-mcclain",
        role="flight_engineer",
        position="FE-3",
        credited_as=None,
        from_on=None,
        to_on=None,
        arrived_with="soyuz-ms-11",
    )

    person: Slug
    role: CrewRole
    position: Annotated[Prose, Field(max_length=12)] | None = None
    """The number of the seat, such as FE-1."""
    credited_as: Annotated[Prose, Field(max_length=120)] | None = None
    """The name as the mission's page prints it, where that is another one."""
    from_on: Day | None = None
    """The first day in the role, null where the mission began with it."""
    to_on: Day | None = None
    """The last day in the role, null where the mission ended with it."""
    arrived_with: Slug | None = None
    """The launch that they came with, by slug."""

    @field_validator("to_on")
    @classmethod
    def _ends_later(cls, value: date | None, info: ValidationInfo) -> date | None:
        if value and (first := info.data.get("from_on")) and value < first:
            raise ValueError(str(_BACKWARDS))
        return value


class CrewRecord(CrewWrite):
    """A role that somebody holds in a mission, as it is kept."""

    id: int


class MissionCrew(Document):
    """The whole crew of a mission."""

    model_config = example(
        items=[
            {"person": "oleg-kononenko", "role": "commander", "arrived_with": "soyuz-ms-11"},
            {"person": "anne-mcclain", "role": "flight_engineer", "arrived_with": "soyuz-ms-11"},
        ]
    )

    items: Annotated[list[CrewWrite], Field(max_length=50)]
    """Commanders first, then flight engineers, otherwise in this order."""


class CrewAssignmentWrite(CrewWrite):
    """A role that somebody holds in a mission, by itself."""

    model_config = example(mission="iss-59", person="anne-mcclain", role="flight_engineer")

    mission: Slug


class MissionRecord(MissionWrite):
    """All that is kept of a mission, each reference by slug."""

    id: int
    crew: list[CrewRecord]
    url: Url
    created_at: Moment
    updated_at: Moment
    version: int


class MissionPage(Page[MissionSummary]):
    """A page of missions in short."""


class MissionFullPage(Page[MissionRead]):
    """A page of whole missions."""


def status(starts_at: datetime, ends_at: datetime | None) -> MissionStatus:
    """Where a mission stands now: its interval is half-open, null being no end."""
    if not has_come(starts_at):
        return MissionStatus.PLANNED
    over = ends_at is not None and has_come(ends_at)
    return MissionStatus.COMPLETED if over else MissionStatus.ACTIVE
