"""Writes of launch sites, with their pads."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.api.auth import ApiClient
from app.api.embeds.sites import SITE, pad_reference
from app.api.links import public_url
from app.api.lists.references import find_referred_id
from app.api.slugs import set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.images import select_written_image, set_image
from app.api.writes.records import RecordWriter
from app.api.writes.referrers import describe_referrers
from app.db.conditions import SITE_NAMES
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery
from app.db.models import Launch, Pad, Site, name_slugs, stored_id
from app.db.tracking.changes import record_referrer_changes
from app.db.tracking.steps import has_changed
from app.domain.dates import now
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.domain.text import slugify
from app.resources.sites.queries import get_site
from app.resources.sites.schemas import MAX_PAD_COUNT, LaunchSiteRecord, LaunchSiteWrite, PadWrite

_SITE_COLUMNS = (
    "name",
    "name_ru",
    "code",
    "aliases",
    "country",
    "latitude",
    "longitude",
    "time_zone",
)
_PAD_COLUMNS = ("code", "name", "name_ru", "aliases", "latitude", "longitude")


@cache
def _select_records() -> AnySelect:
    pads = select(Pad.slug, *(getattr(Pad, name) for name in _PAD_COLUMNS)).where(
        Pad.site_id == Site.id
    )
    return select(
        *Site.__table__.columns,
        select_written_image(Site),
        json_array_subquery(pads, Pad.ordinal).label("pads"),
    ).where(Site.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, LaunchSiteRecord]:
    """The complete records of launch sites by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> LaunchSiteRecord:
    return to_record(LaunchSiteRecord, row | {"url": public_url("sites", row["slug"])})


def save(session: Session, site: Site, document: LaunchSiteWrite) -> None:
    """Apply `document` to `site`. Raises InvalidRequest or Conflict."""
    is_new = site.id is None
    set_slug(session, site, document.slug, document.name)
    _check_names_unique(session, site, document)
    for name in _SITE_COLUMNS:
        setattr(site, name, getattr(document, name))
    site.sources = [source.model_dump() for source in document.sources]
    set_image(session, site, document.image)
    is_renamed = not is_new and has_changed(site, ("name", "country", "code"))
    session.add(site)
    session.flush()
    pad_renamed = _set_pads(session, site, document.pads, is_new)
    if is_renamed or pad_renamed:
        session.flush()
        record_referrer_changes(session.connection(), site)  # launches, which show these names


def _check_names_unique(session: Session, site: Site, document: LaunchSiteWrite) -> None:
    """Raise InvalidRequest if another site has one of the names of `document`."""
    stated = {
        "/slug": site.slug,
        "/name": document.name,
        "/name_ru": document.name_ru,
        "/code": document.code,
        **{f"/aliases/{index}": alias for index, alias in enumerate(document.aliases)},
    }
    slugs = {pointer: slugify(name) for pointer, name in stated.items() if name}
    names = SITE_NAMES.subquery()
    others = select(names.c.value, Site.slug).join_from(names, Site, Site.id == names.c.id)
    others = others.where(names.c.value.in_(slugs.values()), Site.id.is_distinct_from(site.id))
    owners = {row.value: row.slug for row in session.execute(others)}
    for pointer, slug in slugs.items():
        if slug in owners:
            detail = tr(
                f"This is a name of the launch site {owners[slug]!r}.",
                f"Это имя космодрома {owners[slug]!r}.",
            )
            raise_field_error(pointer, "taken", detail)


def _set_pads(session: Session, site: Site, documents: Sequence[PadWrite], is_new: bool) -> bool:
    """Replace the pads of a site; one that keeps its slug keeps its id.

    Returns true if a pad that launches may refer to has another code or name.
    """
    slugs = [each.slug or slugify(f"{site.slug}-{each.name}") for each in documents]
    _check_pad_names_unique(slugs, documents)
    _check_pad_slugs_free(session, site, slugs)
    own = select(Pad).where(Pad.site_id == stored_id(site))
    current = {} if is_new else {pad.slug: pad for pad in session.scalars(own)}
    surplus = [pad for slug, pad in current.items() if slug not in slugs]
    _check_pads_unused(session, surplus)
    for pad in surplus:
        session.delete(pad)
    is_renamed = False
    for ordinal, (slug, document) in enumerate(zip(slugs, documents, strict=True), start=1):
        pad = current.get(slug) or Pad(site_id=site.id, slug=slug)
        pad.ordinal = ordinal
        for name in _PAD_COLUMNS:
            setattr(pad, name, getattr(document, name))
        is_renamed = is_renamed or (slug in current and has_changed(pad, ("code", "name")))
        session.add(pad)
    return is_renamed


