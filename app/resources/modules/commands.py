"""Writes of modules, with their ports and attachments."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from app.api.auth import ApiClient
from app.api.links import public_url
from app.api.slugs import load_ids, resolve_slugs, set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.agencies import find_agency_id, load_agency_ids
from app.api.writes.images import select_written_image, set_image
from app.api.writes.records import RecordWriter
from app.api.writes.referrers import describe_referrers
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery
from app.db.models import (
    Agency,
    Launch,
    Module,
    ModuleAttachment,
    ModuleOwner,
    Port,
    Spacewalk,
    Stay,
    stored_id,
)
from app.db.models.modules import first_attachment_sort_at
from app.domain.dates import period_end, period_start
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.domain.text import slugify
from app.resources.modules.queries import get_module
from app.resources.modules.schemas import AttachmentWrite, ModuleRecord, ModuleWrite, PortWrite


@cache
def _select_records() -> AnySelect:
    other = aliased(Module)
    occupied = aliased(Port)
    attachments = (
        select(
            other.slug.label("to"),
            occupied.slug.label("port"),
            ModuleAttachment.attached_at,
            ModuleAttachment.attached_at_precision,
            ModuleAttachment.attached_at_uncertain,
            ModuleAttachment.detached_at,
            ModuleAttachment.detached_at_precision,
            ModuleAttachment.detached_at_uncertain,
        )
        .select_from(ModuleAttachment)
        .outerjoin(other, other.id == ModuleAttachment.attached_to_id)
        .outerjoin(occupied, occupied.id == ModuleAttachment.port_id)
        .where(ModuleAttachment.module_id == Module.id)
    )
    ports = select(Port.slug, Port.direction, Port.in_service_from, Port.in_service_until).where(
        Port.module_id == Module.id
    )
    launch = select(Launch.slug).where(Launch.id == Module.launch_id)
    owners = (
        select(Agency.name)
        .join(ModuleOwner, ModuleOwner.agency_id == Agency.id)
        .where(ModuleOwner.module_id == Module.id)
    )
    return select(
        *Module.__table__.columns,
        select_written_image(Module),
        launch.scalar_subquery().label("launch"),
        json_array_subquery(owners, ModuleOwner.ordinal).label("owners"),
        json_array_subquery(ports, Port.ordinal).label("ports"),
        json_array_subquery(attachments, ModuleAttachment.ordinal).label("attachments"),
    ).where(Module.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, ModuleRecord]:
    """The complete records of modules by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> ModuleRecord:
    owners = [owner["name"] for owner in row["owners"]]
    url = public_url("modules", row["slug"])
    return to_record(ModuleRecord, row | {"owners": owners, "url": url})


def save(session: Session, module: Module, document: ModuleWrite) -> None:
    """Apply `document` to `module`. Raises InvalidRequest or Conflict."""
    is_new = module.id is None
    set_slug(session, module, document.slug, document.name)
    for name in (
        "name",
        "name_ru",
        "kind",
        "length_m",
        "diameter_m",
        "mass_kg",
        "assembly_flight",
    ):
        setattr(module, name, getattr(document, name))
    module.sources = [source.model_dump() for source in document.sources]
    set_image(session, module, document.image)
    launch = _find_launch(session, document.launch)
    _check_attachments_in_order(document.attachments, launch)
    module.launch_id = stored_id(launch) if launch else None
    module.attached_sort_at = first_attachment_sort_at(
        (each.attached_at, each.attached_at_precision) for each in document.attachments
    )
    session.add(module)
    session.flush()
    _set_owners(session, module, document.owners, is_new)
    _set_ports(session, module, document.ports, is_new)
    _set_attachments(session, module, document.attachments, is_new)


def _set_owners(session: Session, module: Module, names: Sequence[str], is_new: bool) -> None:
    own = select(ModuleOwner).where(ModuleOwner.module_id == stored_id(module))
    surplus = {} if is_new else {row.ordinal: row for row in session.scalars(own)}
    agencies = load_agency_ids(session, names)
    owners: list[int] = []
    for index, name in enumerate(names):
        pointer = f"/owners/{index}"
        agency_id = find_agency_id(session, agencies, name, pointer)
        if agency_id in owners:
            detail = tr("This owner is listed twice.", "Этот владелец указан дважды.")
            raise_field_error(pointer, "repeated", detail)
        owners.append(agency_id)
        row = surplus.pop(index + 1, None) or ModuleOwner(module_id=module.id, ordinal=index + 1)
        row.agency_id = agency_id
        session.add(row)
    for row in surplus.values():
        session.delete(row)


