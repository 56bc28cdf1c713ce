"""What missions look like, and how they can be asked for."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from app.api.embeds import (
    CrewAssignmentRead,
    LaunchSummary,
    MissionRef,
    ReadModel,
    Source,
    UtcInstant,
)
from app.api.links import Url
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.params import (
    DIGITS_ONLY,
    CalendarDay,
    CommaList,
    Omittable,
    QueryModel,
    Rfc3339,
    SearchText,
    Slug,
)
from app.api.write_models import (
    CitationWrite,
    MissionNumber,
    NonBlankText,
    SearchableText,
    SluggableName,
    WriteModel,
    default_precision,
    example_config,
)
from app.domain.clock import has_passed
from app.domain.dates import Precision, days_since, whole_days
from app.domain.enums import CrewRole, LaunchRelation
from app.domain.languages import Bilingual, tr

TaskTexts = Annotated[list[Annotated[NonBlankText, Field(max_length=500)]], Field(max_length=50)]
"""The main tasks of a mission, in their order."""


_END_BEFORE_START = Bilingual("It ends before it starts.", "Конец раньше начала.")


def _check_one_per_task(value: list[str], info: ValidationInfo) -> list[str]:
    tasks = info.data.get("tasks", info.data.get("items"))
    if value and tasks is not None and len(value) != len(tasks):
        raise ValueError(
            tr(
                f"Give one for each of the {len(tasks)} tasks, or none.",
                f"Укажите по одной на каждую из задач (их {len(tasks)}) или ни одной.",
            )
        )
    return value


TranslatedTaskTexts = Annotated[TaskTexts, AfterValidator(_check_one_per_task)]
"""Main tasks in another language."""


class MissionStatus(StrEnum):
    """Where a mission stands, by its dates."""

    PLANNED = "planned"
    ACTIVE = "active"
    COMPLETED = "completed"


MISSION_STATUS_LABELS = {
    MissionStatus.PLANNED: Bilingual("Planned", "Планируется"),
    MissionStatus.ACTIVE: Bilingual("Under way", "Идёт"),
    MissionStatus.COMPLETED: Bilingual("Completed", "Завершена"),
}


class MissionSort(SortChoice):
    """The orders that missions can be listed in."""

    NEWEST = "-number"
    OLDEST = "number"


class MissionFilters(QueryModel):
    """Which missions."""

    status: CommaList[MissionStatus] = []
    """Where the mission stands, by its dates."""
    status_not: CommaList[MissionStatus] = []
    """Where it must not stand."""
    number: CommaList[Annotated[int, Field(ge=1, le=9999), DIGITS_ONLY]] = []
    """The number of the expedition."""
    q: Omittable[SearchText] = None
    """Words that it has, all of them, in any spelling and form; as `/v1/search` finds them."""
    person: CommaList[Slug] = []
    """Who was in its crew, by slug."""
    active_on: Omittable[CalendarDay] = None
    """A day, in UTC, of which the mission had at least a part."""
    starts_on_gte: Omittable[CalendarDay] = None
    """Began on this day or later; a date that is not exact counts with all it may be."""
    starts_on_lt: Omittable[CalendarDay] = None
    """Began before this day."""
    ends_on_gte: Omittable[CalendarDay] = None
    """Ended on this day or later, or has not ended."""
    ends_on_lt: Omittable[CalendarDay] = None
    """Ended before this day."""


class MissionQuery(MissionFilters, ListViewQuery):
    """A page of missions."""

    sort: MissionSort = MissionSort.NEWEST
    """The order: by number, newest first with the minus."""


class MissionSummary(MissionRef):
    """A mission as lists show it."""

    id: int
    station: str
    status: MissionStatus
    status_label: str = Field(examples=["Completed"])
    starts_at: UtcInstant
    starts_at_precision: Precision
    ends_at: UtcInstant | None
    """The first instant after it, null while nobody knows."""
    ends_at_precision: Precision | None
    duration_days: int | None
    """Full days from start to end, or to now; null before the start."""
    summary: str
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        starts, ends = row["starts_at"], row["ends_at"]
        lasted = days_since(starts) if ends is None and has_passed(starts) else None
        stands = get_mission_status(starts, ends)
        summary: str = row["summary"]
        return super().computed_fields(row) | {
            "status": stands,
            "status_label": str(MISSION_STATUS_LABELS[stands]),
            "summary": tr(summary, row["summary_ru"] or summary),
            "duration_days": whole_days(starts, ends) if ends else lasted,
        }


class TaskRead(ReadModel):
    """One of the main tasks of a mission."""

    position: int
    text: str
    derived: bool
    """Whether the archive drew it from the launches and crews on record."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        text: str = row["text"]
        return {"text": tr(text, row["text_ru"] or text)}


class MissionLaunchRead(ReadModel):
    """A launch that served a mission."""

    relation: LaunchRelation
    launch: LaunchSummary

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"launch": dict(row)}


