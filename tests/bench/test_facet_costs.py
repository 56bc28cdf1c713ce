"""Ratios of facets, and their table."""

import asyncio
from pathlib import Path
from shutil import copyfile
from time import process_time

from bench.facets import format_table, measure_ratios
from tests.support.archives import load_archive_file


def test_each_facet_of_a_list_has_a_ratio(tmp_path: Path) -> None:
    copyfile(load_archive_file(), tmp_path / "archive.db")
    url = f"sqlite:///{tmp_path}/archive.db"
    ratios = asyncio.run(measure_ratios(url, process_time, ["/v1/vehicles"]))
    assert list(ratios) == [("/v1/vehicles", "family"), ("/v1/vehicles", "maker")]
    assert all(0.5 < ratio < 50 for ratio in ratios.values())


def test_table_has_a_row_for_each_list() -> None:
    ratios = {("/v1/sites", "country"): 1.24, ("/v1/stays", "port"): 2, ("/v1/stays", "year"): 3}
    assert list(format_table({"SQLite": ratios, "PostgreSQL": ratios})) == [
        "| list | SQLite | PostgreSQL |",
        "|---|---|---|",
        "| `/v1/sites` | country 1.2 | country 1.2 |",
        "| `/v1/stays` | port 2.0, year 3.0 | port 2.0, year 3.0 |",
    ]
