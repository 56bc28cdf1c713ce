"""Layout of the test code: shared code is in support modules, conftests contain only fixtures."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.paths import ROOT

FOLDERS = ("tests", "tests_attack", "tests_browser", "tests_faults", "contract", "bench", "tools")
MODULES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "node_modules" not in path.parts
}
CONFTESTS = [path for path in MODULES if path.endswith("/conftest.py")]
MAX_CONFTEST_LINES = 119


def imported_names(source: str) -> Iterator[str]:
    """Dotted names of all imports of a module, including those in functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)


def imports_of_test_modules(source: str) -> list[str]:
    """Imports of a `test_*` module, or from one, or of a conftest."""
    return [
        name
        for name in imported_names(source)
        if any(part == "conftest" or part.startswith("test_") for part in name.split("."))
    ]


def has_too_many_lines(source: str) -> bool:
    return len(source.splitlines()) > MAX_CONFTEST_LINES


@pytest.mark.slow
def test_modules_import_no_test_module_or_conftest() -> None:
    found = {path: imports_of_test_modules(source) for path, source in MODULES.items()}
    assert {path: names for path, names in found.items() if names} == {}


def test_conftests_are_short() -> None:
    assert [path for path in CONFTESTS if has_too_many_lines(MODULES[path])] == []


@pytest.mark.parametrize(
    "source",
    [
        "from tests.conftest import client",
        "from tests import conftest",
        "from . import conftest",
        "from .conftest import client",
        "import tests.test_cli",
        "from tests.test_cli import run",
        "from tests.search import test_search as other",
        "def test_late():\n    from tests.test_cli import run\n    run()",
    ],
)
def test_import_check_detects_violations(source: str) -> None:
    assert len(imports_of_test_modules(source)) == 1


def test_import_check_accepts_support_modules() -> None:
    source = (
        "import pytest\nfrom tests.support import factories\nfrom tests.support.paths import ROOT"
    )
    assert imports_of_test_modules(source) == []


def test_length_check_detects_violations() -> None:
    assert has_too_many_lines("\n" * 120)
    assert not has_too_many_lines("\n" * 119)


def test_checks_cover_all_folders() -> None:
    assert {path.split("/")[0] for path in MODULES} == set(FOLDERS)
    assert len(CONFTESTS) == 7
