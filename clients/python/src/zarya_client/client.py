"""The client: typed reads and lists, requests with retries and a cache of responses."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from typing import Any, Self, TypeAlias, Unpack, cast

import httpx

from zarya_client import models
from zarya_client.problems import Problem, TooManyRequests, delay_seconds

Params: TypeAlias = Mapping[str, Any]


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
            event_hooks={"response": [Problem.raise_for]},
        )
        self._max_attempts, self._max_cached = max_attempts, max_cached
        self._cached: OrderedDict[str, tuple[str, Any]] = OrderedDict()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.aclose()

    async def get(self, path: str, params: Params | None = None) -> Any:
        """The JSON at `path`, a path or a URL of the service. Raises Problem."""
        address = str(self.http.build_request("GET", path, params=params or None).url)
        etag, value = self._cached.get(address, ("", None))
        headers = {"If-None-Match": etag} if etag else {}
        response = await self.send("GET", address, headers=headers)
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
        response = await self.send(method, path, params=params, json=document, headers=headers)
        return response.json() if response.content else None

    async def send(
        self, method: str, path: str, *, max_attempts: float | None = None, **httpx_options: Any
    ) -> httpx.Response:
        """Send a request with retries. Raises Problem, or the last error of the connection."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self.http.request(method, path, **httpx_options)
            except (httpx.TransportError, Problem) as error:
                is_safe = method == "GET" or isinstance(error, TooManyRequests)
                if attempt >= (max_attempts or self._max_attempts) or not is_safe:
                    raise
                await asyncio.sleep(delay_seconds(attempt, error))

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
        return self.items("/v1/launches", filters)

    def missions(
        self, **filters: Unpack[models.ListMissionsParametersQuery]
    ) -> AsyncIterator[models.MissionSummary]:
        """Missions, with the filters and sort orders of `/v1/missions`."""
        return self.items("/v1/missions", filters)

    def people(
        self, **filters: Unpack[models.ListPeopleParametersQuery]
    ) -> AsyncIterator[models.PersonSummary]:
        """People, with the filters and sort orders of `/v1/people`."""
        return self.items("/v1/people", filters)

    def articles(
        self, **filters: Unpack[models.ListArticlesParametersQuery]
    ) -> AsyncIterator[models.ArticleSummary]:
        """Articles, with the filters and sort orders of `/v1/articles`."""
        return self.items("/v1/articles", filters)

    def timeline(
        self, **filters: Unpack[models.ListTimelineParametersQuery]
    ) -> AsyncIterator[models.TimelineItem]:
        """Events, past and planned, with the filters of `/v1/timeline`."""
        return self.items("/v1/timeline", filters)

    def search(
        self, **params: Unpack[models.SearchParametersQuery]
    ) -> AsyncIterator[models.SearchHit]:
        """Results of a full-text search, best first."""
        return self.items("/v1/search", params)

    async def mission_page(
        self, slug: str = "current", **params: Unpack[models.GetMissionPageParametersQuery]
    ) -> models.PortalPage:
        """The page of a mission: crew, launches, tasks, news and calendar."""
        return cast(models.PortalPage, await self.get(f"/v1/missions/{slug}/page", params))

    async def launch(self, slug: str) -> models.LaunchRead:
        """A launch."""
        return cast(models.LaunchRead, await self.get(f"/v1/launches/{slug}"))

    async def station(
        self, **params: Unpack[models.GetStationParametersQuery]
    ) -> models.StationRead:
        """The station on a day, at an instant, or now."""
        return cast(models.StationRead, await self.get("/v1/station", params))
