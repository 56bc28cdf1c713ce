"""The launches of a month, day by day, in a time zone.

    python3 launch_calendar.py http://localhost:8000 2019-04 Europe/Paris

It needs the standard library of Python only.
"""

import json
import sys
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen


def get(url: str) -> Any:
    """Response of the service to a GET request, from JSON."""
    with urlopen(url) as response:
        return json.load(response)


def main(origin: str, month: str, time_zone: str) -> None:
    """Print each day with launches: counts of the calendar, then the lists of these days."""
    zone = quote(time_zone)
    calendar = get(f"{origin}/v1/launches/archive?month={month}&tz={zone}")
    print(f"{month}: {calendar['total']} launches")
    for day in calendar["days"]:
        if day["count"]:
            launches = get(f"{origin}/v1/launches?launch_on={day['date']}&tz={zone}")
            for launch in launches["items"]:
                print(f"{day['date']}  {launch['headline']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
