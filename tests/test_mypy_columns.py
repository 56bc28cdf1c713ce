"""mypy plugin: errors for comparisons of columns with values that may be None."""

import subprocess
import sys
from pathlib import Path
from time import time_ns

from tests.support.paths import ROOT

ACCEPTED = """\
from collections.abc import Collection
from sqlalchemy import Table, bindparam, select
from app.db.models import ApiKey, Article, CrewAssignment, Flight, Mission, stored_id

def select_missions(article: Article, number: int | None, numbers: Collection[int]) -> None:
    missions = select(Mission.slug)
    missions.where(Mission.featured_article_id == stored_id(article))
    missions.where(Mission.featured_article_id == Article.id)
    missions.where(CrewAssignment.flight_id == Flight.id)
    missions.where(Mission.featured_article_id.is_(None))
    missions.where(Mission.id.is_distinct_from(article.id))
    missions.where(Mission.number == bindparam("number"))
    missions.where(Mission.number.in_(numbers))
    missions.where(Mission.id.in_(select(CrewAssignment.flight_id)))
    if number is not None:
        missions.where(Mission.number == number)

def select_key(key: ApiKey) -> None:
    select(ApiKey.name).where(ApiKey.id == key.id)
"""

REFUSED = """\
from collections.abc import Collection
from sqlalchemy import Table, select
from app.db.models import Article, Mission

def select_missions(article: Article, number: int | None, numbers: Collection[int | None]) -> None:
    missions = select(Mission.slug)
    missions.where(Mission.featured_article_id == article.id)
    missions.where(Mission.featured_article_id != article.id)
    missions.where(Mission.number == number)
    missions.where(Mission.number == None)
    missions.where(Mission.number.in_(numbers))
    missions.where(Mission.number.not_in([number]))
    missions.where(Mission.number.in_((1, number)))

def select_rows(table: Table, number: int | None) -> None:
    select(table).where(table.c.number == number)
"""


def find_errors(folder: Path, source: str) -> tuple[set[str], str]:
    """Source lines with errors about None, and the output of mypy."""
    module = folder / "module.py"
    module.write_text(f"{source}# {time_ns()}\n")  # in no cache, also after a change of the plugin
    run = subprocess.run(
        [sys.executable, "-m", "mypy", str(module)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = source.splitlines()
    errors = [line.split(":", 2) for line in run.stdout.splitlines() if "may be None" in line]
    return {lines[int(number) - 1].strip() for _, number, _ in errors}, run.stdout


def test_comparison_with_possible_none_is_error(tmp_path: Path) -> None:
    refused = {line.strip() for line in REFUSED.splitlines() if ".where(" in line}
    assert len(refused) == 8
    assert find_errors(tmp_path, REFUSED)[0] == refused


def test_comparison_with_known_value_passes(tmp_path: Path) -> None:
    assert find_errors(tmp_path, ACCEPTED) == (set(), "Success: no issues found in 1 source file\n")
