"""Pages of records, such as `/people/anne-mcclain`: a record, and a list of related ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Response

from app.api.cache_control import launches_cache_control
from app.api.deps import DatabaseDep
from app.api.lists.pagination import MAX_PAGE_ITEMS, ListQuery, to_query_params
from app.api.params import SlugPath
from app.api.routing import Router
from app.db.database import Reader
from app.domain.enums import RecordType
from app.portal.page_params import HtmlPageQuery
from app.portal.page_requests import build_api_path, build_news_query, build_record_path
from app.portal.rendering import PageRendererDep
from app.portal.template_filters import PAGE_PATH_SEGMENTS
from app.resources.agencies.queries import get_agency
from app.resources.agencies.schemas import AgencyRead
from app.resources.articles.queries import list_articles
from app.resources.launches.queries import get_launch, list_launches
from app.resources.launches.schemas import LaunchQuery
from app.resources.modules.queries import get_module
from app.resources.people.queries import get_person, list_people
from app.resources.people.schemas import PersonQuery, PersonSort
from app.resources.sites.queries import get_site
from app.resources.sites.schemas import LaunchSiteRead
from app.resources.spacecraft.queries import get_spacecraft, list_spacecraft
from app.resources.spacecraft.schemas import ShipQuery
from app.resources.spacecraft_types.queries import get_spacecraft_type
from app.resources.spacewalks.queries import get_spacewalk
from app.resources.stays.queries import list_stays
from app.resources.stays.schemas import StayQuery, StaySort
from app.resources.vehicles.queries import get_vehicle

router = Router(include_in_schema=False)

_MAX_RELATED_ITEMS = 10
"""Items of the list beside a record."""


@dataclass(frozen=True)
class RelatedList:
    """Related records on the page of a record: a collection filtered by its slug."""

    name: str
    """Name in the template."""
    collection: str
    list_records: Callable[[Reader, Any], Any]
    build_query: Callable[[str], ListQuery]
    """Query of the list, by the slug of the record."""


@dataclass(frozen=True, kw_only=True)
class RecordPage:
    """Page of a type of record, rendered from the template with the name of the type."""

    record_type: RecordType
    get: Callable[[Reader, str], Any]
    """Get a record by slug. Raises NotFound, Gone or SlugRenamed."""
    related: RelatedList | None = None
    summarize: Callable[[Any], str | None] = lambda _record: None
    """Description for search engines and link previews."""
    select_launches: Callable[[Any, Any], Sequence[Any]] = lambda _record, _related: ()
    """Launches of the record and its list: the response expires when one of them is due."""
    structured_data: Callable[[Any], Mapping[str, Any]] | None = None
    """Description by schema.org."""
    kind: str = "website"
    """Kind of page (`og:type`)."""


def _list_news(parameter: str) -> RelatedList:
    """Related list of articles, filtered by the query parameter `parameter`."""
    return RelatedList(
        "news",
        "articles",
        list_articles,
        lambda slug: build_news_query(**{parameter: [slug]}, limit=_MAX_RELATED_ITEMS),
    )


def _list_newest_launches(parameter: str) -> RelatedList:
    """Related list of launches, filtered by the query parameter `parameter`."""
    return RelatedList(
        "launches",
        "launches",
        list_launches,
        lambda slug: LaunchQuery.model_validate({parameter: [slug], "limit": _MAX_RELATED_ITEMS}),
    )


def _describe_site(site: LaunchSiteRead) -> dict[str, Any]:
    """Structured data of a launch site, by schema.org."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Place",
        "name": site.name,
        "alternateName": site.aliases,
        "address": {"@type": "PostalAddress", "addressCountry": site.country},
    }
    if site.latitude is not None and site.longitude is not None:
        data["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": site.latitude,
            "longitude": site.longitude,
        }
    return data


def _describe_agency(agency: AgencyRead) -> dict[str, Any]:
    """Structured data of an agency, by schema.org."""
    names = [agency.full_name, agency.name_native, agency.abbreviation, *agency.aliases]
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": agency.name,
        "alternateName": [name for name in dict.fromkeys(names) if name and name != agency.name],
    }
    return data | {"url": agency.website} if agency.website else data


RECORD_PAGES = (
    RecordPage(
        record_type=RecordType.PERSON, get=get_person, related=_list_news("person"), kind="profile"
    ),
    RecordPage(
        record_type=RecordType.LAUNCH,
        get=get_launch,
        related=_list_news("launch"),
        summarize=lambda launch: launch.outcome_note,
        select_launches=lambda launch, _news: [launch],
    ),
    RecordPage(
        record_type=RecordType.SPACEWALK,
        get=get_spacewalk,
        summarize=lambda spacewalk: spacewalk.purpose,
    ),
    RecordPage(record_type=RecordType.SPACECRAFT, get=get_spacecraft),
    RecordPage(
        record_type=RecordType.MODULE,
        get=get_module,
        # Ships that have not left come first.
        related=RelatedList(
            "stays",
            "stays",
            list_stays,
            lambda slug: StayQuery(
                module=[slug], sort=StaySort.LAST_DEPARTED, limit=_MAX_RELATED_ITEMS
            ),
        ),
    ),
    RecordPage(
        record_type=RecordType.SITE,
        get=get_site,
        related=_list_newest_launches("site"),
        select_launches=lambda _site, launches: launches.items,
        structured_data=_describe_site,
    ),
    RecordPage(
        record_type=RecordType.VEHICLE,
        get=get_vehicle,
        related=_list_newest_launches("vehicle"),
        select_launches=lambda _vehicle, launches: launches.items,
    ),
    RecordPage(
        record_type=RecordType.SPACECRAFT_TYPE,
        get=get_spacecraft_type,
        related=RelatedList(
            "ships",
            "spacecraft",
            list_spacecraft,
            lambda slug: ShipQuery(type=[slug], limit=MAX_PAGE_ITEMS),
        ),
    ),
    RecordPage(
        record_type=RecordType.AGENCY,
        get=get_agency,
        related=RelatedList(
            "people",
            "people",
            list_people,
            lambda slug: PersonQuery(
                agency=[slug], sort=PersonSort.LONGEST_IN_SPACE, limit=_MAX_RELATED_ITEMS
            ),
        ),
        structured_data=_describe_agency,
    ),
)


def _add_route(page: RecordPage) -> None:
    """Add the route of `page` to the router."""
    collection = PAGE_PATH_SEGMENTS[page.record_type]

    async def render_record_page(
        slug: SlugPath,
        query: Annotated[HtmlPageQuery, Query()],
        database: DatabaseDep,
        renderer: PageRendererDep,
    ) -> Response:
        record = await database.read(page.get, slug)
        requests = [build_record_path(collection, slug)]
        context = {page.record_type.value: record}
        related = None
        if page.related:
            related_query = page.related.build_query(slug)
            related = await database.read(page.related.list_records, related_query)
            requests.append(
                build_api_path(page.related.collection, **to_query_params(related_query))
            )
            context[page.related.name] = related
        launches = page.select_launches(record, related)
        return renderer.render(
            page.record_type,
            *requests,
            canonical_path=f"/{collection}/{slug}",
            description=page.summarize(record),
            kind=page.kind,
            structured_data=page.structured_data and page.structured_data(record),
            image=getattr(record, "image", None),
            cache_control=launches_cache_control(launches) if launches else None,
            **context,
        )

    path = f"/{collection}/{{slug}}"
    router.add_api_route(path, render_record_page, name=f"render_{page.record_type}_page")


for _page in RECORD_PAGES:
    _add_route(_page)
