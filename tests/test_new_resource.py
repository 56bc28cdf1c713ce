"""Cost of a new resource: its package, the registry, members of enumerations and a migration."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest

from tests.support.paths import ROOT

EXAMPLE = ROOT / "tests" / "example_notes"
PACKAGE = Path("app/resources/notes")
MIGRATION = Path("migrations/versions/notes.py")
ENUMS = Path("app/domain/enums.py")
REGISTRY = Path("app/resources/registry.py")

NEW_MEMBERS = {
    "RecordType": '    NOTE = "note", 13\n',
    "Scope": '    NOTES_WRITE = "notes:write"\n',
    "AuditTarget": "    NOTE = RecordType.NOTE.value\n",
}


def add_members(text: str) -> str:
    """Add the members of `NEW_MEMBERS` to their enumerations, at the end."""
    for name, member in NEW_MEMBERS.items():
        text, number = re.subn(rf"(class {name}\(.*?\n)(?=\n\n)", rf"\1{member}", text, flags=re.S)
        assert number == 1
    return text


def add_to_registry(text: str) -> str:
    """Import the declaration of notes, and list it behind the resources of the archive."""
    imported = "from app.resources.notes.resource import RESOURCE as NOTES\n"
    before = "from app.resources.people.resource"
    assert text.count(before) == text.count("    CREW,\n") == 1
    return text.replace(before, imported + before).replace("    CREW,\n", "    CREW,\n    NOTES,\n")


def find_head(versions: Path) -> str:
    """Path of the head migration."""
    text = "".join(path.read_text() for path in versions.glob("*.py"))
    revisions, before = (
        set(re.findall(rf'^{name} = "(.*)"', text, re.MULTILINE))
        for name in ("revision", "down_revision")
    )
    head: str
    (head,) = revisions - before
    return head


def add_notes(target: Path) -> None:
    """Copy the repository to `target`, and add the notes to it."""
    unneeded = ignore_patterns("__pycache__")
    for folder in ("app", "migrations", "tests/support"):
        copytree(ROOT / folder, target / folder, ignore=unneeded)
    for file in ("alembic.ini", "pyproject.toml", "tests/__init__.py", "tests/conftest.py"):
        copy(ROOT / file, target / file)
    copy(ROOT / "tests/test_contract.py", target / "tests")
    copy(EXAMPLE / "note_requests.py", target / "tests" / "test_notes.py")
    copytree(EXAMPLE / "package", target / PACKAGE, ignore=unneeded)
    head = find_head(target / "migrations/versions")
    migration = (EXAMPLE / "migration.py").read_text()
    (target / MIGRATION).write_text(migration.replace('"HEAD"', f'"{head}"'))
    for path, edit in ((ENUMS, add_members), (REGISTRY, add_to_registry)):
        (target / path).write_text(edit((ROOT / path).read_text()))


def iter_changed_files(target: Path) -> Iterator[Path]:
    """Files of the application and its migrations that are new or changed in `target`."""
    for folder in ("app", "migrations"):
        for path in filter(Path.is_file, (target / folder).rglob("*")):
            relative = path.relative_to(target)
            original = ROOT / relative
            if not original.exists() or original.read_bytes() != path.read_bytes():
                yield relative


@pytest.mark.slow
@pytest.mark.timeout(600)  # a separate pytest run, on a machine with concurrent runs
def test_new_resource_costs_its_package_and_three_files(tmp_path: Path) -> None:
    """The contract tests pass, and notes are listed, written, searched, exported and audited."""
    add_notes(tmp_path)
    changed = set(iter_changed_files(tmp_path))
    assert {path for path in changed if PACKAGE not in path.parents} == {
        ENUMS,
        REGISTRY,
        MIGRATION,
    }
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    environment["PYTHONPATH"] = str(tmp_path)
    with (tmp_path / "openapi.json").open("w") as document:
        command = [sys.executable, "-B", "-c", "from app.cli.main import cli; cli()", "openapi"]
        subprocess.run(command, cwd=tmp_path, env=environment, stdout=document, check=True)
    tests = ["tests/test_contract.py", "tests/test_notes.py", "-k", "not postgresql"]
    options = ["-q", "-n0", "-p", "no:cacheprovider", "--no-header"]
    run = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *options, *tests],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-1000:]
    assert len(re.findall(r"passed", run.stdout)) == 1
