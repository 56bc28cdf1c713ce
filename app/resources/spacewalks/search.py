"""Spacewalks in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, select

from app.api.embeds.agencies import load_agency_texts
from app.api.embeds.spacewalks import SpacewalkRef, select_spacewalk_summary
from app.api.links import record_urls
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Module, Person, Spacewalk, SpacewalkMember
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.search.documents import IndexDocument, SearchSource, group_texts_by_owner

_KEYWORDS = "spacewalk EVA extravehicular activity выход в открытый космос ВКД"


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of spacewalks."""
    crews = group_texts_by_owner(
        connection,
        select(SpacewalkMember.spacewalk_id, Person.name, Person.name_ru)
        .join(Person, Person.id == SpacewalkMember.person_id)
        .where(SpacewalkMember.spacewalk_id.in_(ids))
        .order_by(SpacewalkMember.spacewalk_id, SpacewalkMember.ordinal),
    )
    rows = connection.execute(
        select(
            Spacewalk.id,
            Spacewalk.number,
            Spacewalk.starts_sort_at,
            Spacewalk.operator_id,
            Spacewalk.purpose,
            Spacewalk.purpose_ru,
            Module.name.label("airlock"),
            Module.name_ru.label("airlock_ru"),
        )
        .outerjoin(Module, Module.id == Spacewalk.airlock_id)
        .where(Spacewalk.id.in_(ids))
    )
    walks = rows.all()
    operators = load_agency_texts(connection, {walk.operator_id for walk in walks})
    for row in walks:
        names = [f"EVA-{row.number}", f"ВКД-{row.number}"] if row.number else []
        lead = [
            *crews.get(row.id, ()),
            *operators.get(row.operator_id, ()),
            *filter(None, [row.airlock, row.airlock_ru]),
        ]
        # Words of the body are no corrections: "выход на орбиту" is not about spacewalks.
        body = [_KEYWORDS, *filter(None, [row.purpose, row.purpose_ru])]
        sort_at = row.starts_sort_at
        yield IndexDocument(RecordType.SPACEWALK, row.id, sort_at, names, "", lead, body)


@cache
def _select_hits() -> AnySelect:
    return select_spacewalk_summary().where(Spacewalk.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    for row in reader.all(_select_hits(), ids=list(ids)):
        purpose: str | None = row["purpose"]
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": SpacewalkRef.model_validate(row).title,
                "text": purpose and tr(purpose, row["purpose_ru"] or purpose),
                "at": row["starts_at"],
                "at_precision": row["starts_at_precision"],
                **record_urls("spacewalks", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.SPACEWALK,
    model=Spacewalk,
    indexed=select(Spacewalk.id, Spacewalk.starts_sort_at.label("sort_at")),
    load_documents=load_documents,
    dependencies={
        RecordType.AGENCY: lambda ids: select(Spacewalk.id).where(Spacewalk.operator_id.in_(ids)),
        RecordType.MODULE: lambda ids: select(Spacewalk.id).where(Spacewalk.airlock_id.in_(ids)),
        RecordType.PERSON: lambda ids: select(SpacewalkMember.spacewalk_id).where(
            SpacewalkMember.person_id.in_(ids)
        ),
    },
)
