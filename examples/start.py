"""The people aboard on a day, and all missions page by page."""

import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

origin = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000"


def get(url: str) -> Any:
    """Response to a GET request. Raises RuntimeError with the problem that came instead."""
    try:
        with urlopen(url) as response:
            return json.load(response)
    except HTTPError as error:
        problem = json.load(error)
        raise RuntimeError(f"{problem['title']}: {problem['detail']}") from None


def items(path: str, **filters: str) -> Iterator[Any]:
    """Items of all pages of a list."""
    url = f"{origin}{path}?{urlencode(filters)}"
    while url:
        page = get(url)
        yield from page["items"]
        url = page["next"]


for person in items("/v1/people", aboard_on="2019-04-04"):
    print(person["name"], person["agency"])
print(len(list(items("/v1/missions", limit="50"))), "missions")
