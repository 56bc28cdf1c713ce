"""Loader of the agencies of the embedded archive, with the keys of their names."""

from sqlalchemy import select

from app.db.models import Agency, AgencyName
from app.ingest.dataset.records import Dataset
from app.ingest.dataset.upsert import ColumnValues, DatasetUpsert, RowKey


def upsert_agencies(merge: DatasetUpsert, dataset: Dataset) -> dict[str, int]:
    """Merge the agencies. Returns their ids by name and by slug."""
    ids = merge.upsert_records(
        Agency,
        "slug",
        {
            agency.slug: agency.model_dump(exclude={"slug", "sources"})
            | {"sources": dataset.resolve_citations(agency.sources)}
            for agency in dataset.agencies.values()
        },
    )
    keys: dict[RowKey, ColumnValues] = {
        (ids[agency.slug], key): {}
        for agency in dataset.agencies.values()
        for key in Agency(**agency.model_dump(exclude={"sources"})).list_keys()
    }
    # A name that an editor or an import has given to another agency stays with that one.
    others = select(AgencyName.key).where(AgencyName.agency_id.not_in(ids.values()))
    taken = set(merge.session.scalars(others))
    own = {key: values for key, values in keys.items() if key[1] not in taken}
    merge.replace_children(Agency, ids.values(), AgencyName, ("agency_id", "key"), own)
    agencies = dataset.agencies.values()
    return {name: ids[each.slug] for each in agencies for name in (each.name, each.slug)}
