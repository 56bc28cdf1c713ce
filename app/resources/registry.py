"""Registry of the resources: the only place that lists them.

What is built on all of them (search, changes, exports, webhooks, proposals) is listed in
`app/main.py`.
"""

from collections.abc import Mapping

from app.domain.enums import RecordType
from app.resources.agencies.resource import RESOURCE as AGENCIES
from app.resources.articles.resource import RESOURCE as ARTICLES
from app.resources.audit.resource import RESOURCE as AUDIT
from app.resources.crew.resource import RESOURCE as CREW
from app.resources.horizon.resource import RESOURCE as HORIZON
from app.resources.keys.resource import RESOURCE as KEYS
from app.resources.launches.resource import RESOURCE as LAUNCHES
from app.resources.media.resource import RESOURCE as MEDIA
from app.resources.missions.resource import RESOURCE as MISSIONS
from app.resources.modules.resource import RESOURCE as MODULES
from app.resources.people.resource import RESOURCE as PEOPLE
from app.resources.resource import RecordResource, Resource, sort_by_references
from app.resources.session.resource import RESOURCE as SESSION
from app.resources.sites.resource import RESOURCE as SITES
from app.resources.sources.resource import RESOURCE as SOURCES
from app.resources.spacecraft.resource import RESOURCE as SPACECRAFT
from app.resources.spacecraft_types.resource import RESOURCE as SPACECRAFT_TYPES
from app.resources.spacewalks.resource import RESOURCE as SPACEWALKS
from app.resources.station.resource import RESOURCE as STATION
from app.resources.stays.resource import RESOURCE as STAYS
from app.resources.tags.resource import RESOURCE as TAGS
from app.resources.timeline.resource import RESOURCE as TIMELINE
from app.resources.vehicles.resource import RESOURCE as VEHICLES
from app.search.indexer import SearchIndexer

ARCHIVE_RESOURCES: tuple[Resource, ...] = (
    MISSIONS,
    ARTICLES,
    TAGS,
    MEDIA,
    LAUNCHES,
    VEHICLES,
    SPACECRAFT,
    SPACECRAFT_TYPES,
    PEOPLE,
    CREW,
    MODULES,
    STAYS,
    SPACEWALKS,
    AGENCIES,
    SITES,
    TIMELINE,
    STATION,
    HORIZON,
)
"""Resources of the archive, in the order of the API reference."""

SERVICE_RESOURCES: tuple[Resource, ...] = (SOURCES, KEYS, SESSION, AUDIT)
"""Resources of the operation of the service, last in the API reference."""

RESOURCES = (*ARCHIVE_RESOURCES, *SERVICE_RESOURCES)

RECORD_RESOURCES: Mapping[RecordType, RecordResource] = {
    resource.record_type: resource
    for resource in sort_by_references(
        (each for each in RESOURCES if isinstance(each, RecordResource)),
        lambda resource: resource.record_type,
        lambda resource: resource.references,
    )
}
"""Resources with records; each follows the resources that its records refer to."""

SEARCH_INDEXER = SearchIndexer(
    {type_: resource.search for type_, resource in RECORD_RESOURCES.items()}
)
