"""Launches in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select

from app.api.embeds.launches import select_launch_summary
from app.api.embeds.sites import localize_name
from app.api.links import record_urls
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Flight, Launch, Pad, Payload, Person, Site, Vehicle
from app.domain.enums import RecordType
from app.domain.glossary import spacecraft_name, vehicle_name
from app.domain.languages import tr
from app.search.documents import IndexDocument, SearchSource, group_texts_by_owner
from app.search.synonyms import (
    SPACECRAFT_KEYWORDS,
    get_ship_synonyms,
    get_site_synonyms,
    get_vehicle_synonyms,
)

_LAUNCH_KEYWORDS = "launch vehicle rocket пуск запуск старт ракета-носитель"
_CREWED_KEYWORDS = "crewed manned crew пилотируемый экипаж"

_MAX_TITLE_SHIP_COUNT = 3
"""Spacecraft named in the title of a search result."""


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    ships: dict[int, list[Any]] = {}
    carried = select(Payload.launch_id, Payload.name, Payload.kind)
    carried = carried.where(Payload.launch_id.in_(ids)).order_by(Payload.launch_id, Payload.ordinal)
    for ship in connection.execute(carried):
        ships.setdefault(ship.launch_id, []).append(ship)
    crews = group_texts_by_owner(
        connection,
        select(Flight.launch_id, Person.name, Person.name_ru)
        .join(Person, Person.id == Flight.person_id)
        .where(Flight.launch_id.in_(ids))
        .order_by(Flight.launch_id, Flight.ordinal, Flight.id),
    )
    rows = connection.execute(
        select(
            Launch.id,
            Launch.launch_sort_at,
            Launch.cospar_id,
            Launch.crewed,
            Vehicle.name.label("vehicle"),
            Vehicle.family,
            Site.name.label("site"),
            Site.name_ru.label("site_ru"),
            Site.aliases.label("site_aliases"),
            Pad.code.label("pad_code"),
            Pad.name.label("pad"),
            Pad.name_ru.label("pad_ru"),
        )
        .outerjoin(Vehicle, Vehicle.id == Launch.vehicle_id)
        .outerjoin(Site, Site.id == Launch.site_id)
        .outerjoin(Pad, Pad.id == Launch.pad_id)
        .where(Launch.id.in_(ids))
    )
    for row in rows:
        carrying = ships.get(row.id, [])
        names = [name for ship in carrying for name in get_ship_synonyms(ship.name)]
        vehicles = get_vehicle_synonyms(row.vehicle) if row.vehicle else []
        sites = (
            [*get_site_synonyms(row.site), row.site_ru or "", *row.site_aliases] if row.site else []
        )
        lead = [
            _LAUNCH_KEYWORDS,
            *vehicles,
            row.family or "",
            *sites,
            *filter(None, (row.pad_code, row.pad, row.pad_ru)),
            *dict.fromkeys(SPACECRAFT_KEYWORDS[ship.kind] for ship in carrying),
            _CREWED_KEYWORDS if row.crewed else "",
            *crews.get(row.id, ()),
        ]
        if row.cospar_id:
            names.append(row.cospar_id)
        wholes = [*vehicles, *sites]
        sort_at = row.launch_sort_at
        yield IndexDocument(RecordType.LAUNCH, row.id, sort_at, names, "", lead, (), wholes)


@cache
def _select_hits() -> AnySelect:
    return select_launch_summary().where(Launch.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    for row in reader.all(_select_hits(), ids=list(ids)):
        ships = [spacecraft_name(ship["name"]) for ship in row["spacecraft"]]
        more = len(ships) - _MAX_TITLE_SHIP_COUNT
        named = ships[:_MAX_TITLE_SHIP_COUNT] + (
            [tr(f"{more} more", f"ещё {more}")] if more > 0 else []
        )
        vehicle, site = row["vehicle"], row["site"]
        parts = [
            *([vehicle_name(vehicle["name"])] if vehicle else ()),
            *([localize_name(site)] if site else ()),
        ]
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": tr(" and ", " и ").join(named) or row["slug"],
                "text": ", ".join(parts) or None,
                "at": row["launch_at"],
                "at_precision": row["launch_at_precision"],
                **record_urls("launches", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.LAUNCH,
    model=Launch,
    indexed=select(Launch.id, Launch.launch_sort_at.label("sort_at")),
    load_documents=load_documents,
    dependencies={
        RecordType.SITE: lambda ids: select(Launch.id).where(Launch.site_id.in_(ids)),
        RecordType.VEHICLE: lambda ids: select(Launch.id).where(Launch.vehicle_id.in_(ids)),
        RecordType.PERSON: lambda ids: select(Flight.launch_id).where(Flight.person_id.in_(ids)),
    },
)
