"""Module schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool, StrictInt, ValidationInfo, field_validator

from app.api.date_params import CalendarDay, Rfc3339
from app.api.embeds.agencies import AgencyRef
from app.api.embeds.launches import LaunchRef
from app.api.embeds.media import Image
from app.api.embeds.modules import ModuleRef, PortRef
from app.api.links import Url
from app.api.lists.facets import FacetFields
from app.api.lists.pagination import ListViewQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import CommaList, NameParam, Omittable, QueryModel, SearchText, Slug
from app.api.read_models import ReadModel, Source, UtcInstant, instant_of
from app.api.write_models import (
    CitationWrite,
    DocumentModel,
    MaxChars,
    Metres,
    NonBlankText,
    SearchableText,
    SluggableName,
    WriteModel,
    default_precision,
    example_config,
)
from app.api.writes.images import PictureWrite
from app.domain.clock import has_passed
from app.domain.dates import Precision, period_end, utc_day_bounds
from app.domain.enums import ModuleKind, PortDirection
from app.domain.labels import MODULE_KIND_LABELS
from app.domain.languages import tr


class ModuleFacet(StrEnum):
    """Facet of modules."""

    KIND = "kind"
    OWNER = "owner"


class ModuleSort(SortChoice):
    """Sort order of modules."""

    FIRST_TO_LAST = "attached_at"
    LAST_TO_FIRST = "-attached_at"
    A_TO_Z = "name"
    Z_TO_A = "-name"


class ModuleFilters(QueryModel):
    """Filters of modules."""

    q: Annotated[Omittable[SearchText], Example("kibo")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    kind: Annotated[CommaList[ModuleKind], Example(["node"])] = []
    """Kind of the module."""
    owner: Annotated[CommaList[NameParam], Example(["ESA"])] = []
    """Owner of the module, a space agency or company, by slug or any of its names."""
    launch: Annotated[CommaList[Slug], Example(["sts-130"])] = []
    """Launch that carried the module, by slug."""
    attached_on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Day in UTC on which the module was attached to the station, for the day or a part of it."""
    has_image: Annotated[Omittable[bool], Example(True)] = None
    """Modules with an image (`true`) or without one (`false`)."""


class ModuleQuery(ModuleFilters, ListViewQuery):
    """Query parameters of the module list."""

    facet: Annotated[CommaList[ModuleFacet], Example(["kind"])] = []
    """Filters whose values are counted, in `facets`."""
    sort: ModuleSort = ModuleSort.FIRST_TO_LAST
    """Sort by the first attachment, or by name. `-` means descending order."""


class ModuleSummary(ModuleRef):
    """Module in a list."""

    id: int
    kind: ModuleKind
    kind_label: str = Field(examples=["Node"])
    owners: list[str] = Field(examples=[["NASA"]])
    """Space agencies, or companies, that own it."""
    owner_refs: list[AgencyRef]
    """The records of these agencies."""
    length_m: float | None
    """Length in metres, or null if unknown."""
    diameter_m: float | None
    """Diameter in metres, or null if unknown."""
    mass_kg: int | None
    """Mass at launch in kilograms, or null if unknown."""
    assembly_flight: str | None = Field(examples=["20A"])
    """Designation of its flight in the assembly sequence."""
    launch: LaunchRef | None
    is_attached: bool
    """True if the module is attached to the station now."""
    image: Image | None
    """Image of the module, or null."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return super().computed_fields(row) | {
            "owners": [owner["name"] for owner in row["owner_refs"]],
            "kind_label": str(MODULE_KIND_LABELS[ModuleKind(row["kind"])]),
            "is_attached": any(map(_is_present, row["attachments"])),
        }


def _is_present(attachment: Mapping[str, Any]) -> bool:
    if not has_passed(instant_of(attachment["attached_at"])):
        return False
    detached_at = instant_of(attachment["detached_at"])
    return detached_at is None or not has_passed(
        period_end(detached_at, Precision(attachment["detached_at_precision"]))
    )


class PortRead(PortRef):
    """Port of a module."""

    in_service_from: date | None
    """First day in service, or null if it has been in service as long as its module."""
    in_service_until: date | None
    """Last day in service, or null if it is in service as long as its module."""
    is_in_service: bool
    """True if the module is attached, and the port in service, today (UTC)."""
    attached_module: ModuleRef | None
    """Module that occupies the port now, or null."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        first, last = (
            day and utc_day_bounds(date.fromisoformat(day))
            for day in (row["in_service_from"], row["in_service_until"])
        )
        has_begun = first is None or has_passed(first[0])
        has_ended = last is not None and has_passed(last[1])
        present = (each["module"] for each in row["attachments"] if _is_present(each))
        return super().computed_fields(row) | {
            "is_in_service": row["module_is_attached"] and has_begun and not has_ended,
            "attached_module": next(present, None),
        }


