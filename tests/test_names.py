"""Names and docstrings of the application: one meaning a name, plain first lines, units, errors."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest

from tests.support.paths import ROOT

APP = ROOT / "app"
SOURCES = {str(path.relative_to(ROOT)): path.read_text() for path in sorted(APP.rglob("*.py"))}

SHARED_NAMES = {
    "router": "the routes of a package",
    "RESOURCE": "the declaration of a resource",
    "SORTS": "the orders of a list",
    "WRITER": "the writer of a resource",
    "SEARCH": "the search source of a resource",
    "FORMAT": "a format of imports",
    "logger": "a logger of the standard library",
    "cli": "a group of commands",
    "conditions": "the conditions of the filters of a list",
    "parameter_values": "the values of the parameters in these conditions",
    "FACETS": "the facets of a list",
    "REFERENCES": "the names that the filters of a list accept",
    "save": "the function of a writer",
    "load_records": "the function of a writer",
    "save_all": "the function of a writer",
    "referrers": "the function of a writer",
    "load_documents": "the function of a search source",
    "load_hits": "the function of a search source",
    "build_engine": "the engine of a kind of database",
    "try_write": "a write without a change on a kind of database",
}
"""Public names that several modules define, each with its single meaning."""

LANGUAGE_MODULES = ("english.py", "russian.py")
"""Modules with the same functions for one language each."""

ENDPOINT_MODULES = ("router.py", "index.py", "asset_routes.py", "pages.py", "app/cli/")
"""Modules whose endpoints and commands have the names of the functions that they call."""

RELATIVE_CLAUSES = ("What", "Which", "Who", "Whose", "Whether", "That", "How", "Where")

UNITS = (
    "SECONDS", "MINUTES", "HOURS", "DAYS", "PERIOD", "DURATION", "INTERVAL", "TIMEOUT", "DELAY",
    "DELAYS", "BYTES", "CHARS", "ROWS", "ITEMS", "COUNT", "ENTRIES", "BITS", "LINES", "WORDS",
    "PERCENT", "YEARS", "YEAR", "DIGITS", "REQUESTS", "EVENTS", "BATCHES", "DIGESTS",
    "OCCURRENCES", "TOKENS", "ATTEMPTS", "CONNECTIONS", "LEVEL", "VERSION", "REFERRERS",
    "REDIRECTS", "FAILURES", "INTEGER", "ID", "KIB", "INSTRUCTIONS", "VALUES", "TAGS", "JOBS",
    "ROUNDS", "PAGES", "TOLERANCE", "RESOLUTION", "MINUTE", "RANK", "STEPS", "UNITS",
    "PIXELS",
)  # fmt: skip
"""Last words of the names of numbers and periods: the unit, or the thing that is counted."""

UNITLESS: Mapping[str, str] = {
    "STUCK_EXIT_STATUS": "an exit status",
    "USAGE_EXIT_STATUS": "an exit status",
    "_FIRST_CONTIGUOUS_EXPEDITION": "the number of an expedition",
    "_MAX_CURSOR_INT": "a bound of integers",
    "_SATURATION": "a parameter of BM25",
    "_LENGTH_NORMALIZATION": "a parameter of BM25",
}
"""Names of numbers without a unit, each with its reason."""


def is_public(name: str) -> bool:
    return not name.startswith("_")


def assigned_names(node: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """Names that a statement assigns, with their values."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((each.id, value) for each in targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            yield name, value


def is_type_variable(value: ast.expr | None) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id in {"TypeVar", "ParamSpec"}
    )


def public_names(tree: ast.Module) -> Iterator[str]:
    """Public names that a module defines, without type variables."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        else:
            names = [name for name, value in assigned_names(node) if not is_type_variable(value)]
        yield from filter(is_public, names)


def find_shared_names(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Public names that several modules define, with those modules."""
    modules: dict[str, list[str]] = defaultdict(list)
    for path, text in sources.items():
        for name in set(public_names(ast.parse(text))):
            modules[name].append(path)
    return {
        name: paths
        for name, paths in modules.items()
        if len(paths) > 1
        and name not in SHARED_NAMES
        and sum(not path.endswith(LANGUAGE_MODULES) for path in paths) > 0
        and sum(not any(part in path for part in ENDPOINT_MODULES) for path in paths) > 1
    }


