"""Short forms of a module and of a port."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.api.links import PageUrl, Url, record_urls
from app.api.lists.references import NameColumn, Reference
from app.api.read_models import ReadModel
from app.db.functions import AnySelect, json_object_subquery
from app.db.models import Module, Port
from app.domain.enums import PortDirection
from app.domain.labels import PORT_DIRECTION_LABELS
from app.domain.languages import Bilingual, tr

PORT = Reference(
    Bilingual("There is no port {}.", "Нет стыковочного узла {}."), (NameColumn(Port.slug),)
)
"""Port of the station, in filters."""


class ModuleRef(ReadModel):
    """Reference to a module of the station."""

    slug: str
    name: str = Field(examples=["Harmony"])
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": localize_module_name(row),
            **record_urls("modules", row["slug"]),
        }


class PortRef(ReadModel):
    """Reference to a port of the station."""

    slug: str = Field(examples=["harmony-nadir"])
    name: str = Field(examples=["Harmony nadir"])
    module: ModuleRef
    """Module that the port belongs to."""
    direction: PortDirection

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": build_port_name(row["module"], PortDirection(row["direction"]))}


def localize_module_name(module: Mapping[str, Any]) -> str:
    """Name of a module in the current language, if known."""
    name: str = module["name"]
    return tr(name, module["name_ru"] or name)


def build_port_name(module: Mapping[str, Any], direction: PortDirection) -> str:
    """Name of a port, such as "Harmony nadir", from the columns of a `ModuleRef`."""
    name, side = localize_module_name(module), PORT_DIRECTION_LABELS[direction]
    return tr(f"{name} {side.en}", f"{name}, {side.ru} узел")


def select_module_ref(module: type[Module] = Module) -> AnySelect:
    """Columns of a `ModuleRef`."""
    return select(module.slug, module.name, module.name_ru)


def select_port_ref(port: type[Port] = Port) -> AnySelect:
    """Columns of a `PortRef`."""
    owner = aliased(Module)
    return select(
        port.slug,
        port.direction,
        json_object_subquery(select_module_ref(owner).where(owner.id == port.module_id)).label(
            "module"
        ),
    )