def _find_launch(session: Session, slug: str | None) -> Launch | None:
    if slug is None:
        return None
    (id_,) = resolve_slugs(session, Launch, [slug], "/launch")
    return session.get(Launch, id_)


def _check_attachments_in_order(
    attachments: Sequence[AttachmentWrite], launch: Launch | None
) -> None:
    """Raise InvalidRequest unless each attachment ends before the next one starts.

    Two periods of vague times that overlap may be in order.
    """
    previous: AttachmentWrite | None = None
    for index, attachment in enumerate(attachments):
        pointer = f"/attachments/{index}"
        precision = attachment.attached_at_precision
        start = period_start(attachment.attached_at, precision)
        end = period_end(start, precision)
        if launch and end <= launch.launch_at:
            detail = tr(
                f"The attachment is before the launch {launch.slug!r}.",
                f"Присоединение раньше запуска {launch.slug!r}.",
            )
            raise_field_error(f"{pointer}/attached_at", "before-launch", detail)
        if (detached := _detachment_start(attachment)) and detached < start:
            detail = tr(
                "The detachment is before the attachment.", "Отделение раньше присоединения."
            )
            raise_field_error(f"{pointer}/detached_at", "ends-before-start", detail)
        if previous is not None:
            left = _detachment_start(previous)
            if left is None or end <= left:
                detail = tr(
                    "The attachment before it has not ended by then.",
                    "Предыдущее присоединение к этому времени не закончилось.",
                )
                raise_field_error(f"{pointer}/attached_at", "overlap", detail)
        previous = attachment


def _detachment_start(attachment: AttachmentWrite) -> datetime | None:
    at, precision = attachment.detached_at, attachment.detached_at_precision
    return period_start(at, precision) if at and precision else None


def _set_ports(
    session: Session, module: Module, documents: Sequence[PortWrite], is_new: bool
) -> None:
    """Replace the ports of a module; one that keeps its slug keeps its id."""
    slugs = [each.slug or slugify(f"{module.slug}-{each.direction}") for each in documents]
    _check_port_slugs_unique(session, module, slugs)
    own = select(Port).where(Port.module_id == stored_id(module))
    current = {} if is_new else {port.slug: port for port in session.scalars(own)}
    surplus = [port for slug, port in current.items() if slug not in slugs]
    _check_ports_unused(session, surplus)
    for port in surplus:
        session.delete(port)
    for ordinal, (slug, document) in enumerate(zip(slugs, documents, strict=True), start=1):
        port = current.get(slug) or Port(module_id=module.id, slug=slug)
        port.ordinal = ordinal
        for name in ("direction", "in_service_from", "in_service_until"):
            setattr(port, name, getattr(document, name))
        session.add(port)


def _check_port_slugs_unique(session: Session, module: Module, slugs: Sequence[str]) -> None:
    for index, slug in enumerate(slugs):
        if slug in slugs[:index]:
            detail = tr(f"The port {slug!r} is listed twice.", f"Узел {slug!r} указан дважды.")
            raise_field_error(f"/ports/{index}/slug", "repeated", detail)
    if not slugs:
        return
    others = select(Port.slug).where(Port.slug.in_(slugs), Port.module_id != stored_id(module))
    taken = set(session.scalars(others))
    for index, slug in enumerate(slugs):
        if slug in taken:
            detail = tr(
                f"Another module has the port {slug!r}.", f"Узел {slug!r} есть у другого модуля."
            )
            raise_field_error(f"/ports/{index}/slug", "taken", detail)