class AttachmentRead(ReadModel):
    """Attachment of a module to another one."""

    to: ModuleRef | None
    """Module that it was attached to, or null for the first module of the station."""
    port: PortRef | None
    """Port that it occupied, or null if it occupied none, or ships use the place through it."""
    attached_at: UtcInstant
    attached_at_precision: Precision
    attached_at_uncertain: bool
    """True if the time may be outside the period that `attached_at_precision` gives."""
    detached_at: UtcInstant | None
    """Time of removal, or null while it is attached there."""
    detached_at_precision: Precision | None
    detached_at_uncertain: bool
    """True if the time may be outside the period that `detached_at_precision` gives."""


class ModuleRead(ModuleSummary):
    """Module with all its fields."""

    attachments: list[AttachmentRead]
    """Places where it was attached, in order of time; a relocation starts the next one."""
    ports: list[PortRead]
    """Its ports."""
    sources: list[Source]
    created_at: UtcInstant

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        fields = super().computed_fields(row)
        attached = {"module_is_attached": fields["is_attached"]}
        return fields | {"ports": [port | attached for port in row["ports"]]}


class PortWrite(WriteModel, read_as=PortRead):
    """Port of a module. A port that stays or attachments refer to keeps its slug."""

    slug: Slug | None = None
    """Slug of the port. Default: the module's slug and the direction, such as `harmony-nadir`."""
    direction: PortDirection
    in_service_from: CalendarDay | None = None
    """First day in service. Null: as long as its module."""
    in_service_until: CalendarDay | None = None
    """Last day in service. Null: it is in service."""

    @field_validator("in_service_until")
    @classmethod
    def _check_service_order(cls, value: date | None, info: ValidationInfo) -> date | None:
        if value and (first := info.data.get("in_service_from")) and value < first:
            raise ValueError(
                tr(
                    "`in_service_until` must not be before `in_service_from`.",
                    "`in_service_until` не может быть раньше `in_service_from`.",
                )
            )
        return value


class AttachmentWrite(WriteModel, read_as=AttachmentRead):
    """Attachment of a module to another one."""

    to: Slug | None = None
    """Module that it was attached to, or null for the first module of the station."""
    port: Slug | None = None
    """Port of that module that it occupied."""
    attached_at: Rfc3339
    attached_at_precision: Precision = Precision.SECOND
    """Precision of `attached_at`."""
    attached_at_uncertain: StrictBool = False
    """True if the time may be outside the period that `attached_at_precision` gives."""
    detached_at: Rfc3339 | None = None
    """Time of removal, or null while it is attached there."""
    detached_at_precision: Annotated[Precision | None, Field(validate_default=True)] = None
    """Precision of `detached_at`. Default: `second`."""
    detached_at_uncertain: StrictBool = False
    """True if the time may be outside the period that `detached_at_precision` gives."""

    @field_validator("detached_at_precision")
    @classmethod
    def _set_default_precision(
        cls, value: Precision | None, info: ValidationInfo
    ) -> Precision | None:
        return default_precision(info.data.get("detached_at"), value)


class ModuleWrite(DocumentModel, read_as=ModuleRead):
    """Writable fields of a module."""

    model_config = example_config(
        name="Example Node",
        name_ru="Пример",
        kind="node",
        owners=["NASA"],
        length_m=6.5,
        ports=[{"direction": "nadir"}],
        attachments=[{"to": "harmony", "attached_at": "2031-04-04T00:00:00Z"}],
    )

    slug: Slug | None = None
    """Slug in the module's URL. Default: derived from `name`."""
    name: Annotated[SluggableName, MaxChars(120)]
    name_ru: Annotated[SearchableText, MaxChars(120)] | None = None
    """Name in Russian."""
    kind: ModuleKind
    owners: Annotated[list[Annotated[SluggableName, MaxChars(120)]], Field(max_length=10)] = []
    """Space agencies, or companies, that own it, by slug or any of their names."""
    length_m: Metres | None = None
    """Length in metres."""
    diameter_m: Metres | None = None
    """Diameter in metres."""
    mass_kg: Annotated[StrictInt, Field(ge=1, le=10_000_000)] | None = None
    """Mass at launch in kilograms."""
    assembly_flight: Annotated[NonBlankText, MaxChars(12)] | None = None
    """Designation of its flight in the assembly sequence, such as `20A`."""
    launch: Slug | None = None
    """Launch that carried it, by slug."""
    ports: Annotated[list[PortWrite], Field(max_length=20)] = []
    """Its ports."""
    attachments: Annotated[list[AttachmentWrite], Field(max_length=50)] = []
    """Places where it was attached, in order of time. Only the last one may have no end."""
    image: PictureWrite | None = None
    """Image of the module."""
    sources: Annotated[list[CitationWrite], Field(max_length=20)] = []


class ModuleRecord(ModuleWrite):
    """Complete module, with references by slug."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int


class ModulePage(Page[ModuleSummary], FacetFields):
    """Page of module summaries."""


class ModuleFullPage(Page[ModuleRead], FacetFields):
    """Page of full modules."""
