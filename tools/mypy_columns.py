"""mypy plugin: an error for each comparison of a column with a value that may be None.

SQLAlchemy compiles `column == None` to IS NULL, so that a missing value selects the rows without
one. `column.in_([None])` selects no rows. Where IS NULL is meant, write `column.is_(None)`.

The generated id of an entity is None before the insert, although its type is `Mapped[int]`. The
plugin gives it the type `int | None`; `stored_id` returns that of an inserted entity.
"""

from collections.abc import Callable, Iterator

from mypy.nodes import ListExpr, SetExpr
from mypy.plugin import AttributeContext, MethodContext, Plugin
from mypy.typeops import make_simplified_union
from mypy.types import Instance, LiteralType, NoneType, TupleType, Type, UnionType, get_proper_type

_MESSAGE = "Column compared with a value that may be None. IS NULL is .is_(None)."

_COMPARISONS = {"__eq__", "__ne__", "in_", "not_in"}


class ColumnsPlugin(Plugin):
    """Checks the comparisons of columns, and types the id of an entity as `int | None`."""

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        owner, _, method = fullname.rpartition(".")
        is_comparison = method in _COMPARISONS and owner.startswith("sqlalchemy.")
        return _check_comparison if is_comparison else None

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        is_id = fullname.startswith("app.db.models.") and fullname.endswith(".id")
        return _make_optional if is_id else None


def _check_comparison(context: MethodContext) -> Type:
    """Type of the comparison: a text if an operand may be None, which no query accepts.

    mypy discards an error that is reported here, and tries the operator of the other operand.
    """
    if any(map(_may_be_none, _operand_types(context))):
        return LiteralType(_MESSAGE, context.api.named_generic_type("builtins.str", []))
    return context.default_return_type


def _operand_types(context: MethodContext) -> Iterator[Type]:
    """Types of the operands, and of the items of a list that is written in place."""
    for types, expressions in zip(context.arg_types, context.args, strict=True):
        yield from types
        for expression in expressions:
            if isinstance(expression, ListExpr | SetExpr):  # its own type is list[Any]
                yield from map(context.api.get_expression_type, expression.items)


def _may_be_none(operand: Type) -> bool:
    """True for None, and for collections of what may be None."""
    match get_proper_type(operand):
        case NoneType():
            return True
        case UnionType(items=items) | TupleType(items=items):
            return any(map(_may_be_none, items))
        case Instance(type=info, args=items):
            return not info.fullname.startswith("sqlalchemy.") and any(map(_may_be_none, items))
    return False


def _make_optional(context: AttributeContext) -> Type:
    """Type of an id that the database generates: an integer, or None before the insert."""
    declared = get_proper_type(context.default_attr_type)
    if isinstance(declared, Instance) and declared.type.fullname == "builtins.int":
        return make_simplified_union([declared, NoneType()])
    return declared


def plugin(_version: str) -> type[Plugin]:
    """Entry point for mypy."""
    return ColumnsPlugin
