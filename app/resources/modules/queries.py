"""Queries of modules."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import Boolean, ColumnElement, ScalarSelect, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from app.api.embeds.agencies import select_agency_columns
from app.api.embeds.launches import select_launch_ref
from app.api.embeds.media import select_image
from app.api.embeds.modules import select_module_ref, select_port_ref
from app.api.lists.facets import (
    ColumnFacet,
    Facet,
    Matches,
    ValueFacet,
    count_facets,
    match_records,
)
from app.api.lists.pagination import fetch_page
from app.api.lists.references import References, record_reference
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.conditions import has_image, select_agency_ids
from app.db.database import Reader
from app.db.functions import (
    AnySelect,
    json_array_subquery,
    json_object_subquery,
)
from app.db.models import Agency, Launch, Module, ModuleAttachment, ModuleOwner, Port, agency_key
from app.db.types import UTCDateTime
from app.domain.clock import has_passed
from app.domain.dates import utc_day_bounds
from app.domain.enums import RecordType
from app.resources.modules.schemas import (
    ModuleFacet,
    ModuleFilters,
    ModuleFullPage,
    ModulePage,
    ModuleQuery,
    ModuleRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(Module.id, attached_at=(Module.attached_sort_at,), name=(Module.name_key,))


def _was_attached() -> ColumnElement[bool]:
    """Condition: an attachment and the day asked for overlap; one without an end lasts till now."""
    day_start, day_end = (bindparam(name, type_=UTCDateTime()) for name in ("day_start", "day_end"))
    lasts = or_(
        ModuleAttachment.detached_until > day_start,
        and_(
            ModuleAttachment.detached_until.is_(None),
            bindparam("day_has_come", type_=Boolean()).is_(True),
        ),
    )
    attached = select(ModuleAttachment.id).where(ModuleAttachment.module_id == Module.id)
    return attached.where(ModuleAttachment.attached_at < day_end, lasts).exists()


_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "kind": Module.kind.in_(bindparam("kind")),
    "owner": Module.id.in_(
        select(ModuleOwner.module_id).where(
            ModuleOwner.agency_id.in_(select_agency_ids(bindparam("owner")))
        )
    ),
    "launch": Module.launch_id.in_(select(Launch.id).where(Launch.slug.in_(bindparam("launch")))),
    "day_start": _was_attached(),
}
"""Conditions by the name of a parameter."""

FACETS: Mapping[StrEnum, Facet] = {
    ModuleFacet.KIND: ColumnFacet(Module.kind),
    ModuleFacet.OWNER: ValueFacet(
        select(ModuleOwner.module_id.label("id"), ModuleOwner.agency_id.label("key")), Agency.slug
    ),
}
REFERENCES: References = {
    "owner": record_reference(Agency),
    "launch": record_reference(Launch),
}


def conditions(
    filters: ModuleFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are those of `parameter_values`.
    """
    where = [_CONDITIONS[name] for name in parameter_values(filters) if name in _CONDITIONS]
    if filters.has_image is not None:
        where.append(has_image(Module, filters.has_image))
    if filters.q:
        matching = select_matching_ids(RecordType.MODULE, filters.q, corrections)
        where.append(Module.id.in_(matching))
    return where


def parameter_values(filters: ModuleFilters) -> dict[str, Any]:
    """Values of the parameters in the conditions of `filters`."""
    lists: dict[str, list[Any]] = {
        "kind": filters.kind,
        "owner": list(map(agency_key, filters.owner)),
        "launch": filters.launch,
    }
    values: dict[str, Any] = {name: items for name, items in lists.items() if items}
    if filters.attached_on:
        start, end = utc_day_bounds(filters.attached_on)
        values |= {"day_start": start, "day_end": end, "day_has_come": has_passed(start)}
    return values


@cache
def _select_owners() -> AnySelect:
    agency = aliased(Agency)
    of_module = agency.id == ModuleOwner.agency_id, ModuleOwner.module_id == Module.id
    return select_agency_columns(agency).where(*of_module)


@cache
def _select_base() -> AnySelect:
    launch = select_launch_ref().where(Launch.id == Module.launch_id)
    return select_module_ref().add_columns(
        Module.id,
        Module.kind,
        json_array_subquery(_select_owners(), ModuleOwner.ordinal).label("owner_refs"),
        Module.length_m,
        Module.diameter_m,
        Module.mass_kg,
        Module.assembly_flight,
        json_object_subquery(launch).label("launch"),
        select_image(Module.image_media_id),
        Module.updated_at,
        Module.version,
    )


@cache
def _select_summary() -> AnySelect:
    periods = select(
        ModuleAttachment.attached_at,
        ModuleAttachment.detached_at,
        ModuleAttachment.detached_at_precision,
    ).where(ModuleAttachment.module_id == Module.id)
    return _select_base().add_columns(
        json_array_subquery(periods, ModuleAttachment.ordinal).label("attachments")
    )


def _select_attachments_to_port() -> ScalarSelect[Any]:
    """Build a subquery for the attachments of other modules to the port of the outer statement."""
    attachment, module = aliased(ModuleAttachment), aliased(Module)
    attachments = select(
        json_object_subquery(
            select_module_ref(module).where(module.id == attachment.module_id)
        ).label("module"),
        attachment.attached_at,
        attachment.detached_at,
        attachment.detached_at_precision,
    ).where(attachment.port_id == Port.id)
    return json_array_subquery(attachments.correlate(Port), attachment.attached_sort_at)


@cache
def _select_full() -> AnySelect:
    other, occupied = aliased(Module), aliased(Port)
    attachments = select(
        json_object_subquery(
            select_module_ref(other).where(other.id == ModuleAttachment.attached_to_id)
        ).label("to"),
        json_object_subquery(
            select_port_ref(occupied).where(occupied.id == ModuleAttachment.port_id)
        ).label("port"),
        ModuleAttachment.attached_at,
        ModuleAttachment.attached_at_precision,
        ModuleAttachment.attached_at_uncertain,
        ModuleAttachment.detached_at,
        ModuleAttachment.detached_at_precision,
        ModuleAttachment.detached_at_uncertain,
    ).where(ModuleAttachment.module_id == Module.id)
    ports = (
        select_port_ref()
        .add_columns(
            Port.in_service_from,
            Port.in_service_until,
            _select_attachments_to_port().label("attachments"),
        )
        .where(Port.module_id == Module.id)
    )
    return _select_base().add_columns(
        json_array_subquery(attachments, ModuleAttachment.ordinal).label("attachments"),
        json_array_subquery(ports, Port.ordinal).label("ports"),
        Module.sources,
        Module.created_at,
    )


def list_modules(reader: Reader, query: ModuleQuery) -> ModuleFullPage | ModulePage:
    """List the modules that match."""
    is_full = query.view is View.FULL
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: ModuleQuery) -> Matches:
        return match_records(Module.id, conditions(others, corrections), parameter_values(others))

    page: type[ModuleFullPage] | type[ModulePage] = ModuleFullPage if is_full else ModulePage
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else _select_summary(),
        conditions(query, corrections),
        SORTS,
        query,
        "modules",
        values=parameter_values(query),
        is_reusable=not query.q,
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, "modules"),
    )


def get_module(reader: Reader, slug: str) -> ModuleRead:
    """Get the module `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Module, _select_full(), ModuleRead, slug)
