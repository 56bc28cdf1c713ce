"""Declaration of the launch sites resource."""

from app.db.models import Pad, Site
from app.domain.enums import RecordType, Scope
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.resource import RecordResource
from app.resources.sites.commands import WRITER, load_records, move_pads
from app.resources.sites.router import router
from app.resources.sites.schemas import LaunchSiteRead, LaunchSiteRecord
from app.resources.sites.search import SEARCH, load_hits

RESOURCE = RecordResource(
    tag="sites",
    description="Launch sites and their pads, with coordinates, time zones and other names.",
    routers=(router,),
    index_links={"sites": "/v1/sites"},
    record_type=RecordType.SITE,
    scope=Scope.SITES_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=LaunchSiteRecord,
    search=SEARCH,
    load_hits=load_hits,
    merge_model=LaunchSiteRead,
    move_parts=move_pads,
    export_tables=(
        ExportTable(
            "sites",
            "Launch sites.",
            select_record_columns(Site, ("name_key", "name_slugs")),
            column_descriptions={"name": "Name in English."},
        ),
        ExportTable(
            "pads",
            "Pads of launch sites.",
            select_record_columns(Pad, ("name_slugs",)),
            indexes=("site_id",),
            column_descriptions={
                "code": "Code in the General Catalog of Artificial Space Objects.",
                "name": "Name in English.",
                "name_ru": "Name in Russian.",
                "aliases": "Other names, a JSON array.",
                "latitude": "Latitude in degrees, north positive.",
                "longitude": "Longitude in degrees, east positive.",
            },
        ),
    ),
    references=frozenset({RecordType.MEDIA}),
)
