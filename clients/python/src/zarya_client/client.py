"""The client: typed reads and lists, requests with retries and a cache of responses."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from typing import Any, Self, TypeAlias, cast

import httpx
from typing_extensions import Unpack

from zarya_client import models
from zarya_client.problems import build_problem

Params: TypeAlias = Mapping[str, object]

RETRIED_STATUSES = {429, 502, 503, 504}
_MAX_DELAY_SECONDS = 60.0


class Zarya:
    """Asynchronous client of the service at `base_url`. Use it in `async with`.

    `key` is an API key, for writes. `language` (`en` or `ru`) is that of names and problems. A
    read is tried `max_attempts` times. The last `max_cached` responses are kept with their ETags.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None = None,
        language: str = "en",
        max_attempts: int = 6,
        max_cached: int = 256,
        timeout_seconds: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"Accept-Language": language, "User-Agent": "zarya-client/0.1"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self.http = httpx.AsyncClient(
            base_url=base_url,
            headers=headers,
            timeout=timeout_seconds,
            transport=transport,
            follow_redirects=True,
        )
        self._max_attempts, self._max_cached = max_attempts, max_cached
        self._cached: OrderedDict[str, tuple[str, Any]] = OrderedDict()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.aclose()

    async def get(self, path: str, params: Params | None = None) -> Any:
        """The JSON at `path`, a path or a URL of the service. Raises Problem."""
        request = self.http.build_request("GET", path, params=encode_params(params))
        address = str(request.url)
        etag, value = self._cached.get(address, ("", None))
        if etag:
            request.headers["If-None-Match"] = etag
        response = await self._send(request)
        if response.status_code != httpx.codes.NOT_MODIFIED:
            value = response.json()
            self._cached[address] = (response.headers.get("ETag", ""), value)
        self._cached.move_to_end(address)
        while len(self._cached) > self._max_cached:
            self._cached.popitem(last=False)
        return value

    async def write(
        self,
        method: str,
        path: str,
        document: Mapping[str, object] | None = None,
        *,
        version: int | None = None,
        params: Params | None = None,
    ) -> Any:
        """Send a write, and return the JSON of the response; None without one. Raises Problem.

        `version` is that of the record as you read it (`If-Match`). A write is repeated after 429
        only: the others may have been executed.
        """
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        request = self.http.build_request(
            method, path, params=encode_params(params), json=document, headers=headers
        )
        response = await self._send(request)
        return response.json() if response.content else None

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and retry it. Raises Problem, or the last error of the connection."""
        attempt = 1
        while True:
            is_last = attempt >= self._max_attempts
            delay = backoff_seconds(attempt)
            try:
                response = await self.http.send(request)
            except httpx.TransportError:
                if is_last or request.method != "GET":
                    raise
            else:
                if not response.is_error:
                    return response
                status = response.status_code
                is_safe = request.method == "GET" or status == httpx.codes.TOO_MANY_REQUESTS
                if is_last or not is_safe or status not in RETRIED_STATUSES:
                    raise build_problem(response)
                delay = retry_after_seconds(response) or delay
            await asyncio.sleep(delay)
            attempt += 1

    async def items(self, path: str, params: Params | None = None) -> AsyncIterator[Any]:
        """All items of the list at `path`, page by page. Raises Problem."""
        page = await self.get(path, {"limit": 100, **(params or {})})
        while True:
            for item in page["items"]:
                yield item
            if page["next"] is None:
                return
            page = await self.get(page["next"])

    def launches(
        self, **filters: Unpack[models.ListLaunchesParametersQuery]
    ) -> AsyncIterator[models.LaunchSummary]:
        """Launches, with the filters and sort orders of `/v1/launches`."""
        return self.items("/v1/launches", cast(Params, filters))

    def missions(
        self, **filters: Unpack[models.ListMissionsParametersQuery]
    ) -> AsyncIterator[models.MissionSummary]:
        """Missions, with the filters and sort orders of `/v1/missions`."""
        return self.items("/v1/missions", cast(Params, filters))

    def people(
        self, **filters: Unpack[models.ListPeopleParametersQuery]
    ) -> AsyncIterator[models.PersonSummary]:
        """People, with the filters and sort orders of `/v1/people`."""
        return self.items("/v1/people", cast(Params, filters))

    def articles(
        self, **filters: Unpack[models.ListArticlesParametersQuery]
    ) -> AsyncIterator[models.ArticleSummary]:
        """Articles, with the filters and sort orders of `/v1/articles`."""
        return self.items("/v1/articles", cast(Params, filters))

    def timeline(
        self, **filters: Unpack[models.ListTimelineParametersQuery]
    ) -> AsyncIterator[models.TimelineItem]:
        """Events, past and planned, with the filters of `/v1/timeline`."""
        return self.items("/v1/timeline", cast(Params, filters))

    def search(
        self, **params: Unpack[models.SearchParametersQuery]
    ) -> AsyncIterator[models.SearchHit]:
        """Results of a full-text search, best first."""
        return self.items("/v1/search", cast(Params, params))

    async def mission_page(
        self, slug: str = "current", **params: Unpack[models.GetMissionPageParametersQuery]
    ) -> models.PortalPage:
        """The page of a mission: crew, launches, tasks, news and calendar."""
        return cast(
            models.PortalPage,
            await self.get(f"/v1/missions/{slug}/page", cast(Params, params)),
        )

    async def launch(self, slug: str) -> models.LaunchRead:
        """A launch."""
        return cast(models.LaunchRead, await self.get(f"/v1/launches/{slug}"))

    async def station(
        self, **params: Unpack[models.GetStationParametersQuery]
    ) -> models.StationRead:
        """The station on a day, at an instant, or now."""
        return cast(models.StationRead, await self.get("/v1/station", cast(Params, params)))


def encode_params(params: Params | None) -> httpx.QueryParams | None:
    """Query parameters, of which a list is a repeated one; None keeps the query of a URL."""
    values = {k: v if isinstance(v, list | tuple) else [v] for k, v in (params or {}).items()}
    pairs = [
        (name, str(each).lower() if isinstance(each, bool) else str(each))
        for name, items in values.items()
        for each in items
    ]
    return httpx.QueryParams(tuple(pairs)) if pairs else None


def backoff_seconds(attempt: int) -> float:
    """A random delay that doubles with each attempt, up to a minute."""
    return float(min(0.5 * 2**attempt, _MAX_DELAY_SECONDS) * random.uniform(0.5, 1.0))


def retry_after_seconds(response: httpx.Response) -> float | None:
    """The delay in `Retry-After`; None without one in seconds."""
    header = response.headers.get("Retry-After", "")
    return float(header) if header.isdecimal() else None
