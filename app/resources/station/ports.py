"""Ships and modules at the ports, and the ports that are free."""

from functools import cache

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import aliased

from app.api.embeds.modules import select_module_ref, select_port_ref
from app.api.embeds.stays import select_stay_summary
from app.db.database import Reader, Row
from app.db.functions import AnySelect, json_object_subquery
from app.db.models import Module, ModuleAttachment, Port, Stay
from app.resources.station.moment import Moment, is_at, is_there


def list_ships_at_ports(reader: Reader, moment: Moment) -> list[Row]:
    """List the ships at the ports."""
    return reader.all(_select_ships(), **moment.bounds._asdict())


def list_attached_modules(reader: Reader, moment: Moment) -> list[Row]:
    """List the modules that are attached, with their places."""
    return reader.all(_select_modules(), **moment.bounds._asdict())


def list_free_ports(
    reader: Reader, moment: Moment, ships: list[Row], modules: list[Row]
) -> list[Row]:
    """List the ports of `modules` that are in service and at which nothing is."""
    docked = [row for row in ships if is_at(row, "departed_until", moment.last)]
    taken = {row["port"]["slug"] for row in [*docked, *modules] if row["port"]}
    attached = {row["module"]["slug"] for row in modules}
    ports = reader.all(_select_ports(), day=moment.day)
    return [
        port for port in ports if port["module"]["slug"] in attached and port["slug"] not in taken
    ]


@cache
def _select_ships() -> AnySelect:
    there = is_there(
        Stay.arrived_at,
        Stay.arrived_at_precision,
        Stay.departed_at,
        Stay.departed_until,
        Stay.departed_at_precision,
    )
    rows = select_stay_summary().add_columns(Stay.departed_until)
    return rows.where(there).order_by(Stay.arrived_sort_at, Stay.id)


@cache
def _select_modules() -> AnySelect:
    port, other = aliased(Port), aliased(Module)
    place = ModuleAttachment
    there = is_there(
        place.attached_at,
        place.attached_at_precision,
        place.detached_at,
        place.detached_until,
        place.detached_at_precision,
    )
    module, to = select_module_ref(), select_module_ref(other)
    return (
        select(
            json_object_subquery(module.where(Module.id == place.module_id).correlate(place)).label(
                "module"
            ),
            Module.kind,
            Module.mass_kg,
            json_object_subquery(to.where(other.id == place.attached_to_id)).label("attached_to"),
            json_object_subquery(select_port_ref(port).where(port.id == place.port_id)).label(
                "port"
            ),
            place.attached_at,
            place.attached_at_precision,
            place.detached_at,
            place.detached_at_precision,
            place.detached_until,
        )
        .join(Module, Module.id == place.module_id)
        .where(there)
        .order_by(place.attached_sort_at, place.id)
    )


@cache
def _select_ports() -> AnySelect:
    """Select the ports in service on `day`."""
    day = bindparam("day", type_=Port.in_service_from.type)
    return (
        select_port_ref()
        .where(
            or_(Port.in_service_from.is_(None), Port.in_service_from <= day),
            or_(Port.in_service_until.is_(None), Port.in_service_until >= day),
        )
        .order_by(Port.slug)
    )
