"""Short form of an agency, and its name for the records that show it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, ScalarSelect, select
from sqlalchemy.orm import aliased

from app.api.links import PageUrl, Url, record_urls
from app.api.read_models import ReadModel
from app.db.functions import AnySelect, ColumnExpression
from app.db.models import Agency
from app.domain.languages import tr


class AgencyRef(ReadModel):
    """Reference to an agency."""

    slug: str
    name: str
    """Name in the language of the response, if known."""
    abbreviation: str | None
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": localize_agency_name(row), **record_urls("agencies", row["slug"])}


def localize_agency_name(agency: Mapping[str, Any]) -> str:
    """Name of an agency in the current language, if known."""
    name: str = agency["name"]
    return tr(name, agency["name_ru"] or name)


def select_agency_columns(agency: type[Agency]) -> AnySelect:
    """Columns of an `AgencyRef`."""
    return select(agency.slug, agency.name, agency.name_ru, agency.abbreviation)


def select_agency_ref(id_: ColumnExpression) -> AnySelect:
    """Columns of the `AgencyRef` of the agency with `id_`, of outer statements."""
    agency = aliased(Agency)
    return select_agency_columns(agency).where(agency.id == id_).correlate_except(agency)


def select_agency_name(id_: ColumnExpression) -> ScalarSelect[Any]:
    """Build a subquery for the name of the agency with `id_`, of outer statements."""
    agency = aliased(Agency)
    return select(agency.name).where(agency.id == id_).correlate_except(agency).scalar_subquery()


def select_agency_slug(id_: ColumnExpression) -> ScalarSelect[Any]:
    """Build a subquery for the slug of the agency with `id_`, of outer statements."""
    agency = aliased(Agency)
    return select(agency.slug).where(agency.id == id_).correlate_except(agency).scalar_subquery()


def load_agency_texts(connection: Connection, ids: Collection[int]) -> Mapping[int, list[str]]:
    """Load all names of agencies by id, for search documents; none for another id."""
    names = Agency.name, Agency.full_name, Agency.name_ru, Agency.abbreviation
    rows = connection.execute(select(Agency.id, *names).where(Agency.id.in_(ids)))
    texts: dict[int, list[str]] = defaultdict(list)
    for id_, *found in rows:
        texts[id_] = list(dict.fromkeys(filter(None, found)))
    return texts
