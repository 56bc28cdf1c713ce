"""Descriptions from docstrings of attributes: the same as those that Pydantic reads at import."""

from typing import Generic, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, Field

from app.api.attribute_docstrings import DescribedModel, attribute_docstrings

T = TypeVar("T")


class Vehicle(DescribedModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """Name in English,

    and in Russian.
    """
    mass: int
    """Mass in kg."""
    _cache: int = 0
    """Private: no field."""


class Ship(Vehicle):
    name: str
    ports: int = Field(alias="dockingPorts")
    """Number of docking ports."""
    crew: int


class Berth(DescribedModel, Generic[T]):
    model_config = ConfigDict(use_attribute_docstrings=True)

    visitor: T
    """Docked vehicle."""


@pytest.mark.parametrize("model", [Vehicle, Ship, Berth[int]])
def test_docstrings_equal_pydantics(model: type[BaseModel]) -> None:
    assert attribute_docstrings(model)
    assert attribute_docstrings(model) == {
        name: field.description for name, field in model.model_fields.items() if field.description
    }


class Station(DescribedModel):
    mass: int = Field(alias="massKg", description="Mass with all modules.")
    """Mass in kg."""
    modules: int
    """Number of modules."""


def test_descriptions_of_fields_take_precedence() -> None:
    properties = Station.model_json_schema()["properties"]
    assert {name: part["description"] for name, part in properties.items()} == {
        "massKg": "Mass with all modules.",
        "modules": "Number of modules.",
    }
