"""Descriptions of the fields of schemas: the docstrings of their attributes.

Pydantic's `use_attribute_docstrings` reads the source code of each model at import, a tenth of the
start of a server. Only the OpenAPI document needs the descriptions.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from types import ModuleType

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class DescribedModel(BaseModel):
    """Base of schemas: in their JSON schema, docstrings of attributes are descriptions."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        json_schema = handler(schema)
        properties = handler.resolve_ref_schema(json_schema)["properties"]
        for name, docstring in attribute_docstrings(cls).items():
            properties[cls.model_fields[name].alias or name].setdefault("description", docstring)
        return json_schema


def describe_parameters(model: type[BaseModel]) -> None:
    """Describe the fields of a query model, which are parameters: FastAPI reads the fields."""
    for name, docstring in attribute_docstrings(model).items():
        field = model.model_fields[name]
        field.description = field.description or docstring


def attribute_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The docstrings of the fields of `model`, each from the class that declares it last."""
    docstrings: dict[str, str | None] = {}
    for declaring in reversed(model.__mro__):
        if issubclass(declaring, DescribedModel):
            docstrings |= _docstrings_by_class(sys.modules[declaring.__module__]).get(
                declaring.__name__, {}
            )
    return {name: text for name, text in docstrings.items() if text and name in model.model_fields}


@cache
def _docstrings_by_class(module: ModuleType) -> dict[str, dict[str, str | None]]:
    """The annotated attributes of the classes of `module`, each with its docstring or None."""
    source = ast.parse(inspect.getsource(module))
    classes = [each for each in source.body if isinstance(each, ast.ClassDef)]
    return {each.name: dict(_annotated_attributes(each)) for each in classes}


def _annotated_attributes(declaring: ast.ClassDef) -> Iterator[tuple[str, str | None]]:
    for statement, after in pairwise([*declaring.body, ast.Pass()]):
        match statement, after:
            case ast.AnnAssign(ast.Name(name)), ast.Expr(ast.Constant(str(docstring))):
                yield name, inspect.cleandoc(docstring)
            case ast.AnnAssign(ast.Name(name)), _:
                yield name, None
