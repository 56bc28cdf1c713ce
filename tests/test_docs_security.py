"""`docs/security.md`: every requirement of levels 1 and 2 has one row, whose tests exist.

The inventories of the page are complete: tables, cryptography, network connections.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise

import pytest

from app.db.models import Base
from tests.support.paths import ROOT

LEVELS = dict(
    section.split(":")
    for section in """
    1.1:22 1.2:1111122223 1.3:112222222223 1.4:222 1.5:123
    2.1:122 2.2:112 2.3:12223 2.4:23
    3.1:3 3.2:113 3.3:12223 3.4:11222233 3.5:11122333 3.6:3 3.7:22333
    4.1:12233 4.2:23333 4.3:22 4.4:1222
    5.1:2 5.2:112333 5.3:113 5.4:222
    6.1:122 6.2:111111112222 6.3:11223333 6.4:112233 6.5:22222333 6.6:2223 6.7:33 6.8:2222
    7.1:222 7.2:1111 7.3:22 7.4:11222 7.5:223 7.6:22
    8.1:1233 8.2:1123 8.3:133 8.4:23
    9.1:111 9.2:1222
    10.1:22 10.2:223 10.3:22223 10.4:1111122222233333 10.5:22222 10.6:22 10.7:222
    11.1:2233 11.2:22233 11.3:11233 11.4:1222 11.5:23 11.6:23 11.7:33
    12.1:12233 12.2:11 12.3:22223
    13.1:2333 13.2:222223 13.3:2233 13.4:1222233
    14.1:22 14.2:12223333 14.3:122
    15.1:12233 15.2:12233 15.3:1222222 15.4:3333
    16.1:2 16.2:22222 16.3:2222 16.4:222 16.5:2223
    17.1:23 17.2:22223333 17.3:22
    """.split()
)
"""Levels of the requirements of ASVS 5.0.0 by section: digit n is the level of requirement n."""

ROW = re.compile(
    r"\| (\d+\.\d+)\.(\d+)(?:–\1\.(\d+))? \| ([\d, ]+) \| (.+) \| "
    r"(met|not met|operator|not applicable) \| (.+) \| (.+) \|"
)
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
LINK = re.compile(r"\]\(([^)#:]*)(?:#([\w-]+))?\)")
PAGE = ROOT / "docs/security.md"
TEXT = PAGE.read_text()
LOWER_LEVELS = {
    (section, n)
    for section, levels in LEVELS.items()
    for n, level in enumerate(levels, 1)
    if level < "3"
}


def find_gaps(text: str) -> list[str]:
    """Rows that are malformed, out of order, at a wrong level or without an existing test.

    Also requirements of levels 1 and 2 without a row.
    """
    found: list[str] = []
    covered: list[tuple[str, int]] = []
    for line in text.splitlines():
        row = ROW.fullmatch(line)
        if row is None:
            found += [f"no row: {line}"] if re.match(r"\| \d+\.\d+\.", line) else []
            continue
        section, first, last, level, _, state, _, tests = row.groups()
        numbers = range(int(first), int(last or first) + 1)
        levels = LEVELS.get(section, "")
        if {levels[n - 1 : n] for n in numbers} != set(level.split(", ")):
            found.append(f"{section}.{first} is not of level {level}")
        covered += [(section, n) for n in numbers]
        found += [f"{section}.{first}: {gap}" for gap in _find_test_gaps(tests, state == "met")]
    places = [(*map(int, section.split(".")), n) for section, n in covered]
    found += [f"{b} is out of order" for a, b in pairwise(places) if a >= b]
    return found + [f"{section}.{n} has no row" for section, n in LOWER_LEVELS - {*covered}]


def _find_test_gaps(cell: str, is_required: bool) -> Iterator[str]:
    named = TEST.findall(cell)
    rest = TEST.sub("", cell).strip(" ,")
    if rest != ("" if named else "–") or (is_required and not named):
        yield f"no list of tests: {cell}"
    for file, test in named:
        path = ROOT / file
        if not path.is_file() or f"\ndef {test}(" not in path.read_text():
            yield f"{file}::{test} does not exist"


def test_levels_are_those_of_the_standard() -> None:
    levels = "".join(LEVELS.values())
    assert [levels.count(level) for level in "123"] == [70, 183, 92]


def test_every_requirement_has_a_row_with_existing_tests() -> None:
    assert find_gaps(TEXT) == []


ROW_OF_1_2_4 = next(line for line in TEXT.splitlines() if line.startswith("| 1.2.4 |"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ROW_OF_1_2_4, ""),
        (ROW_OF_1_2_4, f"{ROW_OF_1_2_4}\n{ROW_OF_1_2_4}"),
        ("| 1.2.4 | 1 |", "| 1.2.4 | 2 |"),
        ("| 1.2.4 |", "| 1.2.11 |"),
        ("| 1.2.4 |", "| 99.2.4 |"),
        ("| 17.2.1–17.2.4 | 2 |", "| 17.2.1–17.2.5 | 2 |"),
        ("| 17.2.1–17.2.4 |", "| 17.2.1–17.2.3 |"),
        (" | met | ", " | done | "),
        (ROW_OF_1_2_4, re.sub(r"\| [^|]+ \|$", "| – |", ROW_OF_1_2_4)),
        (ROW_OF_1_2_4, re.sub(r"\| [^|]+ \|$", "| by hand |", ROW_OF_1_2_4)),
        (ROW_OF_1_2_4, re.sub(r"::\w+", "::test_nothing", ROW_OF_1_2_4)),
        (ROW_OF_1_2_4, re.sub(r"\w+\.py", "nothing.py", ROW_OF_1_2_4)),
    ],
)
def test_gaps_are_found(old: str, new: str) -> None:
    assert old in TEXT
    assert find_gaps(TEXT.replace(old, new, 1))


def find_broken_links(text: str) -> list[str]:
    """Links to files or headings that do not exist."""
    broken = []
    for target, anchor in LINK.findall(text):
        path = (PAGE.parent / target).resolve() if target else PAGE
        headings = re.findall(
            r"^#+ (.+)$", path.read_text() if path.is_file() else "", re.MULTILINE
        )
        anchors = {
            re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings
        }
        if not path.exists() or (anchor and anchor not in anchors):
            broken.append(f"{target}#{anchor}")
    return broken


def test_links_lead_to_headings() -> None:
    assert find_broken_links(TEXT) == []
    assert len(LINK.findall(TEXT)) > 10
    assert find_broken_links("[a](nothing.md) [b](#nothing) [c](settings.md#nothing)") == [
        "nothing.md#", "#nothing", "settings.md#nothing",
    ]  # fmt: skip


def read_section(heading: str) -> str:
    """The text of a section of the page."""
    _, _, rest = TEXT.partition(f"\n## {heading}\n")
    assert rest
    return rest.partition("\n## ")[0]


def test_every_table_is_classified() -> None:
    named = re.findall(
        r"`(\w+)`", "".join(re.findall(r"\| tables: (.+?) \|", read_section("Data")))
    )
    assert sorted(named) == sorted(Base.metadata.tables)


def modules_importing(*packages: str) -> set[str]:
    """Paths of the modules of `app` that import one of `packages` or a part of it."""
    found = set()
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=aliases):
                    names = [alias.name for alias in aliases]
                case ast.ImportFrom(module=str(module), level=0):
                    names = [module]
                case _:
                    continue
            if any(f"{name}.".startswith(f"{package}.") for name in names for package in packages):
                found.add(str(path.relative_to(ROOT)))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("heading", "packages"),
    [
        (
            "Cryptography and keys",
            ("hashlib", "hmac", "secrets", "ssl", "standardwebhooks", "random", "joserfc"),
        ),
        (
            "Outgoing connections",
            ("socket", "httpcore2", "httpx", "http.client", "urllib.request", "psycopg", "limits",
             "redis", "smtplib", "opentelemetry", "obstore", "subprocess"),
        ),
    ],
)  # fmt: skip
def test_inventory_names_every_module(heading: str, packages: tuple[str, ...]) -> None:
    named = set(re.findall(r"`(app/[\w/]+\.py)`", read_section(heading)))
    assert named == modules_importing(*packages)


def test_packages_come_from_one_index_with_hashes() -> None:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    others = [package for package in packages if package["name"] != "zarya"]
    assert {package["source"]["registry"] for package in others} == {"https://pypi.org/simple"}
    for package in others:
        files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
        assert files
        assert all(file["hash"].startswith("sha256:") for file in files)