def _check_pad_names_unique(slugs: Sequence[str], documents: Sequence[PadWrite]) -> None:
    """Raise InvalidRequest if two pads of a site have a name in common."""
    used: set[str] = set()
    for index, (slug, pad) in enumerate(zip(slugs, documents, strict=True)):
        own = name_slugs((slug, pad.code, pad.name, pad.name_ru, *pad.aliases))
        if taken := used.intersection(own):
            name = min(taken)
            detail = tr(
                f"Another pad of the site is called {name!r} too.",
                f"Другая площадка космодрома тоже называется {name!r}.",
            )
            raise_field_error(f"/pads/{index}/name", "repeated", detail)
        used.update(own)


def _check_pad_slugs_free(session: Session, site: Site, slugs: Sequence[str]) -> None:
    if not slugs:
        return
    others = select(Pad.slug).where(Pad.slug.in_(slugs), Pad.site_id != stored_id(site))
    taken = set(session.scalars(others))
    for index, slug in enumerate(slugs):
        if slug in taken:
            detail = tr(
                f"Another site has the pad {slug!r}.",
                f"Площадка {slug!r} есть у другого космодрома.",
            )
            raise_field_error(f"/pads/{index}/slug", "taken", detail)


def _check_pads_unused(session: Session, pads: Sequence[Pad]) -> None:
    """Raise InvalidRequest if a launch refers to one of the pads."""
    if not pads:
        return
    used = select(Pad.slug).where(
        Pad.id.in_(list(map(stored_id, pads))),
        select(Launch.id).where(Launch.pad_id == Pad.id).exists(),
    )
    if slug := session.scalar(used.order_by(Pad.ordinal).limit(1)):
        detail = tr(
            f"Launches refer to the pad {slug!r}. Change them first.",
            f"На площадку {slug!r} ссылаются запуски. Сначала измените их.",
        )
        raise_field_error("/pads", "in-use", detail)


def move_pads(session: Session, duplicate: Site, remaining: Site) -> bool:
    """Move the pads of a duplicate to the site that remains; returns true if it has any.

    Raises InvalidRequest if pads of the two sites have a name in common, or are too many for one.
    """
    pads, others = _lock_pads(session, duplicate), _lock_pads(session, remaining)
    slugs_by_name = {name: other.slug for other in others for name in other.name_slugs}
    for pad in pads:
        if taken := sorted(slugs_by_name.keys() & pad.name_slugs):
            name = taken[0]
            detail = tr(
                f"The pads {pad.slug!r} and {slugs_by_name[name]!r} are both called {name!r}. "
                "Rename or delete one of them first.",
                f"Площадки {pad.slug!r} и {slugs_by_name[name]!r} обе называются {name!r}. "
                "Сначала переименуйте или удалите одну из них.",
            )
            raise_field_error("/into", "repeated", detail)
    if len(pads) + len(others) > MAX_PAD_COUNT:
        detail = tr(
            f"The site would have more than {MAX_PAD_COUNT} pads.",
            f"У космодрома стало бы больше {MAX_PAD_COUNT} площадок.",
        )
        raise_field_error("/into", "too-many", detail)
    for ordinal, pad in enumerate(pads, start=len(others) + 1):
        pad.site_id, pad.ordinal = stored_id(remaining), ordinal
    session.flush()
    return bool(pads)


def _lock_pads(session: Session, site: Site) -> Sequence[Pad]:
    """Select the pads of a site for update."""
    pads = select(Pad).where(Pad.site_id == stored_id(site)).order_by(Pad.ordinal)
    return session.scalars(pads.with_for_update()).all()


def find_site(session: Session, name: str, code: str | None) -> Site | None:
    """Find the site that is called `name`, or else the one with `code`."""
    reader = Reader.from_session(session)
    for known in filter(None, (name, code)):
        if id_ := find_referred_id(reader, SITE, known):
            return session.get_one(Site, id_)
    return None


def create_site(session: Session, name: str, code: str | None, country: str) -> Site:
    """Create a site that an import names."""
    site = Site()
    save(session, site, LaunchSiteWrite(name=name, code=code, country=country))
    session.flush()
    return site


def add_missing_pad(session: Session, site: Site, name: str) -> None:
    """Add the pad that an import calls `name` to a site that has no such pad."""
    if find_referred_id(Reader.from_session(session), pad_reference(site), name) is not None:
        return
    (record,) = load_records(Reader.from_session(session), [stored_id(site)]).values()
    fields = record.model_dump(include=set(LaunchSiteWrite.model_fields))
    fields["pads"].append({"name": name})
    save(session, site, LaunchSiteWrite.model_validate(fields))
    site.updated_at = now()  # a new version, but not an edit, which would protect the site
    flag_modified(site, "updated_at")
    session.flush()


def referrers(session: Session, site: Site, _client: ApiClient) -> list[str]:
    """The launches from a site."""
    launches = select(Launch.slug).where(Launch.site_id == stored_id(site))
    newest = launches.order_by(Launch.launch_sort_at.desc(), Launch.id.desc())
    return describe_referrers(session, Launch.label.before_slug, newest)


WRITER = RecordWriter(
    AuditTarget.SITE,
    "sites",
    Site,
    LaunchSiteWrite,
    save,
    get_site,
    load_records,
    referrers,
)
