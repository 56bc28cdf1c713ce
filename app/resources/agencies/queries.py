"""Queries of agencies."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, select

from app.api.embeds.agencies import select_agency_ref
from app.api.lists.facets import ColumnFacet, Facet, Matches, count_facets, match_records
from app.api.lists.pagination import fetch_page
from app.api.lists.references import NameColumn, Reference, References, record_reference
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.conditions import select_agency_ids
from app.db.database import Reader
from app.db.functions import AnySelect, json_object_subquery
from app.db.models import Agency, Flight, Launch, ModuleOwner, Person, Spacewalk, agency_key
from app.domain.enums import RecordType
from app.domain.languages import Bilingual
from app.resources.agencies.schemas import (
    AgencyFacet,
    AgencyFilters,
    AgencyFullPage,
    AgencyPage,
    AgencyQuery,
    AgencyRead,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(Agency.id, name=(Agency.name_key,))

_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "kind": Agency.kind.in_(bindparam("kind")),
    "country": Agency.country.in_(bindparam("country")),
    "parent": Agency.parent_id.in_(select_agency_ids(bindparam("parent"))),
}
"""Conditions by the name of a parameter."""

FACETS: Mapping[StrEnum, Facet] = {
    AgencyFacet.KIND: ColumnFacet(Agency.kind),
    AgencyFacet.COUNTRY: ColumnFacet(Agency.country),
}
REFERENCES: References = {
    "country": Reference(
        Bilingual("No agency is of the country {}.", "Нет агентств страны {}."),
        (NameColumn(Agency.country),),
    ),
    "parent": record_reference(Agency),
}


def conditions(
    filters: AgencyFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are those of `parameter_values`.
    """
    where = [_CONDITIONS[name] for name in parameter_values(filters)]
    if filters.q:
        matching = select_matching_ids(RecordType.AGENCY, filters.q, corrections)
        where.append(Agency.id.in_(matching))
    return where


def parameter_values(filters: AgencyFilters) -> dict[str, Any]:
    """Values of the parameters in the conditions of `filters`."""
    lists: dict[str, list[Any]] = {
        "kind": filters.kind,
        "country": filters.country,
        "parent": list(map(agency_key, filters.parent)),
    }
    return {name: items for name, items in lists.items() if items}


@cache
def _select_summary() -> AnySelect:
    return select(
        Agency.slug,
        Agency.name,
        Agency.name_ru,
        Agency.abbreviation,
        Agency.id,
        Agency.full_name,
        Agency.name_native,
        Agency.kind,
        Agency.country,
        Agency.founded_on,
        Agency.founded_on_precision,
        json_object_subquery(select_agency_ref(Agency.parent_id)).label("parent"),
        Agency.website,
        Agency.updated_at,
        Agency.version,
    )


@cache
def _select_full() -> AnySelect:
    def count(*where: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).where(*where).correlate(Agency).scalar_subquery()

    own_flights = count(Flight.agency_id == Agency.id)
    flights_of_own_people = count(
        Flight.person_id == Person.id, Flight.agency_id.is_(None), Person.agency_id == Agency.id
    )
    return _select_summary().add_columns(
        Agency.aliases,
        count(Person.agency_id == Agency.id).label("people_count"),
        (own_flights + flights_of_own_people).label("flights_count"),
        count(Launch.provider_id == Agency.id).label("launches_count"),
        count(Spacewalk.operator_id == Agency.id).label("spacewalks_count"),
        count(ModuleOwner.agency_id == Agency.id).label("modules_count"),
        Agency.sources,
        Agency.created_at,
    )


def list_agencies(reader: Reader, query: AgencyQuery) -> AgencyFullPage | AgencyPage:
    """List the agencies that match."""
    is_full = query.view is View.FULL
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: AgencyQuery) -> Matches:
        return match_records(Agency.id, conditions(others, corrections), parameter_values(others))

    page: type[AgencyFullPage] | type[AgencyPage] = AgencyFullPage if is_full else AgencyPage
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else _select_summary(),
        conditions(query, corrections),
        SORTS,
        query,
        "agencies",
        values=parameter_values(query),
        is_reusable=not query.q,
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, "agencies"),
    )


def get_agency(reader: Reader, slug: str) -> AgencyRead:
    """Get the agency `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Agency, _select_full(), AgencyRead, slug)
