"""Tables of GCAT: rows of its files, and the reference tables of sites and vehicles."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import TextIO

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import Site, Vehicle
from app.domain.text import is_sluggable, slugify
from app.ingest.countries import COUNTRY_BY_GCAT_STATE

MAX_ROW_CHARS = 2**13
"""Maximum characters of a row; longer ones are read in pieces."""

_UNKNOWN_VALUES = {"", "-", "?"}


@dataclass(frozen=True)
class GcatRow:
    """One row of a table, by column name."""

    line: int
    raw: str
    cells: Mapping[str, str]
    problem: str | None = None
    """Set if the number of columns differs from the header."""

    def __getitem__(self, column: str) -> str:
        """Value of a column; "" if it is unknown or absent."""
        value = " ".join(self.cells.get(column, "").split())
        return "" if value in _UNKNOWN_VALUES else value


def parse_header(header: str) -> list[str]:
    """Parse the first line of a file into column names."""
    separator = "\t" if "\t" in header else ","
    return [name.strip() for name in header.strip().lstrip("\ufeff#").split(separator)]


def read_rows(file: TextIO, names: list[str]) -> Iterator[GcatRow]:
    """Yield the rows after the header of a file. `names` are the columns of the header."""
    number = 2
    while line := file.readline(MAX_ROW_CHARS):
        raw = line.rstrip("\r\n")
        if raw.strip() and not raw.startswith("#"):
            cells = raw.split("\t") if "\t" in raw else next(csv.reader(StringIO(raw)), [])
            problem = f"The row has {len(cells)} columns, the header {len(names)}: correct the row."
            is_complete = len(cells) == len(names)
            values = dict(zip(names, cells, strict=False))
            yield GcatRow(number, raw, values, None if is_complete else problem)
        number += line.endswith("\n")


@dataclass
class GcatReferenceData:
    """Sites and vehicles by their GCAT codes."""

    sites: dict[str, dict[str, str]] = field(default_factory=dict)
    vehicles: dict[str, dict[str, str]] = field(default_factory=dict)
    families: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, reader: Reader) -> "GcatReferenceData":
        """Load the reference data of the archive."""
        data = cls()
        coded = select(Site.code, Site.name, Site.country).where(Site.code.is_not(None))
        for row in reader.all(coded):
            data.sites[row["code"]] = row
        for row in reader.all(select(Vehicle.name, Vehicle.family)):
            data.vehicles[slugify(row["name"])] = row
        return data

    def with_sibling_tables(self, path: Path | None) -> "GcatReferenceData":
        """Return a copy extended by the GCAT tables in the folder of the file `path`."""
        data = replace(
            self,
            sites=dict(self.sites),
            vehicles=dict(self.vehicles),
            families=dict(self.families),
        )
        for table in sorted(path.parent.glob("*.tsv")) if path else ():
            with table.open(encoding="utf-8-sig", errors="surrogateescape") as file:
                names = parse_header(file.readline(MAX_ROW_CHARS))
                rows = (row for row in read_rows(file, names) if not row.problem)
                if {"Site", "UCode", "StateCode"} <= set(names):
                    data._add_sites(rows)
                if {"LV_Name", "LV_Family"} <= set(names):
                    for row in rows:
                        data.families.setdefault(row["LV_Name"], row["LV_Family"])
        return data

    def _add_sites(self, rows: Iterable[GcatRow]) -> None:
        table = {row["Site"]: row for row in rows}
        for code, row in table.items():
            name = row["ShortName"] or row["Name"]
            # `UCode` identifies a place with several codes, such as NIIP-5 and GIK-5. A different
            # name is a different site: Vostochny was built on the grounds of Svobodny.
            other = table.get(row["UCode"], row)
            same = row["UCode"] if (other["ShortName"] or other["Name"]) == name else code
            country = (
                "KZ" if "Kazak" in row["Name"] else COUNTRY_BY_GCAT_STATE.get(row["StateCode"])
            )
            if code in self.sites:
                continue
            if same in self.sites:
                self.sites[code] = self.sites[same]
            elif country and is_sluggable(name):
                self.sites[code] = {"name": name, "country": country, "code": code[:12]}

    def resolve_vehicle(self, name: str) -> dict[str, str] | None:
        """Vehicle of a launch document. A vehicle of unknown family is a family of its own."""
        if not is_sluggable(name):
            return None
        family = self.families.get(name) or name
        vehicle = {"name": name, "family": family if is_sluggable(family) else name}
        return self.vehicles.setdefault(slugify(name), vehicle)