def public_docstrings(node: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Docstrings of a module or class, of its public members, and of its public variables."""
    yield ast.get_docstring(node) or ""
    previous: list[str] = []
    for part in node.body:
        match part:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if is_public(part.name):
                yield ast.get_docstring(part) or ""
            case ast.ClassDef() if is_public(part.name):
                yield from public_docstrings(part)
            case ast.Expr(value=ast.Constant(value=str(text))) if any(map(is_public, previous)):
                yield text
        previous = [name for name, _ in assigned_names(part)]


def find_relative_clauses(text: str) -> list[str]:
    """First lines of the public docstrings that begin with a relative clause."""
    firsts = {text.strip().partition("\n")[0] for text in public_docstrings(ast.parse(text))}
    return sorted(
        first for first in firsts if first.split() and first.split()[0] in RELATIVE_CLAUSES
    )


def find_error_classes(sources: Mapping[str, str]) -> set[str]:
    """Names of all exceptions that the application defines."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for text in sources.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    }
    found = {"Exception", "ValueError", "OSError", "RuntimeError"}
    while more := {name for name, parents in bases.items() if parents & found} - found:
        found |= more
    return found & bases.keys()


def raised_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names of the exceptions that the body raises, without those of nested functions."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            found |= {error.id} if isinstance(error, ast.Name) else set()
        waiting.extend(ast.iter_child_nodes(node))
    return found


def is_endpoint(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """True if a function is an endpoint or a command, whose docstring is for its users."""
    calls = [each.func for each in function.decorator_list if isinstance(each, ast.Call)]
    return any(isinstance(call, ast.Attribute) for call in calls)


def public_functions(
    node: ast.Module | ast.ClassDef,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Public functions and methods of a module, without endpoints and commands."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            if is_public(part.name) and not is_endpoint(part):
                yield part
        elif isinstance(part, ast.ClassDef) and is_public(part.name):
            yield from public_functions(part)


def find_silent_raises(text: str, errors: set[str]) -> list[str]:
    """Public functions that raise one of `errors` and do not document it."""
    return [
        function.name
        for function in public_functions(ast.parse(text))
        if raised_names(function) & errors
        and not any(word in (ast.get_docstring(function) or "") for word in ("Raise", "Refuse"))
    ]


def is_number(value: ast.expr | None) -> bool:
    """True if an expression is a literal number or period."""
    match value:
        case ast.UnaryOp(operand=operand):
            return is_number(operand)
        case ast.BinOp(left=left, right=right):
            return is_number(left) and is_number(right)
        case ast.Call(func=ast.Name(id=name)):
            return name in {"timedelta", "float", "int"}
        case ast.Constant(value=number):
            return isinstance(number, int | float) and not isinstance(number, bool)
    return False


def find_unitless_constants(text: str) -> list[str]:
    """Constants of numbers and periods whose names do not end in a unit."""
    return [
        name
        for node in ast.parse(text).body
        for name, value in assigned_names(node)
        if name.isupper() and is_number(value) and name.rpartition("_")[2] not in UNITS
    ]


def test_public_names_have_one_definition() -> None:
    assert find_shared_names(SOURCES) == {}


def test_shared_names_are_shared() -> None:
    """Exceptions that are no longer needed are removed."""
    counts: dict[str, int] = defaultdict(int)
    for text in SOURCES.values():
        for name in set(public_names(ast.parse(text))):
            counts[name] += 1
    assert [name for name in SHARED_NAMES if counts[name] < 2] == []


@pytest.mark.parametrize("path", SOURCES)
def test_docstring_begins_with_a_noun_or_a_verb(path: str) -> None:
    assert find_relative_clauses(SOURCES[path]) == []


def test_public_function_names_its_errors() -> None:
    errors = find_error_classes(SOURCES)
    assert {"ApiError", "NotFound", "InvalidInput"} <= errors
    silent = {path: find_silent_raises(text, errors) for path, text in SOURCES.items()}
    assert {path: names for path, names in silent.items() if names} == {}


def test_numeric_constant_ends_in_its_unit() -> None:
    unitless = {path: find_unitless_constants(text) for path, text in SOURCES.items()}
    names = {name for found in unitless.values() for name in found}
    assert names <= set(UNITLESS)


def test_app_has_twelve_entries() -> None:
    entries = {path.name for path in APP.iterdir()} - {"__init__.py", "__pycache__"}
    assert len(entries) <= 12


def test_checks_detect_violations() -> None:
    """Positive controls of all checks."""
    one, other = "def load(): ...\nT = TypeVar('T')", "load = 1\nT = TypeVar('T')\n_x = 1"
    shared = {"app/a/queries.py": one, "app/b/queries.py": other}
    assert find_shared_names(shared) == {"load": list(shared)}
    assert find_shared_names({"app/a/queries.py": one, "app/a/router.py": other}) == {}
    bad = '"""What it is."""\ndef f():\n    """How it is."""\nx = 1\n"""Where x is."""\n'
    assert find_relative_clauses(bad) == ["How it is.", "What it is.", "Where x is."]
    private = 'def _f():\n    """How it is."""\n_x = 1\n"""Where x is."""\n'
    assert find_relative_clauses(private) == []
    assert find_relative_clauses('"""Whatever."""') == []
    errors = find_error_classes({"app/a.py": "class A(ValueError): ...\nclass B(A): ..."})
    assert errors == {"A", "B"}
    assert find_silent_raises("def f():\n    raise B('x') from None", errors) == ["f"]
    assert find_silent_raises("def f():\n    '''Raises B.'''\n    raise B", errors) == []
    assert find_silent_raises("def f():\n    def g(): raise B\n    raise KeyError", errors) == []
    assert find_silent_raises("@router.get('/')\ndef f(): raise B", errors) == []
    constants = "LARGEST = 2**20\nPAUSE = timedelta(days=1)\nMAX_ROWS = 5\nNAME = 'x'\nON = True"
    assert find_unitless_constants(constants) == ["LARGEST", "PAUSE"]
