"""Fields of models: the types of their values, and the models of nested objects."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def unwrap_type(kind: Any) -> Any:
    """The type without `Annotated` and without `None`."""
    if get_origin(kind) is Annotated:
        return unwrap_type(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        kinds = [each for each in get_args(kind) if each is not NoneType]
        return unwrap_type(kinds[0]) if len(kinds) == 1 else kind
    return kind


@cache
def object_types(model: type[BaseModel]) -> Mapping[str, type[BaseModel] | None]:
    """By name of a field in JSON: the model of its object or of the items of its list, or None."""
    types: dict[str, type[BaseModel] | None] = {}
    for name, field in model.model_fields.items():
        kind = unwrap_type(field.annotation)
        if get_origin(kind) is list:
            kind = unwrap_type(get_args(kind)[0])
        is_object = isinstance(kind, type) and issubclass(kind, BaseModel)
        types[field.alias or name] = kind if is_object else None
    return types


def list_field_names(model: Any, steps: Sequence[str | int]) -> list[str]:
    """Names of the fields of the object at `steps` in a document of the type `model`.

    Empty if that is not an object with named fields.
    """
    kind = unwrap_type(model)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    for step in steps:
        if isinstance(step, int):  # an item of the list, whose model is known already
            continue
        nested = object_types(kind).get(step)
        if nested is None:
            return []
        kind = nested
    return list(object_types(kind))
