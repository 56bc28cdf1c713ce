"""Mission schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from app.api.date_params import CalendarDay, Rfc3339
from app.api.embeds.crew import CrewAssignmentRead
from app.api.embeds.horizon import HorizonPage
from app.api.embeds.launches import LaunchSummary
from app.api.embeds.media import Image
from app.api.embeds.missions import MissionRef
from app.api.embeds.spacewalks import SpacewalkSummary
from app.api.links import Url
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListViewQuery
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import DIGITS_ONLY, CommaList, Omittable, QueryModel, SearchText, Slug
from app.api.read_models import ReadModel, Source, UtcInstant
from app.api.write_models import (
    CitationWrite,
    DocumentModel,
    MaxChars,
    MissionNumber,
    NonBlankText,
    SearchableText,
    SluggableName,
    WriteModel,
    default_precision,
    example_config,
)
from app.api.writes.images import PictureWrite
from app.domain.clock import has_passed
from app.domain.dates import Precision, days_since, whole_days
from app.domain.enums import CrewRole, LaunchRelation
from app.domain.horizon import has_come, is_outdated
from app.domain.languages import Bilingual, tr

TaskTexts = Annotated[list[Annotated[NonBlankText, MaxChars(500)]], Field(max_length=50)]
"""Main tasks of a mission, in order."""


_END_BEFORE_START = Bilingual(
    "The end must not be before the start.", "Конец не может быть раньше начала."
)


def _check_one_per_task(value: list[str], info: ValidationInfo) -> list[str]:
    tasks = info.data.get("tasks", info.data.get("items"))
    if value and tasks is not None and len(value) != len(tasks):
        raise ValueError(
            tr(
                f"Provide one text for each of the {len(tasks)} tasks, or none.",
                f"Укажите по одному тексту на каждую задачу (всего {len(tasks)}) или ни одного.",
            )
        )
    return value


TranslatedTaskTexts = Annotated[TaskTexts, AfterValidator(_check_one_per_task)]
"""Main tasks in another language, one for each task or none."""


class MissionStatus(StrEnum):
    """Status of a mission, derived from its dates and the horizon of crews.

    `unknown`: it was active at the horizon, or its planned start has passed since.
    """

    PLANNED = "planned"
    ACTIVE = "active"
    COMPLETED = "completed"
    UNKNOWN = "unknown"


MISSION_STATUS_LABELS = {
    MissionStatus.PLANNED: Bilingual("Planned", "Планируется"),
    MissionStatus.ACTIVE: Bilingual("Under way", "Идёт"),
    MissionStatus.COMPLETED: Bilingual("Completed", "Завершена"),
    MissionStatus.UNKNOWN: Bilingual("Unknown", "Неизвестно"),
}


class MissionFacet(StrEnum):
    """Facet of missions."""

    PERSON = "person"
    YEAR = "year"


class MissionSort(SortChoice):
    """Sort order of missions."""

    NEWEST = "-number"
    OLDEST = "number"


class MissionFilters(QueryModel):
    """Filters of missions."""

    status: Annotated[CommaList[MissionStatus], Example(["completed"])] = []
    """Status of the mission, derived from its dates and the horizon."""
    status_not: Annotated[CommaList[MissionStatus], Example(["planned"])] = []
    """Status to exclude."""
    number: Annotated[
        CommaList[Annotated[int, Field(ge=1, le=9999), DIGITS_ONLY]], Example([59])
    ] = []
    """Number of the expedition."""
    q: Annotated[Omittable[SearchText], Example("kononenko")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    person: Annotated[CommaList[Slug], Example(["anne-mcclain"])] = []
    """Crew member, by slug."""
    active_on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Day in UTC on which the mission was in progress, as far as is known."""
    starts_on_gte: Annotated[Omittable[CalendarDay], Example("2019-01-01")] = None
    """Started on or after this day. An inexact date matches if any part of its period does."""
    starts_on_lt: Annotated[Omittable[CalendarDay], Example("2019-12-31")] = None
    """Started before this day."""
    ends_on_gte: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Ended on or after this day, or has no known end."""
    ends_on_lt: Annotated[Omittable[CalendarDay], Example("2019-12-31")] = None
    """Ended before this day."""
    has_image: Annotated[Omittable[bool], Example(True)] = None
    """Missions with an image (`true`) or without one (`false`)."""


class MissionQuery(MissionFilters, ListViewQuery):
    """Query parameters of the mission list."""

    facet: Annotated[CommaList[MissionFacet], Example(["year"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: MissionSort = MissionSort.NEWEST
    """Sort by number. `-` means descending order."""


class MissionSummary(MissionRef):
    """Mission in a list."""

    id: int
    station: str
    status: MissionStatus
    status_at: UtcInstant | None
    """Time until which the mission is known, if its status is `unknown`. Null: the status is that
    of the present."""
    status_label: str = Field(examples=["Completed"])
    starts_at: UtcInstant
    starts_at_precision: Precision
    ends_at: UtcInstant | None
    """End of the mission (exclusive), or null if not known yet."""
    ends_at_precision: Precision | None
    duration_days: int | None
    """Full days from the start to the end, or to the horizon or now. Null before the start."""
    summary: str
    image: Image | None
    """Image of the mission, such as its patch, or null."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        starts, ends, known_until = row["starts_at"], row["ends_at"], row["known_until"]
        elapsed = days_since(starts, known_until) if has_come(starts, known_until) else None
        status = get_mission_status(starts, ends, known_until)
        summary: str = row["summary"]
        return super().computed_fields(row) | {
            "status": status,
            "status_at": known_until if status is MissionStatus.UNKNOWN else None,
            "status_label": str(MISSION_STATUS_LABELS[status]),
            "summary": tr(summary, row["summary_ru"] or summary),
            "duration_days": whole_days(starts, ends) if ends else elapsed,
        }