class MissionCounts(ReadModel):
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
    created_at: UtcInstant

    def last_modified(self) -> datetime:
        return max([self.updated_at, *(served.launch.updated_at for served in self.launches)])


class MissionLaunchWrite(WriteModel):
    """A launch that served a mission, and how."""

    relation: LaunchRelation
    launch: Slug


class MissionWrite(WriteModel):
    """A mission as editors write it; its crew is written by itself."""

    model_config = example_config(
        number=9998,
        starts_at="2031-03-15T01:01:00Z",
        starts_at_precision="minute",
        summary="An expedition that is only an example.",
        tasks=["Keep the station in order"],
    )

    slug: Slug | None = None
    """The name in its address; made of station and number where none is given."""
    number: MissionNumber
    station: Annotated[SluggableName, Field(max_length=40)] = "ISS"
    starts_at: Rfc3339
    starts_at_precision: Precision = Precision.SECOND
    """How exact that is."""
    ends_at: Rfc3339 | None = None
    """The first instant after it, null while nobody knows."""
    ends_at_precision: Annotated[Precision | None, Field(validate_default=True)] = None
    """How exact that is; to the second unless said otherwise."""
    summary: Annotated[NonBlankText, Field(max_length=2000)]
    summary_ru: Annotated[NonBlankText, Field(max_length=2000)] | None = None
    """The same in Russian."""
    alternative_names: Annotated[
        list[Annotated[SearchableText, Field(max_length=120)]], Field(max_length=10)
    ] = []
    tasks: TaskTexts = []
    """The main tasks, in their order."""
    tasks_ru: TranslatedTaskTexts = []
    """The same in Russian, one for each; none where they are not translated."""
    launches: Annotated[list[MissionLaunchWrite], Field(max_length=100)] = []
    """The launches that served it."""
    featured_article: Slug | None = None
    """The article that leads its page: a published one."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []

    @field_validator("ends_at")
    @classmethod
    def _check_end_after_start(
        cls, value: datetime | None, info: ValidationInfo
    ) -> datetime | None:
        if value and (starts := info.data.get("starts_at")) and value < starts:
            raise ValueError(str(_END_BEFORE_START))
        return value

    @field_validator("ends_at_precision")
    @classmethod
    def _set_default_precision(
        cls, value: Precision | None, info: ValidationInfo
    ) -> Precision | None:
        return default_precision(info.data.get("ends_at"), value)


class MissionTasks(WriteModel):
    """All main tasks of a mission."""

    model_config = example_config(items=["Unload Progress MS-11", "Keep the station in order"])

    items: TaskTexts
    items_ru: TranslatedTaskTexts = []
    """The same in Russian, one for each; none where they are not translated."""


class CrewWrite(WriteModel):
    """A role that somebody holds in a mission."""

    model_config = example_config(
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
    position: Annotated[NonBlankText, Field(max_length=12)] | None = None
    """The number of the seat, such as FE-1."""
    credited_as: Annotated[NonBlankText, Field(max_length=120)] | None = None
    """The name as the mission's page prints it, where that is another one."""
    from_on: CalendarDay | None = None
    """The first day in the role, null where the mission began with it."""
    to_on: CalendarDay | None = None
    """The last day in the role, null where the mission ended with it."""
    arrived_with: Slug | None = None
    """The launch that they came with, by slug."""

    @field_validator("to_on")
    @classmethod
    def _check_end_after_start(cls, value: date | None, info: ValidationInfo) -> date | None:
        if value and (first := info.data.get("from_on")) and value < first:
            raise ValueError(str(_END_BEFORE_START))
        return value


class CrewRecord(CrewWrite):
    """A role that somebody holds in a mission, as it is kept."""

    id: int


class MissionCrew(WriteModel):
    """The whole crew of a mission."""

    model_config = example_config(
        items=[
            {"person": "oleg-kononenko", "role": "commander", "arrived_with": "soyuz-ms-11"},
            {"person": "anne-mcclain", "role": "flight_engineer", "arrived_with": "soyuz-ms-11"},
        ]
    )

    items: Annotated[list[CrewWrite], Field(max_length=50)]
    """Commanders first, then flight engineers, otherwise in this order."""


class CrewAssignmentWrite(CrewWrite):
    """A role that somebody holds in a mission, by itself."""

    model_config = example_config(mission="iss-59", person="anne-mcclain", role="flight_engineer")

    mission: Slug


class MissionRecord(MissionWrite):
    """All that is kept of a mission, each reference by slug."""

    id: int
    crew: list[CrewRecord]
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class MissionPage(Page[MissionSummary]):
    """A page of missions in short."""


class MissionFullPage(Page[MissionRead]):
    """A page of whole missions."""


def get_mission_status(starts_at: datetime, ends_at: datetime | None) -> MissionStatus:
    """Where a mission stands now: its interval is half-open, null being no end."""
    if not has_passed(starts_at):
        return MissionStatus.PLANNED
    over = ends_at is not None and has_passed(ends_at)
    return MissionStatus.COMPLETED if over else MissionStatus.ACTIVE
