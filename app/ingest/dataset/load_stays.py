"""Loader of the stays of ships at the station."""

from collections.abc import Mapping

from app.db.models import Stay
from app.ingest.dataset.records import Dataset
from app.ingest.dataset.upsert import MISSING_ID, DatasetUpsert


def upsert_stays(
    merge: DatasetUpsert, dataset: Dataset, launches: Mapping[str, int], ports: Mapping[str, int]
) -> None:
    """Merge the stays; `launches` and `ports` are ids by slug."""
    merge.upsert_records(
        Stay,
        "slug",
        {
            stay.slug: {
                "launch_id": launches[stay.launch],
                "port_id": ports.get(stay.port, MISSING_ID),
                "arrived_at": stay.arrived_at,
                "arrived_at_precision": stay.arrived_at_precision,
                "arrived_at_uncertain": stay.arrived_at_uncertain,
                "arrival_kind": stay.arrival_kind,
                "departed_at": stay.departed_at,
                "departed_at_precision": stay.departed_at_precision,
                "departed_at_uncertain": stay.departed_at_uncertain,
                "sources": dataset.resolve_citations(stay.sources),
            }
            for stay in dataset.stays.values()
        },
    )
