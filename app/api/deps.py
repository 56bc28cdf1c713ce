"""Long-lived objects of the application, and the dependencies that provide them to endpoints."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from app.config import Settings
from app.db.database import Database, ReadPool
from app.http.access_log import AccessLog
from app.http.cache.generation import GenerationTracker
from app.http.cache.store import ResponseCache
from app.http.credentials import find_credential
from app.http.shutdown import GracefulShutdown

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Services:
    """Objects that live as long as their application: `app.state.services`."""

    settings: Settings
    database: Database
    generations: GenerationTracker
    response_cache: ResponseCache
    access_log: AccessLog
    shutdown: GracefulShutdown
    _singletons: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def singleton(self, create: Callable[[Database], T]) -> T:
        """The application's one `create(database)`, created at first use.

        For classes of the layers above, such as `services.singleton(ChangeBroadcaster)`.
        """
        if create not in self._singletons:
            self._singletons[create] = create(self.database)
        service: T = self._singletons[create]
        return service


async def get_services(request: Request) -> Services:
    """Services of the application that answers `request`. Async: a sync one would cost a thread."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


async def get_primary_database(request: Request) -> Database:
    """Primary database, for writes."""
    database: Database = request.app.state.services.database
    return database


PrimaryDatabaseDep = Annotated[Database, Depends(get_primary_database)]


async def get_database(request: Request) -> ReadPool:
    """Read pool for `request`: with credentials the primary, otherwise a replica if there is one.

    A client with a key may read what it has just written; a replica may not have it yet.
    """
    database: Database = request.app.state.services.database
    has_key = find_credential(request.scope["headers"]) is not None
    return database if has_key else database.for_public_reads


DatabaseDep = Annotated[ReadPool, Depends(get_database)]