def _check_ports_unused(session: Session, ports: Sequence[Port]) -> None:
    """Raise InvalidRequest if a stay or an attachment refers to one of the ports."""
    if not ports:
        return
    ids = list(map(stored_id, ports))
    used = select(Port.slug).where(
        Port.id.in_(ids),
        or_(
            select(Stay.id).where(Stay.port_id == Port.id).exists(),
            select(ModuleAttachment.id).where(Port.id == ModuleAttachment.port_id).exists(),
        ),
    )
    if slug := session.scalar(used.order_by(Port.ordinal).limit(1)):
        detail = tr(
            f"A stay or an attachment refers to the port {slug!r}. Change that first.",
            f"На узел {slug!r} ссылается стоянка или присоединение. Сначала измените их.",
        )
        raise_field_error("/ports", "in-use", detail)


def _set_attachments(
    session: Session, module: Module, documents: Sequence[AttachmentWrite], is_new: bool
) -> None:
    others = load_ids(session, Module, [each.to for each in documents if each.to])
    ports = _load_ports(session, [each.port for each in documents if each.port])
    own = select(ModuleAttachment).where(ModuleAttachment.module_id == stored_id(module))
    surplus = {} if is_new else {row.ordinal: row for row in session.scalars(own)}
    for index, document in enumerate(documents):
        pointer, ordinal = f"/attachments/{index}", index + 1
        row = surplus.pop(ordinal, None) or ModuleAttachment(module_id=module.id, ordinal=ordinal)
        row.attached_to_id = None
        if document.to:
            (row.attached_to_id,) = resolve_slugs(
                session, Module, [document.to], f"{pointer}/to", others
            )
        if row.attached_to_id == module.id:
            detail = tr(
                "A module is not attached to itself.", "Модуль не присоединяется к самому себе."
            )
            raise_field_error(f"{pointer}/to", "contradiction", detail)
        row.port_id = _find_port_id(ports, document, row.attached_to_id, f"{pointer}/port")
        for name in (
            "attached_at",
            "attached_at_precision",
            "attached_at_uncertain",
            "detached_at",
            "detached_at_precision",
            "detached_at_uncertain",
        ):
            setattr(row, name, getattr(document, name))
        session.add(row)
    for row in surplus.values():
        session.delete(row)


def _load_ports(session: Session, slugs: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Ids of ports and of their modules, by the slug of the port."""
    if not slugs:
        return {}
    rows = session.execute(select(Port.slug, Port.id, Port.module_id).where(Port.slug.in_(slugs)))
    return {slug: (id_, module_id) for slug, id_, module_id in rows}


def _find_port_id(
    ports: dict[str, tuple[int, int]],
    document: AttachmentWrite,
    attached_to_id: int | None,
    pointer: str,
) -> int | None:
    if document.port is None:
        return None
    if document.port not in ports:
        detail = tr(f"There is no port {document.port!r}.", f"Нет узла {document.port!r}.")
        raise_field_error(pointer, "unknown-reference", detail)
    id_, module_id = ports[document.port]
    if module_id != attached_to_id:
        detail = tr(
            f"The port {document.port!r} belongs to another module than `to`.",
            f"Узел {document.port!r} — не того модуля, что указан в `to`.",
        )
        raise_field_error(pointer, "contradiction", detail)
    return id_


def referrers(session: Session, module: Module, _client: ApiClient) -> list[str]:
    """The modules attached to a module, the stays at its ports, and its spacewalks."""
    id_ = stored_id(module)
    attached = (
        select(Module.slug)
        .join(ModuleAttachment, ModuleAttachment.module_id == Module.id)
        .where(ModuleAttachment.attached_to_id == id_)
        .distinct()
        .order_by(Module.slug)
    )
    stays = select(Stay.slug).join(Port, Port.id == Stay.port_id).where(Port.module_id == id_)
    walks = select(Spacewalk.slug).where(Spacewalk.airlock_id == id_)
    return [
        *describe_referrers(session, Module.label.before_slug, attached),
        *describe_referrers(session, Stay.label.before_slug, stays.order_by(Stay.slug)),
        *describe_referrers(session, Spacewalk.label.before_slug, walks.order_by(Spacewalk.slug)),
    ]


WRITER = RecordWriter(
    AuditTarget.MODULE,
    "modules",
    Module,
    ModuleWrite,
    save,
    get_module,
    load_records,
    referrers,
)