class TaskRead(ReadModel):
    """Main task of a mission."""

    position: int
    text: str
    derived: bool
    """True if the service derived the task from launches, crews and spacewalks."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        text: str = row["text"]
        return {"text": tr(text, row["text_ru"] or text)}


class MissionLaunchRead(ReadModel):
    """Launch related to a mission."""

    relation: LaunchRelation
    launch: LaunchSummary

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"launch": dict(row)}


class MissionCounts(ReadModel):
    """Number of records related to a mission."""

    crew: int
    """Number of people. A person with several roles counts once."""
    launches: int
    spacewalks: int
    articles: int


class MissionRead(MissionSummary):
    """Mission with all its fields."""

    alternative_names: list[str] = Field(examples=[["Expedition 59"]])
    tasks: list[TaskRead]
    """Main tasks of the mission."""
    crew: list[CrewAssignmentRead]
    """Crew: commanders first, then flight engineers by position."""
    launches: list[MissionLaunchRead]
    """Related launches, newest first."""
    spacewalks: list[SpacewalkSummary]
    """The first 50 spacewalks of the mission, in the order of time."""
    counts: MissionCounts
    known_until: UtcInstant | None
    """Time until which missions, crews and landings are known, or null if there is no limit."""
    previous: MissionRef | None
    next: MissionRef | None
    sources: list[Source]
    created_at: UtcInstant

    def last_modified(self) -> datetime:
        launches = (served.launch.updated_at for served in self.launches)
        return max([self.updated_at, *launches, *(each.updated_at for each in self.spacewalks)])


class MissionLaunchWrite(WriteModel):
    """Launch related to a mission."""

    relation: LaunchRelation
    launch: Slug


def _sort_launches(launches: list[MissionLaunchWrite]) -> list[MissionLaunchWrite]:
    return sorted(launches, key=lambda each: (each.launch, each.relation))


class MissionWrite(DocumentModel, read_as=MissionRead):
    """Writable fields of a mission. The crew has its own endpoint."""

    model_config = example_config(
        number=9998,
        starts_at="2031-03-15T01:01:00Z",
        starts_at_precision="minute",
        summary="An expedition that is only an example.",
        tasks=["Keep the station in order"],
    )

    slug: Slug | None = None
    """Slug in the mission's URL. Default: derived from `station` and `number`."""
    number: MissionNumber
    station: Annotated[SluggableName, MaxChars(40)] = "ISS"
    starts_at: Rfc3339
    starts_at_precision: Precision = Precision.SECOND
    """Precision of `starts_at`."""
    ends_at: Rfc3339 | None = None
    """End of the mission (exclusive), or null if not known yet."""
    ends_at_precision: Annotated[Precision | None, Field(validate_default=True)] = None
    """Precision of `ends_at`. Default: `second`."""
    summary: Annotated[NonBlankText, MaxChars(2000)]
    summary_ru: Annotated[NonBlankText, MaxChars(2000)] | None = None
    """`summary` in Russian."""
    alternative_names: Annotated[
        list[Annotated[SearchableText, MaxChars(120)]], Field(max_length=10)
    ] = []
    tasks: TaskTexts = []
    """Main tasks, in order."""
    tasks_ru: TranslatedTaskTexts = []
    """Tasks in Russian: one for each task, or an empty list."""
    launches: Annotated[
        list[MissionLaunchWrite], Field(max_length=100), AfterValidator(_sort_launches)
    ] = []
    """Related launches, in any order."""
    featured_article: Slug | None = None
    """Lead article of the mission's page, by slug. It must be published."""
    image: PictureWrite | None = None
    """Image of the mission, such as its patch."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []

    @classmethod
    def read_response(cls, part: Any) -> Any:
        match part:
            case {"tasks": [*tasks]}:
                texts = (task.get("text") if isinstance(task, dict) else task for task in tasks)
                part = part | {"tasks": list(texts)}
        return super().read_response(part)

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
    """Main tasks of a mission."""

    model_config = example_config(items=["Unload Progress MS-11", "Keep the station in order"])

    items: TaskTexts
    items_ru: TranslatedTaskTexts = []
    """Tasks in Russian: one for each task, or an empty list."""


class FeaturedArticle(WriteModel):
    """Lead article of a mission."""

    model_config = example_config(article="launch-progress-ms-11")

    article: Slug | None
    """Published article by slug, or null for none."""


class CrewWrite(WriteModel, read_as=CrewAssignmentRead):
    """Role of a person in a mission."""

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
    position: Annotated[NonBlankText, MaxChars(12)] | None = None
    """Crew position, such as `FE-1`."""
    credited_as: Annotated[NonBlankText, MaxChars(120)] | None = None
    """Name to show on the mission's page, if it differs from the person's name."""
    from_on: CalendarDay | None = None
    """First day in the role. Null: the start of the mission."""
    to_on: CalendarDay | None = None
    """Last day in the role. Null: the end of the mission."""
    arrived_with: Slug | None = None
    """Launch that the person arrived with, by slug."""

    @classmethod
    def read_response(cls, part: Any) -> Any:
        match part:
            case {"arrived_with": {"launch": launch}}:
                part = part | {"arrived_with": launch}
        match part:
            case {"person": {"name": str() as own}, "credited_as": name} if name == own:
                part = part | {"credited_as": None}
        return super().read_response(part)

    @field_validator("to_on")
    @classmethod
    def _check_end_after_start(cls, value: date | None, info: ValidationInfo) -> date | None:
        if value and (first := info.data.get("from_on")) and value < first:
            raise ValueError(str(_END_BEFORE_START))
        return value


class CrewRecord(CrewWrite):
    """Role of a person in a mission, with the assignment id."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int


