"""Loader of the spacewalks of the embedded archive, with their crews."""

from collections.abc import Mapping

from app.db.models import Spacewalk, SpacewalkMember
from app.ingest.dataset.records import Dataset
from app.ingest.dataset.upsert import ColumnValues, DatasetUpsert, RowKey


def upsert_spacewalks(
    merge: DatasetUpsert,
    dataset: Dataset,
    people: Mapping[str, int],
    modules: Mapping[str, int],
    missions: Mapping[str, int],
    agencies: Mapping[str, int],
) -> None:
    """Merge the spacewalks with their crews."""
    spacewalks = merge.upsert_records(
        Spacewalk,
        "slug",
        {
            walk.slug: {
                "number": walk.number,
                "starts_at": walk.starts_at,
                "starts_at_precision": walk.starts_at_precision,
                "ends_at": walk.ends_at,
                "ends_at_precision": walk.ends_at_precision,
                "duration_seconds": walk.duration_seconds,
                "operator_id": agencies[walk.operator],
                "airlock_id": modules[walk.airlock] if walk.airlock else None,
                "mission_id": missions[walk.mission] if walk.mission else None,
                "purpose": walk.purpose,
                "purpose_ru": walk.purpose_ru,
                "sources": dataset.resolve_citations(walk.sources),
            }
            for walk in dataset.spacewalks.values()
        },
        "number",
    )
    crews: dict[RowKey, ColumnValues] = {
        (spacewalks[walk.slug], people[person]): {"ordinal": ordinal, "role": role}
        for walk in dataset.spacewalks.values()
        for ordinal, (person, role) in enumerate(walk.role_by_person.items(), start=1)
    }
    merge.replace_children(
        Spacewalk, spacewalks.values(), SpacewalkMember, ("spacewalk_id", "person_id"), crews
    )
