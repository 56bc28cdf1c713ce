"""Statistics from the archive as one SQLite file: launches by rocket, and days in space.

    python3 statistics_of_flights.py http://localhost:8000 archive.sqlite

It needs the standard library of Python only. Paste the queries into a notebook to go on.
"""

import sqlite3
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

LAUNCHES_BY_FAMILY = """
SELECT vehicles.family, count(*), sum(launches.status = 'failure')
FROM launches JOIN vehicles ON vehicles.id = launches.vehicle_id
WHERE launches.to_station AND launches.status NOT IN ('planned', 'cancelled')
GROUP BY vehicles.family ORDER BY count(*) DESC, vehicles.family LIMIT 5
"""
DAYS_IN_SPACE = """
SELECT people.name, count(*), CAST(sum(julianday(landed_at) - julianday(launch_at)) AS INTEGER)
FROM flights
JOIN people ON people.id = flights.person_id
JOIN launches ON launches.id = flights.launch_id
WHERE landed_at IS NOT NULL
GROUP BY people.id ORDER BY 3 DESC, people.name LIMIT 5
"""


def download(origin: str, path: Path) -> None:
    """Download the archive, unless the file at `path` is still current."""
    tag_path = path.with_suffix(".etag")
    tag = tag_path.read_text() if path.exists() and tag_path.exists() else ""
    request = Request(f"{origin}/v1/export/archive.sqlite", headers={"If-None-Match": tag})
    try:
        with urlopen(request) as response:
            path.write_bytes(response.read())
            tag_path.write_text(response.headers["ETag"])
    except HTTPError as error:
        if error.code != 304:
            raise


def main(origin: str, path: str) -> None:
    """Print the statistics of the archive."""
    download(origin, Path(path))
    database = sqlite3.connect(path)
    for family, launches, failures in database.execute(LAUNCHES_BY_FAMILY):
        print(f"{family:12} {launches:4} launches, {failures} failed")
    for name, flights, days in database.execute(DAYS_IN_SPACE):
        print(f"{name:24} {flights} flights, {days:4} days in space")


if __name__ == "__main__":
    main(*sys.argv[1:])
