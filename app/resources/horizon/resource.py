"""Declaration of the horizon resource."""

from sqlalchemy import select

from app.db.models import Horizon
from app.resources.export_tables import ExportTable
from app.resources.horizon.router import router
from app.resources.resource import Resource

RESOURCE = Resource(
    tag="horizon",
    description="The horizon of the archive: until when its facts are known.",
    routers=(router,),
    index_links={"horizon": "/v1/horizon"},
    export_tables=(
        ExportTable(
            "horizons",
            "Until when the facts of each kind are known.",
            select(Horizon.kind, Horizon.known_until),
            column_descriptions={
                "kind": "Kind of facts.",
                "known_until": "End of the time in which the facts are known.",
            },
        ),
    ),
)
