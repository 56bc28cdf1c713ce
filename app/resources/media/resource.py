"""Declaration of the media resource."""

from app.db.models import Media
from app.domain.enums import RecordType, Scope
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.media.commands import WRITER, load_records
from app.resources.media.file_router import router as file_router
from app.resources.media.queries import media_is_public
from app.resources.media.router import router, unpublished_router
from app.resources.media.schemas import MediaRecord
from app.resources.media.search import SEARCH, load_hits
from app.resources.resource import RecordResource

RESOURCE = RecordResource(
    tag="media",
    description="Pictures in several sizes, with descriptions, credits and licences.",
    routers=(router, unpublished_router, file_router),
    index_links={"media": "/v1/media"},
    record_type=RecordType.MEDIA,
    scope=Scope.MEDIA_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=MediaRecord,
    search=SEARCH,
    load_hits=load_hits,
    export_tables=(
        ExportTable(
            "media",
            "Pictures that are published.",
            select_record_columns(Media, ("published",)).where(media_is_public()),
            indexes=("taken_on",),
            column_descriptions={
                "media_type": "Media type of the file that was uploaded.",
                "width": "Width in pixels.",
                "height": "Height in pixels.",
                "blurhash": "Blurred preview, as a BlurHash.",
                "content": "Digest of the picture, in the addresses of its files.",
                "renditions": "Sizes that the picture is stored in.",
                "focal_x": "Focal point, in percent of the width.",
                "focal_y": "Focal point, in percent of the height.",
            },
        ),
    ),
    public_condition=media_is_public,
    is_public=lambda record: record.published,
)
