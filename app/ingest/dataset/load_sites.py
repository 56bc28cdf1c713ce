"""Loader of the launch sites of the embedded archive, with their pads."""

from sqlalchemy import select

from app.db.models import Pad, Site
from app.ingest.dataset.records import Dataset
from app.ingest.dataset.upsert import ColumnValues, DatasetUpsert, RowKey

_PAD_COLUMNS = ("ordinal", "code", "name", "name_ru", "aliases", "latitude", "longitude")


def upsert_sites(
    merge: DatasetUpsert, dataset: Dataset
) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Merge the sites. Returns the ids of sites by code, and of pads by the codes of both."""
    ids = merge.upsert_records(
        Site,
        "slug",
        {
            site.slug: {
                "name": site.name,
                "name_ru": site.name_ru,
                "code": site.code,
                "aliases": site.aliases,
                "country": site.country,
                "latitude": site.latitude,
                "longitude": site.longitude,
                "time_zone": site.time_zone,
                "sources": dataset.resolve_citations(site.sources),
            }
            for site in dataset.sites.values()
        },
        "code",
    )
    sites = {site.code: ids[site.slug] for site in dataset.sites.values()}
    pads: dict[RowKey, ColumnValues] = {
        (sites[site.code], pad.slug): {
            "ordinal": ordinal,
            **pad.model_dump(include=set(_PAD_COLUMNS)),
        }
        for site in dataset.sites.values()
        for ordinal, pad in enumerate(site.pads, start=1)
    }
    names = ("site_id", "slug")
    # Pads that imports have added stay.
    columns = [getattr(Pad, name) for name in (*names, *_PAD_COLUMNS)]
    for row in merge.session.execute(select(*columns).where(Pad.site_id.in_(sites.values()))):
        key = row.site_id, row.slug
        pads.setdefault(key, dict(zip(_PAD_COLUMNS, row[len(names) :], strict=True)))
    merge.replace_children(Site, sites.values(), Pad, names, pads)
    stored = {row.slug: row.id for row in merge.session.execute(select(Pad.slug, Pad.id))}
    pad_ids = {
        (site.code, pad.code): stored[pad.slug]
        for site in dataset.sites.values()
        for pad in site.pads
        if pad.slug in stored
    }
    return sites, pad_ids