class MissionCrew(WriteModel):
    """Whole crew of a mission."""

    model_config = example_config(
        items=[
            {"person": "oleg-kononenko", "role": "commander", "arrived_with": "soyuz-ms-11"},
            {"person": "anne-mcclain", "role": "flight_engineer", "arrived_with": "soyuz-ms-11"},
        ]
    )

    items: Annotated[
        list[Annotated[CrewWrite, BeforeValidator(CrewWrite.read_response)]], Field(max_length=50)
    ]
    """Crew members. Commanders are sorted first, then flight engineers."""


class CrewAssignmentWrite(CrewWrite, DocumentModel, read_as=CrewAssignmentRead):
    """Crew assignment to create."""

    model_config = example_config(mission="iss-59", person="anne-mcclain", role="flight_engineer")

    mission: Slug


class MissionRecord(MissionWrite):
    """Complete mission, with references by slug."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    aliases: list[Slug]
    """Alternative slugs of the mission."""
    crew: list[CrewRecord]
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


def get_mission_status(
    starts_at: datetime, ends_at: datetime | None, known_until: datetime | None
) -> MissionStatus:
    """Return the status of a mission in the half-open interval from start to end.

    Facts are known until `known_until`, or None: until now. The condition in SQL is
    `app.resources.missions.queries.has_status`.
    """
    if ends_at is not None and has_come(ends_at, known_until):
        return MissionStatus.COMPLETED
    if is_outdated(known_until) and has_passed(starts_at):
        return MissionStatus.UNKNOWN
    return MissionStatus.ACTIVE if has_come(starts_at, known_until) else MissionStatus.PLANNED


class MissionPage(HorizonPage[MissionSummary], FacetFields):
    """Page of mission summaries."""


class MissionFullPage(HorizonPage[MissionRead], FacetFields):
    """Page of full missions."""
